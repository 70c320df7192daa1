//! Shifts, what all visitors are told, and the figures of waits.

use serde_json::{Value, json};
use tealight_protocol::{Announcement, ErrorCode, Notice, OperatorId, PlannedShift, ShiftId, Timestamp};
use tealight_session::Fact;
use tealight_session::operator::{Change, ChangeView, Command};

use crate::backend::*;

#[test]
fn the_roster_is_asked_for_at_the_start_and_seldom_while_nobody_looks() {
    let mut rig = able();
    assert_eq!(rig.session.view().roster.unwrap().what.time_zone, "Europe/London");
    rig.idle(299_999);
    assert_eq!(rig.take_asked("roster").len(), 0);
    rig.pass(1);
    assert_eq!(rig.take_asked("roster").len(), 1);
}

#[test]
fn the_roster_is_kept_fresh_for_somebody_who_looks() {
    let mut rig = able();
    rig.command(Command::FollowRoster(true));
    rig.answer_queries(vec![]);
    rig.pass(14_999);
    assert_eq!(rig.take_asked("roster").len(), 0);
    rig.pass(1);
    rig.answer_queries(vec![]);
    assert_eq!(rig.session.view().roster.unwrap().at, rig.now);
    rig.command(Command::FollowRoster(false));
    rig.pass(15_000);
    rig.answer_queries(vec![]);
    rig.pass(15_000);
    assert_eq!(rig.take_asked("roster").len(), 0);
}

#[test]
fn waits_are_asked_for_every_five_seconds_while_somebody_sees_them() {
    let mut rig = able();
    assert_eq!(rig.session.view().waits, None, "nobody looks");
    rig.command(Command::FollowWaits(true));
    for _ in 0..3 {
        let asked = rig.take_asked("waits");
        assert_eq!(asked.len(), 1);
        rig.idle(60_000);
        assert_eq!(rig.take_asked("waits").len(), 0, "one question at a time");
        rig.hear(
            json!({"t": "result", "cid": asked[0]["cid"], "waits": {"waiting": 3, "slots": 2, "busy": 1}}),
        );
        rig.pass(4_999);
        assert_eq!(rig.take_asked("waits").len(), 0);
        rig.pass(1);
    }
    assert_eq!(rig.session.view().waits.unwrap().what.waiting, 3);
    rig.answer_queries(vec![]);
    rig.fact(Fact::Hidden);
    rig.pass(20_000);
    assert_eq!(rig.take_asked("waits").len(), 0, "nobody sees the page");
    rig.fact(Fact::Shown);
    assert_eq!(rig.take_asked("waits").len(), 1);
    rig.reconnect();
    rig.hear(ready_for_all(vec![]));
    assert_eq!(rig.take_asked("waits").len(), 1);
    rig.answer_queries(vec![]);
    rig.command(Command::FollowWaits(false));
    rig.idle(60_000);
    assert_eq!(rig.take_asked("waits").len(), 0);
}

#[test]
fn a_backend_without_a_roster_is_asked_nothing_about_it() {
    let mut rig = ready_operator();
    rig.command(Command::FollowRoster(true));
    rig.command(Command::FollowWaits(true));
    rig.command(Command::Change(Change::Shift(shift(1))));
    rig.command(Command::Change(paused()));
    rig.idle(600_000);
    let abilities = rig.session.view().abilities;
    assert!(!abilities.roster && !abilities.coordinate && rig.session.view().changes.is_empty());
    assert_eq!(rig.take_asked("roster").len() + rig.take_asked("waits").len(), 0);
}

#[test]
fn a_question_that_is_refused_is_not_asked_again_on_this_connection() {
    let mut rig = able();
    rig.command(Command::FollowWaits(true));
    let asked = rig.take_asked("waits");
    rig.hear(error(&asked[0], "forbidden", false, None));
    rig.idle(60_000);
    assert_eq!(rig.take_asked("waits").len(), 0);
    rig.reconnect();
    rig.hear(ready_for_all(vec![]));
    assert_eq!(rig.take_asked("waits").len(), 1);
}

#[test]
fn a_shift_shows_as_wanted_until_the_roster_shows_it() {
    let mut rig = able();
    rig.take_sent();
    rig.command(Command::Change(Change::Shift(shift(1))));
    let sent = rig.take_one("shift");
    assert_eq!((&sent["shift"]["operator"], &sent["shift"]["at_once"]), (&json!("op:7"), &json!(2)));
    rig.hear(json!({"t": "ack", "cid": sent["cid"]}));
    let asked = rig.take_asked("roster");
    assert_eq!(asked.len(), 1, "the roster has changed");
    assert_eq!(changes(&rig), [(Change::Shift(shift(1)), None)]);
    let whole = roster(vec![serde_json::to_value(shift(1)).unwrap()]);
    rig.hear(json!({"t": "result", "cid": asked[0]["cid"], "roster": whole}));
    assert_eq!(changes(&rig), []);
    assert_eq!(rig.session.view().roster.unwrap().what.shifts[0].shift, shift(1));
}

#[test]
fn a_change_survives_the_connection_under_its_name() {
    let mut rig = able();
    rig.take_sent();
    rig.command(Command::Change(Change::Unshift(shift(1).id)));
    let sent = rig.take_one("unshift");
    assert_eq!(sent["id"], shift(1).id.as_str());
    rig.reconnect();
    assert_eq!(changes(&rig), [(Change::Unshift(shift(1).id), None)]);
    rig.hear(ready_for_all(vec![]));
    assert_eq!(rig.take_one("unshift"), sent);
}

