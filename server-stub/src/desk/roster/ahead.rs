//! From the roster, and who is really there, to the slots ahead. Pure: no clock, no store.
//!
//! Who is there stays until their own shift ends. Who is not there though their shift runs is given a little time to
//! come, and is then not counted on until it is over. Who helps out without a shift stays in the place of somebody
//! who was planned by number alone, or else as long as the last shift that runs; with no shift running, for good.
//! What comes later is taken as it is planned; how much of that to believe, [`super::turnout`] knows.

use std::collections::BTreeMap;
use std::time::Duration;

use tealight_protocol::OperatorId;
use tealight_wait::{Change, Minutes, Slots};

use crate::Moment;

/// How long before their shift somebody who is there already counts as having begun it.
pub(super) const EARLY: Duration = Duration::from_secs(60 * 60);

/// How long after the beginning of their shift somebody who is not there is still expected.
pub(super) const LATE: Duration = Duration::from_secs(10 * 60);

/// A shift that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::desk) struct Duty {
    /// Who; nobody where only a number of people is planned.
    pub(in crate::desk) operator: Option<OperatorId>,
    pub(in crate::desk) from: Moment,
    pub(in crate::desk) to: Moment,
    pub(in crate::desk) at_once: u32,
}

/// The slots from now on: `present` are those who accept now, with how many each takes at once.
pub(in crate::desk) fn slots_ahead(now: Moment, present: &[(OperatorId, u32)], duties: &[Duty]) -> Slots {
    let mut plan = Plan { now, changes: Vec::new() };
    let (mut named, mut unnamed): (BTreeMap<&OperatorId, Vec<Stretch>>, Vec<Stretch>) = Default::default();
    for duty in duties.iter().filter(|duty| duty.to > now && duty.from < duty.to) {
        match &duty.operator {
            Some(who) => named.entry(who).or_default().push(Stretch::of(duty)),
            None => unnamed.push(Stretch::of(duty)),
        }
    }
    unnamed.sort_by_key(|stretch| (stretch.to, stretch.from));
    let mut last_end = unnamed.iter().filter(|stretch| stretch.from <= now).map(|stretch| stretch.to).max();
    let mut helping = 0;
    let mut is_there: BTreeMap<&OperatorId, u32> = BTreeMap::new();
    for (who, slots) in present {
        *is_there.entry(who).or_default() += slots;
    }
    for (who, slots) in &is_there {
        let begun = named.get(who).is_some_and(|own| own.iter().any(|s| s.from <= now.plus(EARLY)));
        if !begun {
            helping += slots;
        }
    }
    for (who, stretches) in named {
        let mut here = is_there.get(who).copied();
        for stretch in joined(stretches) {
            if stretch.from <= now {
                last_end = last_end.max(Some(stretch.to));
            }
            match here {
                Some(slots) if stretch.from <= now.plus(EARLY) => {
                    plan.leaves(stretch.to, slots);
                    here = None;
                }
                _ => plan.comes(stretch),
            }
        }
    }
    for stretch in unnamed {
        let taken = if stretch.from <= now.plus(EARLY) { helping.min(stretch.at_once) } else { 0 };
        helping -= taken;
        plan.leaves(stretch.to, taken);
        plan.comes(Stretch { at_once: stretch.at_once - taken, ..stretch });
    }
    if let Some(end) = last_end {
        plan.leaves(end, helping);
    }
    Slots::from_changes(is_there.values().sum(), plan.changes)
}

/// A time on duty.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: Moment,
    to: Moment,
    at_once: u32,
}

impl Stretch {
    fn of(duty: &Duty) -> Self {
        Self { from: duty.from, to: duty.to, at_once: duty.at_once }
    }
}

/// Stretches of one person that touch or overlap are one.
fn joined(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_by_key(|stretch| (stretch.from, stretch.to));
    let mut result: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        match result.last_mut() {
            Some(last) if stretch.from <= last.to => {
                last.to = last.to.max(stretch.to);
                last.at_once = last.at_once.max(stretch.at_once);
            }
            _ => result.push(stretch),
        }
    }
    result
}

struct Plan {
    now: Moment,
    changes: Vec<Change>,
}

impl Plan {
    fn leaves(&mut self, at: Moment, slots: u32) {
        if slots > 0 {
            self.changes.push(Change { at: self.minutes_to(at), leaving: slots, joining: 0 });
        }
    }

    /// Somebody who is not there comes when it is planned; or a little later, if it has begun; or not at all.
    fn comes(&mut self, stretch: Stretch) {
        let at = if stretch.from > self.now { stretch.from } else { stretch.from.plus(LATE) };
        if stretch.at_once > 0 && at > self.now && at < stretch.to {
            self.changes.push(Change { at: self.minutes_to(at), leaving: 0, joining: stretch.at_once });
            self.leaves(stretch.to, stretch.at_once);
        }
    }

