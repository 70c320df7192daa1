//! From an estimate in seconds to what is said about it: which sentence, with which amounts. It knows no words: those
//! are in the widget's locale files, and the widget's tests read the English ones out for every step of the ladder.

use crate::{Wait, limits::WAIT_LADDER_MIN as LADDER};

/// A range that begins below this says no lower end, in minutes: "less than 10 minutes".
const LEAST_LOW_MIN: u32 = 2;

/// One sentence about a wait, with one amount (a plural form hangs on it) or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitWords {
    /// Which sentence.
    pub sentence: Sentence,
    /// The only amount, or the lower end.
    pub first: Amount,
    /// The upper end.
    pub second: Option<Amount>,
}

/// What can be said about a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sentence {
    /// "20 to 45 minutes".
    Minutes,
    /// "1 to 2 hours".
    Hours,
    /// "45 minutes to 1½ hours".
    Mixed,
    /// "less than 5 minutes".
    LessMinutes,
    /// "less than 1 hour".
    LessHours,
    /// "20 minutes to over 2 hours".
    OpenMinutes,
    /// "more than 1 hour".
    MoreHours,
}

/// A step of the ladder in the unit it is said in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// In minutes.
    Minutes(u32),
    /// In half hours: 3 is one and a half.
    HalfHours(u32),
}

impl WaitWords {
    /// What to say about an estimate, or `None` where nothing honest can be said. Whatever a backend sends, the
    /// answer is on the ladder, and never narrower than what was sent.
    #[must_use]
    pub fn of(wait: Wait) -> Option<Self> {
        let (low_s, high_s) = match wait {
            Wait::Range { low_s, high_s } => (low_s, high_s),
            Wait::Closed | Wait::Unknown => return None,
        };
        let low = LADDER.into_iter().rev().find(|step| step * 60 <= low_s);
        let high = high_s
            .and_then(|high_s| LADDER.into_iter().find(|step| u64::from(*step) * 60 >= u64::from(high_s)));
        match (low.filter(|low| *low >= LEAST_LOW_MIN), high) {
            (None, Some(high)) => Some(Self::less_than(high)),
            (None, None) => None,
            (Some(low), None) => Some(Self::open_ended(low)),
            // No single number is ever said.
            (Some(low), Some(high)) if low >= high => {
                Some(match LADDER.into_iter().find(|step| *step > low) {
                    Some(next) => Self::between(low, next),
                    None => Self::open_ended(low),
                })
            }
            (Some(low), Some(high)) => Some(Self::between(low, high)),
        }
    }

    fn less_than(high: u32) -> Self {
        let (sentence, first) = if high < 60 {
            (Sentence::LessMinutes, Amount::Minutes(high))
        } else {
            (Sentence::LessHours, Amount::hours(high))
        };
        Self { sentence, first, second: None }
    }

    /// Above two hours there is no upper end. A lower end well below that must not make it look short.
    fn open_ended(low: u32) -> Self {
        let (sentence, first) = if low < 60 {
            (Sentence::OpenMinutes, Amount::Minutes(low))
        } else {
            (Sentence::MoreHours, Amount::hours(low))
        };
        Self { sentence, first, second: None }
    }

    /// Both ends in one unit where that is possible: "45 to 60 minutes", but "1 to 2 hours".
    fn between(low: u32, high: u32) -> Self {
        let (sentence, first, second) = if high <= 60 {
            (Sentence::Minutes, Amount::Minutes(low), Amount::Minutes(high))
        } else if low < 60 {
            (Sentence::Mixed, Amount::Minutes(low), Amount::hours(high))
        } else {
            (Sentence::Hours, Amount::hours(low), Amount::hours(high))
        };
        Self { sentence, first, second: Some(second) }
    }
}

impl Amount {
    fn hours(minutes: u32) -> Self {
        Self::HalfHours(minutes / 30)
    }

    /// The number, in its unit.
    #[must_use]
    pub fn count(self) -> f64 {
        match self {
            Self::Minutes(minutes) => f64::from(minutes),
            Self::HalfHours(halves) => f64::from(halves) / 2.0,
        }
    }
}
