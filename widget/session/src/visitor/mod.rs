//! The visitor's session: from the first look to the end of the chat.

mod conversation;
mod durable;
mod ending;
mod frames;
mod session;
mod settle;
mod snapshot;
mod transcript;
mod view;

pub use session::{RestoreError, Session};
pub use view::{
    ComposerView, EndedView, Entry, EntryKind, OfferAnswer, Phase, StoppedView, SurveyView, TalkingView,
    View, WaitingView, WaitsAgain,
};

use tealight_protocol::{Answers, Area, Cid, OfferChoice, Route, Seq};

use crate::Fact;

/// What a session is made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The visitor's language, as a BCP 47 tag.
    pub lang: String,
}

/// What can happen to a visitor's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The world changed.
    Fact(Fact),
    /// The visitor wants something.
    Command(Command),
}

/// What a visitor wants.
#[derive(Clone, PartialEq, Eq)]
pub enum Command {
    /// Look: connect without saying who. Also takes up a conversation that was restored.
    Open,
    /// Hear now whether what is known of the wait still holds: the backend is asked to say something, or, where there
    /// is no connection, one is tried at once.
    Check,
    /// Join the waiting room.
    Join {
        /// The area, where there are several.
        area: Option<Area>,
        /// How to be met.
        route: Route,
    },
    /// The composer holds these words now.
    Edit(String),
    /// Send what stands in the composer as soon as somebody joins, or do not.
    SendWhenJoined(bool),
    /// Send what stands in the composer.
    Send,
    /// Send these words and leave the composer alone.
    QuickReply(String),
    /// Send a message again that was not sent.
    TryAgain(Cid),
    /// Put the words of a message that was not sent back into the composer.
    TakeBack(Cid),
    /// Answer an offer, by its name. Only the first answer counts.
    AnswerOffer(String, OfferChoice),
    /// Everything up to this event has been on the screen.
    Read(Seq),
    /// End the chat, or leave the waiting room. The confirmation is the screen's business.
    End,
    /// Answer the survey.
    AnswerSurvey(Answers),
    /// Leave the survey.
    SkipSurvey,
    /// Have everything erased, here and at the helpline.
    Erase,
    /// Go back to the first screen, after an end.
    StartAfresh,
}

/// Never shows what was typed.
impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Command(…)")
    }
}
