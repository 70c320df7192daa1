//! The waiting room: places, estimates, whose turn it is, and waiting for somebody to look.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use tealight_protocol::{
    Area, Cid, ConversationId, ConversationState, ErrorCode, EventKind, OperatorId, PlaceUpdate, QueueState,
    ReleaseReason, ToOperator, ToVisitor, VisitorPresence, Wait, limits,
};

use super::connections::Phase;
use super::operator::Operator;
use super::rooms::{Hold, NO_CONVERSATION};
use super::{ConnId, Desk, Refusal, Timer};
use crate::Moment;
use crate::store::{
    CommandKey, CommandRecord, Counterpart, Digest, HandlingTime, STATISTICS_KEPT, Sender, Store, StoreError,
    WaitRecord,
};
use crate::wait::{Estimates, Minutes, Patience, Picture, estimate};

/// How long after a look that could not be stored it is tried again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Where the orders of those who were talked with begin. Newcomers have orders from 1.
const BEFORE_NEWCOMERS: i64 = -(1 << 40);

/// How often the estimate is renewed though nothing happened.
const ESTIMATE_EVERY: Duration = Duration::from_secs(30);

/// Who waits, in order, and how long it takes.
#[derive(Debug, Default)]
pub(super) struct WaitingRoom {
    by_order: BTreeMap<i64, ConversationId>,
    orders: HashMap<ConversationId, i64>,
    highest: i64,
    estimates: HashMap<Option<Area>, Estimates>,
    handling: Vec<Minutes>,
    patience: Patience,
    stale: bool,
    untold: bool,
}

impl WaitingRoom {
    pub(super) fn len(&self) -> usize {
        self.by_order.len()
    }

    /// The order of somebody who was talked with already: before everybody who was not, and behind those who
    /// were passed on or lost their operator earlier.
    pub(super) fn order_before_newcomers(&self) -> i64 {
        let first = self.by_order.keys().next().copied().unwrap_or(0);
        match self.by_order.range(..=0).next_back() {
            Some((last, _)) if *last < 0 => (*last).max(BEFORE_NEWCOMERS) + 1,
            Some(_) => first - 1,
            None => BEFORE_NEWCOMERS,
        }
    }

    /// The highest order that was ever given.
    pub(super) fn last_order(&self) -> i64 {
        self.highest
    }

    /// Something changed that places or estimates hang on.
    pub(super) fn changed(&mut self) {
        self.stale = true;
        self.untold = true;
    }

    pub(super) fn remove(&mut self, id: &ConversationId) {
        if let Some(order) = self.orders.remove(id) {
            self.by_order.remove(&order);
            self.changed();
        }
    }

    fn insert(&mut self, id: &ConversationId, order: i64) {
        self.highest = self.highest.max(order);
        if self.orders.insert(id.clone(), order) != Some(order) {
            self.by_order.insert(order, id.clone());
            self.changed();
        }
    }

    /// Who waits, the next first.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &ConversationId> {
        self.by_order.values()
    }

    pub(super) fn estimate_for(&self, area: Option<&Area>, place: u32) -> Wait {
        self.estimates.get(&area.cloned()).map_or(Wait::Unknown, |estimates| estimates.for_place(place))
    }

    pub(super) fn estimate_for_newcomer(&self) -> Wait {
        self.estimates.get(&None).map_or(Wait::Unknown, Estimates::for_newcomer)
    }
}

impl<S: Store> Desk<S> {
    /// Brings the waiting room in step with a conversation's state.
    pub(super) fn reindex(&mut self, id: &ConversationId) {
        match self.rooms.get(id).filter(|room| room.is_waiting()).map(|room| room.record.order) {
            Some(order) => self.waiting.insert(id, order),
            None => self.waiting.remove(id),
        }
    }

    /// The places of everybody who waits, by conversation: 1 for the next of an area.
    pub(super) fn places(&self) -> Vec<(ConversationId, u32)> {
        let mut by_area: HashMap<Option<&Area>, u32> = HashMap::new();
        let mut places = Vec::with_capacity(self.waiting.len());
        for id in self.waiting.in_order() {
            let area = self.rooms.get(id).and_then(|room| room.record.area.as_ref());
            let place = by_area.entry(area).and_modify(|place| *place += 1).or_insert(1);
            places.push((id.clone(), *place));
        }
        places
    }

