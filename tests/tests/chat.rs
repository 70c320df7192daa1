//! Talking, in a real browser: bubbles and their states, typing, links, short answers, long and foreign words.

use anyhow::{Result, ensure};
use serde_json::json;
use tealight_tests::browser::{Page, Place, Screen};
use tealight_tests::people::{Visitor, Volunteer};
use tealight_tests::server::OPERATOR;
use tealight_tests::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_sent_then_delivered_then_seen() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    visitor.says("Good evening.").await?;
    volunteer.hears("Good evening.").await?;
    visitor.message_is("Good evening.", "delivered").await?;
    volunteer.reads().await?;
    visitor.message_is("Good evening.", "seen").await?;
    visitor.reads("Seen").await?;
    volunteer.says("Good evening to you.").await?;
    visitor.has_message("operator", "Good evening to you.").await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_side_sees_the_other_type() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    visitor.types("Hm").await?;
    volunteer.sees_typing(true).await?;
    volunteer.types(1).await?;
    let typing = ".typing[data-on=true]";
    visitor.page.wait_for(Place::Chat, typing).await?;
    volunteer.says("I am here.").await?;
    visitor.has_message("operator", "I am here.").await?;
    visitor.page.wait_gone(Place::Chat, typing).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_link_is_live_and_shown_whole() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    let url = "https://www.example.org/help/a-plan-for-tonight?from=chat";
    volunteer.points_to("This may help.", url).await?;
    let card = visitor.page.wait_for(Place::Chat, "a.card").await?;
    ensure!(card.attr("href").await?.as_deref() == Some(url));
    ensure!(
        card.attr("rel").await?.is_some_and(|rel| rel.contains("noopener") && rel.contains("noreferrer"))
    );
    // Not the driver's own notion of text: to it, what is still fading in has none.
    let address = "return T.first('a.card .card-url').innerText";
    let shown: String = visitor.page.run(Place::Chat, address, Vec::new()).await?;
    ensure!(shown == url, "the address is not shown whole: {shown}");
    // A visitor's own words never become a link.
    visitor.says("See https://www.example.org/mine").await?;
    let links: u32 =
        visitor.page.run(Place::Chat, "return T.all('.msg[data-from=visitor] a').length", Vec::new()).await?;
    ensure!(links == 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn short_answers_are_one_press_and_never_in_the_way() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    volunteer.says("Take your time.").await?;
    visitor.has_message("operator", "Take your time.").await?;
    visitor.press("^I need a moment").await?;
    volunteer.hears("I need a moment").await?;
    // They are offered while the other side spoke last, and never in the way of somebody's own words.
    visitor.page.wait_gone(Place::Chat, ".chip").await?;
    volunteer.says("I am not going anywhere.").await?;
    visitor.page.wait_for(Place::Chat, ".chip").await?;
    visitor.types("Half a thought").await?;
    visitor.page.wait_gone(Place::Chat, ".chip").await?;
    visitor.has_draft("Half a thought").await?;
    let empty = "T.first('.composer-input').select(); document.execCommand('delete')";
    visitor.page.run::<()>(Place::Chat, empty, Vec::new()).await?;
    visitor.press("^Still here").await?;
    ensure!(volunteer.hears("Still here").await? == 1);
    visitor.has_draft("").await
}

