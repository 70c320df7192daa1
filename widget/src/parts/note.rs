//! The "look here" card.

use super::icon::{Icon, icon};
use crate::element::{El, el};

/// A card around paragraphs.
pub(crate) fn note(paragraphs: &[&str]) -> El {
    let words = paragraphs.iter().fold(el("div"), |words, text| words.child(el("p").text(text)));
    el("div").class("note").part("note").child(icon(Icon::LAMP)).child(words)
}

/// A card with one sentence or some.
pub(crate) fn note_of(text: &str) -> El {
    note(&[text])
}
