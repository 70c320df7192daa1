//! Events: what happened in a conversation, in order, for ever the same to everybody who may see it.

use serde::{Deserialize, Serialize};

use crate::text::{is_clean_title, says_where_it_leads};
use crate::{Alternative, Area, Cid, OperatorId, Reason, Seq, Text, Timestamp, visitor::Route};

/// One entry of a conversation's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// Its position: dense from 1.
    pub seq: Seq,
    /// When the backend committed it.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventKind {
    /// The visitor joined the waiting room: always the first event.
    Started {
        /// The area the visitor waits for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        area: Option<Area>,
        /// The visitor's language, as a BCP 47 tag.
        lang: String,
        /// The visitor's route.
        #[serde(default)]
        route: Route,
    },
    /// Somebody said something.
    Message {
        /// Who.
        from: Party,
        /// The sender's own name for it, so that the sender knows its echo.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cid: Option<Cid>,
        /// What.
        text: Text,
        /// A link that an operator attached.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<Link>,
        /// Whether no person wrote it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        automatic: bool,
    },
    /// An operator joined.
    Joined {
        /// Who.
        who: Person,
    },
    /// An operator left, and the visitor waits again.
    Left {
        /// Who.
        who: OperatorId,
        /// Why.
        reason: LeftReason,
        /// Where the conversation stands now.
        state: ConversationState,
    },
    /// An operator passed the conversation on, and the visitor waits for the next one.
    Transferred {
        /// Who.
        from: OperatorId,
        /// Where to.
        to: PassedTo,
        /// Why, in the operator's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
        /// Where the conversation stands now.
        state: ConversationState,
    },
    /// An operator offered another way to get help. Nobody has to take it.
    Offer {
        /// What `answer.ref` names.
        id: String,
        /// Who.
        from: OperatorId,
        /// What.
        alternative: Alternative,
    },
    /// The visitor answered an offer.
    Answered {
        /// The offer.
        #[serde(rename = "ref")]
        reference: String,
        /// What the visitor made of it.
        choice: OfferChoice,
    },
    /// Questions after the end; the answer is optional.
    Survey {
        /// What `answer.ref` names.
        id: String,
        /// The questions.
        questions: Vec<Question>,
    },
    /// The conversation is over.
    Ended {
        /// Who ended it.
        by: EndedBy,
        /// Why.
        reason: EndReason,
    },
    /// A later kind that this build has not heard of. It still takes its place in the order.
    #[serde(other)]
    Unknown,
}

/// Who said something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(with = "String"))]
pub enum Party {
    /// The visitor: `visitor`.
    Visitor,
    /// An operator: `op:` and something.
    Operator(OperatorId),
    /// The service itself: `system`, and whatever else this build has not heard of.
    System,
}

impl From<String> for Party {
    fn from(s: String) -> Self {
        match s.as_str() {
            "visitor" => Self::Visitor,
            operator if operator.starts_with(crate::OPERATOR_PREFIX) => Self::Operator(OperatorId(s)),
            _ => Self::System,
        }
    }
}

impl From<Party> for String {
    fn from(party: Party) -> String {
        match party {
            Party::Visitor => "visitor".to_owned(),
            Party::Operator(id) => id.0,
            Party::System => "system".to_owned(),
        }
    }
}

/// Somebody a visitor talks with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Person {
    /// Their identifier.
    pub id: OperatorId,
    /// The name they use with visitors.
    pub name: String,
    /// What they are.
    pub role: PersonRole,
    /// The centre they belong to, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub centre: Option<String>,
}

/// What somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PersonRole {
    /// A trained volunteer.
    Operator,
    /// A later role that this build has not heard of.
    #[serde(other)]
    Unknown,
}

/// Where a visitor was passed on to: a colleague, an area, or, with neither, the waiting room as before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PassedTo {
    /// The colleague.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorId>,
    /// The area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<Area>,
    /// The colleague's or the area's name, as visitors read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What a visitor made of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OfferChoice {
    /// Taken.
    Taken,
    /// Not taken, and whatever this build has not heard of.
    #[serde(other)]
    Declined,
}