    pub(super) fn load_statistics(&mut self) -> Result<(), StoreError> {
        let (handling, waits): (Vec<HandlingTime>, Vec<WaitRecord>) = self.store.read(|tx| {
            Ok::<_, StoreError>((tx.handling_times(STATISTICS_KEPT)?, tx.waits(STATISTICS_KEPT)?))
        })?;
        self.waiting.handling =
            handling.iter().map(|time| Minutes::from(Duration::from_millis(time.ms))).collect();
        self.waiting.patience = Patience {
            left: u32::try_from(waits.iter().filter(|wait| wait.abandoned).count()).unwrap_or(u32::MAX),
            exposure: waits.iter().map(|wait| Minutes::from(Duration::from_millis(wait.ms)).0).sum(),
        };
        self.waiting.changed();
        Ok(())
    }

    /// Reads the statistics again after a conversation ended or began. Without them the old ones serve.
    pub(super) fn statistics_changed(&mut self) {
        if let Err(error) = self.load_statistics() {
            tracing::warn!(%error, "the statistics could not be read; the estimate rests on older ones");
        }
    }

    pub(super) fn estimate_is_old(&mut self, now: Moment) {
        self.waiting.changed();
        self.timers.set(now.plus(ESTIMATE_EVERY), Timer::Estimate);
    }

    pub(super) fn refresh_estimates(&mut self, now: Moment) {
        if !std::mem::take(&mut self.waiting.stale) {
            return;
        }
        let open = self.is_open(now) || self.waiting.len() > 0;
        let mut areas: Vec<Option<Area>> = vec![None];
        areas.extend(self.settings.areas.iter().map(|area| Some(area.id.clone())));
        let mut estimates = HashMap::new();
        for area in areas {
            let accepting: Vec<_> = self
                .operators
                .values()
                .filter(|operator| operator.is_accepting() && operator.serves(area.as_deref()))
                .map(|operator| (operator.record.capacity, self.load_of(&operator.record.id)))
                .collect();
            let waiting = self
                .waiting
                .in_order()
                .filter(|id| {
                    area.is_none() || self.rooms.get(*id).is_some_and(|room| room.record.area == area)
                })
                .count();
            let picture = Picture {
                open,
                slots: accepting.iter().map(|(capacity, _)| u32::from(*capacity)).sum(),
                free: accepting
                    .iter()
                    .map(|(capacity, load)| u32::from(capacity.saturating_sub(*load)))
                    .sum(),
                waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
                handling: &self.waiting.handling,
                prior_mean: self.settings.prior_mean,
                patience: self.waiting.patience,
            };
            estimates.insert(area, estimate(&picture));
        }
        self.waiting.estimates = estimates;
        self.service.changed();
    }

    /// Tells everybody who waits what changed for them, as often as the protocol allows.
    pub(super) fn tell_places(&mut self, now: Moment) {
        if !std::mem::take(&mut self.waiting.untold) {
            return;
        }
        for (id, place) in self.places() {
            let conns = self.rooms.get(&id).map(|room| room.sockets.clone()).unwrap_or_default();
            for conn in conns {
                self.tell_place(now, conn, &id, place);
            }
        }
    }

    pub(super) fn place_may_be_told(&mut self, now: Moment, conn: ConnId) {
        let Some(Phase::Visitor(visitor)) = self.sockets.get_mut(&conn).map(|s| &mut s.phase) else { return };
        visitor.place_armed = false;
        let Some(id) = visitor.conv.clone() else { return };
        if let Some((_, place)) = self.places().into_iter().find(|(other, _)| *other == id) {
            self.tell_place(now, conn, &id, place);
        }
    }

