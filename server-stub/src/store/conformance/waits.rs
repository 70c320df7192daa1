//! What every store must do with waits and promises.

use super::{conversation, id, promise, read, write};
use crate::Moment;
use crate::store::{
    OfferedWait, Standing, Store, WAITS_KEPT, WAITS_KEPT_FOR, WaitClass, WaitOutcome, WaitRecord,
};

pub(super) fn run<S: Store>(empty: &mut impl FnMut() -> S) {
    a_wait_comes_back_as_it_was(&mut empty());
    only_so_many_waits_are_kept(&mut empty());
    a_wait_is_forgotten_when_it_is_old(&mut empty());
    whoever_left_is_resolved_by_the_next_behind_them(&mut empty());
    whoever_is_free_resolves_all_of_an_area(&mut empty());
    whoever_waits_before_others_is_resolved_by_any_of_them(&mut empty());
    what_nobody_will_ever_know_is_given_up(&mut empty());
    a_promise_is_kept_and_taken_back(&mut empty());
}

fn a_wait_comes_back_as_it_was<S: Store>(store: &mut S) {
    let mut met = conversation(1);
    met.promise = Some(promise());
    let met = WaitRecord::of(&met, Moment(50), WaitOutcome::Met);
    assert_eq!(
        (met.issued_q25, met.first_upper, met.offered),
        (Some(11.25), Some(45), OfferedWait::Known(40))
    );
    let sent = WaitRecord { class: WaitClass::First, area: None, ..left(3, 9) };
    let sent = WaitRecord { outcome: WaitOutcome::SentAway, offered: OfferedWait::Never, ..sent };
    write(store, |tx| [&met, &left(1, 6), &sent].into_iter().try_for_each(|wait| tx.insert_wait(wait)));
    assert_eq!(read(store, |tx| tx.waits(10)), [sent.clone(), left(1, 6), met]);
    assert_eq!(read(store, |tx| tx.waits(1)), [sent], "the newest first");
}

fn only_so_many_waits_are_kept<S: Store>(store: &mut S) {
    let many = WAITS_KEPT as u64 + 10;
    write(store, |tx| (1..=many).try_for_each(|n| tx.insert_wait(&left(n, n))));
    let kept = read(store, |tx| tx.waits(WAITS_KEPT * 2));
    assert_eq!((kept.len(), kept.last().map(|wait| wait.joined)), (WAITS_KEPT, Some(Moment(11))));
}

fn a_wait_is_forgotten_when_it_is_old<S: Store>(store: &mut S) {
    write(store, |tx| {
        tx.insert_wait(&left(1, 5))?;
        tx.insert_wait(&left(1, 6))
    });
    write(store, |tx| tx.forget(Moment(6).plus(WAITS_KEPT_FOR)));
    assert_eq!(read(store, |tx| tx.waits(10)), [left(1, 6)]);
}

fn whoever_left_is_resolved_by_the_next_behind_them<S: Store>(store: &mut S) {
    let elsewhere = WaitRecord { area: Some("south".to_owned()), ..left(10, 20) };
    let nowhere = WaitRecord { area: None, ..left(10, 20) };
    let old = WaitRecord { offered: OfferedWait::Never, ..left(5, 20) };
    let all = [left(20, 25), left(10, 25), left(30, 35), elsewhere.clone(), nowhere.clone(), old.clone()];
    write(store, |tx| all.iter().try_for_each(|wait| tx.insert_wait(wait)));
    let behind = Standing { class: WaitClass::Usual, joined: Moment(30) };
    let known = write(store, |tx| tx.resolve_waits(Some(&north()), Some(behind), Moment(100)));
    let known_now = |wait: WaitRecord, ms| WaitRecord { offered: OfferedWait::Known(ms), ..wait };
    assert_eq!(known, [known_now(left(10, 25), 90), known_now(left(20, 25), 80)], "in their order");
    assert_eq!(
        read(store, |tx| tx.waits(10)),
        [old, nowhere, elsewhere, left(30, 35), known_now(left(10, 25), 90), known_now(left(20, 25), 80)],
        "whoever stood behind, elsewhere or cannot be known is left alone"
    );
    let again = write(store, |tx| tx.resolve_waits(Some(&north()), Some(behind), Moment(200)));
    assert!(again.is_empty(), "what is known stays");
}

fn whoever_is_free_resolves_all_of_an_area<S: Store>(store: &mut S) {
    let nowhere = WaitRecord { area: None, ..left(10, 20) };
    write(store, |tx| {
        tx.insert_wait(&left(30, 150))?;
        tx.insert_wait(&nowhere)
    });
    let known = write(store, |tx| tx.resolve_waits(None, None, Moment(40)));
    assert_eq!(known, [WaitRecord { offered: OfferedWait::Known(30), ..nowhere }]);
    let known = write(store, |tx| tx.resolve_waits(Some(&north()), None, Moment(100)));
    let offered: Vec<_> = known.iter().map(|wait| wait.offered).collect();
    assert_eq!(offered, [OfferedWait::Known(120)], "never less than was waited, whatever the clock says");
}

fn whoever_waits_before_others_is_resolved_by_any_of_them<S: Store>(store: &mut S) {
    let first = WaitRecord { class: WaitClass::First, ..left(50, 60) };
    write(store, |tx| {
        tx.insert_wait(&first)?;
        tx.insert_wait(&left(10, 60))
    });
    let behind = Standing { class: WaitClass::First, joined: Moment(40) };
    assert!(write(store, |tx| tx.resolve_waits(Some(&north()), Some(behind), Moment(70))).is_empty());
    let behind = Standing { class: WaitClass::Usual, joined: Moment(10) };
    let known = write(store, |tx| tx.resolve_waits(Some(&north()), Some(behind), Moment(80)));
    assert_eq!(known, [WaitRecord { offered: OfferedWait::Known(30), ..first }]);
}

fn what_nobody_will_ever_know_is_given_up<S: Store>(store: &mut S) {
    write(store, |tx| {
        tx.insert_wait(&left(10, 60))?;
        tx.insert_wait(&left(20, 80))
    });
    write(store, |tx| tx.give_up_waits(Moment(80)));
    let known = write(store, |tx| tx.resolve_waits(Some(&north()), None, Moment(100)));
    assert_eq!(known.len(), 1, "who left later may still become known");
    let never = WaitRecord { offered: OfferedWait::Never, ..left(10, 60) };
    assert_eq!(read(store, |tx| tx.waits(10))[1], never);
}

fn a_promise_is_kept_and_taken_back<S: Store>(store: &mut S) {
    write(store, |tx| tx.insert_conversation(&conversation(1)));
    let kept = |store: &mut S| read(store, |tx| tx.conversation_by_secret(&[1; 32])).unwrap().promise;
    write(store, |tx| tx.set_promise(&id(1), Some(&promise())));
    assert_eq!(kept(store), Some(promise()));
    write(store, |tx| tx.set_promise(&id(1), None));
    assert_eq!(kept(store), None);
}

fn north() -> String {
    "north".to_owned()
}

fn left(joined: u64, ended: u64) -> WaitRecord {
    WaitRecord {
        joined: Moment(joined),
        ended: Moment(ended),
        area: Some(north()),
        class: WaitClass::Usual,
        outcome: WaitOutcome::Left,
        issued_q25: Some(0.5),
        issued_q90: None,
        first_upper: None,
        offered: OfferedWait::Pending,
    }
}
