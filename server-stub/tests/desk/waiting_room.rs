//! Places: first come, first served, kept for a while, never told too often.

use serde_json::{Value, json};
use tealight_server::testing::{CONFIG, TestDesk, cid, resume, start};

#[test]
fn places_follow_the_order_of_coming_and_move_up() {
    let mut desk = TestDesk::new();
    let (first, _) = desk.waiting(1);
    let (second, _) = desk.waiting(2);
    let (third, _) = desk.waiting(3);
    desk.advance(2_000);
    assert_eq!(last_place(&desk.take(third)), None, "told in the ack's wake already");
    desk.send(first, &json!({"t": "end", "cid": cid(9)}));
    let ended = desk.take_all(first, "event");
    assert_eq!((&ended[0]["by"], &ended[0]["reason"]), (&json!("visitor"), &json!("left_waiting")));
    desk.advance(2_000);
    assert_eq!(last_place(&desk.take(second)), Some(1));
    assert_eq!(last_place(&desk.take(third)), Some(2));
}

#[test]
fn places_are_told_at_most_every_two_seconds_with_a_growing_number() {
    let mut desk = TestDesk::new();
    let waiting: Vec<_> = (1..=12).map(|n| desk.waiting(n).0).collect();
    let last = waiting[11];
    desk.take(last);
    let mut told = Vec::new();
    for (n, conn) in waiting[..11].iter().enumerate() {
        desk.send(*conn, &json!({"t": "end", "cid": cid(100 + n as u8)}));
        for _ in 0..5 {
            desk.advance(100);
            let now = desk.now.0;
            told.extend(desk.take_all(last, "queue").into_iter().map(|q| (now, q["rev"].as_u64().unwrap())));
        }
    }
    assert!(told.len() >= 2);
    for pair in told.windows(2) {
        assert!(pair[1].0 - pair[0].0 >= 2_000, "{told:?}");
        assert!(pair[1].1 > pair[0].1);
    }
}

#[test]
fn a_place_survives_a_reload_and_a_short_absence() {
    let mut desk = TestDesk::new();
    let (first, _) = desk.waiting(1);
    desk.waiting(2);
    desk.disconnect(first);
    desk.advance(4 * 60_000);
    let back = desk.connect();
    let epoch = desk.desk.epoch().to_owned();
    desk.send(back, &resume(1, 1, &epoch, 1));
    assert_eq!(desk.take_one(back, "ready")["conv"]["queue"]["place"], 1);
    // The five minutes begin anew with the next absence.
    desk.disconnect(back);
    desk.advance(4 * 60_000);
    let back = desk.connect();
    desk.send(back, &resume(1, 1, &epoch, 1));
    assert_eq!(desk.take_one(back, "ready")["conv"]["state"], "waiting");
}

#[test]
fn whoever_is_away_for_longer_loses_the_place() {
    let mut desk = TestDesk::new();
    let (first, _) = desk.waiting(1);
    desk.disconnect(first);
    desk.advance(5 * 60_000);
    assert_eq!(desk.desk.counts().waiting, 0);
    let back = desk.connect();
    let epoch = desk.desk.epoch().to_owned();
    desk.send(back, &resume(1, 1, &epoch, 1));
    let ready = desk.take_one(back, "ready");
    assert_eq!(ready["conv"]["state"], "ended");
    assert_eq!(ready["conv"]["events"][0]["by"], "system");
    assert_eq!(ready["conv"]["events"][0]["reason"], "away");
    assert!(ready["conv"]["expires_at"].is_string());
}

#[test]
fn each_area_has_its_own_places() {
    let mut desk = TestDesk::with_config(&with_areas());
    let mut join = |n: u8, area: &str| {
        let conn = desk.visitor(n);
        let mut frame = start(n);
        frame["area"] = json!(area);
        desk.send(conn, &frame);
        last_place(&desk.take(conn))
    };
    assert_eq!(join(1, "north"), Some(1));
    assert_eq!(join(2, "south"), Some(1));
    assert_eq!(join(3, "north"), Some(2));
}

#[test]
fn an_area_must_be_known_and_open() {
    let mut desk = TestDesk::with_config(&with_areas());
    for (area, code) in [(None, "bad_request"), (Some("moon"), "bad_request"), (Some("east"), "closed")] {
        let conn = desk.visitor(1);
        let mut frame = start(1);
        if let Some(area) = area {
            frame["area"] = json!(area);
        }
        desk.send(conn, &frame);
        assert_eq!(desk.take_one(conn, "error")["code"], code, "{area:?}");
    }
}

#[test]
fn a_full_waiting_room_takes_nobody() {
    let mut desk = TestDesk::with_config(&CONFIG.replace("[wait]", "[wait]\ncapacity = 2"));
    desk.waiting(1);
    desk.waiting(2);
    let third = desk.visitor(3);
    desk.send(third, &start(3));
    let error = desk.take_one(third, "error");
    assert_eq!((&error["code"], &error["retry"]), (&json!("queue_full"), &json!(true)));
    assert_eq!(desk.desk.service_status(desk.now).state, tealight_protocol::ServiceState::Full);
}

#[test]
fn the_wait_is_a_range_or_unknown_and_never_made_up() {
    let mut desk = TestDesk::new();
    let conn = desk.visitor(1);
    desk.send(conn, &start(1));
    assert_eq!(desk.take_one(conn, "queue")["wait"], json!({"kind": "unknown"}), "nobody is on duty");
    desk.accepting("ada", 1);
    desk.advance(2_000);
    let wait = desk.take(conn).iter().rev().find(|f| f["t"] == "queue").unwrap()["wait"].clone();
    assert_eq!(wait, json!({"kind": "range", "low_s": 0, "high_s": 120}), "somebody is free");
}

#[test]
fn without_a_prior_nothing_is_said_about_the_wait() {
    let mut desk = TestDesk::with_config(&CONFIG.replace("prior_mean_minutes = 45", ""));
    desk.accepting("ada", 3);
    let conn = desk.visitor(1);
    desk.send(conn, &start(1));
    assert_eq!(desk.take_one(conn, "queue")["wait"], json!({"kind": "unknown"}));
}

fn with_areas() -> String {
    format!(
        "{CONFIG}\n[[areas]]\nid = \"north\"\nname = \"North\"\n[[areas]]\nid = \"south\"\nname = \"South\"\n\
         [[areas]]\nid = \"east\"\nname = \"East\"\nopen = false\n"
    )
}

fn last_place(sent: &[Value]) -> Option<u64> {
    sent.iter().rev().find(|frame| frame["t"] == "queue").and_then(|frame| frame["place"].as_u64())
}
