//! Visitors who are not let in for a while, because of how they spoke to an operator.
//!
//! A block goes by the conversation, which is stored, and by where its visitor came from, which is not: an [`Origin`]
//! says nothing of an address, is only in memory, and is forgotten with the block. Nobody is kept out silently: the
//! visitor's sockets stay open, and say until when, with every other way to get help.

use tealight_protocol::{
    Block, BlockId, BlockReason, BlockReview, Cid, ConversationId, EndReason, EndedBy, ErrorCode, OperatorId,
    ServiceState, ServiceStatus, ToOperator, ToVisitor, Wait, limits,
};

use super::announcement::{NOT_COORDINATOR, Ordered};
use super::connections::Phase;
use super::operator::Said;
use super::speaking::check_claim;
use super::visitor::once;
use super::{ConnId, Desk, Origin, Refusal, Timer};
use crate::Moment;
use crate::store::{
    Actor, AuditEntry, BlockRecord, Deed, OperatorRecord, ReviewRecord, Store, StoreError, mark_of,
};

/// How long a block lasts, in milliseconds.
const LASTS_MS: u64 = limits::BLOCK_HOURS * 60 * 60 * 1_000;

/// Nobody looks after their own block.
const YOUR_OWN: Refusal = Refusal::last_word(ErrorCode::Forbidden, "somebody else reviews this one");

/// A block that holds.
#[derive(Debug)]
pub(super) struct InForce {
    id: BlockId,
    conversation: Option<ConversationId>,
    origins: Vec<Origin>,
    until: Moment,
}

impl<S: Store> Desk<S> {
    /// Takes up what held before the start. Where anybody came from is not known any more.
    pub(super) fn load_blocks(&mut self, now: Moment) -> Result<(), StoreError> {
        for block in self.store.read(|tx| tx.blocks())? {
            let lifted = block.review.is_some_and(|review| review.lifted);
            if block.until > now && !lifted {
                self.timers.set(block.until, Timer::Block);
                let (id, conversation, until) = (block.id, block.conversation, block.until);
                self.blocks.push(InForce { id, conversation, origins: Vec::new(), until });
            }
        }
        Ok(())
    }

    pub(super) fn block(
        &mut self,
        now: Moment,
        said: &Said<'_>,
        claim: u64,
        reason: BlockReason,
    ) -> Result<(), Refusal> {
        if reason == BlockReason::Unknown {
            return Err(Refusal::last_word(ErrorCode::BadRequest, "this reason is not known here"));
        }
        let ending = self.ending(said.conv, EndedBy::Operator, Some(EndReason::Blocked));
        let watches = self.watches(said.conn, said.conv);
        let until = now.plus_ms(LASTS_MS);
        let mut kept = None;
        let (seq, events) = self.commit(now, said.conv, |tx, change| {
            once(tx, said.key(), said.body, |tx| {
                check_claim(&change.record, said.me, claim, watches)?;
                tx.insert_audit(&AuditEntry::in_conversation(now, said.me, Deed::Blocked, said.conv))?;
                let (conversation, by) = (Some(said.conv.clone()), said.me.clone());
                let block = BlockRecord { id: 0, conversation, reason, by, at: now, until, review: None };
                kept = Some(tx.insert_block(&block)?);
                super::ending::end(tx, change, &ending).map(Some)
            })
        })?;
        self.ack_operator(said, seq);
        if let Some(id) = kept {
            let origins = self.rooms.get(said.conv).map(|room| room.origins.clone()).unwrap_or_default();
            self.blocks.push(InForce { id, conversation: Some(said.conv.clone()), origins, until });
            self.timers.set(until, Timer::Block);
        }
        self.ended(said.conv, &events);
        if kept.is_some() {
            let whom = self.blocked_sockets();
            self.tell_service_as_it_is(now, whom);
        }
        Ok(())
    }

    /// A second person has looked at a block.
    pub(super) fn review(
        &mut self,
        now: Moment,
        ordered: &Ordered<'_>,
        id: BlockId,
        lift: bool,
    ) -> Result<(), Refusal> {
        let coordinates = self.coordinates(ordered.me);
        let done = self.order(now, ordered, |tx| {
            if !coordinates {
                return Err(NOT_COORDINATOR);
            }
            let missing = Refusal::last_word(ErrorCode::NotFound, "there is no such block");
            let block = tx.blocks()?.into_iter().find(|block| block.id == id).ok_or(missing)?;
            if block.by == *ordered.me {
                return Err(YOUR_OWN);
            }
            if !lift && block.review.is_some_and(|review| review.lifted) {
                return Err(Refusal::last_word(ErrorCode::Conflict, "the block was lifted already"));
            }
            tx.review_block(id, &ReviewRecord { by: ordered.me.clone(), at: now, lifted: lift })?;
            let what = if lift { Deed::BlockLifted } else { Deed::BlockKept };
            let entry = AuditEntry::new(now, Actor::Operator(ordered.me.clone()), what);
            let conversation = block.conversation.as_ref().map(mark_of);
            Ok(tx.insert_audit(&AuditEntry { conversation, about: Some(block.by), ..entry })?)
        })?;
        self.ack_order(ordered);
        if done && lift {
            self.lift(now, |block| block.id == id);
        }
        Ok(())
    }

