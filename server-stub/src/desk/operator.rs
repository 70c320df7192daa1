//! What an operator may do.

use std::collections::BTreeMap;

use tealight_protocol::{
    Availability, Cid, CloseCode, ConversationId, ConversationState, ErrorCode, EventKind, Limits, Link,
    OperatorConversation, OperatorFrame, OperatorHello, OperatorId, OperatorReady, Party, Person, PersonRole,
    QueryKind, ReleaseReason, Seq, Text, ToOperator, ToVisitor, Watermark, limits,
};

use super::connections::{OperatorSocket, Phase};
use super::rooms::{NO_CONVERSATION, Typing};
use super::visitor::{CAPABILITIES, ENDED, once, within};
use super::{ConnId, Desk, Refusal, Timer};
use crate::Moment;
use crate::digest;
use crate::store::{
    CommandKey, Conversation, Counterpart, Digest, OperatorRecord, Sender, Store, StoreError,
};

/// How many conversations an operator may hold at once, at most.
const MOST: u8 = 3;

/// An operator who is there, or was a moment ago.
#[derive(Debug)]
pub(super) struct Operator {
    pub(super) record: OperatorRecord,
    pub(super) sockets: Vec<ConnId>,
    /// Until when an operator without a socket keeps conversations.
    pub(super) lease_until: Option<Moment>,
    /// Conversations that were taken from the operator meanwhile, to be told on return.
    pub(super) lost: Vec<ConversationId>,
}

impl Operator {
    pub(super) fn is_connected(&self) -> bool {
        !self.sockets.is_empty()
    }

    /// Whether new visitors are meant for this operator.
    pub(super) fn is_accepting(&self) -> bool {
        self.is_connected() && self.record.status == Availability::Accepting && !self.record.last_chat
    }

    pub(super) fn serves(&self, area: Option<&str>) -> bool {
        area.is_none_or(|area| self.record.areas.is_empty() || self.record.areas.iter().any(|a| a == area))
    }
}

impl<S: Store> Desk<S> {
    pub(super) fn operator_frame(&mut self, now: Moment, conn: ConnId, frame: OperatorFrame) {
        let Some(me) = self.operator_of(conn) else { return };
        let cid = match &frame {
            OperatorFrame::Claim { cid, .. }
            | OperatorFrame::Send { cid, .. }
            | OperatorFrame::End { cid, .. }
            | OperatorFrame::Transfer { cid, .. }
            | OperatorFrame::Note { cid, .. }
            | OperatorFrame::Offer { cid, .. }
            | OperatorFrame::Query { cid, .. } => Some(cid.clone()),
            OperatorFrame::Sync { .. } | OperatorFrame::State { .. } | OperatorFrame::Watch { .. } => None,
            OperatorFrame::Typing { conv, on } => return self.operator_types(now, &me, conv, *on),
            OperatorFrame::Mark { conv, mark } => return self.operator_marks(now, &me, conv, *mark),
            OperatorFrame::Ping => return self.send(conn, &ToOperator::Pong),
            OperatorFrame::Hello(_) | OperatorFrame::Pong | OperatorFrame::Unknown => return,
        };
        if !self.may_command(now, conn, cid.as_ref()) {
            return;
        }
        let body = digest::of_command(&frame);
        let outcome = match frame {
            OperatorFrame::Claim { cid, conv } => self.claim(now, conn, &me, &cid, conv.as_ref(), body),
            OperatorFrame::Send { cid, conv, claim, text, link } => {
                self.operator_sends(now, conn, &me, &cid, &conv, claim, text, link, body)
            }
            OperatorFrame::End { cid, conv, claim } => {
                self.operator_ends(now, conn, &me, &cid, &conv, claim, body)
            }
            OperatorFrame::State { status, capacity, last_chat } => {
                self.set_state(&me, status, capacity, last_chat)
            }
            OperatorFrame::Sync { conv, after } => self.operator_syncs(conn, &me, conv, after),
            OperatorFrame::Query { cid, what, .. } => self.query(conn, cid, what),
            OperatorFrame::Transfer { .. }
            | OperatorFrame::Note { .. }
            | OperatorFrame::Offer { .. }
            | OperatorFrame::Watch { .. } => {
                Err(Refusal::last_word(ErrorCode::Unsupported, "this server cannot do that yet"))
            }
            OperatorFrame::Hello(_)
            | OperatorFrame::Typing { .. }
            | OperatorFrame::Mark { .. }
            | OperatorFrame::Ping
            | OperatorFrame::Pong
            | OperatorFrame::Unknown => Ok(()),
        };
        if let Err(refusal) = outcome {
            self.refuse_operator(conn, cid, refusal);
        }
    }