/// A link from an operator, shown whole. `https:`, `tel:` or `mailto:`.
///
/// `Debug` prints nothing of it: where an operator points somebody to can say what they talked about.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Link {
    /// Where it leads.
    pub url: String,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link(…)")
    }
}

impl Link {
    /// The schemes a link may have.
    pub const SCHEMES: [&str; 3] = ["https:", "tel:", "mailto:"];

    /// Whether the link may be sent and shown: its address leads where it says, and its title is clean.
    pub fn is_allowed(&self) -> bool {
        let url = self.url.to_ascii_lowercase();
        Self::SCHEMES.iter().any(|scheme| url.starts_with(scheme))
            && says_where_it_leads(&self.url)
            && !self.url.contains(char::is_whitespace)
            && self.title.as_deref().is_none_or(is_clean_title)
    }
}

/// Where a conversation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConversationState {
    /// In the waiting room.
    Waiting,
    /// With an operator.
    Active,
    /// Over, still readable until it expires.
    Ended,
}

/// Why an operator is no longer there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeftReason {
    /// Their connection was lost for too long.
    ConnectionLost,
    /// They were given the visitor and gave no sign.
    NoAnswer,
    /// A later reason that this build has not heard of.
    #[serde(other)]
    Unknown,
}

/// Who ended a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The visitor.
    Visitor,
    /// The operator.
    Operator,
    /// The service, and whoever else this build has not heard of.
    #[serde(other)]
    System,
}

/// Why a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Somebody pressed End.
    Done,
    /// The visitor left the waiting room before anybody joined.
    LeftWaiting,
    /// The visitor was away for too long to keep the place.
    Away,
    /// The helpline closed before anybody joined.
    Closed,
    /// The visitor pressed Exit: the page was left in a hurry.
    Exit,
    /// The operator ended it because of how they were spoken to, and the visitor is not let in for a while.
    Blocked,
    /// A later reason that this build has not heard of.
    #[serde(other)]
    Unknown,
}

/// One question of a survey. Always optional.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Question {
    /// Its identifier, a key of `answer.data`.
    pub id: String,
    /// What the visitor reads.
    pub label: String,
    /// What the answer is used for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The answers to choose from.
    pub options: Vec<String>,
}

/// How far one side has come with a conversation. Both only ever grow; two marks merge to the greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Watermark {
    /// The last event that reached the device.
    #[serde(default)]
    pub delivered: Seq,
    /// The last event that was on a visible screen.
    #[serde(default)]
    pub read: Seq,
}

impl Watermark {
    /// The greater of both, mark by mark; what was read was also delivered.
    pub fn merged(self, other: Self) -> Self {
        let read = self.read.max(other.read);
        Self { delivered: self.delivered.max(other.delivered).max(read), read }
    }
}

/// How far both sides have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Marks {
    /// The visitor.
    #[serde(default)]
    pub visitor: Watermark,
    /// The operator, or whoever of them came furthest.
    #[serde(default)]
    pub operator: Watermark,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_three_schemes_make_a_link() {
        let allowed = |url: &str| Link { url: url.to_owned(), title: None }.is_allowed();
        for url in ["https://example.org/a?b#c", "tel:+44800", "mailto:a@example.org", "HTTPS://example.org"]
        {
            assert!(allowed(url), "{url}");
        }
        for url in [
            "http://example.org",
            "javascript:alert(1)",
            "data:text/html,x",
            " https://example.org",
            "java\nscript:x",
            "//example.org",
            "https://example.org@elsewhere.example",
            "",
        ] {
            assert!(!allowed(url), "{url}");
        }
        let titled =
            |title: &str| Link { url: "https://example.org".to_owned(), title: Some(title.to_owned()) };
        assert!(titled("").is_allowed() && titled("A page: <b>").is_allowed());
        assert!(!titled("A \u{202E}page").is_allowed() && !titled("A\npage").is_allowed());
    }

    #[test]
    fn marks_only_grow_and_reading_implies_delivery() {
        let merged = Watermark { delivered: 3, read: 1 }.merged(Watermark { delivered: 2, read: 5 });
        assert_eq!(merged, Watermark { delivered: 5, read: 5 });
    }
}