    /// Tells who is not let in, the newest first.
    pub(super) fn tell_blocks(
        &mut self,
        conn: ConnId,
        me: &OperatorId,
        cid: Cid,
        after: u64,
    ) -> Result<(), Refusal> {
        if !self.coordinates(me) {
            return Err(NOT_COORDINATOR);
        }
        let (all, accounts) = self.store.read(|tx| Ok::<_, Refusal>((tx.blocks()?, tx.operators()?)))?;
        let skipped = usize::try_from(after).unwrap_or(usize::MAX);
        let all = all.into_iter().skip(skipped).map(|block| told(block, &accounts));
        let (page, more) = super::queries::page_of(all);
        let (blocks, waits) = (Some(page), None);
        let (items, offers, notes, roster) = (None, None, None, None);
        self.send(conn, &ToOperator::Result { cid, items, offers, notes, roster, waits, blocks, more });
        Ok(())
    }

    /// The service as a socket is told of it.
    pub(super) fn service_for(&self, now: Moment, conn: ConnId) -> ServiceStatus {
        self.as_blocked(self.service_status(now), self.blocked_until(conn))
    }

    /// The service as somebody is told of it who comes from there.
    pub fn service_from(&self, now: Moment, origin: Option<Origin>) -> ServiceStatus {
        let until = origin.and_then(|origin| self.until(|block| block.origins.contains(&origin)));
        self.as_blocked(self.service_status(now), until)
    }

    fn as_blocked(&self, status: ServiceStatus, until: Option<Moment>) -> ServiceStatus {
        let Some(until) = until else { return status };
        ServiceStatus {
            state: ServiceState::Blocked,
            closes_at: None,
            next_open: Some(until.timestamp()),
            wait: Wait::Closed,
            may_close_first: false,
            notice: None,
            ..status
        }
    }

    /// Until when whoever is at the other end of a socket is not let in, if they are not.
    pub(super) fn blocked_until(&self, conn: ConnId) -> Option<Moment> {
        let socket = self.sockets.get(&conn)?;
        let Phase::Visitor(visitor) = &socket.phase else { return None };
        self.until(|block| {
            socket.origin.is_some_and(|origin| block.origins.contains(&origin))
                || visitor.conv.is_some() && visitor.conv == block.conversation
        })
    }

    fn until(&self, concerns: impl Fn(&InForce) -> bool) -> Option<Moment> {
        self.blocks.iter().filter(|block| concerns(block)).map(|block| block.until).max()
    }

    fn blocked_sockets(&self) -> Vec<ConnId> {
        let mut conns: Vec<_> = self.sockets.keys().copied().collect();
        conns.retain(|conn| self.blocked_until(*conn).is_some());
        conns.sort_unstable();
        conns
    }

    pub(super) fn blocks_may_be_over(&mut self, now: Moment) {
        self.lift(now, |block| block.until <= now);
    }

    /// Forgets blocks, and tells those whom they concerned.
    fn lift(&mut self, now: Moment, which: impl Fn(&InForce) -> bool) {
        let concerned = self.blocked_sockets();
        self.blocks.retain(|block| !which(block));
        self.tell_service_as_it_is(now, concerned);
    }

    fn tell_service_as_it_is(&mut self, now: Moment, conns: Vec<ConnId>) {
        for conn in conns {
            let status = self.service_for(now, conn);
            self.send(conn, &ToVisitor::Service(status));
        }
    }

    /// A conversation was erased: its name is forgotten here, too.
    pub(super) fn forget_name_in_blocks(&mut self, id: &ConversationId) {
        for block in &mut self.blocks {
            if block.conversation.as_ref() == Some(id) {
                block.conversation = None;
            }
        }
    }
}

fn told(block: BlockRecord, accounts: &[OperatorRecord]) -> Block {
    let name = |id: &OperatorId| {
        accounts.iter().find(|account| account.id == *id).map(|account| account.alias.clone())
    };
    Block {
        id: block.id,
        conv: block.conversation,
        reason: block.reason,
        name: name(&block.by),
        by: block.by,
        at: block.at.timestamp(),
        until: block.until.timestamp(),
        review: block.review.map(|review| BlockReview {
            name: name(&review.by),
            by: review.by,
            at: review.at.timestamp(),
            lift: review.lifted,
        }),
    }
}
