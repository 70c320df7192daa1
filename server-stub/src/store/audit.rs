//! What operators did, without a word of what anybody said: who, what, when, and in which conversation.

use tealight_protocol::{ConversationId, OperatorId};

use crate::Moment;
use crate::digest;

/// How much of a digest stands for a conversation.
const MARK_BYTES: usize = 9;

/// An entry: who did what. Not even the name of a conversation is in it, only a mark by which whoever has the name
/// finds its entries, so that nothing brings back what was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When. Of deeds that are counted: the beginning of the hour.
    pub at: Moment,
    /// Who.
    pub who: Actor,
    /// What.
    pub what: Deed,
    /// In which conversation: its [`mark_of`].
    pub conversation: Option<String>,
    /// Whose account it was about.
    pub about: Option<OperatorId>,
    /// How often.
    pub times: u32,
}

impl AuditEntry {
    /// Somebody did something, once.
    pub fn new(at: Moment, who: Actor, what: Deed) -> Self {
        Self { at, who, what, conversation: None, about: None, times: 1 }
    }

    /// An operator did something in a conversation.
    pub fn in_conversation(at: Moment, who: &OperatorId, what: Deed, conversation: &ConversationId) -> Self {
        let entry = Self::new(at, Actor::Operator(who.clone()), what);
        Self { conversation: Some(mark_of(conversation)), ..entry }
    }
}

/// What stands for a conversation in the log: the beginning of a SHA-256. Names are random, so none can be guessed.
pub fn mark_of(conversation: &ConversationId) -> String {
    let digest = digest::of(&format!("audit {}", conversation.0));
    digest::base64url(&digest[..MARK_BYTES])
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// An operator.
    Operator(OperatorId),
    /// A conversation's visitor.
    Visitor,
    /// Whoever sits at the server's command line.
    CommandLine,
    /// The server by itself.
    Server,
    /// Somebody who is not known.
    Nobody,
}

/// Every actor that is no operator, and its word.
const ACTORS: [(Actor, &str); 4] = [
    (Actor::Visitor, "visitor"),
    (Actor::CommandLine, "command line"),
    (Actor::Server, "server"),
    (Actor::Nobody, "nobody"),
];

impl Actor {
    /// As one word.
    pub fn word(&self) -> &str {
        match self {
            Self::Operator(id) => &id.0,
            other => ACTORS.iter().find(|(known, _)| known == other).map_or("nobody", |(_, word)| word),
        }
    }

    /// Who a word stands for. What is no other word is an operator's identifier.
    pub(super) fn of_word(word: String) -> Self {
        match ACTORS.iter().find(|(_, known)| *known == word) {
            Some((actor, _)) => actor.clone(),
            None => Self::Operator(OperatorId(word)),
        }
    }
}

macro_rules! deeds {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What somebody did.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Deed {
            $($(#[$doc])* $name,)*
        }

        impl Deed {
            /// All there are.
            pub const ALL: &[Deed] = &[$(Deed::$name),*];

            /// As it is written.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

deeds! {
    /// Took a visitor.
    Claimed = "claimed",
    /// Was handed a visitor.
    Handed = "was handed",
    /// Passed a visitor on.
    Transferred = "passed on",
    /// Began to watch a conversation of somebody else.
    Watched = "watched",
    /// Ended a conversation.
    Ended = "ended",
    /// Ended a conversation and blocked its visitor.
    Blocked = "blocked",
    /// Looked at a block of somebody else and let it stand.
    BlockKept = "kept a block of",
    /// Looked at a block of somebody else and lifted it.
    BlockLifted = "lifted a block of",
    /// Had a conversation erased.
    Erased = "erased",
    /// Destroyed a conversation whose time was over.
    Expired = "expired",
    /// Said something to all visitors, or took it back.
    Announced = "announced",
    /// Let nobody new in.
    Paused = "paused new visitors",
    /// Logged in.
    LoggedIn = "logged in",
    /// Tried to, and did not know the password. Counted by the hour.
    LoginFailed = "failed to log in",
    /// Logged out.
    LoggedOut = "logged out",
    /// Logged out on every device.
    LoggedOutEverywhere = "logged out everywhere",
    /// Added an account.
    AccountAdded = "added",
    /// Changed what an account may.
    AccountChanged = "changed",
    /// Gave an account another password.
    PasswordChanged = "changed the password of",
    /// Removed an account.
    AccountRemoved = "removed",
}

impl Deed {
    /// What a word stands for.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|deed| deed.word() == word)
    }

    /// Whether many in an hour are one entry: what anybody can do who likes must not fill the disk.
    pub(super) fn is_counted(self) -> bool {
        matches!(self, Self::LoginFailed)
    }
}
