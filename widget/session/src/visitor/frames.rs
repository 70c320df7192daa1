//! What a backend's frames change in a visitor's session.

use tealight_protocol::{
    Capability, Cid, ConversationSnapshot, ConversationState, ErrorCode, Event, Party, QueueState, Seq,
    ToVisitor, VisitorFrame, VisitorReady, Work, lean, limits,
};

use super::conversation::{Applied, Conversation, Part};
use super::durable::Durable;
use super::session::{Session, Stage};
use crate::link::PONG;
use crate::outbox::ItemState;
use crate::{Effect, Millis, StopReason};

/// How long to wait after a refused `erase` before it is asked for again.
const ERASE_AGAIN_MS: Millis = 10_000;

impl Session {
    /// Takes a frame of the live socket. One that cannot be read is as good as one of a later version.
    pub(super) fn frame(&mut self, time: Millis, now: Millis, text: &str) {
        let Some(frame) = lean::to_visitor(text) else { return };
        if let Some(conversation) = self.conversation() {
            conversation.heard_of_backend(now);
        }
        match frame {
            ToVisitor::Ready(ready) => self.ready(time, now, ready),
            ToVisitor::Ack { cid, seq, .. } => self.acknowledged(time, &cid, seq),
            ToVisitor::Error { cid: Some(cid), work: Some(work), .. } if self.may_work(&work) => {
                self.work(time, cid, work);
            }
            ToVisitor::Error { cid: Some(cid), code, retry, retry_ms, .. } => {
                if retry && !self.turns_away(&cid, code) {
                    self.outbox.defer(&cid, time, retry_ms);
                } else {
                    self.refused(time, &cid, code);
                }
            }
            ToVisitor::Event(event) => {
                self.accepted();
                self.event(time, event);
                self.catch_up(time);
            }
            ToVisitor::History { events, last, .. } => {
                let before = self.conversation().map_or(0, |c| c.transcript.log.last());
                for event in events {
                    self.event(time, event);
                }
                if let Some(conversation) = self.conversation() {
                    conversation.transcript.log.heard_of(last);
                    conversation.transcript.log.answered(before);
                }
                self.catch_up(time);
            }
            ToVisitor::Queue(update) => {
                self.accepted();
                if update.state == QueueState::Ready && self.is_visible() {
                    // It is our turn and somebody waits for a look: say so, whatever was said before.
                    self.told_visible = None;
                }
                if let Some(conversation) = self.conversation() {
                    conversation.placed(&update, now);
                }
            }
            ToVisitor::Service(service) => self.service = Some(service),
            ToVisitor::Typing { from, on } => {
                if let (Party::Operator(_), Some(conversation)) = (from, self.conversation()) {
                    conversation.typing(on, time);
                }
            }
            ToVisitor::Marks(marks) => {
                if let Some(conversation) = self.conversation() {
                    conversation.transcript.marked(marks.operator);
                    conversation.receipts.confirmed(marks.visitor);
                }
            }
            ToVisitor::Bye { spread_ms, .. } => self.link.bye(spread_ms),
            ToVisitor::Ping => self.link.transmit(PONG.to_owned(), &mut self.shell),
            ToVisitor::Error { cid: None, .. } | ToVisitor::Pong | ToVisitor::Unknown => {}
        }
    }

    fn ready(&mut self, time: Millis, now: Millis, ready: VisitorReady) {
        if !self.link.ready(time, ready.ping_s) {
            return;
        }
        self.epoch = Some(ready.epoch);
        self.caps = ready.caps;
        self.draft.set_limit(ready.limits.text);
        self.keep_s = Some(ready.limits.keep_s);
        self.service = Some(ready.service);
        if let Stage::Conversation(_) = self.stage {
            match ready.conv {
                Some(snapshot) => self.resumed(time, now, snapshot),
                None => {
                    self.link.stop(StopReason::Expired, &mut self.shell);
                    self.stopped(StopReason::Expired);
                }
            }
        }
    }