    pub(super) fn operator_hello(&mut self, now: Moment, conn: ConnId, hello: &OperatorHello) {
        let token = digest::of(&hello.auth);
        let found = self.store.read(|tx| {
            let Some(session) = tx.session(&token)?.filter(|session| session.expires_at > now) else {
                return Ok(None);
            };
            let account = tx.operators()?.into_iter().find(|account| account.id == session.operator);
            Ok::<_, StoreError>(account.map(|account| (account, session.expires_at)))
        });
        let (account, session_ends) = match found {
            Ok(Some(found)) => found,
            Ok(None) => {
                return self.refuse_socket(conn, CloseCode::Expired, "the session is over: log in again");
            }
            Err(_) => {
                return self.refuse_socket(conn, CloseCode::TryLater, "the database cannot be used just now");
            }
        };
        let me = account.id.clone();
        if let Some(socket) = self.sockets.get_mut(&conn) {
            socket.phase = Phase::Operator(OperatorSocket {
                inst: hello.inst.clone(),
                operator: me.clone(),
                token,
                session_ends,
            });
        }
        self.look_at_session(now, conn, session_ends);
        let lost = self.operator_attached(conn, account, hello);
        let convs: Result<Vec<_>, Refusal> = self
            .conversations_for(&me, &hello.after)
            .into_iter()
            .map(|id| {
                let after = hello.after.get(&id).copied();
                let same_epoch = hello.epoch.as_ref() == Some(&self.epoch);
                self.conversation_for_operator(now, &id, after, same_epoch)
            })
            .collect();
        let Ok(convs) = convs else {
            return self.close(conn, CloseCode::TryLater, "the database cannot be used just now");
        };
        let Some(operator) = self.operators.get(&me) else { return };
        let ready = OperatorReady {
            epoch: self.epoch.clone(),
            ping_s: limits::PING_S,
            caps: CAPABILITIES.to_vec(),
            limits: Limits::default(),
            who: self.person(&operator.record),
            status: operator.record.status,
            capacity: operator.record.capacity,
            last_chat: operator.record.last_chat,
            rights: Vec::new(),
            convs,
            board: self.whole_board(),
        };
        self.send(conn, &ToOperator::Ready(ready));
        for (conv, reason) in lost {
            self.send(conn, &ToOperator::Released { conv, reason });
        }
    }

    /// Adds a socket to its operator. Returns what the operator no longer has.
    fn operator_attached(
        &mut self,
        conn: ConnId,
        account: OperatorRecord,
        hello: &OperatorHello,
    ) -> Vec<(ConversationId, ReleaseReason)> {
        let me = account.id.clone();
        let operator = self.operators.entry(me.clone()).or_insert_with(|| Operator {
            record: account.clone(),
            sockets: Vec::new(),
            lease_until: None,
            lost: Vec::new(),
        });
        operator.record = account;
        operator.lease_until = None;
        let replaced: Vec<_> = operator
            .sockets
            .iter()
            .copied()
            .filter(|other| match self.sockets.get(other).map(|socket| &socket.phase) {
                Some(Phase::Operator(socket)) => socket.inst == hello.inst,
                Some(Phase::Greeting | Phase::Visitor(_)) | None => false,
            })
            .collect();
        operator.sockets.push(conn);
        let mut lost: BTreeMap<_, _> =
            operator.lost.drain(..).map(|conv| (conv, ReleaseReason::Lease)).collect();
        for conv in hello.after.keys() {
            match self.rooms.get(conv) {
                None => drop(lost.insert(conv.clone(), ReleaseReason::Erased)),
                Some(room) if room.operator() != Some(&me) => {
                    lost.insert(conv.clone(), ReleaseReason::Lease);
                }
                Some(_) => {}
            }
        }
        lost.retain(|conv, _| self.rooms.get(conv).is_none_or(|room| room.operator() != Some(&me)));
        for old in replaced {
            self.close(old, CloseCode::Replaced, "a newer socket of the same page");
        }
        self.board.changed();
        self.waiting.changed();
        lost.into_iter().collect()
    }