    fn minutes_to(&self, at: Moment) -> Minutes {
        Minutes::from(at.since(self.now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_roster_who_is_there_stays() {
        let slots = slots_ahead(NOW, &[(ada(), 2), (ben(), 1)], &[]);
        assert_eq!(at(&slots, [0, 60, 600]), [3, 3, 3]);
    }

    #[test]
    fn who_is_there_stays_until_their_own_shift_ends() {
        let duties = [duty(Some(ada()), -60, 30, 1), duty(Some(ben()), -30, 90, 1)];
        let slots = slots_ahead(NOW, &[(ada(), 2), (ben(), 1)], &duties);
        assert_eq!(at(&slots, [0, 29, 30, 89, 90]), [3, 3, 1, 1, 0]);
    }

    #[test]
    fn who_is_missing_is_expected_for_a_moment_and_then_not_until_their_shift_is_over() {
        let just_begun = [duty(Some(ada()), -3, 60, 2), duty(Some(ben()), 60, 120, 1)];
        let slots = slots_ahead(NOW, &[], &just_begun);
        assert_eq!(at(&slots, [0, 6, 7, 59, 60, 120]), [0, 0, 2, 2, 1, 0]);
        let given_up = [duty(Some(ada()), -10, 60, 2), duty(Some(ben()), 60, 120, 1)];
        let slots = slots_ahead(NOW, &[], &given_up);
        assert_eq!(at(&slots, [0, 7, 59, 60, 120]), [0, 0, 0, 1, 0]);
    }

    #[test]
    fn who_helps_out_stays_as_long_as_the_last_shift_that_runs() {
        let duties =
            [duty(Some(ada()), -60, 30, 1), duty(Some(cleo()), -60, 45, 1), duty(Some(ada()), 90, 120, 1)];
        let slots = slots_ahead(NOW, &[(ada(), 1), (ben(), 2)], &duties);
        assert_eq!(at(&slots, [0, 29, 30, 44, 45, 90]), [3, 3, 2, 2, 0, 1]);
    }

    #[test]
    fn who_helps_out_takes_the_place_of_somebody_without_a_name() {
        let duties = [duty(None, -60, 30, 1), duty(None, -60, 90, 2)];
        let slots = slots_ahead(NOW, &[(ada(), 2)], &duties);
        assert_eq!(at(&slots, [0, 29, 30, 89, 90]), [2, 2, 1, 1, 0]);
    }

    #[test]
    fn who_is_early_is_not_counted_twice() {
        let duties = [duty(Some(ada()), 15, 60, 2), duty(None, 15, 60, 1)];
        let slots = slots_ahead(NOW, &[(ada(), 2), (ben(), 1)], &duties);
        assert_eq!(at(&slots, [0, 15, 59, 60]), [3, 3, 3, 0]);
        let tomorrow = [duty(Some(ada()), 24 * 60, 25 * 60, 2)];
        let slots = slots_ahead(NOW, &[(ada(), 2)], &tomorrow);
        assert_eq!(at(&slots, [0, 600]), [2, 2], "a shift of tomorrow ends nothing today");
    }

    #[test]
    fn shifts_of_one_person_that_touch_or_overlap_are_one() {
        let duties =
            [duty(Some(ada()), -60, 30, 1), duty(Some(ada()), 30, 60, 1), duty(Some(ada()), 20, 90, 1)];
        let slots = slots_ahead(NOW, &[(ada(), 1)], &duties);
        assert_eq!(at(&slots, [0, 30, 60, 89, 90]), [1, 1, 1, 1, 0]);
        let at_her_end = Change { at: Minutes(90.0), leaving: 1, joining: 0 };
        assert_eq!(slots, Slots::from_changes(1, [at_her_end]), "nobody leaves to come back at once");
    }

    #[test]
    fn there_are_never_fewer_than_none_and_what_is_over_or_nonsense_counts_for_nothing() {
        let duties = [duty(Some(ada()), -60, -30, 3), duty(Some(ben()), 30, 20, 3), duty(None, 10, 10, 3)];
        assert_eq!(slots_ahead(NOW, &[(ada(), 1)], &duties), Slots::constant(1));
        assert_eq!(slots_ahead(NOW, &[], &[]), Slots::constant(0));
    }

    const NOW: Moment = Moment(1_795_291_200_000);

    fn at<const N: usize>(slots: &Slots, minutes: [u32; N]) -> [u32; N] {
        minutes.map(|minute| slots.at(Minutes(f64::from(minute))))
    }

    fn duty(operator: Option<OperatorId>, from: i64, to: i64, at_once: u32) -> Duty {
        let at = |minutes: i64| Moment(NOW.0.saturating_add_signed(minutes * 60_000));
        Duty { operator, from: at(from), to: at(to), at_once }
    }

    fn ada() -> OperatorId {
        OperatorId("op:1".to_owned())
    }

    fn ben() -> OperatorId {
        OperatorId("op:2".to_owned())
    }

    fn cleo() -> OperatorId {
        OperatorId("op:3".to_owned())
    }
}
