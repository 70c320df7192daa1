//! What a visitor may do.

use tealight_protocol::{
    Answers, Capability, Cid, CloseCode, ConversationId, ConversationSnapshot, ConversationState, ErrorCode,
    EventKind, Limits, Party, Question, Seq, ServiceState, Start, Text, ToOperator, ToVisitor, VisitorFrame,
    VisitorHello, VisitorReady, Watermark, limits,
};

use rand_chacha::rand_core::RngCore as _;

use super::connections::{Phase, VisitorSocket};
use super::ending::SURVEY;
use super::rooms::{Change, NO_CONVERSATION, Room};
use super::{ConnId, Desk, Refusal, Timer};
use crate::Moment;
use crate::digest;
use crate::store::{CommandKey, CommandRecord, Conversation, Counterpart, Sender, Store, Transaction};

/// Longest language tag that is believed.
const LANG_CHARS: usize = 35;

/// What everybody is told this backend can do.
pub(super) const TO_VISITORS: [Capability; 5] =
    [Capability::Typing, Capability::Marks, Capability::Offers, Capability::Survey, Capability::Links];

/// What operators are told besides.
pub(super) const TO_OPERATORS: [Capability; 5] =
    [Capability::Transfer, Capability::Notes, Capability::Watch, Capability::Roster, Capability::Blocks];

impl<S: Store> Desk<S> {
    pub(super) fn visitor_frame(&mut self, now: Moment, conn: ConnId, frame: VisitorFrame) {
        let cid = match &frame {
            VisitorFrame::Start(Start { cid, .. })
            | VisitorFrame::Send { cid, .. }
            | VisitorFrame::Answer { cid, .. }
            | VisitorFrame::End { cid }
            | VisitorFrame::Erase { cid } => Some(cid.clone()),
            VisitorFrame::Sync { .. } => None,
            VisitorFrame::Typing { on } => return self.visitor_types(now, conn, *on),
            VisitorFrame::Mark(mark) => return self.visitor_marks(now, conn, *mark),
            VisitorFrame::Presence { visible } => return self.visitor_shows(now, conn, *visible),
            VisitorFrame::Ping => return self.send(conn, &ToVisitor::Pong),
            VisitorFrame::Hello(_) | VisitorFrame::Pong | VisitorFrame::Unknown => return,
        };
        if !self.may_command(now, conn, cid.as_ref()) {
            return;
        }
        let body = match &frame {
            // Work is no part of what is meant: the same start is the same, whatever it took.
            VisitorFrame::Start(start) if start.work.is_some() => {
                digest::of_command(&VisitorFrame::Start(Start { work: None, ..start.clone() }))
            }
            _ => digest::of_command(&frame),
        };
        let outcome = match frame {
            VisitorFrame::Start(start) => self.start(now, conn, &start, body),
            VisitorFrame::Send { cid, text } => self.visitor_sends(now, conn, &cid, text, body),
            VisitorFrame::Answer { cid, reference, data } => {
                if reference == SURVEY {
                    self.answer(now, conn, &cid, &reference, &data, body)
                } else {
                    self.answer_offer(now, conn, &cid, &reference, &data, body)
                }
            }
            VisitorFrame::End { cid } => self.visitor_ends(now, conn, &cid, body),
            VisitorFrame::Erase { cid } => self.erase(now, conn, &cid),
            VisitorFrame::Sync { after } => self.visitor_syncs(conn, after),
            VisitorFrame::Hello(_)
            | VisitorFrame::Typing { .. }
            | VisitorFrame::Mark(_)
            | VisitorFrame::Presence { .. }
            | VisitorFrame::Ping
            | VisitorFrame::Pong
            | VisitorFrame::Unknown => Ok(()),
        };
        if let Err(refusal) = outcome {
            self.refuse_visitor(conn, cid, refusal);
        }
    }

