//! Operators: who is there, what they are told on coming, and the way of each of their commands.

use std::collections::BTreeMap;

use tealight_protocol::{
    Availability, Cid, CloseCode, ConversationId, ErrorCode, OperatorConversation, OperatorFrame,
    OperatorHello, OperatorId, OperatorReady, Person, PersonRole, QueryKind, ReleaseReason, Right, Seq,
    ToOperator, limits,
};

use super::announcement::Ordered;
use super::connections::{OperatorSocket, Phase};
use super::rooms::{NO_CONVERSATION, Room};
use super::visitor::{TO_OPERATORS, TO_VISITORS};
use super::{ConnId, Desk, Refusal};
use crate::Moment;
use crate::digest;
use crate::store::{CommandKey, Counterpart, Digest, OperatorRecord, Sender, Store, StoreError};

/// How many conversations an operator may hold at once, at most.
const MOST: u8 = 3;

/// An operator who is there, or was a moment ago.
#[derive(Debug)]
pub(super) struct Operator {
    pub(super) record: OperatorRecord,
    pub(super) sockets: Vec<ConnId>,
    /// Until when an operator without a socket keeps conversations.
    pub(super) lease_until: Option<Moment>,
    /// Since when the operator accepts and has a free place, as far as that matters.
    pub(super) free_since: Option<Moment>,
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

    /// Whether the estimate counts on this operator: also during a moment without a connection.
    pub(super) fn counts(&self, now: Moment) -> bool {
        let is_here = self.is_connected() || self.lease_until.is_some_and(|until| until > now);
        is_here && self.record.status == Availability::Accepting && !self.record.last_chat
    }

    /// Whether there are visitors whom this operator does not take.
    pub(super) fn is_particular(&self) -> bool {
        !self.record.areas.is_empty() || !self.record.languages.is_empty()
    }

    pub(super) fn serves(&self, area: Option<&str>) -> bool {
        self.record.serves(area)
    }

    /// Whether a visitor is one the operator is asked to take: of their areas, in a language they speak.
    pub(super) fn may_meet(&self, room: &Room) -> bool {
        self.serves(room.record.area.as_deref()) && self.speaks(&room.record.lang)
    }

    /// Whether the operator speaks a language, whatever its country or script.
    pub(super) fn speaks(&self, lang: &str) -> bool {
        speaks(&self.record, lang)
    }
}

/// Whether somebody of this account speaks a language, whatever its country or script.
pub(super) fn speaks(record: &OperatorRecord, lang: &str) -> bool {
    let spoken = &record.languages;
    spoken.is_empty() || spoken.iter().any(|tag| primary(tag) == primary(lang))
}

/// The first part of a language's tag.
pub(super) fn primary(tag: &str) -> String {
    tag.split('-').next().unwrap_or_default().to_ascii_lowercase()
}

/// A durable command of an operator about a conversation, and where it came from.
#[derive(Debug)]
pub(super) struct Said<'a> {
    pub(super) conn: ConnId,
    pub(super) me: &'a OperatorId,
    pub(super) conv: &'a ConversationId,
    pub(super) cid: &'a Cid,
    pub(super) body: Digest,
}

impl Said<'_> {
    pub(super) fn key(&self) -> CommandKey<'_> {
        CommandKey {
            about: Counterpart::Conversation(self.conv),
            sender: Sender::Operator(self.me),
            cid: self.cid,
        }
    }
}