    fn tell_place(&mut self, now: Moment, conn: ConnId, id: &ConversationId, place: u32) {
        let Some(update) = self.place_update(now, id, place) else { return };
        let Some(Phase::Visitor(visitor)) = self.sockets.get_mut(&conn).map(|s| &mut s.phase) else { return };
        if let Some((told_at, told)) = &visitor.place {
            if says_the_same(told, &update) {
                return;
            }
            let allowed_at = told_at.plus_ms(limits::QUEUE_EVERY_MS);
            if allowed_at > now {
                if !std::mem::replace(&mut visitor.place_armed, true) {
                    self.timers.set(allowed_at, Timer::Queue(conn));
                }
                return;
            }
        }
        visitor.place = Some((now, update.clone()));
        if let Some(room) = self.rooms.get_mut(id) {
            room.rev = update.rev;
        }
        self.send(conn, &ToVisitor::Queue(update));
    }

    /// A visitor who waits again hears of the place again, though it may be the one of old.
    pub(super) fn forget_told_places(&mut self, id: &ConversationId) {
        let conns = self.rooms.get(id).map(|room| room.sockets.clone()).unwrap_or_default();
        for conn in conns {
            if let Some(Phase::Visitor(visitor)) = self.sockets.get_mut(&conn).map(|s| &mut s.phase) {
                visitor.place = None;
            }
        }
    }

    /// The place inside `ready`. It counts as told.
    pub(super) fn place_for_snapshot(
        &mut self,
        now: Moment,
        conn: ConnId,
        id: &ConversationId,
    ) -> Option<PlaceUpdate> {
        self.refresh_estimates(now);
        let (_, place) = self.places().into_iter().find(|(other, _)| other == id)?;
        let update = self.place_update(now, id, place)?;
        if let Some(room) = self.rooms.get_mut(id) {
            room.rev = update.rev;
        }
        if let Some(Phase::Visitor(visitor)) = self.sockets.get_mut(&conn).map(|s| &mut s.phase) {
            visitor.place = Some((now, update.clone()));
        }
        Some(update)
    }

    fn place_update(&self, now: Moment, id: &ConversationId, place: u32) -> Option<PlaceUpdate> {
        let room = self.rooms.get(id).filter(|room| room.is_waiting())?;
        let state = match &room.hold {
            Some(_) => QueueState::Ready,
            None if room.held => QueueState::Held,
            None => QueueState::Waiting,
        };
        Some(PlaceUpdate {
            rev: room.rev + 1,
            state,
            place: Some(place),
            wait: self.waiting.estimate_for(room.record.area.as_ref(), place),
            promised_by: None,
            worse: false,
            hold_s: room
                .hold
                .as_ref()
                .map(|hold| hold.until.since(now).as_secs().try_into().unwrap_or(u32::MAX)),
        })
    }

    /// An operator takes a visitor: the one named, or the next.
    pub(super) fn claim(
        &mut self,
        now: Moment,
        conn: ConnId,
        me: &OperatorId,
        cid: &Cid,
        wanted: Option<&ConversationId>,
        body: Digest,
    ) -> Result<(), Refusal> {
        let key = CommandKey { about: Counterpart::Any, sender: Sender::Operator(me), cid };
        if let Some(known) = self.store.read(|tx| tx.command(&key))? {
            if known.body != body {
                return Err(super::visitor::OTHER_BODY);
            }
            self.ack_claim(conn, cid, &known.conversation, known.seq, known.claim);
            self.tell_what_became_of(now, conn, me, known.conversation, known.claim);
            return Ok(());
        }
        let Some(operator) = self.operators.get(me) else { return Err(NO_CONVERSATION) };
        if self.load_of(me) >= operator.record.capacity {
            return Err(Refusal::last_word(ErrorCode::Forbidden, "no more conversations than your capacity"));
        }
        let id = match wanted {
            Some(id) => self.claimable(now, me, id)?,
            None => self
                .next_for(now, me, true)
                .ok_or(Refusal::last_word(ErrorCode::NotFound, "nobody is waiting for you"))?,
        };
        let (seq, claim) = self.assign(now, me, &id, Some((cid, body)))?;
        self.ack_claim(conn, cid, &id, seq, Some(claim));
        self.tell_assigned(now, me, &id);
        Ok(())
    }

    fn ack_claim(
        &mut self,
        conn: ConnId,
        cid: &Cid,
        id: &ConversationId,
        seq: Option<u64>,
        claim: Option<u64>,
    ) {
        let (cid, conv) = (cid.clone(), Some(id.clone()));
        self.send(conn, &ToOperator::Ack { cid, conv, seq, claim, n: None });
    }