    pub(super) fn visitor_hello(&mut self, now: Moment, conn: ConnId, hello: &VisitorHello) {
        if !is_language(&hello.lang) {
            return self.refuse_socket(conn, CloseCode::Violation, "lang is no language tag");
        }
        let snapshot = match &hello.secret {
            None => None,
            Some(secret) => {
                let secret = digest::of(secret.as_str());
                match self.by_secret.get(&secret).cloned() {
                    Some(id) => Some(id),
                    None => {
                        let erased = self.store.read(|tx| tx.is_erased(&secret));
                        let (code, reason) = match erased {
                            Ok(true) => (CloseCode::Erased, "the conversation was erased"),
                            Ok(false) => (CloseCode::UnknownSecret, "no conversation has this secret"),
                            Err(_) => (CloseCode::TryLater, "the database cannot be used just now"),
                        };
                        return self.refuse_socket(conn, code, reason);
                    }
                }
            }
        };
        if let Some(socket) = self.sockets.get_mut(&conn) {
            socket.phase = Phase::Visitor(VisitorSocket {
                inst: hello.inst.clone(),
                visible: hello.visible,
                offers: hello.caps.contains(&Capability::Offers),
                conv: None,
                follows: false,
                place: None,
                place_armed: false,
                worse_told: 0,
                challenge: None,
            });
        }
        let conv = match snapshot {
            None => None,
            Some(id) => {
                if !self.attach(now, conn, &id) {
                    return;
                }
                match self.snapshot(now, conn, &id, hello) {
                    Ok(snapshot) => Some(snapshot),
                    Err(refusal) => {
                        tracing::warn!(code = ?refusal.code, "a conversation could not be read");
                        return self.close(conn, CloseCode::TryLater, "the database cannot be used just now");
                    }
                }
            }
        };
        let ready = VisitorReady {
            epoch: self.epoch.clone(),
            ping_s: limits::PING_S,
            caps: TO_VISITORS.to_vec(),
            limits: self.limits(),
            service: self.service_for(now, conn),
            conv,
        };
        self.send(conn, &ToVisitor::Ready(ready));
        self.follow(conn, true);
    }

    /// What clients must keep to, and may count on.
    pub(super) fn limits(&self) -> Limits {
        let keep_s = self.settings.place_hold.as_secs().try_into().unwrap_or(u32::MAX);
        Limits { keep_s, ..Limits::default() }
    }

    /// Lets the conversation's frames out on a socket, or holds them back.
    fn follow(&mut self, conn: ConnId, follows: bool) {
        if let Some(Phase::Visitor(visitor)) = self.sockets.get_mut(&conn).map(|s| &mut s.phase) {
            visitor.follows = follows;
        }
    }

    /// Makes a socket follow a conversation. `false` when it had to be closed.
    fn attach(&mut self, now: Moment, conn: ConnId, id: &ConversationId) -> bool {
        let inst_of = |desk: &Self, conn: &ConnId| match desk.sockets.get(conn).map(|s| &s.phase) {
            Some(Phase::Visitor(visitor)) => Some(visitor.inst.clone()),
            Some(Phase::Greeting | Phase::Operator(_)) | None => None,
        };
        let Some(inst) = inst_of(self, &conn) else { return false };
        let others = self.rooms.get(id).map(|room| room.sockets.clone()).unwrap_or_default();
        let same: Vec<_> =
            others.iter().filter(|other| inst_of(self, other).as_ref() == Some(&inst)).copied().collect();
        if same.iter().any(|other| *other > conn) {
            // What was long under way on an earlier socket comes too late to take the page from the later one.
            self.close(conn, CloseCode::Replaced, "a newer socket of the same page is here");
            return false;
        }
        if others.len() - same.len() >= limits::INSTANCES {
            self.refuse_socket(conn, CloseCode::TooMany, "too many pages follow this conversation");
            return false;
        }
        let origin = self.sockets.get(&conn).and_then(|socket| socket.origin);
        if let Some(Phase::Visitor(visitor)) = self.sockets.get_mut(&conn).map(|s| &mut s.phase) {
            visitor.conv = Some(id.clone());
            if let Some(room) = self.rooms.get_mut(id) {
                visitor.worse_told = room.expectation.as_ref().map_or(0, |known| known.worse_told);
                room.sockets.push(conn);
                if let Some(origin) =
                    origin.filter(|origin| !room.is_ended() && !room.origins.contains(origin))
                {
                    room.origins.push(origin);
                    room.origins.drain(..room.origins.len().saturating_sub(limits::INSTANCES));
                }
                room.takes_offers = visitor.offers;
            }
        }
        // The newer socket is in before the older goes, so that nobody sees the visitor go and come.
        for old in same {
            self.close(old, CloseCode::Replaced, "a newer socket of the same page");
        }
        self.update_presence(now, id);
        true
    }

