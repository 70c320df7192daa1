//! From an estimate in seconds to the words of the ladder: which sentence, with which amounts. No words in here.

use tealight_protocol::Wait;

/// The steps an estimate may stand on, in minutes. Above the last there is only "more than".
const LADDER: [u32; 12] = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120];

/// What to say about a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitWords {
    /// "less than 2 minutes"
    LessThan(Amount),
    /// "20 to 45 minutes", "1 to 1½ hours", "45 minutes to 1½ hours"
    Between(Amount, Amount),
    /// "more than 2 hours"
    MoreThan(Amount),
    /// "We can't say how long it will be."
    Unknown,
}

/// A step of the ladder in the unit it is said in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    /// Up to an hour, in minutes.
    Minutes(u32),
    /// Above an hour, in half hours: 3 is one and a half.
    HalfHours(u32),
}

impl WaitWords {
    /// The words for an estimate. Whatever a backend sends, the answer is on the ladder, and never narrower than
    /// what was sent.
    pub(crate) fn of(wait: Wait) -> Self {
        let (low_s, high_s) = match wait {
            Wait::Range { low_s, high_s } => (low_s, high_s),
            Wait::Closed | Wait::Unknown => return Self::Unknown,
        };
        let low = LADDER.into_iter().rev().find(|step| step * 60 <= low_s);
        let high = high_s
            .and_then(|high_s| LADDER.into_iter().find(|step| u64::from(*step) * 60 >= u64::from(high_s)));
        match (low, high) {
            (None, Some(high)) => Self::LessThan(Amount::small_unit(high)),
            (None, None) => Self::Unknown,
            (Some(low), None) => Self::MoreThan(Amount::large_unit(low)),
            (Some(low), Some(high)) if low >= high => match next_step(low) {
                Some(next) => Self::between(low, next),
                None => Self::MoreThan(Amount::large_unit(low)),
            },
            (Some(low), Some(high)) => Self::between(low, high),
        }
    }

    fn between(low: u32, high: u32) -> Self {
        // Both ends in one unit where that is possible: "45 to 60 minutes", but "1 to 2 hours".
        if low >= 60 {
            Self::Between(Amount::large_unit(low), Amount::large_unit(high))
        } else {
            Self::Between(Amount::small_unit(low), Amount::small_unit(high))
        }
    }
}

impl Amount {
    fn small_unit(minutes: u32) -> Self {
        if minutes <= 60 { Self::Minutes(minutes) } else { Self::HalfHours(minutes / 30) }
    }

    fn large_unit(minutes: u32) -> Self {
        if minutes < 60 { Self::Minutes(minutes) } else { Self::HalfHours(minutes / 30) }
    }
}

fn next_step(minutes: u32) -> Option<u32> {
    LADDER.into_iter().find(|step| *step > minutes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Amount::{HalfHours, Minutes};

    #[test]
    fn steps_of_the_ladder_are_said_in_the_unit_people_use() {
        let table = [
            ((0, Some(120)), WaitWords::LessThan(Minutes(2))),
            ((1200, Some(2700)), WaitWords::Between(Minutes(20), Minutes(45))),
            ((2700, Some(3600)), WaitWords::Between(Minutes(45), Minutes(60))),
            ((2700, Some(5400)), WaitWords::Between(Minutes(45), HalfHours(3))),
            ((3600, Some(5400)), WaitWords::Between(HalfHours(2), HalfHours(3))),
            ((3600, Some(7200)), WaitWords::Between(HalfHours(2), HalfHours(4))),
            ((5400, Some(7200)), WaitWords::Between(HalfHours(3), HalfHours(4))),
            ((7200, None), WaitWords::MoreThan(HalfHours(4))),
            ((2700, None), WaitWords::MoreThan(Minutes(45))),
        ];
        for ((low_s, high_s), words) in table {
            assert_eq!(WaitWords::of(Wait::Range { low_s, high_s }), words, "{low_s}–{high_s:?}");
        }
    }

    #[test]
    fn amounts_off_the_ladder_are_widened_onto_it() {
        assert_eq!(of(1300, Some(2600)), WaitWords::Between(Minutes(20), Minutes(45)));
        assert_eq!(of(30, Some(100)), WaitWords::LessThan(Minutes(2)));
        assert_eq!(of(3700, Some(99_999)), WaitWords::MoreThan(HalfHours(2)));
    }

    #[test]
    fn a_single_number_is_never_said() {
        assert_eq!(of(1200, Some(1200)), WaitWords::Between(Minutes(20), Minutes(30)));
        assert_eq!(of(7200, Some(7200)), WaitWords::MoreThan(HalfHours(4)));
        assert_eq!(of(2700, Some(600)), WaitWords::Between(Minutes(45), Minutes(60)));
    }

    #[test]
    fn without_an_honest_number_none_is_invented() {
        assert_eq!(WaitWords::of(Wait::Unknown), WaitWords::Unknown);
        assert_eq!(WaitWords::of(Wait::Closed), WaitWords::Unknown);
        assert_eq!(of(0, None), WaitWords::Unknown);
        assert_eq!(of(u32::MAX, Some(u32::MAX)), WaitWords::MoreThan(HalfHours(4)));
    }

    fn of(low_s: u32, high_s: Option<u32>) -> WaitWords {
        WaitWords::of(Wait::Range { low_s, high_s })
    }
}
