//! What every engine must do, on the same code in each: the journey, what keeps words and place, the way out, and what
//! is left on the device.

mod basics;
mod leaving;

use tealight_tests::browser::Engine;

/// One test for each engine of a behaviour that takes one.
macro_rules! in_every_engine {
    ($($module:ident::$behaviour:ident),+ $(,)?) => {
        mod chromium {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $behaviour() -> anyhow::Result<()> {
                super::$module::$behaviour(super::Engine::Chromium).await
            })+
        }
        mod webkit {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $behaviour() -> anyhow::Result<()> {
                super::$module::$behaviour(super::Engine::WebKit).await
            })+
        }
    };
}

in_every_engine! {
    basics::from_the_launcher_to_a_person_who_listens_and_to_the_end,
    basics::a_reload_keeps_the_place_and_the_draft,
    basics::a_reload_in_the_chat_keeps_every_word_once,
    basics::a_server_that_stops_and_starts_loses_no_word,
    leaving::exit_leaves_from_every_screen_and_back_shows_nothing,
    leaving::a_page_that_the_browser_kept_comes_back_without_chat_and_draft,
    leaving::exit_waits_for_nobody,
    leaving::nothing_is_kept_before_joining_one_entry_after_it_and_nothing_in_the_end,
}
