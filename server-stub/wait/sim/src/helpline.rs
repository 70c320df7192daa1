//! The simulated helpline: people arrive, wait, leave, and are met, one event after the other.
//!
//! Who decides nothing is the estimate: it only watches ([`Watch`]), so one run serves every contender at once. The
//! *offered wait* of everybody is found on the way, of those who leave too: the time until a slot would have been
//! theirs had they stayed, which is when somebody behind them is met, or when a slot is idle with nobody waiting.

use std::collections::VecDeque;

use crate::history::History;
use crate::scenario::{DAY, Roster, Scenario, Visitor};

/// What a helpline knows of itself at one moment.
#[derive(Debug)]
pub struct Room<'a> {
    /// Minutes since the beginning.
    pub now: f64,
    /// Slots that are really there.
    pub slots: u32,
    /// What was planned, for now and for later. Who will really come is not to be read from it by an estimate.
    pub roster: &'a Roster,
    /// When each conversation began that takes up one of the slots. Whoever has gone off duty ends what they have,
    /// and that takes up none.
    pub running: &'a [f64],
    /// Those who wait, in the order in which they will be met.
    pub waiting: &'a [Waiting],
    /// Past lengths.
    pub history: &'a History,
}

/// A person in the waiting room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waiting {
    /// Their number, from 0 in the order of arrival.
    pub id: usize,
    /// When they joined.
    pub joined: f64,
    /// Whether they go before all who do not.
    pub first: bool,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Somebody came.
    Met,
    /// They left before.
    Left,
}

/// Whoever looks on.
pub trait Watch {
    /// Somebody joined and has to wait; `place` counts from 0.
    fn joined(&mut self, room: &Room<'_>, place: usize);
    /// It is time to look anew, and somebody waits.
    fn looked(&mut self, room: &Room<'_>);
    /// The moment for which this was asked has come; see [`Watch::wake_at`].
    fn woke(&mut self, room: &Room<'_>) {
        let _ = room;
    }
    /// The next moment at which to look besides, if there is one.
    fn wake_at(&self) -> Option<f64> {
        None
    }
    /// A wait has ended.
    fn ended(&mut self, id: usize, now: f64, end: End);
    /// The offered wait of somebody is known, in minutes. 0 for those who did not have to wait.
    fn offered(&mut self, id: usize, now: f64, wait: f64);
}

/// Plays a scenario to its end: until everybody's offered wait is known.
pub fn play(scenario: &Scenario, watch: &mut impl Watch) {
    let visitors = scenario.draw_visitors();
    let last = visitors.last().map_or(0.0, |visitor| visitor.joined);
    let roster = scenario.draw_roster(last);
    let mut helpline = Helpline::new(&visitors, &roster, scenario.look_every);
    while let Some((now, event)) = helpline.next(watch.wake_at()) {
        helpline.happen(now, event, watch);
    }
}

/// What happens next. At the same moment the first of these comes first.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    Finish(usize),
    FinishOffDuty(usize),
    Shift,
    Leave(usize),
    Arrive,
    Wake,
    Look,
}

struct Helpline<'a> {
    visitors: &'a [Visitor],
    roster: &'a Roster,
    now: f64,
    arrived: usize,
    /// Beginnings and ends of the conversations that take up a slot, side by side.
    begun: Vec<f64>,
    ends: Vec<f64>,
    /// Beginnings and ends of the conversations of those who have gone off duty.
    off_duty: Vec<(f64, f64)>,
    slots: u32,
    waiting: Vec<Waiting>,
    /// Those who left and whose offered wait is not known yet.
    pending: VecDeque<Waiting>,
    next_shift: f64,
    next_look: f64,
    look_every: f64,
    history: History,
}

impl<'a> Helpline<'a> {
    fn new(visitors: &'a [Visitor], roster: &'a Roster, look_every: f64) -> Self {
        Self {
            visitors,
            roster,
            now: 0.0,
            arrived: 0,
            begun: Vec::new(),
            ends: Vec::new(),
            off_duty: Vec::new(),
            slots: roster.there(0.0),
            waiting: Vec::new(),
            pending: VecDeque::new(),
            next_shift: roster.shift_end(0.0),
            next_look: look_every,
            look_every,
            history: History::default(),
        }
    }

