//! When the connection is opened, left and tried again.

use serde_json::{Value, json};
use tealight_protocol::CloseCode;
use tealight_protocol::close::Verdict;
use tealight_session::visitor::{Command, Phase};
use tealight_session::{Connection, Fact, StopReason};

use crate::backend::*;

#[test]
fn nothing_happens_before_open() {
    let mut rig = visitor();
    rig.fact(Fact::Shown);
    rig.fact(Fact::Online);
    rig.pass(600_000);
    assert_eq!((rig.opens, rig.session.view().connection), (0, Connection::Idle));
}

#[test]
fn the_first_look_says_nothing_about_the_visitor() {
    let mut rig = visitor();
    rig.command(Command::Open);
    rig.opened();
    let hello = rig.take_one("hello");
    let mut fields: Vec<&String> = hello.as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(fields, ["caps", "inst", "lang", "role", "t", "visible"]);
    rig.hear(ready(Value::Null));
    assert_eq!(rig.session.view().connection, Connection::Ready);
    assert_eq!(rig.saves, 0);
    assert!(rig.session.view().service.is_some());
}

#[test]
fn a_socket_that_does_not_open_in_five_seconds_is_left() {
    let mut rig = visitor();
    rig.command(Command::Open);
    rig.pass(4_999);
    assert!(rig.closes.is_empty());
    rig.pass(1);
    assert_eq!(rig.closes.len(), 1);
    rig.until_reconnect();
}

#[test]
fn a_backend_that_never_says_ready_is_left() {
    let mut rig = visitor();
    rig.command(Command::Open);
    rig.opened();
    rig.pass(10_000);
    assert_eq!(rig.closes.len(), 1);
}

#[test]
fn attempts_come_within_the_bounds_of_the_backoff_and_are_spread_over_them() {
    let mut firsts = Vec::new();
    for seed in 1..60 {
        let mut rig = seeded(seed);
        rig.command(Command::Open);
        for (n, bound) in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].into_iter().enumerate() {
            rig.closed(1006);
            let waited = rig.until_reconnect();
            assert!(waited <= bound, "attempt {n} after {waited}");
            if n == 0 {
                firsts.push(waited);
            }
        }
    }
    assert!(firsts.iter().any(|ms| *ms < 300) && firsts.iter().any(|ms| *ms > 700), "{firsts:?}");
}

#[test]
fn a_connection_that_lasted_starts_the_backoff_afresh() {
    let mut worst = 0;
    for seed in 1..40 {
        let mut rig = seeded(seed);
        rig.command(Command::Open);
        for _ in 0..6 {
            rig.closed(1006);
            rig.until_reconnect();
        }
        rig.opened();
        rig.hear(ready(Value::Null));
        rig.pass(30_000);
        rig.closed(1006);
        worst = rig.until_reconnect().max(worst);
    }
    assert!(worst <= 1_000, "{worst}");
}

#[test]
fn a_connection_that_did_not_last_does_not() {
    let waits = (1..40).map(|seed| {
        let mut rig = seeded(seed);
        rig.command(Command::Open);
        for _ in 0..6 {
            rig.closed(1006);
            rig.until_reconnect();
            rig.opened();
            rig.hear(ready(Value::Null));
        }
        rig.closed(1006);
        rig.until_reconnect()
    });
    assert!(waits.max() > Some(5_000));
}

#[test]
fn every_close_code_has_its_answer() {
    for code in CloseCode::ALL {
        let mut rig = waiting();
        rig.closed(code.as_u16());
        let connection = rig.session.view().connection;
        let waited = if let Connection::Stopped(_) = connection { 0 } else { rig.until_reconnect() };
        let fits = match CloseCode::verdict(code.as_u16()) {
            Verdict::Done | Verdict::Backoff | Verdict::Soon | Verdict::Once | Verdict::Spread => {
                waited <= 1_000
            }
            Verdict::Slow => waited <= 4_000,
            Verdict::Later => (30_000..=60_000).contains(&waited),
            Verdict::Poll => waited >= 300_000,
            Verdict::Stop => matches!(connection, Connection::Stopped(_)),
        };
        assert!(fits, "{code:?}: {connection:?} after {waited}");
    }
}

