//! The range in words, how fresh it is, and for how long the place is kept.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tealight_tests::browser::Place;

use crate::{evening, listen, says, waiting};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_long_wait_is_said_in_hours_as_people_say_them() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = waiting(&stage).await?;
    let table = [
        ((0, 2), "less than 2 minutes"),
        ((20, 45), "20 to 45 minutes"),
        ((45, 60), "45 to 60 minutes"),
        ((45, 90), "45 minutes to 1½ hours"),
        ((60, 90), "1 to 1½ hours"),
        ((0, 60), "less than 1 hour"),
    ];
    for (rev, (minutes, words)) in table.into_iter().enumerate() {
        visitor.is_placed(10 + u64::try_from(rev)?, 3, minutes, json!({})).await?;
        visitor.reads(&format!("Most people now wait\\s+{words}")).await?;
    }
    let over = json!({"wait": {"kind": "range", "low_s": 7200}});
    visitor.is_placed(20, 3, (0, 0), over).await?;
    visitor.reads("more than 2 hours").await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_changed_stays_fresh_while_the_backend_is_there() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = waiting(&stage).await?;
    // The server says nothing new about this place, as the test has told another one; it is there all the same.
    stage.advance(12 * MINUTE).await?;
    visitor.reads("Checked a moment ago").await?;
    visitor.reads("20 to 45 minutes").await
}

#[tokio::test(flavor = "multi_thread")]
async fn checking_now_asks_the_backend_and_says_the_wait_aloud() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = waiting(&stage).await?;
    let count = "window.pings = 0; const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (text) { if (text.includes('\"ping\"')) pings++; return send.call(this, text); }";
    visitor.page.run::<()>(Place::Chat, count, Vec::new()).await?;
    listen(&visitor).await?;
    visitor.press("^Check the wait now").await?;
    let said = says(&visitor, 1).await?;
    ensure!(said == ["Most people now wait 20 to 45 minutes. You are number 3."], "{said:?}");
    let pings: u32 = visitor.page.run(Place::Chat, "return pings", Vec::new()).await?;
    ensure!(pings == 1, "{pings} questions");
    visitor.reads("Checked a moment ago").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_says_for_how_long_the_place_is_kept_and_not_a_minute_more() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = waiting(&stage).await?;
    visitor.reads("We keep your place for 5 minutes").await?;
    visitor.is_cut_off().await?;
    let strip = "return new RegExp(arguments[0]).test(T.first('.strip')?.innerText ?? '')";
    let kept = "Connection lost. We're trying again. We keep your place for 5 minutes.$";
    visitor.page.holds(Place::Chat, "that the place is kept", strip, vec![json!(kept)]).await?;

    stage.advance(3 * MINUTE).await?;
    visitor.reads("Checked [23] minutes ago").await?;
    visitor.page.holds(Place::Chat, "that the place is kept", strip, vec![json!(kept)]).await?;
    stage.advance(4 * MINUTE).await?;
    let lost = "Connection lost. We're trying again.$";
    visitor.page.holds(Place::Chat, "no more than is true", strip, vec![json!(lost)]).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_honest_number_there_are_other_ways_and_no_invented_one() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = waiting(&stage).await?;
    visitor.is_placed(2, 3, (0, 0), json!({"wait": {"kind": "unknown"}})).await?;
    visitor.reads("We can't say how long it will be").await?;
    visitor.reads("You can keep waiting, or try another way below").await?;
    visitor.reads("Text 0808 157 0198").await?;
    let range = visitor.range().await?;
    ensure!(!range.contains(char::is_numeric), "{range}");
    Ok(())
}