    /// A claim was told again. The conversation belongs to the answer; or, if it was lost since, the word that it is.
    fn tell_what_became_of(
        &mut self,
        now: Moment,
        conn: ConnId,
        me: &OperatorId,
        conv: ConversationId,
        claim: Option<u64>,
    ) {
        match self.rooms.get(&conv) {
            Some(room) if room.operator() == Some(me) && Some(room.record.claim) == claim => {
                self.tell_assigned(now, me, &conv);
            }
            Some(_) | None => self.send(conn, &ToOperator::Released { conv, reason: ReleaseReason::Lease }),
        }
    }

    fn claimable(
        &self,
        now: Moment,
        me: &OperatorId,
        id: &ConversationId,
    ) -> Result<ConversationId, Refusal> {
        let room = self.rooms.get(id).ok_or(NO_CONVERSATION)?;
        let kept_for = room.reserved_for(now);
        let serves = self.operators.get(me).is_some_and(|o| o.serves(room.record.area.as_deref()));
        if !serves && kept_for != Some(me) {
            return Err(Refusal::last_word(ErrorCode::Forbidden, "you take no visitors of this area"));
        }
        if kept_for.is_some_and(|colleague| colleague != me) {
            return Err(Refusal::last_word(ErrorCode::Conflict, "the visitor is kept for a colleague"));
        }
        if !room.is_waiting() || room.hold.is_some() {
            return Err(Refusal::last_word(ErrorCode::Conflict, "somebody else was faster"));
        }
        Ok(id.clone())
    }

    /// Whose turn it is: whoever was passed on to this operator; else the first who is there; else the first who was not there when last it was their
    /// turn, or who is not connected. These keep their places and are passed over only while others wait.
    fn next_for(&self, now: Moment, me: &OperatorId, even_if_away: bool) -> Option<ConversationId> {
        let operator = self.operators.get(me)?;
        let nobody_waits_for =
            || self.waiting.in_order().filter_map(|id| self.rooms.get(id)).filter(|room| room.hold.is_none());
        if let Some(kept) = nobody_waits_for().find(|room| room.reserved_for(now) == Some(me)) {
            return Some(kept.record.id.clone());
        }
        let candidates: VecDeque<_> = nobody_waits_for()
            .filter(|room| room.reserved_for(now).is_none())
            .filter(|room| operator.serves(room.record.area.as_deref()) && operator.speaks(&room.record.lang))
            .collect();
        let there = candidates.iter().find(|room| room.presence != VisitorPresence::Gone && !room.held);
        let anybody = candidates.front().filter(|_| even_if_away);
        there.or(anybody).map(|room| room.record.id.clone())
    }

    /// Gives a waiting conversation to an operator: at once when the visitor's page is in sight, else for as
    /// long as the operator may be kept waiting. Returns the event `joined`, if any, and the fencing number.
    fn assign(
        &mut self,
        now: Moment,
        me: &OperatorId,
        id: &ConversationId,
        command: Option<(&Cid, Digest)>,
    ) -> Result<(Option<u64>, u64), Refusal> {
        let here = self.rooms.get(id).is_some_and(|room| room.presence == VisitorPresence::Here);
        let who =
            self.operators.get(me).map(|operator| self.person(&operator.record)).ok_or(NO_CONVERSATION)?;
        let ((seq, claim), events) = self.commit(now, id, |tx, change| {
            change.record.claim += 1;
            change.record.reserved = None;
            let claim = change.record.claim;
            let mut seq = None;
            if here {
                let ms = now.since(change.record.waiting_since).as_millis().try_into().unwrap_or(u64::MAX);
                tx.insert_wait(&WaitRecord { at: now, ms, abandoned: false })?;
                change.record.state = ConversationState::Active;
                change.record.operator = Some(me.clone());
                change.record.joined_at = Some(now);
                seq = Some(change.event(EventKind::Joined { who }));
            }
            if let Some((cid, body)) = command {
                let key = CommandKey { about: Counterpart::Any, sender: Sender::Operator(me), cid };
                tx.insert_command(
                    &key,
                    &CommandRecord { conversation: id.clone(), body, seq, claim: Some(claim), note: None },
                )?;
            }
            Ok((seq, claim))
        })?;
        self.stop_watching_own(me, id);
        if here {
            self.statistics_changed();
            self.tell_visitors_events(id, &events);
            self.tell_watchers_events(id, &events);
        } else {
            let until = now.plus(self.settings.ready_hold);
            if let Some(room) = self.rooms.get_mut(id) {
                room.hold = Some(Hold { operator: me.clone(), until });
            }
            self.timers.set(until, Timer::Hold(id.clone()));
            self.waiting.changed();
        }
        Ok((seq, claim))
    }

