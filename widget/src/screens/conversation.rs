//! Waiting and talking are one screen: log and composer stay where they are while everything around them changes.

use super::chat::{chat_foot, chat_heading};
use super::waiting::{waiting_more, waiting_top};
use crate::context::{Context, Screen};
use crate::element::{El, el, side_by_side};
use crate::parts::composer::composer;
use crate::parts::log::{Reading, log, pill};

pub(crate) fn conversation(cx: Context, was_kept: bool) -> El {
    let reading = Reading::new();
    let is_waiting = move || cx.screen() == Screen::Waiting;
    let is_not = move || !is_waiting();
    let screen = el("main")
        .class("screen")
        .part("screen")
        .live_attr("data-screen", move || Some(cx.screen().name()))
        .when(is_waiting, move || waiting_top(cx))
        .when(is_not, move || chat_heading(cx))
        .child(log(cx, &reading, was_kept))
        .when(is_waiting, move || waiting_more(cx))
        .when(is_not, move || chat_foot(cx));
    side_by_side().child(screen).child(pill(cx, &reading)).child(composer(cx))
}
