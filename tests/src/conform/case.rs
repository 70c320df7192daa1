//! What a conformance case is: its words, what it needs, and how it can come out.

use std::fmt;

use futures_util::future::BoxFuture;

use super::trial::Trial;

/// Longest description of what was expected, and of what came.
const WORDS: usize = 500;

/// How much of the protocol a backend has. Each level includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Level {
    /// Core: greeting, starting, sending, resuming, ending.
    #[value(name = "L1", alias = "l1")]
    L1,
    /// The waiting room.
    #[value(name = "L2", alias = "l2")]
    L2,
    /// Typing, marks, survey, offers, links, transfer, erasing.
    #[value(name = "L3", alias = "l3")]
    L3,
    /// Operators.
    #[value(name = "L4", alias = "l4")]
    L4,
}

impl Level {
    /// All of them, the lowest first.
    pub const ALL: [Level; 4] = [Level::L1, Level::L2, Level::L3, Level::L4];
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// What must be there for a case to be asked at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A word in the visitor's `ready.caps`.
    Capability(&'static str),
    /// A word in an operator's `ready.caps`.
    OperatorCapability(&'static str),
    /// An account to log in with.
    Operator,
    /// Two accounts.
    TwoOperators,
    /// An account that takes only some areas, and a second area.
    AreaOperator,
    /// An account that may watch.
    Supervisor,
    /// Somebody who takes visitors: an operator's account, or a hook.
    Taker,
    /// An instance outside its opening hours.
    Closed,
    /// An instance whose waiting room holds few.
    Small,
    /// An instance that always asks for work before the door.
    Work,
    /// A second node of the same backend.
    SecondNode,
    /// The reference server as a child process that can be killed and looked into.
    OwnServer,
}

/// With whom a case can run at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Company {
    /// With any other that is not [`Company::Alone`].
    Anybody,
    /// With nobody: it looks at the whole waiting room, or claims from it.
    Alone,
    /// With everybody, from the first moment to the last: it starts no conversation, or brings its own server.
    Apart,
    /// Apart where it can bring its own server, else alone.
    Private,
}

/// How long a case takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// A few seconds at most.
    Quick,
    /// More than five seconds: it must wait for something to time out.
    Slow,
}

/// One case.
#[derive(Clone, Copy)]
pub struct Case {
    /// Its number in the list of cases.
    pub number: u8,
    /// Its level.
    pub level: Level,
    /// Its name, in a few words.
    pub name: &'static str,
    /// What the specification demands, in one sentence.
    pub demand: &'static str,
    /// What must be there.
    pub needs: &'static [Need],
    /// With whom it can run.
    pub company: Company,
    /// How long it takes.
    pub speed: Speed,
    /// The check.
    pub(crate) run: for<'a> fn(&'a Trial) -> BoxFuture<'a, Check>,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Case({} {})", self.number, self.name)
    }
}

/// How a check ends: with what it was after, or early.
pub(crate) type Check<T = ()> = Result<T, Stop>;

/// Why a check ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The backend did something else than the specification demands.
    Failed {
        /// What was expected.
        expected: String,
        /// What came instead.
        came: String,
    },
    /// The backend cannot be asked.
    NotOffered(String),
    /// It could have been asked, and was not.
    Skipped(String),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Failed { came, .. } => f.write_str(came),
            Stop::NotOffered(why) | Stop::Skipped(why) => f.write_str(why),
        }
    }
}

/// The backend did something else.
pub(crate) fn failed(expected: impl Into<String>, came: impl Into<String>) -> Stop {
    let cut = |text: String| match text.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    };
    Stop::Failed { expected: cut(expected.into()), came: cut(came.into()) }
}

/// Fails with these words unless `holds`.
pub(crate) fn demand(holds: bool, expected: impl Into<String>, came: impl Into<String>) -> Check {
    if holds { Ok(()) } else { Err(failed(expected, came)) }
}

/// The runner itself could not go on.
pub(crate) fn trouble(error: impl fmt::Display) -> Stop {
    failed("that the case can be carried out", error.to_string())
}

/// Writes a case with its check, an `async fn(&Trial) -> Check`.
macro_rules! case {
    ($number:literal, $level:ident, $company:ident, $speed:ident, $name:literal, [$($need:expr),*], $demand:literal,
     $check:path) => {
        $crate::conform::case::Case {
            number: $number,
            level: $crate::conform::case::Level::$level,
            name: $name,
            demand: $demand,
            needs: &[$($need),*],
            company: $crate::conform::case::Company::$company,
            speed: $crate::conform::case::Speed::$speed,
            run: |trial| Box::pin($check(trial)),
        }
    };
}

pub(super) use case;