    /// Running conversations, and those that ended while the console still shows them.
    fn conversations_for(
        &self,
        me: &OperatorId,
        shown: &BTreeMap<ConversationId, Seq>,
    ) -> Vec<ConversationId> {
        let mut mine: Vec<_> = self
            .rooms
            .values()
            .filter(|room| {
                room.operator() == Some(me) && (!room.is_ended() || shown.contains_key(&room.record.id))
            })
            .map(|room| (room.record.joined_at, room.record.id.clone()))
            .collect();
        mine.sort();
        mine.into_iter().map(|(_, id)| id).collect()
    }

    /// A conversation as its operator gets it, with the events after those already shown.
    pub(super) fn conversation_for_operator(
        &mut self,
        now: Moment,
        id: &ConversationId,
        shown: Option<Seq>,
        same_epoch: bool,
    ) -> Result<OperatorConversation, Refusal> {
        let last = self.rooms.get(id).map_or(0, |room| room.record.last);
        let reset = shown.is_some_and(|after| after > last || (!same_epoch && after > 0));
        let page = self.page(id, if reset { 0 } else { shown.unwrap_or(0) })?;
        let room = self.rooms.get(id).ok_or(NO_CONVERSATION)?;
        let record = &room.record;
        let hold_s =
            room.hold.as_ref().map(|hold| hold.until.since(now).as_secs().try_into().unwrap_or(u32::MAX));
        Ok(OperatorConversation {
            id: id.clone(),
            state: record.state,
            claim: record.claim,
            hold_s,
            lang: record.lang.clone(),
            area: record.area.clone(),
            route: record.route,
            last,
            reset,
            more: page.more,
            events: page.events,
            marks: room.marks,
            presence: room.presence,
            presence_since: room.presence_since.timestamp(),
            watchers: Vec::new(),
        })
    }

