//! What every store must do with shifts, staffing, announcements and commands that are about no conversation.

use tealight_protocol::{Cid, Notice, OperatorId, ShiftId};

use super::{fails, read, write};
use crate::Moment;
use crate::store::{
    AnnouncementRecord, DESK_COMMANDS_KEPT_FOR, SHIFTS_KEPT_FOR, STAFFING_KEPT_FOR, ShiftRecord,
    StaffingRecord, Store,
};

pub(super) fn run<S: Store>(empty: &mut impl FnMut() -> S) {
    a_shift_is_planned_changed_and_taken_out(&mut empty());
    a_shift_goes_with_its_operator(&mut empty());
    staffing_is_known_from_what_held_before(&mut empty());
    the_last_announcement_counts(&mut empty());
    a_desk_command_is_remembered_for_a_while(&mut empty());
    old_shifts_and_staffing_are_forgotten(&mut empty());
}

fn a_shift_is_planned_changed_and_taken_out<S: Store>(store: &mut S) {
    let late = ShiftRecord { to: Moment(300), ..shift(1, 100) };
    write(store, |tx| {
        tx.put_shift(&shift(1, 200))?;
        tx.put_shift(&shift(2, 150))?;
        tx.put_shift(&late)
    });
    assert_eq!(read(store, |tx| tx.shift(&late.id)), Some(late.clone()));
    assert_eq!(read(store, |tx| tx.shifts(Moment(0))), [late.clone(), shift(2, 150)], "by their beginning");
    assert_eq!(read(store, |tx| tx.shifts(Moment(250))).len(), 1);
    assert!(read(store, |tx| tx.shifts(Moment(300))).is_empty(), "what ends now is over");
    assert!(write(store, |tx| tx.delete_shift(&late.id)));
    assert!(!write(store, |tx| tx.delete_shift(&late.id)));
    assert_eq!(read(store, |tx| tx.shift(&late.id)), None);
}

fn a_shift_goes_with_its_operator<S: Store>(store: &mut S) {
    let ada = write(store, |tx| tx.insert_operator("ada", "Ada", "hash", &[])).id;
    let hers = ShiftRecord { operator: Some(ada.clone()), ..shift(1, 100) };
    write(store, |tx| tx.put_shift(&hers));
    assert_eq!(read(store, |tx| tx.shift(&hers.id)).unwrap().operator, Some(ada));
    write(store, |tx| tx.delete_operator("ada"));
    assert_eq!(read(store, |tx| tx.shift(&hers.id)), None);
    assert!(fails(store, |tx| tx.put_shift(&hers)), "nobody can be planned who is not there");
}

fn staffing_is_known_from_what_held_before<S: Store>(store: &mut S) {
    assert!(read(store, |tx| tx.staffing(Moment(0))).is_empty());
    write(store, |tx| {
        [(10, 1), (20, 3), (20, 2), (30, 0)]
            .into_iter()
            .try_for_each(|(at, slots)| tx.insert_staffing(&staffed(at, slots)))
    });
    assert_eq!(read(store, |tx| tx.staffing(Moment(25))), [staffed(20, 2), staffed(30, 0)]);
    assert_eq!(read(store, |tx| tx.staffing(Moment(30))), [staffed(30, 0)]);
    assert_eq!(read(store, |tx| tx.staffing(Moment(5))).len(), 3);
}

fn the_last_announcement_counts<S: Store>(store: &mut S) {
    assert_eq!(read(store, |tx| tx.announcement()), None);
    let busy = AnnouncementRecord {
        notice: Some(Notice::parse("Many people are trying to reach us tonight.").unwrap()),
        paused: true,
        by: OperatorId("op:1".to_owned()),
        at: Moment(10),
    };
    write(store, |tx| tx.set_announcement(&busy));
    assert_eq!(read(store, |tx| tx.announcement()), Some(busy.clone()));
    let over = AnnouncementRecord { notice: None, paused: false, at: Moment(20), ..busy };
    write(store, |tx| tx.set_announcement(&over));
    assert_eq!(read(store, |tx| tx.announcement()), Some(over));
}

fn a_desk_command_is_remembered_for_a_while<S: Store>(store: &mut S) {
    let (cid, ada) = (Cid::from_bytes([5; 16]), OperatorId("op:1".to_owned()));
    write(store, |tx| tx.insert_desk_command(&ada, &cid, &[8; 32], Moment(10)));
    assert_eq!(read(store, |tx| tx.desk_command(&ada, &cid)), Some([8; 32]));
    assert!(
        fails(store, |tx| tx.insert_desk_command(&ada, &cid, &[9; 32], Moment(11))),
        "a cid is used once"
    );
    let bob = OperatorId("op:2".to_owned());
    assert_eq!(read(store, |tx| tx.desk_command(&bob, &cid)), None);
    write(store, |tx| tx.forget(Moment(10).plus(DESK_COMMANDS_KEPT_FOR)));
    assert_eq!(read(store, |tx| tx.desk_command(&ada, &cid)), Some([8; 32]));
    write(store, |tx| tx.forget(Moment(11).plus(DESK_COMMANDS_KEPT_FOR)));
    assert_eq!(read(store, |tx| tx.desk_command(&ada, &cid)), None);
}

fn old_shifts_and_staffing_are_forgotten<S: Store>(store: &mut S) {
    write(store, |tx| {
        tx.put_shift(&ShiftRecord { to: Moment(20), ..shift(1, 10) })?;
        tx.put_shift(&ShiftRecord { to: Moment(21), ..shift(2, 10) })?;
        [10, 20, 30].into_iter().try_for_each(|at| tx.insert_staffing(&staffed(at, 1)))
    });
    write(store, |tx| tx.forget(Moment(21).plus(SHIFTS_KEPT_FOR)));
    let kept: Vec<_> = read(store, |tx| tx.shifts(Moment(0))).iter().map(|shift| shift.to).collect();
    assert_eq!(kept, [Moment(21)]);
    write(store, |tx| tx.forget(Moment(25).plus(STAFFING_KEPT_FOR)));
    assert_eq!(read(store, |tx| tx.staffing(Moment(0))), [staffed(20, 1), staffed(30, 1)]);
    write(store, |tx| tx.forget(Moment(1_000).plus(STAFFING_KEPT_FOR)));
    assert_eq!(read(store, |tx| tx.staffing(Moment(0))), [staffed(30, 1)], "what holds is never forgotten");
}

fn shift(n: u8, from: u64) -> ShiftRecord {
    ShiftRecord {
        id: ShiftId::from_bytes([n; 16]),
        operator: None,
        from: Moment(from),
        to: Moment(from + 50),
        at_once: 2,
    }
}

fn staffed(at: u64, slots: u32) -> StaffingRecord {
    StaffingRecord { at: Moment(at), slots }
}
