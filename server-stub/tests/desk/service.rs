//! Open and closed, and who is told.

use serde_json::json;
use tealight_server::store::SqliteStore;
use tealight_server::testing::{CONFIG, START, TestDesk, cid, hello, resume, start};

/// 20:00 to 21:00 on the day of the tests, which begin at 20:00.
fn evening() -> String {
    CONFIG.replace(
        "name = \"Night Line\"",
        "name = \"Night Line\"\nhours = [{ days = [\"daily\"], from = \"20:00\", to = \"21:00\" }]",
    )
}

#[test]
fn a_chat_that_is_switched_off_lets_nobody_new_in_and_drops_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tealight.db");
    let open = || SqliteStore::open(&file).unwrap();
    let mut before = TestDesk::over(open(), CONFIG, START);
    let (_, conv) = before.waiting(1);
    let epoch = before.desk.epoch().to_owned();
    drop(before);
    let off = CONFIG.replace("[service]", "[service]\nswitched_off = true");
    let mut desk = TestDesk::over(open(), &off, START.plus_ms(1_000));
    let conn = desk.connect();
    desk.send(conn, &hello(9));
    let service = desk.take_one(conn, "ready")["service"].clone();
    assert_eq!((&service["state"], &service["wait"]["kind"]), (&json!("closed"), &json!("closed")));
    assert_eq!(service["offers"][0]["id"], "phone");
    desk.send(conn, &start(9));
    assert_eq!(desk.take_one(conn, "error")["code"], "closed");
    let back = desk.connect();
    desk.send(back, &resume(1, 1, &epoch, 1));
    assert_eq!(desk.take_one(back, "ready")["conv"]["queue"]["place"], 1);
    let console = desk.accepting("ada", 1);
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    assert_eq!(desk.take_one(console, "ack")["conv"], json!(conv));
}

#[test]
fn a_closed_helpline_takes_nobody_and_says_when_it_opens() {
    let before = START.0 - 60_000;
    let store = tealight_server::store::SqliteStore::in_memory().unwrap();
    let mut desk = TestDesk::over(store, &evening(), tealight_server::Moment(before));
    let conn = desk.connect();
    desk.send(conn, &tealight_server::testing::hello(1));
    let service = desk.take_one(conn, "ready")["service"].clone();
    assert_eq!(
        (&service["state"], &service["next_open"]),
        (&json!("closed"), &json!("2026-11-21T20:00:00.000Z"))
    );
    assert_eq!(service["wait"], json!({"kind": "closed"}));
    desk.send(conn, &start(1));
    let error = desk.take_one(conn, "error");
    assert_eq!((&error["code"], &error["retry"]), (&json!("closed"), &json!(false)));
    assert_eq!(desk.desk.counts().started, 0);

    desk.send(conn, &json!({"t": "pong"}));
    desk.advance(60_000);
    let service = desk.take_all(conn, "service").pop().unwrap();
    assert_eq!(
        (&service["state"], &service["closes_at"]),
        (&json!("open"), &json!("2026-11-21T21:00:00.000Z"))
    );
}

#[test]
fn closing_is_told_and_ends_the_waiting_a_while_later() {
    let mut desk = TestDesk::with_config(&evening());
    let (conn, _) = desk.waiting(1);
    let stay = |desk: &mut TestDesk, minutes: u64| {
        for _ in 0..minutes * 3 {
            desk.send(conn, &json!({"t": "pong"}));
            desk.advance(20_000);
        }
        desk.take(conn)
    };
    let sent = stay(&mut desk, 60);
    assert_eq!(sent.iter().rfind(|f| f["t"] == "service").unwrap()["state"], "closed");
    assert_eq!(desk.desk.counts().waiting, 1, "who is in the room may still be met");
    let sent = stay(&mut desk, 16);
    let ended = sent.iter().find(|f| f["kind"] == "ended").unwrap();
    assert_eq!((&ended["by"], &ended["reason"]), (&json!("system"), &json!("closed")));
}

#[test]
fn a_change_of_the_wait_alone_is_told_at_most_every_five_seconds() {
    let mut desk = TestDesk::new();
    let watcher = desk.visitor(200);
    desk.accepting("ada", 1);
    let mut told = Vec::new();
    for n in 1..=20 {
        desk.waiting(n);
        for _ in 0..5 {
            desk.advance(100);
            let now = desk.now.0;
            told.extend(desk.take_all(watcher, "service").iter().map(|_| now));
        }
    }
    assert!(!told.is_empty());
    assert!(told.windows(2).all(|pair| pair[1] - pair[0] >= 5_000), "{told:?}");
}

#[test]
fn the_status_over_http_is_the_one_in_ready() {
    let mut desk = TestDesk::new();
    let conn = desk.connect();
    desk.send(conn, &tealight_server::testing::hello(1));
    let ready = desk.take_one(conn, "ready");
    let status = desk.desk.service_status(desk.now);
    assert_eq!(serde_json::to_value(status).unwrap(), ready["service"]);
}

#[test]
fn towards_closing_visitors_are_warned_and_then_nobody_new_is_let_in() {
    let mut desk = TestDesk::with_config(&evening());
    let console = desk.accepting("ada", 1);
    let watcher = desk.visitor(200);
    let (talking, _) = desk.waiting(1);
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    let (waiting, _) = desk.waiting(2);
    let (mut states, mut warned, mut place_warned) = (Vec::new(), false, false);
    for _ in 0..59 * 3 {
        for conn in [watcher, talking, waiting, console] {
            desk.send(conn, &json!({"t": "pong"}));
        }
        desk.advance(20_000);
        for status in desk.take_all(watcher, "service") {
            warned |= status["may_close_first"] == true;
            let state = status["state"].as_str().unwrap().to_owned();
            if state == "ending" {
                assert_eq!(status["next_open"], "2026-11-22T20:00:00.000Z");
                assert_eq!(status["closes_at"], "2026-11-21T21:00:00.000Z");
                assert_eq!(status["wait"]["kind"], "closed");
                assert!(!status["offers"].as_array().unwrap().is_empty(), "another way stays in sight");
            }
            if states.last() != Some(&state) {
                states.push(state);
            }
        }
        place_warned |= desk.take_all(waiting, "queue").iter().any(|queue| queue["may_close_first"] == true);
    }
    assert!(warned && place_warned, "whoever may meet nobody is told so");
    assert_eq!(states, ["open", "ending"], "no door opens and closes");
    desk.send(watcher, &start(200));
    let error = desk.take_one(watcher, "error");
    assert_eq!((&error["code"], &error["retry"]), (&json!("closed"), &json!(false)));
    assert_eq!(desk.desk.counts().waiting, 1, "who waits goes on waiting");
}
