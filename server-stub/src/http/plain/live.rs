//! A page that goes on: the answer to a form stays open, and what happens is added to it, without a script.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream;
use tealight_protocol::CloseCode;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::super::door::Staying;
use super::chat::Part;
use super::form::Keys;
use super::line::Heard;
use super::log::entry;
use super::pages::Page;
use super::room::{CLOSING, CLOSING_LOG, State, look, section, state};
use super::visit::Visit;

/// How long a page goes on before it must be asked again.
const LIFE: Duration = Duration::from_secs(20 * 60);

/// How often something is sent, so that nobody in between takes the connection for dead.
const BEAT: Duration = Duration::from_secs(15);

/// How long a browser may take nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often the wait is told although it has not changed.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// Pieces that wait for the connection.
const PIECES: usize = 4;

/// What shows nothing.
const NOTHING: &str = "<!-- -->\n";

/// A page that is there.
struct Live {
    page: Page,
    keys: Keys,
    visit: Visit,
    shown: State,
    pieces: mpsc::Sender<Bytes>,
    /// Held for as long as the page is there.
    _staying: Option<Staying>,
}

/// The body of a page that begins with `opening` and goes on.
pub(super) fn body(page: Page, keys: Keys, visit: Visit, opening: String, staying: Option<Staying>) -> Body {
    let (pieces, mut waiting) = mpsc::channel(PIECES);
    let shown = state(&page, &visit.chat);
    let live = Live { page, keys, visit, shown, pieces, _staying: staying };
    tokio::spawn(live.run(opening));
    Body::from_stream(stream::poll_fn(move |cx| {
        waiting.poll_recv(cx).map(|piece| piece.map(Ok::<_, Infallible>))
    }))
}

impl Live {
    async fn run(mut self, opening: String) {
        if !self.write(opening).await {
            return;
        }
        let mut overflowed = std::pin::pin!(self.visit.line.overflowed());
        let mut over = std::pin::pin!(tokio::time::sleep(LIFE));
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told_at = Instant::now();
        loop {
            let is_here = tokio::select! {
                biased;
                () = self.pieces.closed() => return,
                () = &mut overflowed => break self.part("busy").await,
                () = &mut over => break self.part("look.ended").await,
                heard = self.visit.line.hear() => match heard {
                    Heard::Frame(frame) => {
                        let from = self.visit.events.len();
                        self.visit.take(&frame).await;
                        let news = self.news(from).await;
                        if news.is_empty() { true } else {
                            told_at = Instant::now();
                            self.write(news).await
                        }
                    }
                    Heard::Closed(code) => break self.closed(code).await,
                },
                _ = beat.tick() => {
                    if told_at.elapsed() >= FRESH && matches!(self.visit.chat.part, Part::Waiting(_)) {
                        told_at = Instant::now();
                        let again = section(&self.page, &self.keys, &self.shown, true);
                        self.write(again).await
                    } else {
                        self.write(NOTHING.to_owned()).await
                    }
                }
            };
            if !is_here {
                return;
            }
            if self.visit.chat.is_over() {
                break self.end().await;
            }
        }
    }

    /// What has not been shown, from an event on.
    async fn news(&mut self, from: usize) -> String {
        let Visit { chat, events, .. } = &self.visit;
        let mut news: String =
            events[from..].iter().map(|event| entry(&self.page, &self.keys, chat, event)).collect();
        if !news.is_empty() {
            self.visit.mark(false).await;
        }
        let state = state(&self.page, &self.visit.chat);
        if state != self.shown {
            self.shown = state;
            news.push_str(&section(&self.page, &self.keys, &self.shown, true));
        }
        news
    }

    /// The page says that it stops, and how to go on.
    async fn part(&self, why: &str) {
        let why = self.page.words().say(why);
        let look = look(&self.page, &self.keys, &self.visit.chat, false);
        self.write(format!("<div class=\"note stopped\"><p>{why}</p>\n{look}</div>\n")).await;
        self.end().await;
    }

    async fn closed(&self, code: CloseCode) {
        let words = self.page.words();
        let say = |class: &str, title: &str| {
            format!("<section class=\"over {class}\"><h2>{}</h2></section>\n", words.say(title))
        };
        let last = match code {
            CloseCode::Erased => say("erased", "stopped.erased"),
            CloseCode::UnknownSecret => say("erased", "stopped.expired"),
            CloseCode::Forbidden => say("", "stopped.forbidden"),
            CloseCode::Replaced => say("", "stopped.replaced"),
            _ => return self.part("busy").await,
        };
        self.write(last).await;
        self.end().await;
    }

    async fn end(&self) {
        self.write(format!("{CLOSING_LOG}{CLOSING}")).await;
    }

    /// `false`: nobody takes it.
    async fn write(&self, piece: String) -> bool {
        matches!(tokio::time::timeout(PATIENCE, self.pieces.send(piece.into())).await, Ok(Ok(())))
    }
}
