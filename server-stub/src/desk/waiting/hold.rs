//! It is somebody's turn and their page is out of sight: the operator waits for them to look, for a while.

use std::time::Duration;

use tealight_protocol::{
    ConversationId, ConversationState, EventKind, OperatorId, ReleaseReason, ToOperator, VisitorPresence,
};

use super::{Desk, Timer};
use crate::Moment;
use crate::desk::operator::Operator;
use crate::store::{Store, WaitOutcome};

/// How long after a look that could not be stored it is tried again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl<S: Store> Desk<S> {
    /// The visitor's page is in sight. If an operator waits for that, they are together now.
    pub(in crate::desk) fn visitor_looked(&mut self, now: Moment, id: &ConversationId) {
        let Some(hold) = self.rooms.get(id).and_then(|room| room.hold.clone()) else { return };
        let Some(operator) = self.operators.get(&hold.operator) else {
            return self.drop_holds_of(&hold.operator);
        };
        let who = self.person(&operator.record);
        let me = hold.operator.clone();
        let joined = self.commit(now, id, |tx, change| {
            change.wait_is_over(tx, WaitOutcome::Met)?;
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
        if hold.handed {
            self.expect_a_sign(now, id);
        }
        self.tell_visitors_events(id, &events);
        self.tell_watchers_events(id, &events);
        self.tell_assigned(now, &hold.operator, id);
    }

    /// The operator has waited long enough: the visitor keeps the place, and the next has the turn.
    pub(in crate::desk) fn hold_may_be_over(&mut self, now: Moment, id: &ConversationId) {
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
                Ok(_) => {
                    if hold.handed {
                        self.handed(now, &next);
                    }
                    self.tell_assigned(now, &hold.operator, &next);
                }
                Err(refusal) => {
                    tracing::warn!(code = ?refusal.code, "the next visitor could not be assigned");
                }
            }
        }
    }

    /// An operator who went away waits for nobody.
    pub(in crate::desk) fn drop_holds_of(&mut self, me: &OperatorId) {
        for room in self.rooms.values_mut() {
            if room.hold.take_if(|hold| hold.operator == *me).is_some() {
                self.waiting.changed();
                self.board.changed();
            }
        }
    }
}
