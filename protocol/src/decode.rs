//! Reading a frame that came from somebody else: what it is, or what is wrong with it and how to say so.
//!
//! Parsing with serde alone is not enough at an open door: it takes an array for an object, it does not say
//! whose command was refused, and its messages quote what was typed. This module decides nothing about
//! conversations; it only tells the three kinds of bad frame apart that a backend answers differently.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Cid, NoteText, Notice, Reason, Text, TextError};

/// What is wrong with a frame.
#[derive(Clone, PartialEq, Eq)]
pub enum DecodeError {
    /// Not a JSON object, or one without a type in `t`: the socket is closed with 4400.
    NotAFrame,
    /// One of its texts has too many characters: `error too_large`.
    TooLong {
        /// The command, where it could be told.
        cid: Option<Cid>,
        /// How many characters that text has.
        chars: usize,
    },
    /// A known type with a field that is missing or has the wrong shape: `error bad_request`.
    BadField {
        /// The command, where it could be told.
        cid: Option<Cid>,
        /// For the developer at the other end, in English. It may quote the frame: send it back, never log it.
        detail: String,
    },
}

/// Prints neither what was typed nor where.
impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAFrame => "NotAFrame",
            Self::TooLong { .. } => "TooLong { … }",
            Self::BadField { .. } => "BadField { … }",
        })
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAFrame => "not a JSON object with a type",
            Self::TooLong { .. } => "the text is too long",
            Self::BadField { .. } => "a field is missing or has the wrong shape",
        })
    }
}

impl std::error::Error for DecodeError {}

/// Reads one frame. An unheard-of type is a frame too: the `Unknown` of its enum, to be ignored.
pub fn decode<F: DeserializeOwned>(text: &str) -> Result<F, DecodeError> {
    if !text.trim_start().starts_with('{') {
        return Err(DecodeError::NotAFrame);
    }
    serde_json::from_str(text).map_err(|error| diagnose(text, &error))
}

/// Reads one frame from JSON that was parsed already.
pub fn decode_value<F: DeserializeOwned>(value: Value) -> Result<F, DecodeError> {
    let Value::Object(fields) = &value else { return Err(DecodeError::NotAFrame) };
    if !fields.get("t").is_some_and(Value::is_string) {
        return Err(DecodeError::NotAFrame);
    }
    // What the error must say is read before the value is gone; most frames carry no text, and none carries much.
    let (cid, too_long) = (cid_of(fields), longest_text(fields));
    serde_json::from_value(value).map_err(|error| blame(cid, too_long, &error))
}

/// Looks again, and closer, at a frame that could not be read.
fn diagnose(text: &str, error: &serde_json::Error) -> DecodeError {
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
        return DecodeError::NotAFrame;
    };
    if !fields.get("t").is_some_and(Value::is_string) {
        return DecodeError::NotAFrame;
    }
    blame(cid_of(&fields), longest_text(&fields), error)
}

fn blame(cid: Option<Cid>, too_long: Option<usize>, error: &serde_json::Error) -> DecodeError {
    match too_long {
        Some(chars) => DecodeError::TooLong { cid, chars },
        None => DecodeError::BadField { cid, detail: error.to_string() },
    }
}

fn cid_of(fields: &Map<String, Value>) -> Option<Cid> {
    Cid::try_from(fields.get("cid")?.as_str()?.to_owned()).ok()
}

/// The length of a text that is longer than texts of its place may be.
fn longest_text(fields: &Map<String, Value>) -> Option<usize> {
    let string = |name: &str| fields.get(name).and_then(Value::as_str);
    let beside = string("t") == Some("note");
    let text = string("text")
        .map(|typed| if beside { NoteText::parse(typed).err() } else { Text::parse(typed).err() });
    let reason = string("reason").map(|typed| Reason::parse(typed).err());
    let note = string("note").map(|typed| NoteText::parse(typed).err());
    let notice = string("notice").map(|typed| Notice::parse(typed).err());
    [text, reason, note, notice].into_iter().flatten().flatten().find_map(|error| match error {
        TextError::TooLong { chars } => Some(chars),
        TextError::Empty => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{VisitorFrame, limits::TEXT_CHARS};

    #[test]
    fn what_is_no_json_object_with_a_type_is_no_frame() {
        for bad in
            ["", "{", "nonsense", "[\"ping\"]", "\"ping\"", "null", "{}", r#"{"t":7}"#, r#"{"t":null}"#]
        {
            assert_eq!(read(bad), Err(DecodeError::NotAFrame), "{bad}");
        }
    }

    #[test]
    fn a_refused_command_is_named_where_it_can_be_told() {
        let cid = Cid::from_bytes([1; 16]);
        let frame = format!(r#"{{"t":"send","cid":"{}","text":""}}"#, cid.as_str());
        assert!(matches!(read(&frame), Err(DecodeError::BadField { cid: Some(named), .. }) if named == cid));
        let nameless = read(r#"{"t":"send","cid":"short","text":"a"}"#);
        assert!(matches!(nameless, Err(DecodeError::BadField { cid: None, .. })));
    }

    #[test]
    fn a_text_that_is_too_long_is_told_apart() {
        let cid = Cid::from_bytes([1; 16]);
        let long = "a".repeat(TEXT_CHARS + 1);
        let frame = format!(r#"{{"t":"send","cid":"{}","text":"{long}"}}"#, cid.as_str());
        assert_eq!(read(&frame), Err(DecodeError::TooLong { cid: Some(cid), chars: TEXT_CHARS + 1 }));
    }

    #[test]
    fn what_was_typed_is_not_printed_with_the_error() {
        let error = read(r#"{"t":"typing","on":"marker"}"#).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("marker"));
    }

    #[test]
    fn a_type_of_a_later_version_is_a_frame_to_ignore() {
        assert_eq!(read(r#"{"t":"wave","cid":5,"x":[1,{"y":null}]}"#), Ok(VisitorFrame::Unknown));
    }

    fn read(text: &str) -> Result<VisitorFrame, DecodeError> {
        decode(text)
    }
}