    fn snapshot(
        &mut self,
        now: Moment,
        conn: ConnId,
        id: &ConversationId,
        hello: &VisitorHello,
    ) -> Result<ConversationSnapshot, Refusal> {
        let last = self.rooms.get(id).map_or(0, |room| room.record.last);
        let same_epoch = hello.epoch.as_ref() == Some(&self.epoch);
        let reset = hello.after.is_some_and(|after| after > last || (!same_epoch && after > 0));
        let after = if reset { 0 } else { hello.after.unwrap_or(0) };
        let page = self.page(id, after)?;
        let queue = self.place_for_snapshot(now, conn, id);
        let room = self.rooms.get(id).ok_or(NO_CONVERSATION)?;
        Ok(ConversationSnapshot {
            id: id.clone(),
            state: room.record.state,
            last,
            reset,
            more: page.more,
            events: page.events,
            marks: room.marks,
            queue,
            expires_at: room.record.expires_at.map(Moment::timestamp),
        })
    }

    fn start(&mut self, now: Moment, conn: ConnId, start: &Start, body: [u8; 32]) -> Result<(), Refusal> {
        let secret = digest::of(start.secret.as_str());
        if let Some(id) = self.by_secret.get(&secret).cloned() {
            return self.start_again(now, conn, &id, start, body);
        }
        if self.conversation_of(conn).is_some() {
            return Err(Refusal::last_word(ErrorCode::Conflict, "this socket has a conversation already"));
        }
        if self.store.read(|tx| tx.is_erased(&secret))? {
            self.close(conn, CloseCode::Erased, "the conversation was erased");
            return Ok(());
        }
        if !is_language(&start.lang) {
            return Err(Refusal::last_word(ErrorCode::BadRequest, "lang is no language tag"));
        }
        let area = self.area_for(start)?;
        if self.blocked_until(conn).is_some() {
            return Err(Refusal::last_word(ErrorCode::Closed, "closed to this visitor for a while"));
        }
        match self.state_for_newcomer(now) {
            ServiceState::Open => {}
            ServiceState::Full => {
                return Err(Refusal::later(ErrorCode::QueueFull, 30_000, "the waiting room is full"));
            }
            ServiceState::Closed | ServiceState::Ending | ServiceState::Blocked | ServiceState::Unknown => {
                return Err(Refusal::last_word(ErrorCode::Closed, "the service is closed"));
            }
        }
        self.check_work(now, conn, start.work)?;
        let id = self.new_conversation_id();
        let record = Conversation {
            id: id.clone(),
            secret,
            area: area.clone(),
            lang: start.lang.clone(),
            route: start.route,
            state: ConversationState::Waiting,
            order: self.waiting.last_order() + 1,
            operator: None,
            claim: 0,
            last: 0,
            messages: 0,
            started_at: now,
            waiting_since: now,
            joined_at: None,
            ended_at: None,
            expires_at: None,
            survey: None,
            reserved: None,
            promise: None,
        };
        let mut change = Change::new(record, now);
        let seq = change.event(EventKind::Started { area, lang: start.lang.clone(), route: start.route });
        self.store.write(|tx| {
            tx.insert_conversation(&change.record)?;
            change.events.iter().try_for_each(|event| tx.append(&id, event))?;
            let key = visitor_command(&id, &start.cid);
            tx.insert_command(
                &key,
                &CommandRecord { conversation: id.clone(), body, seq: Some(seq), claim: None, note: None },
            )?;
            Ok::<_, Refusal>(())
        })?;
        self.totals.started += 1;
        self.by_secret.insert(secret, id.clone());
        self.rooms.insert(id.clone(), Room::new(change.record, Default::default(), now));
        self.reindex(&id);
        self.timers.set(now.plus(self.settings.place_hold), Timer::Away(id.clone()));
        self.board.changed();
        self.attach(now, conn, &id);
        self.ack(conn, &start.cid, Some(id.clone()), Some(seq));
        self.tell_events(&id, &change.events);
        Ok(())
    }

