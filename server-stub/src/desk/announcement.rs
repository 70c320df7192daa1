//! What all visitors are told, and whether anybody new is let in: an operator says it, and it outlives a restart.

use tealight_protocol::{Announcement, Cid, ErrorCode, Notice, OperatorId, ToOperator};

use super::connections::Phase;
use super::{ConnId, Desk, Refusal};
use crate::Moment;
use crate::store::{Actor, AnnouncementRecord, AuditEntry, Deed, Digest, Store};

/// Refuses what only those may who coordinate.
pub(super) const NOT_COORDINATOR: Refusal =
    Refusal::last_word(ErrorCode::Forbidden, "only who coordinates may do this");

/// An operator's command that is about no conversation, and where it came from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ordered<'a> {
    pub(super) conn: ConnId,
    pub(super) me: &'a OperatorId,
    pub(super) cid: &'a Cid,
    pub(super) body: Digest,
}

impl<S: Store> Desk<S> {
    /// Takes up what was announced before the start.
    pub(super) fn load_announcement(&mut self) -> Result<(), crate::store::StoreError> {
        self.announcement = self.store.read(|tx| tx.announcement())?;
        Ok(())
    }

    pub(super) fn announce(
        &mut self,
        now: Moment,
        ordered: &Ordered<'_>,
        notice: Option<Notice>,
        paused: bool,
    ) -> Result<(), Refusal> {
        let coordinates = self.coordinates(ordered.me);
        let record = AnnouncementRecord { notice, paused, by: ordered.me.clone(), at: now };
        let done = self.order(now, ordered, |tx| {
            if !coordinates {
                return Err(NOT_COORDINATOR);
            }
            tx.set_announcement(&record)?;
            let deed = if paused { Deed::Paused } else { Deed::Announced };
            Ok(tx.insert_audit(&AuditEntry::new(now, Actor::Operator(ordered.me.clone()), deed))?)
        })?;
        if done {
            tracing::info!(paused, "an operator announced something to all visitors");
            self.announcement = Some(record);
            self.service.changed();
        }
        self.ack_order(ordered);
        if done {
            self.tell_announcement();
        }
        Ok(())
    }

    /// Whether nobody new is let in because an operator said so.
    pub(super) fn is_paused(&self) -> bool {
        self.announcement.as_ref().is_some_and(|announcement| announcement.paused)
    }

    /// The sentence for everybody: an operator's, or else the helpline's usual one.
    pub(super) fn notice(&self) -> Option<String> {
        let announced = self.announcement.as_ref().and_then(|announcement| announcement.notice.as_ref());
        announced.map(|notice| notice.as_str().to_owned()).or_else(|| self.settings.notice.clone())
    }

    /// What operators are told on coming; nothing when there is nothing to tell.
    pub(super) fn announcement(&self) -> Option<Announcement> {
        let record = self.announcement.as_ref()?;
        (record.paused || record.notice.is_some()).then(|| told(record))
    }

    pub(super) fn coordinates(&self, me: &OperatorId) -> bool {
        self.operators.get(me).is_some_and(|operator| operator.record.supervisor)
    }

    /// Does a command that is about no conversation, once. `false` when it was done before.
    pub(super) fn order(
        &mut self,
        now: Moment,
        ordered: &Ordered<'_>,
        work: impl FnOnce(&mut dyn crate::store::Transaction) -> Result<(), Refusal>,
    ) -> Result<bool, Refusal> {
        self.store.write(|tx| {
            match tx.desk_command(ordered.me, ordered.cid)? {
                Some(body) if body == ordered.body => return Ok(false),
                Some(_) => return Err(super::visitor::OTHER_BODY),
                None => {}
            }
            work(tx)?;
            tx.insert_desk_command(ordered.me, ordered.cid, &ordered.body, now)?;
            Ok(true)
        })
    }

    pub(super) fn ack_order(&mut self, ordered: &Ordered<'_>) {
        let cid = ordered.cid.clone();
        self.send(ordered.conn, &ToOperator::Ack { cid, conv: None, seq: None, claim: None, n: None });
    }

    /// Tells every console.
    fn tell_announcement(&mut self) {
        let Some(announcement) = self.announcement.as_ref().map(told) else { return };
        let is_operator = |phase: &Phase| matches!(phase, Phase::Operator(_));
        let consoles = self.sockets.iter().filter(|(_, socket)| is_operator(&socket.phase));
        let mut consoles: Vec<_> = consoles.map(|(conn, _)| *conn).collect();
        consoles.sort_unstable();
        for conn in consoles {
            self.send(conn, &ToOperator::Announcement(announcement.clone()));
        }
    }
}

fn told(record: &AnnouncementRecord) -> Announcement {
    Announcement {
        notice: record.notice.clone(),
        paused: record.paused,
        by: Some(record.by.clone()),
        at: Some(record.at.timestamp()),
    }
}