    /// The next event and its moment; `None` when nobody comes any more and nobody is waited for.
    fn next(&self, wake_at: Option<f64>) -> Option<(f64, Event)> {
        let over = self.arrived == self.visitors.len();
        if over && self.waiting.is_empty() && self.pending.is_empty() {
            return None;
        }
        let finishes = self.ends.iter().enumerate().map(|(index, at)| (*at, Event::Finish(index)));
        let off_duty =
            self.off_duty.iter().enumerate().map(|(index, (_, at))| (*at, Event::FinishOffDuty(index)));
        let leaves = self.waiting.iter().enumerate().map(|(index, waiting)| {
            (waiting.joined + self.visitors[waiting.id].patience, Event::Leave(index))
        });
        let arrival = self.visitors.get(self.arrived).map(|visitor| (visitor.joined, Event::Arrive));
        let look = (!self.waiting.is_empty()).then_some((self.next_look, Event::Look));
        finishes
            .chain(off_duty)
            .chain([(self.next_shift, Event::Shift)])
            .chain(leaves)
            .chain(arrival)
            .chain(wake_at.map(|at| (at, Event::Wake)))
            .chain(look)
            .reduce(|best, other| if other.0 < best.0 { other } else { best })
    }

    fn happen(&mut self, now: f64, event: Event, watch: &mut impl Watch) {
        self.now = now;
        match event {
            Event::Finish(index) => {
                self.history.conversation(now - self.begun.swap_remove(index));
                self.ends.swap_remove(index);
            }
            Event::FinishOffDuty(index) => {
                let (begun, _) = self.off_duty.swap_remove(index);
                self.history.conversation(now - begun);
            }
            Event::Shift => self.change_shift(),
            Event::Leave(index) => {
                let gone = self.waiting.remove(index);
                self.history.wait(now - gone.joined, true);
                watch.ended(gone.id, now, End::Left);
                self.pending.push_back(gone);
            }
            Event::Arrive => self.arrive(watch),
            Event::Wake => watch.woke(&self.room()),
            Event::Look => {
                self.next_look += self.look_every;
                watch.looked(&self.room());
            }
        }
        self.hand_out(watch);
    }

    fn arrive(&mut self, watch: &mut impl Watch) {
        let id = self.arrived;
        self.arrived += 1;
        let first = self.visitors[id].first;
        if first {
            self.history.joined_first(self.now, DAY);
        }
        let joined = Waiting { id, joined: self.now, first };
        let place = if first {
            self.waiting.iter().take_while(|other| other.first).count()
        } else {
            self.waiting.len()
        };
        self.waiting.insert(place, joined);
        if self.is_idle() {
            return;
        }
        if self.waiting.len() == 1 {
            // Nobody waited: the looks that nobody took are not made up for.
            self.next_look = ((self.now / self.look_every).floor() + 1.0) * self.look_every;
        }
        watch.joined(&self.room(), place);
    }

    /// Those who go take the conversations they have with them; those who come are free.
    fn change_shift(&mut self) {
        self.off_duty.extend(self.begun.drain(..).zip(self.ends.drain(..)));
        self.slots = self.roster.there(self.now);
        self.next_shift = self.roster.shift_end(self.now);
        self.history.shift(self.roster.planned(self.now), self.slots);
    }

    /// Gives free slots to those who wait, and settles the offered waits that are known by that.
    fn hand_out(&mut self, watch: &mut impl Watch) {
        while self.is_idle() && !self.waiting.is_empty() {
            let met = self.waiting.remove(0);
            let waited = self.now - met.joined;
            self.history.wait(waited, false);
            if waited > 0.0 {
                watch.ended(met.id, self.now, End::Met);
            }
            watch.offered(met.id, self.now, waited);
            self.settle(watch, |gone| {
                (gone.first && !met.first) || (gone.first == met.first && gone.id < met.id)
            });
            self.begun.push(self.now);
            self.ends.push(self.now + self.visitors[met.id].handling);
        }
        if self.is_idle() {
            self.settle(watch, |_| true);
        }
    }