    /// The backend knows the conversation: what was missed, and where it stands.
    fn resumed(&mut self, time: Millis, now: Millis, snapshot: ConversationSnapshot) {
        let Some(conversation) = self.conversation() else { return };
        if snapshot.reset {
            conversation.reset();
        }
        conversation.transcript.log.heard_of(snapshot.last);
        conversation.transcript.marked(snapshot.marks.operator);
        conversation.receipts.confirmed(snapshot.marks.visitor);
        if snapshot.reset {
            self.outbox.log_reset();
        }
        for event in snapshot.events {
            self.event(time, event);
        }
        if let Some(conversation) = self.conversation() {
            // The picture kept for the first moment after a reload may be older than the log says.
            let is_past = matches!(conversation.part, Part::Talking(_))
                && snapshot.state == ConversationState::Waiting
                && conversation.transcript.log.is_complete();
            if is_past {
                conversation.part = Part::waiting(None);
            }
            if let Some(queue) = snapshot.queue {
                conversation.placed(&queue, now);
            }
        }
        self.catch_up(time);
    }

    fn event(&mut self, time: Millis, event: Event) {
        let Some(conversation) = self.conversation() else { return };
        match conversation.apply(event, time) {
            Applied::Nothing => {}
            Applied::Ended => {
                self.outbox.retain(|item| item.command != Durable::End);
                self.ended();
                if !self.can(Capability::Survey) {
                    self.leave_end();
                }
            }
            Applied::Answered(offer) => self.outbox.retain(|item| !item.command.answers(&offer)),
            Applied::Echo(cid, text) => {
                if self.when_joined.as_ref() == Some(&cid) {
                    // A copy of this tab has sent the draft already.
                    self.when_joined = None;
                    if self.draft.holds(&text) {
                        self.draft.put(String::new());
                    }
                }
                let is_other = self.outbox.find(&cid).is_some_and(
                    |item| matches!(&item.command, Durable::Send { text: own } if *own != text && item.sends == 0),
                );
                if is_other {
                    // A copy of this tab used the name for other words; ours still want to be said.
                    let fresh = self.shell.cid();
                    self.outbox.rename(&cid, fresh);
                } else {
                    self.outbox.remove(&cid);
                }
            }
        }
    }

    /// The backend has taken the `start`, by whatever sign that was heard first.
    fn accepted(&mut self) {
        if let Stage::Joining { secret } = &self.stage {
            self.stage =
                Stage::Conversation(Box::new(Conversation::new(secret.clone(), Part::waiting(None))));
        }
    }

    fn acknowledged(&mut self, time: Millis, cid: &Cid, seq: Option<Seq>) {
        let Some(item) = self.outbox.find(cid) else { return };
        let was_resent = item.sends > 1;
        match item.command.clone() {
            Durable::Send { .. } | Durable::Choose { .. } => {
                let last = self.conversation().map_or(0, |c| c.transcript.log.last());
                if seq.is_some_and(|seq| seq <= last) {
                    self.outbox.remove(cid);
                } else {
                    self.outbox.set(cid, ItemState::Committed);
                }
            }
            Durable::Start { .. } => {
                self.accepted();
                self.outbox.remove(cid);
                if was_resent && let (Some(conversation), Some(seq)) = (self.conversation(), seq) {
                    // It may have been taken long ago, and much may have happened since.
                    conversation.transcript.log.heard_of(seq);
                }
                self.catch_up(time);
            }
            Durable::Answer { .. } => {
                self.outbox.remove(cid);
                if let Some(Part::Ended(end)) = self.conversation().map(|c| &mut c.part) {
                    end.answered = true;
                }
                self.leave_end();
            }
            Durable::End => {
                self.outbox.remove(cid);
                if let Some(Part::Ended(end)) = self.conversation().map(|c| &mut c.part)
                    && end.linger.is_none()
                    && end.survey.is_none()
                {
                    end.linger = Some(time + super::conversation::LINGER_MS);
                }
            }
            Durable::Erase => self.erased(),
        }
    }

