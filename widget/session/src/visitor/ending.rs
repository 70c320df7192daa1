//! How a conversation ends: by a word, by erasure, by a connection that stopped for good; and what comes after.

use std::sync::Arc;

use tealight_protocol::{Answers, limits};

use super::StoppedView;
use super::conversation::Part;
use super::durable::Durable;
use super::session::{Session, Stage};
use crate::link::Loss;
use crate::{Effect, Millis, StopReason};

impl Session {
    /// The connection ended for good.
    pub(super) fn stopped(&mut self, reason: StopReason) {
        let is_erasing = matches!(self.stage, Stage::Erasing { .. });
        // What is no longer there needs no erasing.
        if reason == StopReason::Erased || (is_erasing && reason == StopReason::Expired) {
            return self.erased();
        }
        let is_over = matches!(
            &self.stage,
            Stage::Conversation(conversation) if conversation.is_over()
        );
        if is_over {
            // The end screen stays to be read; only its survey has lost its way.
            self.outbox.retain(|item| matches!(item.command, Durable::Send { .. }));
            return self.leave_end();
        }
        // Where the backend still keeps the conversation, a reload may find the way back to it.
        if matches!(reason, StopReason::Expired | StopReason::Forbidden) {
            self.forget();
        }
        let unread_words = self.has_unread_words();
        self.when_joined = None;
        self.stage = Stage::Stopped(StoppedView { reason, unread_words });
        self.outbox.retain(|_| false);
    }

    /// Everything is erased: nothing may be left here either.
    pub(super) fn erased(&mut self) {
        self.link.stop(StopReason::Erased, &mut self.shell);
        self.forget();
        self.wipe();
        self.stage = Stage::Stopped(StoppedView { reason: StopReason::Erased, unread_words: false });
    }

    pub(super) fn wipe(&mut self) {
        self.outbox.retain(|_| false);
        self.draft.put(String::new());
        self.when_joined = None;
        self.entries = Arc::default();
        self.listed = None;
        self.unread = 0;
    }

    /// The device forgets the conversation.
    pub(super) fn forget(&mut self) {
        self.save_at = None;
        self.saved = None;
        self.shell.want(Effect::Forget);
    }

    pub(super) fn end(&mut self) {
        let is_wanted = self.outbox.items().iter().any(|item| item.command == Durable::End);
        match &self.stage {
            Stage::Joining { .. } if !self.start_may_be_known() => self.back_to_welcome(false),
            Stage::Joining { .. } => {
                if !is_wanted {
                    self.push(Durable::End);
                }
            }
            Stage::Conversation(conversation) if !conversation.is_over() => {
                if !is_wanted {
                    self.push(Durable::End);
                }
                if !self.link.is_ready() {
                    self.end_here();
                }
            }
            Stage::Welcome { .. } | Stage::Conversation(_) | Stage::Erasing { .. } | Stage::Stopped(_) => {}
        }
    }

    /// The visitor wants to end and nobody can be reached: it is over here at once, and the backend is told when
    /// it can be.
    pub(super) fn end_here(&mut self) {
        if let Stage::Conversation(conversation) = &mut self.stage
            && !conversation.is_over()
        {
            conversation.end_here();
            self.ended();
        }
    }

    /// It is over. What is on its way will not arrive.
    pub(super) fn ended(&mut self) {
        self.when_joined = None;
        self.outbox.retain(|item| !matches!(item.command, Durable::Choose { .. }));
        self.outbox.refuse(|command| matches!(command, Durable::Send { .. }));
        self.forget();
    }

    pub(super) fn answer(&mut self, time: Millis, answers: Answers) {
        let Stage::Conversation(conversation) = &mut self.stage else { return };
        let Part::Ended(end) = &mut conversation.part else { return };
        let Some(survey) = end.survey.as_mut().filter(|survey| !survey.sending) else { return };
        survey.sending = true;
        let short = |answer: String| answer.chars().take(limits::ANSWER_CHARS).collect();
        let answers = answers.into_iter().map(|(question, answer)| (question, short(answer))).collect();
        let survey = survey.id.clone();
        self.push(Durable::Answer { survey, answers });
        self.link.open(time, &mut self.shell);
    }

    /// After the end: nothing more is wanted from the backend, unless something is still to be told.
    pub(super) fn leave_end(&mut self) {
        if let Stage::Conversation(conversation) = &mut self.stage
            && let Part::Ended(end) = &mut conversation.part
        {
            end.survey = None;
            end.linger = Some(0);
        }
    }

    /// The page goes after the end: whoever comes back to it by the browser's history finds no word of the chat.
    /// A farewell that the backend has not heard keeps its way there.
    pub(super) fn clear_end(&mut self) {
        let is_over = matches!(&self.stage, Stage::Conversation(conversation) if conversation.is_over());
        let is_told = !self.outbox.items().iter().any(|item| item.command == Durable::End);
        if is_over && is_told {
            self.wipe();
            self.stage = Stage::Welcome { refused: false };
        }
    }

    /// Nothing of it stays here from this moment, and the way back only until the backend has erased it, too.
    pub(super) fn erase(&mut self, time: Millis) {
        let secret = match &self.stage {
            Stage::Joining { .. } if !self.start_may_be_known() => {
                self.wipe();
                return self.back_to_welcome(false);
            }
            Stage::Joining { secret } => secret.clone(),
            Stage::Conversation(conversation) => conversation.secret.clone(),
            Stage::Erasing { .. } => return,
            Stage::Welcome { .. } | Stage::Stopped(_) => {
                self.wipe();
                return self.forget();
            }
        };
        let start = self.outbox.items().iter().find(|item| matches!(item.command, Durable::Start { .. }));
        let start = start.cloned();
        self.wipe();
        if let Some(start) = start {
            self.outbox.restore(start);
        }
        self.typing.disconnected();
        self.stage = Stage::Erasing { secret };
        self.push(Durable::Erase);
        self.link.open(time, &mut self.shell);
    }

    pub(super) fn start_afresh(&mut self, time: Millis) {
        let keeps_draft = match &self.stage {
            Stage::Stopped(stopped) => stopped.reason == StopReason::Expired,
            Stage::Conversation(conversation) if conversation.is_over() => false,
            Stage::Welcome { .. }
            | Stage::Joining { .. }
            | Stage::Conversation(_)
            | Stage::Erasing { .. } => return,
        };
        let draft = if keeps_draft { self.draft.text().to_owned() } else { String::new() };
        self.wipe();
        self.forget();
        self.draft.put(draft);
        self.link.close(&mut self.shell);
        self.lost(Loss::Retrying);
        self.stage = Stage::Welcome { refused: false };
        self.link.open(time, &mut self.shell);
    }

    /// A new conversation did not come about.
    pub(super) fn back_to_welcome(&mut self, refused: bool) {
        self.outbox.retain(|_| false);
        self.when_joined = None;
        self.stage = Stage::Welcome { refused };
        self.forget();
    }

    /// Whether a `start` is not yet known to be taken.
    pub(super) fn start_is_wanted(&self) -> bool {
        self.outbox.items().iter().any(|item| matches!(item.command, Durable::Start { .. }))
    }

    /// Whether the `start` has ever been on a socket.
    pub(super) fn start_may_be_known(&self) -> bool {
        self.outbox.items().iter().any(|item| matches!(item.command, Durable::Start { .. }) && item.sends > 0)
    }
}