    fn settle(&mut self, watch: &mut impl Watch, is_known: impl Fn(&Waiting) -> bool) {
        let now = self.now;
        self.pending.retain(|gone| {
            let known = is_known(gone);
            if known {
                watch.offered(gone.id, now, now - gone.joined);
            }
            !known
        });
    }

    fn is_idle(&self) -> bool {
        self.begun.len() < self.slots as usize
    }

    fn room(&self) -> Room<'_> {
        Room {
            now: self.now,
            slots: self.slots,
            roster: self.roster,
            running: &self.begun,
            waiting: &self.waiting,
            history: &self.history,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::scenario;

    #[test]
    fn whoever_is_met_waits_as_long_as_offered_and_whoever_leaves_is_offered_more() {
        for letter in "ABCDE".chars() {
            let scenario = scenario(letter, 2_000).expect("a known letter");
            let mut notes = Notes { patience: patience(&scenario), ..Notes::default() };
            play(&scenario, &mut notes);
            let offered = notes.offered.iter().filter(|wait| wait.is_some()).count();
            assert_eq!(offered, 2_000, "{letter}: everybody's offered wait becomes known");
            let (met, left) = (notes.ends.iter(), notes.ends.iter());
            assert!(met.filter(|(_, _, end)| *end == End::Met).count() > 500);
            assert!(left.filter(|(_, _, end)| *end == End::Left).count() > 200);
            for (id, waited, end) in &notes.ends {
                let offered = notes.offered[*id].unwrap_or(f64::NAN);
                match end {
                    End::Met => assert!((offered - waited).abs() < 1e-9 && *waited <= notes.patience[*id]),
                    End::Left => assert!(offered >= *waited, "{letter} {id}: {offered} after {waited}"),
                }
            }
        }
    }

    #[test]
    fn nobody_waits_while_a_slot_is_idle_and_whoever_goes_first_stands_in_front() {
        let scenario = scenario('E', 2_000).expect("a known letter");
        let mut notes = Notes { patience: patience(&scenario), ..Notes::default() };
        play(&scenario, &mut notes);
        assert!(notes.looks > 1_000 && notes.with_both > 100);
    }

    #[derive(Default)]
    struct Notes {
        patience: Vec<f64>,
        joined: Vec<(usize, f64)>,
        ends: Vec<(usize, f64, End)>,
        offered: Vec<Option<f64>>,
        looks: u32,
        with_both: u32,
    }

    impl Watch for Notes {
        fn joined(&mut self, room: &Room<'_>, place: usize) {
            self.joined.push((room.waiting[place].id, room.now));
            self.looked(room);
        }

        fn looked(&mut self, room: &Room<'_>) {
            assert!(room.running.len() == room.slots as usize, "somebody waits beside an idle slot");
            assert!(room.waiting.is_sorted_by_key(|waiting| (!waiting.first, waiting.id)));
            assert!(room.waiting.iter().all(|waiting| waiting.joined <= room.now));
            self.looks += 1;
            let first = room.waiting.iter().filter(|waiting| waiting.first).count();
            self.with_both += u32::from(first > 0 && first < room.waiting.len());
        }

        fn ended(&mut self, id: usize, now: f64, end: End) {
            let joined = self.joined.iter().find(|(joined, _)| *joined == id).map_or(f64::NAN, |(_, at)| *at);
            self.ends.push((id, now - joined, end));
        }

        fn offered(&mut self, id: usize, _: f64, wait: f64) {
            self.offered.resize(self.offered.len().max(id + 1), None);
            assert_eq!(self.offered[id].replace(wait), None, "known once");
        }
    }

    fn patience(scenario: &Scenario) -> Vec<f64> {
        scenario.draw_visitors().iter().map(|visitor| visitor.patience).collect()
    }
}