#[test]
fn a_refused_change_says_why_until_it_is_read_or_made_anew() {
    let mut rig = able();
    rig.take_sent();
    rig.command(Command::Change(Change::Shift(shift(1))));
    let sent = rig.take_one("shift");
    rig.hear(error(&sent, "conflict", false, None));
    assert_eq!(changes(&rig), [(Change::Shift(shift(1)), Some(ErrorCode::Conflict))]);
    rig.command(Command::Change(Change::Shift(PlannedShift { at_once: 1, ..shift(1) })));
    assert_eq!(changes(&rig), [(Change::Shift(PlannedShift { at_once: 1, ..shift(1) }), None)]);
    let sent = rig.take_one("shift");
    rig.hear(error(&sent, "bad_request", false, None));
    let key = rig.session.view().changes[0].key.clone();
    rig.command(Command::DismissChange(key));
    assert_eq!(changes(&rig), []);
}

#[test]
fn of_changes_that_nobody_has_heard_the_last_one_counts() {
    let mut rig = able();
    rig.closed(1006);
    rig.command(Command::Change(Change::Shift(shift(1))));
    rig.command(Command::Change(Change::Shift(shift(2))));
    rig.command(Command::Change(Change::Unshift(shift(1).id)));
    rig.command(Command::Change(Change::Unshift(shift(1).id)));
    rig.until_reconnect();
    rig.opened();
    rig.take_sent();
    rig.hear(ready_for_all(vec![]));
    let sent = rig.take_one("shift");
    rig.hear(json!({"t": "ack", "cid": sent["cid"]}));
    let frames = rig.take_sent();
    let said: Vec<&Value> = frames.iter().map(|frame| &frame["t"]).filter(|t| *t != "query").collect();
    assert_eq!(said, ["unshift"], "the first shift was never told");
}

#[test]
fn what_all_visitors_are_told_is_heard_at_once_and_after_a_reconnect() {
    let mut rig = able();
    assert_eq!(rig.session.view().announcement, Announcement::default());
    rig.hear(json!({"t": "announcement", "notice": "Many people are here.", "paused": true, "by": "op:2", "at": AT}));
    let heard = rig.session.view().announcement;
    assert_eq!((heard.notice.unwrap().as_str(), heard.paused), ("Many people are here.", true));
    rig.reconnect();
    rig.hear(ready_for_all(vec![]));
    assert_eq!(rig.session.view().announcement, Announcement::default(), "taken back meanwhile");
}

#[test]
fn an_announcement_holds_as_soon_as_it_is_committed() {
    for told_first in [false, true] {
        let mut rig = able();
        rig.take_sent();
        rig.command(Command::Change(paused()));
        let sent = rig.take_one("announce");
        assert_eq!((&sent["notice"], &sent["paused"]), (&json!("Many people are here."), &json!(true)));
        assert!(!rig.session.view().announcement.paused);
        let told = json!({"t": "announcement", "notice": "Many people are here.", "paused": true, "by": "op:7",
            "at": AT});
        if told_first {
            rig.hear(told);
        }
        rig.hear(json!({"t": "ack", "cid": sent["cid"]}));
        let announcement = rig.session.view().announcement;
        assert_eq!((announcement.paused, announcement.at.is_some()), (true, told_first));
        assert_eq!(announcement.by, Some(OperatorId("op:7".to_owned())));
        assert_eq!(changes(&rig), []);
    }
}

#[test]
fn only_who_coordinates_announces() {
    let mut rig = fresh();
    rig.command(Command::Open);
    rig.opened();
    let mut ready = ready_for_all(vec![]);
    ready["rights"] = json!([]);
    rig.hear(ready);
    rig.command(Command::Change(paused()));
    assert_eq!(rig.take("announce"), [Value::Null; 0]);
    assert!(!rig.session.view().abilities.coordinate && rig.session.view().abilities.roster);
}

fn shift(number: u8) -> PlannedShift {
    let at = |text: &str| Timestamp::try_from(text.to_owned()).unwrap();
    PlannedShift {
        id: ShiftId::from_bytes([number; 16]),
        operator: Some(OperatorId("op:7".to_owned())),
        from: at("2026-11-22T18:00:00Z"),
        to: at("2026-11-22T22:00:00Z"),
        at_once: 2,
    }
}

fn paused() -> Change {
    Change::Announcement { notice: Notice::parse("Many people are here.").ok(), paused: true }
}

fn changes(rig: &Operator) -> Vec<(Change, Option<ErrorCode>)> {
    let view = rig.session.view();
    view.changes.into_iter().map(|ChangeView { change, refused, .. }| (change, refused)).collect()
}

impl Operator {
    /// Lets time pass on a connection that is alive.
    fn idle(&mut self, ms: u64) {
        let until = self.now + ms;
        while self.now < until {
            self.pass(20_000.min(until - self.now));
            self.hear(json!({"t": "ping"}));
        }
    }

    /// The questions of a kind that were asked; the others are as good as not asked.
    fn take_asked(&mut self, what: &str) -> Vec<Value> {
        self.take("query").into_iter().filter(|query| query["what"] == what).collect()
    }
}