    #[expect(clippy::too_many_arguments, reason = "one per field of the frame")]
    fn operator_sends(
        &mut self,
        now: Moment,
        conn: ConnId,
        me: &OperatorId,
        cid: &Cid,
        id: &ConversationId,
        claim: u64,
        text: Text,
        link: Option<Link>,
        body: Digest,
    ) -> Result<(), Refusal> {
        if link.as_ref().is_some_and(|link| !link.is_allowed()) {
            return Err(Refusal::last_word(ErrorCode::BadRequest, "a link is https:, tel: or mailto:"));
        }
        let (seq, events) = self.commit(now, id, |tx, change| {
            once(tx, operator_command(id, me, cid), body, |_| {
                check_claim(&change.record, me, claim)?;
                Ok(Some(change.event(EventKind::Message {
                    from: Party::Operator(me.clone()),
                    cid: Some(cid.clone()),
                    text,
                    link,
                    automatic: false,
                })))
            })
        })?;
        self.operator_stopped_typing(id, me);
        self.ack_operator(conn, cid, id, seq, None);
        self.tell_events(id, &events);
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "one per field of the frame")]
    fn operator_ends(
        &mut self,
        now: Moment,
        conn: ConnId,
        me: &OperatorId,
        cid: &Cid,
        id: &ConversationId,
        claim: u64,
        body: Digest,
    ) -> Result<(), Refusal> {
        let ending = self.ending(id, tealight_protocol::EndedBy::Operator, None);
        let (seq, events) = self.commit(now, id, |tx, change| {
            once(tx, operator_command(id, me, cid), body, |tx| {
                check_claim(&change.record, me, claim)?;
                super::ending::end(tx, change, &ending).map(Some)
            })
        })?;
        self.ack_operator(conn, cid, id, seq, None);
        self.ended(id, &events);
        Ok(())
    }

    fn set_state(
        &mut self,
        me: &OperatorId,
        status: Availability,
        capacity: u8,
        last_chat: bool,
    ) -> Result<(), Refusal> {
        if !(1..=MOST).contains(&capacity) {
            return Err(Refusal::last_word(ErrorCode::BadRequest, "capacity is 1 to 3"));
        }
        self.keep_state(me, status, capacity, last_chat)?;
        self.operator_is_done(me);
        Ok(())
    }

    pub(super) fn keep_state(
        &mut self,
        me: &OperatorId,
        status: Availability,
        capacity: u8,
        last_chat: bool,
    ) -> Result<(), StoreError> {
        self.store.write(|tx| tx.set_availability(me, status, capacity, last_chat))?;
        if let Some(operator) = self.operators.get_mut(me) {
            operator.record.status = status;
            operator.record.capacity = capacity;
            operator.record.last_chat = last_chat;
        }
        self.board.changed();
        self.waiting.changed();
        Ok(())
    }

    /// A conversation of the operator is over. Was it the last of the shift?
    pub(super) fn operator_is_done(&mut self, me: &OperatorId) {
        self.waiting.changed();
        let Some(operator) = self.operators.get(me) else { return };
        let capacity = operator.record.capacity;
        if operator.record.last_chat && self.load_of(me) == 0 {
            let kept = self.keep_state(me, Availability::Paused, capacity, false);
            if let Err(error) = kept {
                tracing::warn!(%error, "an operator's pause could not be stored");
            }
        }
    }

    /// How many conversations an operator has, held ones included.
    pub(super) fn load_of(&self, me: &OperatorId) -> u8 {
        let mine = self.rooms.values().filter(|room| !room.is_ended() && room.operator() == Some(me)).count();
        u8::try_from(mine).unwrap_or(u8::MAX)
    }

    fn operator_syncs(
        &mut self,
        conn: ConnId,
        me: &OperatorId,
        conv: ConversationId,
        after: Seq,
    ) -> Result<(), Refusal> {
        let room = self.rooms.get(&conv).ok_or(NO_CONVERSATION)?;
        if room.operator() != Some(me) {
            return Err(Refusal::last_word(ErrorCode::Forbidden, "the conversation is not yours"));
        }
        let last = room.record.last;
        let page = self.page(&conv, after)?;
        self.send(conn, &ToOperator::History { conv, events: page.events, last, more: page.more });
        Ok(())
    }

    fn query(&mut self, conn: ConnId, cid: Cid, what: QueryKind) -> Result<(), Refusal> {
        match what {
            QueryKind::Canned => {
                let items = Some(self.settings.canned.clone());
                self.send(conn, &ToOperator::Result { cid, items, offers: None, notes: None, more: false });
                Ok(())
            }
            QueryKind::Board => {
                let board = self.whole_board();
                self.send(conn, &ToOperator::Board(board));
                Ok(())
            }
            QueryKind::Notes | QueryKind::Offers | QueryKind::Unknown => {
                Err(Refusal::last_word(ErrorCode::Unsupported, "this question is not known here"))
            }
        }
    }

    fn operator_types(&mut self, now: Moment, me: &OperatorId, id: &ConversationId, on: bool) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        if !room.is_active() || room.record.operator.as_ref() != Some(me) {
            return;
        }
        let tell = room.typing.operator.say(now, on);
        self.timers.set(now.plus_ms(limits::TYPING_EXPIRES_MS), Timer::Typing(id.clone()));
        if tell {
            self.tell_visitor_typing(id, me, on);
        }
    }

    fn operator_stopped_typing(&mut self, id: &ConversationId, me: &OperatorId) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        if room.typing.operator.until.take().is_some() {
            self.tell_visitor_typing(id, me, false);
        }
    }

    fn tell_visitor_typing(&mut self, id: &ConversationId, me: &OperatorId, on: bool) {
        self.tell_visitors(id, &ToVisitor::Typing { from: Party::Operator(me.clone()), on });
    }

    /// A `typing` that was not repeated no longer holds.
    pub(super) fn typing_may_have_stopped(&mut self, now: Moment, id: &ConversationId) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        let operator = room.record.operator.clone();
        let visitor_stopped = room.typing.visitor.expire(now);
        let operator_stopped = room.typing.operator.expire(now);
        if visitor_stopped {
            self.tell_operator_typing(id, false);
        }
        if let Some(operator) = operator.filter(|_| operator_stopped) {
            self.tell_visitor_typing(id, &operator, false);
        }
    }

    fn operator_marks(&mut self, now: Moment, me: &OperatorId, id: &ConversationId, mark: Watermark) {
        if self.rooms.get(id).is_some_and(|room| room.record.operator.as_ref() == Some(me)) {
            self.move_marks(now, id, |marks, last| {
                marks.operator = marks.operator.merged(within(mark, last));
            });
        }
    }

    pub(super) fn person(&self, record: &OperatorRecord) -> Person {
        Person {
            id: record.id.clone(),
            name: record.alias.clone(),
            role: PersonRole::Operator,
            centre: self.settings.centre.clone(),
        }
    }

    /// Sends a frame to every console of an operator.
    pub(super) fn tell_operator(&mut self, me: &OperatorId, frame: &ToOperator) {
        let Some(operator) = self.operators.get(me) else { return };
        for conn in operator.sockets.clone() {
            self.send(conn, frame);
        }
    }

    pub(super) fn ack_operator(
        &mut self,
        conn: ConnId,
        cid: &Cid,
        id: &ConversationId,
        seq: Option<Seq>,
        claim: Option<u64>,
    ) {
        self.send(conn, &ToOperator::Ack { cid: cid.clone(), conv: Some(id.clone()), seq, claim, n: None });
    }

    fn operator_of(&self, conn: ConnId) -> Option<OperatorId> {
        match self.sockets.get(&conn).map(|socket| &socket.phase) {
            Some(Phase::Operator(operator)) => Some(operator.operator.clone()),
            Some(Phase::Greeting | Phase::Visitor(_)) | None => None,
        }
    }
}

