//! What keys do beyond the browser's own. They need Alt, so that nothing happens while somebody writes; keys are
//! taken by their place on the keyboard, because Alt changes what they type on some systems.

use tealight_protocol::limits::CAPACITY;

/// A key press, as a page hears it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Press<'a> {
    /// What the key types.
    pub(crate) key: &'a str,
    /// Where the key is.
    pub(crate) code: &'a str,
    /// Alt is held.
    pub(crate) alt: bool,
    /// Ctrl is held. With Alt it is AltGr on some keyboards, which types characters.
    pub(crate) ctrl: bool,
    /// The command or Windows key is held.
    pub(crate) meta: bool,
    /// Shift is held.
    pub(crate) shift: bool,
    /// The focus is where text is typed.
    pub(crate) in_text: bool,
    /// An input method is composing.
    pub(crate) composing: bool,
}

/// What a shortcut does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shortcut {
    /// Takes the next visitor.
    TakeNext,
    /// Goes to a conversation of the list, counted from 0.
    Conversation(usize),
    /// Pauses, or accepts again.
    TogglePause,
    /// Goes to the composer.
    Composer,
    /// Goes to the waiting room.
    WaitingRoom,
    /// Goes to the pre-written messages.
    Prewritten,
    /// Goes to the plan of shifts.
    Shifts,
    /// Goes to the figures of waits.
    Waits,
    /// Shows the list of shortcuts.
    Help,
}

/// The shortcut of a key press, if it is one.
pub(crate) fn shortcut(press: &Press<'_>) -> Option<Shortcut> {
    if press.composing || press.ctrl || press.meta {
        return None;
    }
    if !press.alt {
        return (press.key == "?" && !press.in_text).then_some(Shortcut::Help);
    }
    if press.shift {
        return None;
    }
    match press.code {
        "KeyN" => Some(Shortcut::TakeNext),
        "KeyP" => Some(Shortcut::TogglePause),
        "KeyC" => Some(Shortcut::Composer),
        "KeyW" => Some(Shortcut::WaitingRoom),
        "KeyM" => Some(Shortcut::Prewritten),
        "KeyS" => Some(Shortcut::Shifts),
        "KeyG" => Some(Shortcut::Waits),
        code => {
            let digit = code.strip_prefix("Digit").or_else(|| code.strip_prefix("Numpad"))?;
            let place: usize = digit.parse().ok()?;
            (1..=usize::from(CAPACITY)).contains(&place).then(|| Shortcut::Conversation(place - 1))
        }
    }
}

/// Whether this press of Enter sends what stands in the composer.
pub(crate) fn sends(press: &Press<'_>) -> bool {
    press.key == "Enter" && !press.composing && !press.shift && !press.alt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alt_and_a_key_work_wherever_the_focus_is() {
        for in_text in [true, false] {
            let press = Press { alt: true, in_text, ..Press::default() };
            assert_eq!(shortcut(&Press { code: "KeyN", ..press.clone() }), Some(Shortcut::TakeNext));
            assert_eq!(shortcut(&Press { code: "Digit3", ..press.clone() }), Some(Shortcut::Conversation(2)));
            assert_eq!(shortcut(&Press { code: "Digit4", ..press.clone() }), None);
            assert_eq!(shortcut(&Press { code: "KeyP", key: "π", ..press }), Some(Shortcut::TogglePause));
        }
    }

    #[test]
    fn a_question_mark_in_a_text_is_a_question_mark() {
        let press = Press { key: "?", code: "Slash", shift: true, ..Press::default() };
        assert_eq!(shortcut(&press), Some(Shortcut::Help));
        assert_eq!(shortcut(&Press { in_text: true, ..press }), None);
    }

    #[test]
    fn alt_gr_types() {
        let press = Press { key: "ń", code: "KeyN", alt: true, ctrl: true, ..Press::default() };
        assert_eq!(shortcut(&press), None);
    }

    #[test]
    fn enter_sends_unless_it_means_something_else() {
        let enter = Press { key: "Enter", ..Press::default() };
        assert!(sends(&enter));
        assert!(sends(&Press { ctrl: true, ..enter.clone() }));
        assert!(!sends(&Press { shift: true, ..enter.clone() }));
        assert!(!sends(&Press { composing: true, ..enter }));
    }
}