#[test]
fn every_stop_has_its_reason() {
    for (code, reason) in [
        (4400, StopReason::Incompatible),
        (4401, StopReason::Expired),
        (4403, StopReason::Forbidden),
        (4404, StopReason::Expired),
        (4406, StopReason::Incompatible),
        (4409, StopReason::Replaced),
        (4410, StopReason::Erased),
        (4499, StopReason::Incompatible),
    ] {
        let mut rig = talking();
        rig.edit("unsent");
        rig.closed(code);
        let Phase::Stopped(stopped) = rig.phase() else { panic!("{code}: {:?}", rig.phase()) };
        assert_eq!(stopped.reason, reason, "{code}");
        rig.pass(3_600_000);
        assert_eq!(rig.opens, 1, "{code}");
        assert_eq!(rig.draft().is_empty(), reason == StopReason::Erased, "{code}");
    }
}

#[test]
fn a_restarting_backend_is_met_again_within_the_time_it_named() {
    let mut longest = 0;
    for _ in 0..20 {
        let mut rig = waiting();
        rig.hear(json!({"t": "bye", "code": "restart", "spread_ms": 60_000}));
        rig.closed(1012);
        assert_eq!(rig.session.view().connection, Connection::Lost);
        longest = rig.until_reconnect().max(longest);
    }
    assert!(longest > 1_000 && longest <= 60_000, "{longest}");
}

#[test]
fn looking_at_the_page_does_not_hurry_a_restart_that_was_to_be_spread() {
    let mut rig = waiting();
    rig.hear(json!({"t": "bye", "code": "restart", "spread_ms": 3_600_000}));
    rig.closed(1012);
    rig.fact(Fact::Shown);
    assert!(rig.socket.is_none());
}

#[test]
fn a_proxy_that_refuses_is_tried_five_times() {
    let mut rig = visitor();
    rig.command(Command::Open);
    for _ in 0..5 {
        rig.closed(1008);
        rig.until_reconnect();
    }
    rig.closed(1008);
    assert!(matches!(rig.session.view().connection, Connection::Stopped(_)));
}

#[test]
fn a_message_that_was_too_big_for_the_backend_is_never_resent() {
    let mut rig = talking();
    rig.say("a much longer text");
    rig.edit("short");
    rig.command(Command::Send);
    rig.closed(1009);
    rig.until_reconnect();
    rig.opened();
    rig.take_sent();
    rig.hear(ready(conv("active", 2, vec![])));
    assert_eq!(rig.take_one("send")["text"], "short");
    assert_eq!(rig.bubbles()[0].1, tealight_session::Delivery::NotSent);
    rig.closed(1009);
    assert!(matches!(rig.session.view().connection, Connection::Stopped(_)), "once, not for ever");
}

#[test]
fn a_silent_backend_is_left_after_two_pings_and_some() {
    let mut rig = waiting();
    rig.pass(54_900);
    assert!(rig.closes.is_empty());
    rig.pass(100);
    assert_eq!(rig.closes.last().unwrap().1, 4000);
    assert_eq!(rig.session.view().connection, Connection::Lost);
    assert!(rig.until_reconnect() <= 1_000);
}

#[test]
fn pings_are_answered_and_keep_the_connection() {
    let mut rig = waiting();
    for _ in 0..20 {
        rig.pass(25_000);
        rig.take_sent();
        rig.hear(json!({"t": "ping"}));
        assert_eq!(rig.take_sent(), [json!({"t": "pong"})]);
    }
    assert!(rig.closes.is_empty());
}

#[test]
fn a_device_that_slept_asks_first_and_leaves_after_three_seconds_of_silence() {
    let mut rig = waiting();
    rig.take_sent();
    rig.sleep(120_000);
    rig.fact(Fact::Tick);
    assert_eq!(rig.take_sent(), [json!({"t": "ping"})]);
    rig.pass(2_999);
    assert!(rig.closes.is_empty());
    rig.pass(1);
    assert_eq!(rig.closes.last().unwrap().1, 4000);
}

#[test]
fn an_answer_after_sleep_keeps_the_connection() {
    for wake in [Fact::Shown, Fact::Online, Fact::PageRestored] {
        let mut rig = waiting();
        rig.pass(10_000);
        rig.take_sent();
        rig.fact(wake);
        assert_eq!(rig.take("ping").len(), 1);
        rig.pass(1_000);
        rig.hear(json!({"t": "pong"}));
        rig.pass(30_000);
        assert!(rig.closes.is_empty());
    }
}