pub(super) fn operator_command<'a>(
    id: &'a ConversationId,
    me: &'a OperatorId,
    cid: &'a Cid,
) -> CommandKey<'a> {
    CommandKey { about: Counterpart::Conversation(id), sender: Sender::Operator(me), cid }
}

/// Fencing: whoever lost the conversation, even without knowing it, no longer speaks in it.
fn check_claim(record: &Conversation, me: &OperatorId, claim: u64) -> Result<(), Refusal> {
    if record.operator.as_ref() != Some(me) || record.claim != claim {
        return Err(Refusal::last_word(ErrorCode::Conflict, "the conversation is no longer yours"));
    }
    match record.state {
        ConversationState::Active => Ok(()),
        ConversationState::Ended => Err(ENDED),
        ConversationState::Waiting => {
            Err(Refusal::last_word(ErrorCode::Conflict, "the conversation is no longer yours"))
        }
    }
}

impl Typing {
    /// Takes what a side says. Whether it is to be passed on.
    pub(super) fn say(&mut self, now: Moment, on: bool) -> bool {
        let was_on = self.until.is_some();
        self.until = on.then(|| now.plus_ms(limits::TYPING_EXPIRES_MS));
        let lately = self.told_at.is_some_and(|at| now < at.plus_ms(limits::TYPING_EVERY_MS));
        let tell = was_on != on || (on && !lately);
        if tell {
            self.told_at = Some(now);
        }
        tell
    }

    /// Whether it has just ceased to hold.
    pub(super) fn expire(&mut self, now: Moment) -> bool {
        let expired = self.until.is_some_and(|until| until <= now);
        if expired {
            self.until = None;
        }
        expired
    }
}