    /// Whether this work would let the visitor in, and is not too much for a device.
    fn may_work(&self, work: &Work) -> bool {
        self.is_joining() && work.bits <= limits::WORK_MOST_BITS
    }

    /// The device has to work before the `start` is taken. What it finds is for this socket alone; should the shell
    /// never answer, the `start` goes again and is given something new to work on.
    fn work(&mut self, time: Millis, cid: Cid, work: Work) {
        self.outbox.defer(&cid, time, Some(limits::WORK_FRESH_S * 1_000));
        self.found = None;
        self.working = Some((cid, work.salt.clone()));
        self.shell.want(Effect::Solve(work));
    }

    /// The shell has found the number for a salt, or cannot.
    pub(super) fn solved(&mut self, time: Millis, salt: &str, number: Option<u64>) {
        let Some((cid, _)) = self.working.take_if(|(_, known)| known == salt) else { return };
        self.found = number;
        if number.is_some() {
            self.outbox.set(&cid, ItemState::Waiting);
        } else {
            self.refused(time, &cid, ErrorCode::WorkNeeded);
        }
    }

    /// Whether the backend takes nobody new. It may take somebody later, but a visitor is not kept at a closed
    /// door without being told.
    fn turns_away(&self, cid: &Cid, code: ErrorCode) -> bool {
        let is_start =
            self.outbox.find(cid).is_some_and(|item| matches!(item.command, Durable::Start { .. }));
        is_start && matches!(code, ErrorCode::Closed | ErrorCode::QueueFull)
    }

    /// A command was refused for good.
    fn refused(&mut self, time: Millis, cid: &Cid, code: ErrorCode) {
        let Some(item) = self.outbox.find(cid) else { return };
        match item.command.clone() {
            Durable::Send { .. } => {
                self.outbox.set(cid, ItemState::Refused);
                if code == ErrorCode::Conflict {
                    // The name stands for other words; these get their own.
                    let fresh = self.shell.cid();
                    self.outbox.rename(cid, fresh);
                }
            }
            // Another page of the same visitor was faster: its answer is on its way here.
            Durable::Choose { .. } if code == ErrorCode::Conflict => {
                self.outbox.remove(cid);
            }
            Durable::Choose { .. } => self.outbox.set(cid, ItemState::Refused),
            Durable::Start { .. } => {
                self.outbox.remove(cid);
                match self.stage {
                    Stage::Joining { .. } => self.back_to_welcome(true),
                    // It was never taken, or this would have been its `ack`.
                    Stage::Erasing { .. } => self.erased(),
                    Stage::Welcome { .. } | Stage::Conversation(_) | Stage::Stopped(_) => {}
                }
            }
            Durable::Answer { .. } => {
                self.outbox.remove(cid);
                self.leave_end();
            }
            Durable::End => {
                self.outbox.remove(cid);
            }
            // There is nothing to erase.
            Durable::Erase if code == ErrorCode::NotFound => self.erased(),
            // Nothing that the visitor had erased stays because it was refused once.
            Durable::Erase => {
                let fresh = self.shell.cid();
                self.outbox.rename(cid, fresh.clone());
                self.outbox.defer(&fresh, time, Some(ERASE_AGAIN_MS));
            }
        }
    }

    /// Asks for missing events, once.
    fn catch_up(&mut self, time: Millis) {
        if let Some(conversation) = self.conversation()
            && let Some(after) = conversation.transcript.log.ask(time)
        {
            self.transmit(&VisitorFrame::Sync { after });
        }
    }

    fn conversation(&mut self) -> Option<&mut Conversation> {
        match &mut self.stage {
            Stage::Conversation(conversation) => Some(conversation),
            Stage::Welcome { .. } | Stage::Joining { .. } | Stage::Erasing { .. } | Stage::Stopped(_) => None,
        }
    }
}