#[test]
fn a_timer_that_is_on_time_is_no_sleep() {
    let mut rig = waiting();
    rig.take_sent();
    rig.pass(50_000);
    assert_eq!(rig.take("ping"), [Value::Null; 0]);
}

#[test]
fn without_a_network_nothing_is_tried_and_with_one_at_once() {
    let mut rig = waiting();
    rig.fact(Fact::Offline);
    rig.closed(1006);
    rig.pass(600_000);
    assert_eq!(rig.opens, 1);
    assert_eq!(rig.session.view().connection, Connection::Lost);
    rig.fact(Fact::Online);
    assert_eq!(rig.opens, 2);
}

#[test]
fn a_network_lost_while_waiting_for_the_next_attempt_pauses_it() {
    let mut rig = waiting();
    rig.closed(1006);
    rig.fact(Fact::Offline);
    rig.pass(600_000);
    assert_eq!(rig.opens, 1);
}

#[test]
fn open_again_tries_at_once() {
    let mut rig = waiting();
    rig.fact(Fact::Offline);
    rig.closed(1006);
    rig.command(Command::Open);
    assert_eq!(rig.opens, 2);
}

#[test]
fn a_page_that_is_left_closes_and_one_that_comes_back_resumes() {
    let mut rig = waiting();
    let secret = serde_json::from_str::<Value>(rig.stored.as_ref().unwrap()).unwrap()["secret"].clone();
    rig.fact(Fact::PageLeft);
    assert_eq!(rig.closes.last().unwrap().1, 1000);
    rig.pass(600_000);
    assert_eq!(rig.opens, 1);
    rig.fact(Fact::PageRestored);
    rig.opened();
    assert_eq!(rig.take_one("hello")["secret"], secret);
}

#[test]
fn late_events_of_a_dead_socket_are_ignored() {
    let mut rig = waiting();
    let dead = rig.socket.unwrap();
    rig.pass(56_000);
    rig.until_reconnect_if_needed();
    let live = rig.socket.unwrap();
    assert_ne!(live, dead);
    let before = rig.session.view();
    rig.fact(Fact::SocketReceived(dead, event(2, joined()).to_string()));
    rig.fact(Fact::SocketClosed(dead, 4410));
    rig.fact(Fact::SocketOpened(dead));
    assert_eq!(rig.session.view(), before);
    assert_eq!(rig.socket, Some(live));
}

#[test]
fn a_frame_that_cannot_be_read_is_ignored() {
    let mut rig = waiting();
    let before = rig.session.view();
    let id = rig.socket.unwrap();
    for text in ["", "{", "[]", "null", r#"{"t":"event"}"#, r#"{"t":"later"}"#, r#"{"t":"queue","rev":-1}"#] {
        rig.fact(Fact::SocketReceived(id, text.to_owned()));
    }
    assert_eq!(rig.session.view(), before);
}

#[test]
fn fifty_turns_of_background_and_foreground_lose_nothing_and_double_nothing() {
    let mut rig = talking();
    let mut seq = 2;
    for turn in 0..50_u32 {
        rig.fact(Fact::Hidden);
        rig.fact(Fact::PageLeft);
        rig.sleep(200_000);
        rig.edit(&format!("words {turn}"));
        rig.command(Command::Send);
        rig.fact(Fact::PageRestored);
        rig.fact(Fact::Shown);
        rig.opened();
        assert_eq!(rig.take_one("hello")["after"], seq);
        rig.hear(ready(conv("active", seq + 1, vec![entry(seq + 1, theirs("and?"))])));
        let send = rig.take_one("send");
        seq += 2;
        rig.hear(event(seq, own(&send)));
        if turn % 2 == 0 {
            rig.hear(ack(&send, Some(seq)));
        }
    }
    let seqs: Vec<u64> = rig.entries().iter().filter_map(|entry| entry.seq).collect();
    assert_eq!(seqs, (2..=seq).collect::<Vec<_>>());
    assert_eq!(rig.bubbles().len(), 50);
}

#[test]
fn a_clock_that_is_set_back_stops_nothing() {
    let mut rig = waiting();
    rig.now -= 500_000;
    rig.fact(Fact::Tick);
    rig.pass(56_000);
    assert_eq!(rig.closes.last().unwrap().1, 4000);
    rig.until_reconnect_if_needed();
    assert!(rig.socket.is_some());
}

impl Visitor {
    fn until_reconnect_if_needed(&mut self) {
        if self.socket.is_none() {
            self.until_reconnect();
        }
    }
}
