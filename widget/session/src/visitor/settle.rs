//! What follows from every change of a visitor's session, in one place and in one order.

use std::sync::Arc;

use tealight_protocol::{Capability, Cid, VisitorFrame, lean};

use super::conversation::Part;
use super::durable::Durable;
use super::session::{Saved, Session, Stage};
use super::snapshot::{Place, Snapshot, Stored};
use crate::link::News;
use crate::outbox::{Item, ItemState};
use crate::{Effect, Millis};

impl Session {
    /// What follows from whatever just happened, in this order: the words that were to be sent by themselves,
    /// missing events, the snapshot before anything is sent that depends on it, the outbox, small news, the list.
    pub(super) fn settle(&mut self, time: Millis) {
        if self.link.is_ready() {
            let late = match &self.stage {
                Stage::Conversation(conversation) => conversation.transcript.log.timeout(),
                Stage::Welcome { .. } | Stage::Joining { .. } | Stage::Erasing { .. } | Stage::Stopped(_) => {
                    None
                }
            };
            if (late.is_some_and(|at| time >= at) || self.outbox.is_overdue(time))
                && let News::Lost(loss) = self.link.restart(time, &mut self.shell)
            {
                self.lost(loss);
            }
        }
        if let Stage::Conversation(conversation) = &mut self.stage {
            conversation.tick(time);
            let is_current = conversation.transcript.log.is_complete() && self.link.is_ready();
            if is_current && let Part::Talking(_) = conversation.part {
                self.send_as_ticked();
            }
        }
        self.save(time);
        if self.link.is_ready() {
            self.pump(time);
            self.tell(time);
        }
        self.close_after_end(time);
        self.refresh();
    }

    /// Somebody has joined: sends the draft, if that was wanted.
    pub(super) fn send_as_ticked(&mut self) {
        if self.draft.is_sendable()
            && let Some(cid) = self.when_joined.take()
        {
            self.send_draft(cid);
        }
    }

    pub(super) fn send_draft(&mut self, cid: Cid) {
        if let Some(text) = self.draft.take() {
            self.outbox.push(cid, Durable::Send { text });
            self.when_joined = None;
            let told = self.typing.finished();
            self.tell_typing(told);
        }
    }

    pub(super) fn pump(&mut self, time: Millis) {
        let secret = match &self.stage {
            Stage::Joining { secret } | Stage::Erasing { secret } => secret,
            Stage::Conversation(conversation) => &conversation.secret,
            Stage::Welcome { .. } | Stage::Stopped(_) => return,
        };
        while let Some(item) = self.outbox.next_due(time) {
            let frame = item.command.frame(item.cid.clone(), secret, self.found);
            self.link.transmit(lean::from_visitor(&frame), &mut self.shell);
        }
    }

    /// Tells what is not durable: presence, marks, typing.
    pub(super) fn tell(&mut self, time: Millis) {
        if self.is_talking() {
            let told = self.typing.tick(time);
            self.tell_typing(told);
        } else {
            self.typing.disconnected();
        }
        let can_mark = self.can(Capability::Marks);
        let Stage::Conversation(conversation) = &mut self.stage else { return };
        if conversation.is_over() {
            return;
        }
        let mark = if can_mark { conversation.receipts.due(time) } else { None };
        if self.told_visible != Some(self.visible) {
            self.told_visible = Some(self.visible);
            self.transmit(&VisitorFrame::Presence { visible: self.visible });
        }
        if let Some(mark) = mark {
            self.transmit(&VisitorFrame::Mark(mark));
        }
    }

    pub(super) fn tell_typing(&mut self, told: Option<bool>) {
        if let Some(on) = told
            && self.link.is_ready()
            && self.can(Capability::Typing)
        {
            self.transmit(&VisitorFrame::Typing { on });
        }
    }

    /// After the end, the connection goes as soon as nothing more is to be said or heard on it.
    pub(super) fn close_after_end(&mut self, time: Millis) {
        let is_silent = self.has_nothing_to_tell();
        if let Stage::Conversation(conversation) = &mut self.stage
            && let Part::Ended(end) = &mut conversation.part
            && end.linger.is_some_and(|until| time >= until)
            && is_silent
        {
            end.linger = None;
            self.link.close(&mut self.shell);
            conversation.disconnected();
            self.typing.disconnected();
        }
    }

    /// Whether nothing but words that can no longer be sent is left in the outbox.
    pub(super) fn has_nothing_to_tell(&self) -> bool {
        self.outbox.items().iter().all(|item| matches!(item.command, Durable::Send { .. }))
    }

    pub(super) fn save_soon(&mut self, time: Millis) {
        self.save_at = self.save_at.map(|_| time);
    }

    pub(super) fn save(&mut self, time: Millis) {
        let Some(state) = self.to_be_saved() else {
            self.save_at = None;
            return;
        };
        if self.saved.as_ref() == Some(&state) && self.save_at.is_none_or(|at| time < at) {
            return;
        }
        self.save_at = None;
        self.saved = Some(state);
        if let Some(snapshot) = self.snapshot() {
            self.shell.want(Effect::Save(snapshot.write()));
        }
    }

    /// What a snapshot would say now, or `None` where nothing may be kept.
    pub(super) fn to_be_saved(&self) -> Option<Saved> {
        let place = match &self.stage {
            Stage::Welcome { .. } | Stage::Stopped(_) => return None,
            Stage::Joining { .. } => 0,
            Stage::Erasing { .. } => 3,
            Stage::Conversation(conversation) => match conversation.part {
                Part::Waiting(_) => 1,
                Part::Talking(_) => 2,
                Part::Ended(_) => return None,
            },
        };
        Some(Saved { outbox: self.outbox.version(), place, when_joined: self.when_joined.clone() })
    }

    pub(super) fn snapshot(&self) -> Option<Snapshot> {
        let (secret, place) = match &self.stage {
            Stage::Welcome { .. } | Stage::Stopped(_) => return None,
            Stage::Joining { secret } => (secret, Place::Joining),
            Stage::Erasing { secret } => (secret, Place::Erasing),
            Stage::Conversation(conversation) => match &conversation.part {
                Part::Waiting(_) => (&conversation.secret, Place::Waiting),
                Part::Talking(talk) => (&conversation.secret, Place::Talking(talk.with.clone())),
                Part::Ended(_) => return None,
            },
        };
        let stored = |item: &Item<Durable>| Stored {
            cid: item.cid.clone(),
            refused: item.state == ItemState::Refused,
            command: item.command.clone(),
        };
        let outbox = self.outbox.items().iter().map(stored).collect();
        let draft = self.draft.text().to_owned();
        let when_joined = self.when_joined.clone();
        Some(Snapshot { secret: secret.clone(), place, draft, when_joined, outbox })
    }

    /// Makes the list of entries anew if it changed.
    pub(super) fn refresh(&mut self) {
        if let Stage::Conversation(conversation) = &self.stage {
            let versions = Some((conversation.transcript.version(), self.outbox.version()));
            if self.listed != versions {
                self.listed = versions;
                self.entries = Arc::new(conversation.transcript.list(&self.outbox));
            }
            self.unread = conversation.transcript.unread_after(conversation.receipts.last_read());
        }
    }
}