impl<S: Store> Desk<S> {
    pub(super) fn operator_frame(&mut self, now: Moment, conn: ConnId, frame: OperatorFrame) {
        let Some(me) = self.operator_of(conn) else { return };
        self.see_sign(&me, &frame);
        let cid = match &frame {
            OperatorFrame::Claim { cid, .. }
            | OperatorFrame::Send { cid, .. }
            | OperatorFrame::End { cid, .. }
            | OperatorFrame::Block { cid, .. }
            | OperatorFrame::Review { cid, .. }
            | OperatorFrame::Transfer { cid, .. }
            | OperatorFrame::Note { cid, .. }
            | OperatorFrame::Offer { cid, .. }
            | OperatorFrame::Announce { cid, .. }
            | OperatorFrame::Shift { cid, .. }
            | OperatorFrame::Unshift { cid, .. }
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
        if let Err(refusal) = self.operator_command(now, conn, &me, frame) {
            self.refuse_operator(conn, cid, refusal);
        }
    }

    fn operator_command(
        &mut self,
        now: Moment,
        conn: ConnId,
        me: &OperatorId,
        frame: OperatorFrame,
    ) -> Result<(), Refusal> {
        let body = digest::of_command(&frame);
        match frame {
            OperatorFrame::Claim { cid, conv } => self.claim(now, conn, me, &cid, conv.as_ref(), body),
            OperatorFrame::Send { cid, conv, claim, text, link } => {
                let said = Said { conn, me, conv: &conv, cid: &cid, body };
                self.operator_sends(now, &said, claim, text, link)
            }
            OperatorFrame::End { cid, conv, claim } => {
                let said = Said { conn, me, conv: &conv, cid: &cid, body };
                self.operator_ends(now, &said, claim)
            }
            OperatorFrame::Block { cid, conv, claim, reason } => {
                let said = Said { conn, me, conv: &conv, cid: &cid, body };
                self.block(now, &said, claim, reason)
            }
            OperatorFrame::Review { cid, block, lift } => {
                self.review(now, &Ordered { conn, me, cid: &cid, body }, block, lift)
            }
            OperatorFrame::Transfer { cid, conv, claim, to, reason, note } => {
                let said = Said { conn, me, conv: &conv, cid: &cid, body };
                self.transfer(now, &said, claim, &to, reason, note)
            }
            OperatorFrame::Note { cid, conv, claim, text } => {
                let said = Said { conn, me, conv: &conv, cid: &cid, body };
                self.note(now, &said, claim, text)
            }
            OperatorFrame::Offer { cid, conv, claim, offer } => {
                let said = Said { conn, me, conv: &conv, cid: &cid, body };
                self.offer(now, &said, claim, &offer)
            }
            OperatorFrame::Announce { cid, notice, paused } => {
                self.announce(now, &Ordered { conn, me, cid: &cid, body }, notice, paused)
            }
            OperatorFrame::Shift { cid, shift } => {
                self.shift(now, &Ordered { conn, me, cid: &cid, body }, &shift)
            }
            OperatorFrame::Unshift { cid, id } => {
                self.unshift(now, &Ordered { conn, me, cid: &cid, body }, &id)
            }
            OperatorFrame::Watch { conv, on } => self.watch(now, conn, me, &conv, on),
            OperatorFrame::State { status, capacity, last_chat } => {
                self.set_state(me, status, capacity, last_chat)
            }
            OperatorFrame::Sync { conv, after } => self.operator_syncs(conn, me, conv, after),
            OperatorFrame::Query { cid, what, conv, after } => match what {
                QueryKind::Roster => self.tell_roster(now, conn, me, cid),
                QueryKind::Blocks => self.tell_blocks(conn, me, cid, after),
                what => self.query(conn, me, cid, what, conv.as_ref(), after),
            },
            OperatorFrame::Hello(_)
            | OperatorFrame::Typing { .. }
            | OperatorFrame::Mark { .. }
            | OperatorFrame::Ping
            | OperatorFrame::Pong
            | OperatorFrame::Unknown => Ok(()),
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
        if self.has_newer_socket(&me, conn, hello) {
            return self.close(conn, CloseCode::Replaced, "a newer socket of the same page is here");
        }
        if let Some(socket) = self.sockets.get_mut(&conn) {
            socket.phase = Phase::Operator(OperatorSocket {
                inst: hello.inst.clone(),
                operator: me.clone(),
                token,
                session_ends,
                watching: Vec::new(),
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
            caps: [&TO_VISITORS[..], &TO_OPERATORS[..]].concat(),
            limits: self.limits(),
            who: self.person(&operator.record),
            status: operator.record.status,
            capacity: operator.record.capacity,
            last_chat: operator.record.last_chat,
            rights: rights_of(&operator.record),
            announcement: self.announcement(),
            convs,
            board: self.whole_board(),
        };
        self.send(conn, &ToOperator::Ready(ready));
        for (conv, reason) in lost {
            self.send(conn, &ToOperator::Released { conv, reason });
        }
    }

    /// Whether a page says `hello` here that has come back on a later socket already.
    fn has_newer_socket(&self, me: &OperatorId, conn: ConnId, hello: &OperatorHello) -> bool {
        let theirs = self.operators.get(me).map(|operator| operator.sockets.as_slice()).unwrap_or_default();
        theirs.iter().filter(|other| **other > conn).any(|other| {
            matches!(
                self.sockets.get(other).map(|socket| &socket.phase),
                Some(Phase::Operator(socket)) if socket.inst == hello.inst
            )
        })
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
            free_since: None,
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
                    let passed_on = room.passed_on_by.as_ref() == Some(&me);
                    let reason = if passed_on { ReleaseReason::Transferred } else { ReleaseReason::Lease };
                    lost.insert(conv.clone(), reason);
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
        let watchers = self.watchers_of(room);
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
            watchers,
        })
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
        let mut was = status;
        if let Some(operator) = self.operators.get_mut(me) {
            was = std::mem::replace(&mut operator.record.status, status);
            operator.record.capacity = capacity;
            operator.record.last_chat = last_chat;
        }
        if was != status && status == Availability::Paused {
            self.drop_reservations_of(self.clock, me);
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
        if room.operator() != Some(me) && !self.watches(conn, &conv) {
            return Err(Refusal::last_word(ErrorCode::Forbidden, "the conversation is not yours"));
        }
        let last = room.record.last;
        let page = self.page(&conv, after)?;
        self.send(conn, &ToOperator::History { conv, events: page.events, last, more: page.more });
        Ok(())
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

    pub(super) fn ack_operator(&mut self, said: &Said<'_>, seq: Option<Seq>) {
        let (cid, conv) = (said.cid.clone(), Some(said.conv.clone()));
        self.send(said.conn, &ToOperator::Ack { cid, conv, seq, claim: None, n: None });
    }

    pub(super) fn operator_of(&self, conn: ConnId) -> Option<OperatorId> {
        match self.sockets.get(&conn).map(|socket| &socket.phase) {
            Some(Phase::Operator(operator)) => Some(operator.operator.clone()),
            Some(Phase::Greeting | Phase::Visitor(_)) | None => None,
        }
    }
}

fn rights_of(record: &OperatorRecord) -> Vec<Right> {
    if record.supervisor { vec![Right::Watch, Right::Coordinate] } else { Vec::new() }
}
