//! A conversation where the network is bad: nothing is lost, doubled or out of order, and no screen says what is not
//! true.
//!
//! The visitor's browser reaches the server only through a proxy that makes the weather; the volunteer sits beside
//! the server. Each test has a short form, and a long one under `cargo xtask soak`.

mod background;
mod cuts;
mod silence;
mod weather;

use anyhow::Result;
use tealight_tests::browser::Place;
use tealight_tests::people::Visitor;
use tealight_tests::server::Settings;
use tealight_tests::stage::Stage;

/// What stands in the composer while something else goes wrong.
const DRAFT: &str = "Half a sentence that";

/// A helpline whose visitors come through the weather.
async fn outdoors() -> Result<Stage> {
    Stage::with(Settings { behind_proxy: true, prior_mean_minutes: Some(10.0), ..Settings::default() }).await
}

/// Waits until a message has come to the volunteer. The telephone says that it has a network again, whenever the chat
/// says that it lost it: otherwise each cut makes the pause before the next try longer.
async fn comes_through(visitor: &Visitor, words: &str) -> Result<()> {
    let script = "const lost = T.first('.strip p');
        if (lost) dispatchEvent(new Event('online'));
        const own = T.all('.msg[data-from=visitor]').find((m) => m.querySelector('.bubble')?.textContent === arguments[0]);
        return !lost && ['delivered', 'seen'].includes(own?.dataset.state)";
    visitor.page.holds(Place::Chat, &format!("{words:?} to come through"), script, vec![words.into()]).await
}