    fn tell_assigned(&mut self, now: Moment, me: &OperatorId, id: &ConversationId) {
        match self.conversation_for_operator(now, id, None, true) {
            Ok(conversation) => self.tell_operator(me, &ToOperator::Assigned { conversation }),
            Err(refusal) => tracing::error!(code = ?refusal.code, "a claimed conversation could not be read"),
        }
    }

    /// The visitor's page is in sight. If an operator waits for that, they are together now.
    pub(super) fn visitor_looked(&mut self, now: Moment, id: &ConversationId) {
        let Some(hold) = self.rooms.get(id).and_then(|room| room.hold.clone()) else { return };
        let Some(operator) = self.operators.get(&hold.operator) else { return };
        let who = self.person(&operator.record);
        let me = hold.operator.clone();
        let joined = self.commit(now, id, |tx, change| {
            let ms = now.since(change.record.waiting_since).as_millis().try_into().unwrap_or(u64::MAX);
            tx.insert_wait(&WaitRecord { at: now, ms, abandoned: false })?;
            change.record.state = ConversationState::Active;
            change.record.operator = Some(me.clone());
            change.record.joined_at = Some(now);
            change.event(EventKind::Joined { who });
            Ok(())
        });
        // When it cannot be stored, the hold goes on, and it is tried again as long as the visitor looks.
        let Ok(((), events)) = joined else {
            self.timers.set(now.plus(LOOK_AGAIN), Timer::Hold(id.clone()));
            return;
        };
        if let Some(room) = self.rooms.get_mut(id) {
            room.hold = None;
        }
        self.statistics_changed();
        self.tell_visitors_events(id, &events);
        self.tell_watchers_events(id, &events);
        self.tell_assigned(now, &hold.operator, id);
    }

    /// The operator has waited long enough: the visitor keeps the place, and the next has the turn.
    pub(super) fn hold_may_be_over(&mut self, now: Moment, id: &ConversationId) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        if room.hold.is_some() && room.presence == VisitorPresence::Here {
            return self.visitor_looked(now, id);
        }
        let Some(hold) = room.hold.take_if(|hold| hold.until <= now) else { return };
        room.held = true;
        self.waiting.changed();
        self.board.changed();
        let released = ToOperator::Released { conv: id.clone(), reason: ReleaseReason::NotBack };
        self.tell_operator(&hold.operator, &released);
        let takes_another = self.operators.get(&hold.operator).is_some_and(Operator::is_accepting);
        if !takes_another {
            return self.operator_is_done(&hold.operator);
        }
        if let Some(next) = self.next_for(now, &hold.operator, false) {
            match self.assign(now, &hold.operator, &next, None) {
                Ok(_) => self.tell_assigned(now, &hold.operator, &next),
                Err(refusal) => {
                    tracing::warn!(code = ?refusal.code, "the next visitor could not be assigned");
                }
            }
        }
    }

    /// An operator who went away waits for nobody.
    pub(super) fn drop_holds_of(&mut self, me: &OperatorId) {
        for room in self.rooms.values_mut() {
            if room.hold.take_if(|hold| hold.operator == *me).is_some() {
                self.waiting.changed();
            }
        }
    }
}

/// Whether two updates differ in nothing that a visitor would read.
fn says_the_same(told: &PlaceUpdate, update: &PlaceUpdate) -> bool {
    let same_hold = told.hold_s.is_some() == update.hold_s.is_some();
    same_hold && (told.state, told.place, told.wait) == (update.state, update.place, update.wait)
}