#[tokio::test(flavor = "multi_thread")]
async fn long_words_emoji_and_right_to_left_text_keep_inside() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    let word = "Donaudampfschifffahrtsgesellschaft".repeat(12);
    let family = "👩‍👩‍👧‍👦 🏳️‍🌈 e\u{301}";
    let arabic = "أنا لا أستطيع النوم";
    for words in [word.as_str(), family, arabic] {
        visitor.pastes(words).await?;
        visitor.sends().await?;
        visitor.has_message("visitor", words).await?;
        ensure!(volunteer.hears(words).await? == 1);
    }
    volunteer.says(&word).await?;
    visitor.has_message("operator", &word).await?;
    nothing_sticks_out(&visitor.page).await?;
    let direction: String = visitor
        .page
        .run(
            Place::Chat,
            "return getComputedStyle(T.all('.bubble').find((b) => b.textContent === arguments[0])).direction",
            vec![json!(arabic)],
        )
        .await?;
    ensure!(direction == "rtl");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_4000_characters_arrives_whole_and_one_more_is_not_sent() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    let long = "word ".repeat(799) + "12345";
    ensure!(long.chars().count() == 4_000);
    visitor.pastes(&format!("{long}6")).await?;
    visitor.page.wait_for(Place::Chat, ".counter[data-over=true]").await?;
    let sendable: bool = visitor
        .page
        .run(
            Place::Chat,
            "const send = T.first('.send'); return !send.disabled && send.ariaDisabled !== 'true'",
            Vec::new(),
        )
        .await?;
    ensure!(!sendable, "one character too many");
    visitor.page.keys("\u{e003}").await?; // Backspace
    visitor.has_draft(&long).await?;
    visitor.sends().await?;
    visitor.has_message("visitor", &long).await?;
    ensure!(volunteer.hears(&long).await? == 1);
    nothing_sticks_out(&visitor.page).await
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_is_text() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    let markup = "<img src=x onerror=alert(1)> <b>bold</b> & &amp; *stars* </script>";
    visitor.pastes(markup).await?;
    visitor.sends().await?;
    visitor.has_message("visitor", markup).await?;
    volunteer.hears(markup).await?;
    volunteer.says(markup).await?;
    visitor.has_message("operator", markup).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_further_up_is_told_of_new_messages_and_not_moved() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    for number in 0..12 {
        let words = format!("Line {number}.{}", " It goes on for a while.".repeat(4));
        volunteer.says(&words).await?;
        visitor.has_message("operator", &words).await?;
    }
    let is_long = "const screen = T.first('.screen'); return screen.scrollHeight > screen.clientHeight + 100";
    ensure!(
        visitor.page.run::<bool>(Place::Chat, is_long, Vec::new()).await?,
        "there is something to scroll"
    );
    // The widget may still be on its way to the end of the last line, and must notice the reader before the next
    // comes: the top counts when it stays in sight over several looks, with frames painted between them.
    let up = "const screen = T.first('.screen');
              if (screen.scrollTop > 5) { screen.scrollTop = 0; screen.looks = 0; return false; }
              requestAnimationFrame(() => requestAnimationFrame(() => (screen.looks = (screen.looks ?? 0) + 1)));
              return screen.looks > 3";
    visitor.page.holds(Place::Chat, "the top in sight", up, Vec::new()).await?;
    volunteer.says("The newest line.").await?;
    visitor.page.wait_for(Place::Chat, ".pill").await?;
    let top: f64 = visitor.page.run(Place::Chat, "return T.first('.screen').scrollTop", Vec::new()).await?;
    ensure!(top < 50.0, "the reader was moved to {top}");
    visitor.press("New messages").await?;
    visitor.page.wait_gone(Place::Chat, ".pill").await?;
    let in_sight = "const box = T.all('.bubble').at(-1).getBoundingClientRect();
                    return box.bottom <= innerHeight && box.top >= 0";
    visitor.page.holds(Place::Chat, "the newest line in sight", in_sight, Vec::new()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn enter_sends_with_a_pointer_and_is_a_new_line_on_touch() -> Result<()> {
    let stage = Stage::set().await?;
    let (phone, volunteer) = stage.talk().await?;
    phone.types("one\ntwo").await?;
    phone.has_draft("one\ntwo").await?;
    ensure!(volunteer.heard().is_empty());
    phone.ends().await?;

    let (desktop, volunteer) = stage.talk_on(Screen::DESKTOP).await?;
    desktop.types("one line\n").await?;
    volunteer.hears("one line").await?;
    desktop.has_draft("").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_composer_grows_with_what_is_written() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, _volunteer) = stage.talk().await?;
    let height = "return T.first('.composer-input').getBoundingClientRect().height";
    let before: f64 = visitor.page.run(Place::Chat, height, Vec::new()).await?;
    visitor.types("one\ntwo\nthree\nfour\nfive").await?;
    visitor
        .page
        .holds(
            Place::Chat,
            "a taller composer",
            "return T.first('.composer-input').getBoundingClientRect().height > arguments[0] + 30",
            vec![json!(before)],
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_not_sent_can_be_tried_again() -> Result<()> {
    let stage = Stage::set().await?;
    let page = stage.browser.open(Screen::PHONE).await?;
    // Something on the way makes the message larger than it may be, for as long as `inflate` is set.
    page.before_every_document(
        r#"const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (text) {
          const frame = JSON.parse(text);
          if (frame.t === 'send' && window.inflate) frame.text = 'a'.repeat(4001);
          return send.call(this, JSON.stringify(frame));
        };"#,
    )
    .await?;
    page.goto(&stage.server.site("/")).await?;
    let visitor = Visitor { page };
    visitor.open_chat().await?;
    visitor.join().await?;
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    visitor.is_joined_by(OPERATOR.alias).await?;

    visitor.page.run::<()>(Place::Chat, "window.inflate = true", Vec::new()).await?;
    visitor.says("Can you hear me?").await?;
    visitor.message_is("Can you hear me?", "failed").await?;
    visitor.reads("Your words are still here").await?;
    // The composer is neither locked nor emptied of anything else.
    visitor.types("Something else").await?;
    visitor.page.run::<()>(Place::Chat, "window.inflate = false", Vec::new()).await?;
    visitor.press("^Try again").await?;
    ensure!(volunteer.hears("Can you hear me?").await? == 1);
    visitor.message_is("Can you hear me?", "delivered").await?;
    visitor.has_message("visitor", "Can you hear me?").await?;
    visitor.has_draft("Something else").await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_kept_just_now_is_sent_by_itself_later() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    // Somebody else holds the database: nothing can be committed.
    let blocker = rusqlite::Connection::open(stage.server.database())?;
    blocker.execute_batch("BEGIN EXCLUSIVE")?;
    visitor.says("Can you hear me?").await?;
    visitor.message_is("Can you hear me?", "sending").await?;
    visitor.types("Something else").await?;
    blocker.execute_batch("ROLLBACK")?;
    ensure!(volunteer.hears("Can you hear me?").await? == 1);
    visitor.message_is("Can you hear me?", "delivered").await?;
    visitor.has_draft("Something else").await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_joined_is_said_and_that_it_is_a_person() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, _volunteer) = stage.talk().await?;
    visitor.is_joined_by(OPERATOR.alias).await?;
    visitor.reads("a person, not a computer").await?;
    visitor.reads("automatic").await?;
    visitor.reads("Today").await
}

/// Nothing is wider than the window.
async fn nothing_sticks_out(page: &Page) -> Result<()> {
    let wide: Vec<String> = page
        .run(
            Place::Chat,
            "return T.all('*').filter((e) => T.visible(e) && e.getBoundingClientRect().right > innerWidth + 1
               && !e.classList.contains('sr')).map((e) => e.className.toString())",
            Vec::new(),
        )
        .await?;
    ensure!(wide.is_empty(), "these stick out: {wide:?}");
    let scrolling: Vec<String> = page
        .run(
            Place::Chat,
            "const sideways = (e) => e.scrollWidth > e.clientWidth + 1
               && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX);
             return T.all('*').filter((e) => T.visible(e) && !e.classList.contains('sr') && sideways(e))
               .map((e) => `${e.className}: ${e.scrollWidth} in ${e.clientWidth}`)",
            Vec::new(),
        )
        .await?;
    ensure!(scrolling.is_empty(), "these scroll sideways: {scrolling:?}");
    Ok(())
}