    /// The secret is known: the same command gets its old answer, and the socket follows the conversation.
    fn start_again(
        &mut self,
        now: Moment,
        conn: ConnId,
        id: &ConversationId,
        start: &Start,
        body: [u8; 32],
    ) -> Result<(), Refusal> {
        let known = self.store.read(|tx| tx.command(&visitor_command(id, &start.cid)))?;
        let known = match known {
            Some(known) if known.body == body => known,
            Some(_) => return Err(OTHER_BODY),
            None => {
                return Err(Refusal::last_word(
                    ErrorCode::Conflict,
                    "this secret has a conversation already",
                ));
            }
        };
        match self.conversation_of(conn) {
            Some(own) if own == *id => self.ack(conn, &start.cid, Some(id.clone()), known.seq),
            Some(_) => {
                return Err(Refusal::last_word(ErrorCode::Conflict, "this socket has another conversation"));
            }
            None => {
                self.follow(conn, false);
                if self.attach(now, conn, id) {
                    self.ack(conn, &start.cid, Some(id.clone()), known.seq);
                    // What cannot be read now is a gap to the client, which then asks for it.
                    let events = self.page(id, 0).map(|page| page.events).unwrap_or_default();
                    for event in events {
                        self.send(conn, &ToVisitor::Event(event));
                    }
                    self.follow(conn, true);
                }
            }
        }
        Ok(())
    }

    fn area_for(&self, start: &Start) -> Result<Option<String>, Refusal> {
        let areas = &self.settings.areas;
        let area = match (&start.area, areas.as_slice()) {
            (None, []) => return Ok(None),
            (None, [only]) => only,
            (None, _) => return Err(Refusal::last_word(ErrorCode::BadRequest, "an area must be chosen")),
            (Some(wanted), _) => areas
                .iter()
                .find(|area| area.id == *wanted)
                .ok_or(Refusal::last_word(ErrorCode::BadRequest, "there is no such area"))?,
        };
        if area.open {
            Ok(Some(area.id.clone()))
        } else {
            Err(Refusal::last_word(ErrorCode::Closed, "this area is closed"))
        }
    }

    fn visitor_sends(
        &mut self,
        now: Moment,
        conn: ConnId,
        cid: &Cid,
        text: Text,
        body: [u8; 32],
    ) -> Result<(), Refusal> {
        let id = self.own_conversation(conn)?;
        let echo = cid.clone();
        let (outcome, events) = self.commit(now, &id, |tx, change| {
            once(tx, visitor_command(&id, cid), body, |_| {
                if change.record.state == ConversationState::Ended {
                    return Err(ENDED);
                }
                change.record.messages += 1;
                Ok(Some(change.event(EventKind::Message {
                    from: Party::Visitor,
                    cid: Some(echo),
                    text,
                    link: None,
                    automatic: false,
                })))
            })
        })?;
        self.visitor_stopped_typing(&id);
        self.ack(conn, cid, None, outcome);
        self.tell_events(&id, &events);
        Ok(())
    }

    fn answer(
        &mut self,
        now: Moment,
        conn: ConnId,
        cid: &Cid,
        survey: &str,
        data: &Answers,
        body: [u8; 32],
    ) -> Result<(), Refusal> {
        let id = self.own_conversation(conn)?;
        if !answers_fit(&self.settings.survey, data) {
            return Err(Refusal::last_word(ErrorCode::BadRequest, "an answer was not among the choices"));
        }
        let json = serde_json::to_string(data)
            .map_err(|_| Refusal::last_word(ErrorCode::Internal, "the answers could not be written"))?;
        self.commit(now, &id, |tx, change| {
            let asked = change.record.survey.clone();
            once(tx, visitor_command(&id, cid), body, |tx| {
                if asked.as_deref() != Some(survey) {
                    return Err(Refusal::last_word(ErrorCode::NotFound, "there is no such survey"));
                }
                if tx.is_answered(&id, survey)? {
                    return Err(Refusal::last_word(ErrorCode::Conflict, "the survey was answered already"));
                }
                tx.insert_answers(&id, survey, &json, now)?;
                Ok(None)
            })
        })?;
        self.ack(conn, cid, None, None);
        Ok(())
    }

    fn visitor_syncs(&mut self, conn: ConnId, after: Seq) -> Result<(), Refusal> {
        let id = self.own_conversation(conn)?;
        let page = self.page(&id, after)?;
        let last = self.rooms.get(&id).map_or(0, |room| room.record.last);
        self.send(conn, &ToVisitor::History { events: page.events, last, more: page.more });
        Ok(())
    }

    fn visitor_types(&mut self, now: Moment, conn: ConnId, on: bool) {
        let Ok(id) = self.own_conversation(conn) else { return };
        let Some(room) = self.rooms.get_mut(&id).filter(|room| room.is_active()) else { return };
        room.silence.broken(now);
        let tell = room.typing.visitor.say(now, on);
        self.timers.set(now.plus_ms(limits::TYPING_EXPIRES_MS), Timer::Typing(id.clone()));
        if tell {
            self.tell_operator_typing(&id, on);
        }
    }

    pub(super) fn visitor_stopped_typing(&mut self, id: &ConversationId) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        if room.typing.visitor.until.take().is_some() {
            self.tell_operator_typing(id, false);
        }
    }

    pub(super) fn tell_operator_typing(&mut self, id: &ConversationId, on: bool) {
        self.tell_operators(id, &ToOperator::Typing { conv: id.clone(), on });
    }

    fn visitor_marks(&mut self, now: Moment, conn: ConnId, mark: Watermark) {
        let Ok(id) = self.own_conversation(conn) else { return };
        self.move_marks(now, &id, |marks, last| marks.visitor = marks.visitor.merged(within(mark, last)));
    }

    fn visitor_shows(&mut self, now: Moment, conn: ConnId, visible: bool) {
        let Some(Phase::Visitor(visitor)) = self.sockets.get_mut(&conn).map(|s| &mut s.phase) else { return };
        visitor.visible = visible;
        if let Some(id) = visitor.conv.clone() {
            self.update_presence(now, &id);
        }
    }

    pub(super) fn ack(&mut self, conn: ConnId, cid: &Cid, conv: Option<ConversationId>, seq: Option<Seq>) {
        self.send(conn, &ToVisitor::Ack { cid: cid.clone(), conv, seq });
    }

    fn conversation_of(&self, conn: ConnId) -> Option<ConversationId> {
        match self.sockets.get(&conn).map(|socket| &socket.phase) {
            Some(Phase::Visitor(visitor)) => visitor.conv.clone(),
            Some(Phase::Greeting | Phase::Operator(_)) | None => None,
        }
    }

    pub(super) fn own_conversation(&self, conn: ConnId) -> Result<ConversationId, Refusal> {
        self.conversation_of(conn).ok_or(Refusal::last_word(
            ErrorCode::NotFound,
            "this socket has no conversation: start one first",
        ))
    }

    fn new_conversation_id(&mut self) -> ConversationId {
        let mut bytes = [0; 12];
        self.rng.fill_bytes(&mut bytes);
        ConversationId(digest::base64url(&bytes))
    }
}

pub(super) const ENDED: Refusal = Refusal::last_word(ErrorCode::Ended, "the conversation is over");

pub(super) const OTHER_BODY: Refusal =
    Refusal::last_word(ErrorCode::Conflict, "this cid was used for another command");

/// Carries a command out unless it was carried out before; either way, the event it became.
pub(super) fn once(
    tx: &mut dyn Transaction,
    key: CommandKey<'_>,
    body: [u8; 32],
    work: impl FnOnce(&mut dyn Transaction) -> Result<Option<Seq>, Refusal>,
) -> Result<Option<Seq>, Refusal> {
    if let Some(known) = tx.command(&key)? {
        return if known.body == body { Ok(known.seq) } else { Err(OTHER_BODY) };
    }
    let seq = work(tx)?;
    if let Counterpart::Conversation(id) = key.about {
        let record = CommandRecord { conversation: id.clone(), body, seq, claim: None, note: None };
        tx.insert_command(&key, &record)?;
    }
    Ok(seq)
}

pub(super) fn visitor_command<'a>(id: &'a ConversationId, cid: &'a Cid) -> CommandKey<'a> {
    CommandKey { about: Counterpart::Conversation(id), sender: Sender::Visitor, cid }
}

/// Nobody can have seen more than there is.
pub(super) fn within(mark: Watermark, last: Seq) -> Watermark {
    Watermark { delivered: mark.delivered.min(last), read: mark.read.min(last) }
}

fn is_language(tag: &str) -> bool {
    !tag.is_empty() && tag.len() <= LANG_CHARS && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn answers_fit(questions: &[Question], answers: &Answers) -> bool {
    answers.iter().all(|(id, answer)| {
        answer.chars().count() <= limits::ANSWER_CHARS
            && questions.iter().any(|q| q.id == id && q.options.iter().any(|option| option == answer))
    })
}
