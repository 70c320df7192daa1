//! Anything in any order: nothing panics, nothing spins, nothing is shown twice, and nothing of a conversation that
//! is not the operator's.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tealight_protocol::{Availability, Link, NoteText, PlannedShift, ShiftId, TransferTarget};
use tealight_session::Fact;
use tealight_session::operator::{Change, Command, ConversationView, EntryKind};

use crate::backend::*;

#[test]
fn anything_in_any_order_keeps_the_invariants() {
    for seed in 1..=150 {
        let mut dice = Seeded(seed * 7_919);
        let mut rig = fresh();
        let mut cids: Vec<Value> = Vec::new();
        for _ in 0..300 {
            if dice.below(2) == 0 {
                somebody_acts(&mut rig, &mut dice, &cids);
            } else if rig.socket.is_some() {
                the_backend_speaks(&mut rig, &mut dice, &cids);
            }
            check(&rig, seed);
            for frame in rig.take_sent() {
                check_sent(&rig, &frame, seed);
                if frame.get("cid").is_some() {
                    cids.push(frame["cid"].clone());
                }
            }
        }
        rig.pass(600_000);
        check(&rig, seed);
    }
}

fn somebody_acts(rig: &mut Operator, dice: &mut Seeded, cids: &[Value]) {
    let conv = id(&some_conv(dice));
    match dice.below(38) {
        0 | 1 => rig.command(Command::Open),
        2 => rig.command(Command::Avail {
            status: Availability::Accepting,
            capacity: dice.below(9) as u8,
            last_chat: dice.below(2) == 0,
        }),
        3 => rig.command(Command::Claim(None)),
        4 => rig.command(Command::Claim(Some(conv))),
        5 | 6 => rig.command(Command::Edit(conv, "words".to_owned())),
        7 => rig.command(Command::Attach(
            conv,
            Some(Link { url: "https://example.org".to_owned(), title: None }),
        )),
        8 => rig.command(Command::UseCanned(conv, "x".repeat(3_000))),
        9 | 10 => rig.command(Command::Send(conv)),
        11 => rig.command(Command::TryAgain(conv, serde_json::from_value(some_cid(dice, cids)).unwrap())),
        12 => rig.command(Command::Read(conv, dice.below(12))),
        13 => rig.command(Command::End(conv)),
        14 => rig.command(Command::Dismiss(conv)),
        15 => rig.command(Command::DismissRefusal),
        16 if dice.below(10) == 0 => rig.command(Command::Close),
        17 => rig.fact(
            [Fact::Shown, Fact::Hidden, Fact::Online, Fact::Offline, Fact::PageLeft, Fact::PageRestored]
                [dice.below(6) as usize]
                .clone(),
        ),
        18 => rig.sleep(dice.below(200_000)),
        19 => rig.now = rig.now.saturating_sub(dice.below(100_000)),
        20 if rig.socket.is_some() => {
            let codes = [1000, 1001, 1006, 1008, 1009, 1012, 4000, 4008, 4429, 4503, 4999, 4401, 4403];
            let most = if dice.below(4) == 0 { 13 } else { 11 };
            rig.closed(codes[dice.below(most) as usize]);
        }
        21 => rig.pass(dice.below(20_000)),
        22 => rig.command(Command::Offer(conv, "tel".to_owned())),
        23 => rig.command(Command::LookUpOffers),
        24 => rig.command(Command::Transfer {
            conv,
            to: TransferTarget::default(),
            reason: None,
            note: NoteText::parse("a note").ok(),
        }),
        25 => rig.command(Command::EditNote(conv, "a note".to_owned())),
        26 | 27 => rig.command(Command::SendNote(conv)),
        28 | 29 => rig.command(Command::Watch(conv)),
        30 => rig.command(Command::Unwatch(conv)),
        31 => rig.command(Command::FollowRoster(dice.below(2) == 0)),
        32 => rig.command(Command::FollowWaits(dice.below(2) == 0)),
        33 | 34 => rig.command(Command::Change(some_change(dice))),
        35 => rig.command(Command::DismissChange(serde_json::from_value(some_cid(dice, cids)).unwrap())),
        _ => rig.pass(dice.below(2_000)),
    }
}

fn the_backend_speaks(rig: &mut Operator, dice: &mut Seeded, cids: &[Value]) {
    let (conv, seq) = (some_conv(dice), dice.below(10));
    let command = json!({"cid": some_cid(dice, cids), "text": "words"});
    match dice.below(37) {
        0 | 1 => rig.opened(),
        2 | 3 => {
            let mut convs = Vec::new();
            for _ in 0..dice.below(3) {
                convs.push(some_conversation(dice, &command));
            }
            let all = dice.below(4) > 0;
            rig.hear(if all { ready_for_all(convs) } else { ready(convs) });
        }
        4 | 5 => rig.hear(json!({"t": "assigned", "conversation": some_conversation(dice, &command)})),
        6 => {
            let reasons = ["lease", "not_back", "left", "erased", "transferred", "later"];
            rig.hear(json!({"t": "released", "conv": conv, "reason": reasons[dice.below(6) as usize]}));
        }
        7 | 8 => {
            let events = [started(), joined("op:7"), visitors("hello"), own(&command), own(&command)];
            rig.hear(event(&conv, seq, events[dice.below(5) as usize].clone()));
        }
        9 if dice.below(4) == 0 => rig.hear(event(&conv, seq, ended())),
        10 => rig.hear(event(&conv, seq, json!({"kind": "hologram"}))),
        11 => rig.hear(json!({"t": "history", "conv": conv, "last": seq + 2, "more": dice.below(2) == 0,
            "events": [entry(seq, visitors("x")), entry(seq + 1, own(&command))]})),
        12 | 13 => rig.hear(json!({"t": "ack", "cid": command["cid"], "conv": conv, "seq": seq, "claim": 3})),
        14 => rig.hear(error(&command, "internal", false, None)),
        15 => rig.hear(error(&command, "rate_limited", true, Some(dice.below(5_000)))),
        16 => rig.hear(json!({"t": "typing", "conv": conv, "on": dice.below(2) == 0})),
        17 => rig
            .hear(json!({"t": "marks", "conv": conv, "visitor": {"delivered": seq, "read": dice.below(12)},
            "operator": {"delivered": dice.below(12)}})),
        18 => rig.hear(json!({"t": "presence", "conv": conv, "presence": "gone", "since": AT})),
        19 => rig.hear(json!({"t": "board", "rev": 10 + dice.below(5), "full": dice.below(3) == 0,
            "waiting": [waiting_entry(&conv, 1)], "operators": [operator_entry("op:7", "accepting")]})),
        20 => rig.hear(json!({"t": "result", "cid": command["cid"], "items": []})),
        21 => rig.hear(json!({"t": "bye", "code": "restart", "spread_ms": dice.below(5_000)})),
        22 => rig.hear(json!({"t": "later", "conv": conv})),
        23 | 24 => rig.hear(json!({"t": "watching", "conversation": some_conversation(dice, &command)})),
        25 => rig.hear(json!({"t": "watchers", "conv": conv, "who": ["op:2"]})),
        26 | 27 => {
            let mut note = note_frame(&conv, note(seq, ["op:7", "op:2"][dice.below(2) as usize], "a note"));
            note["cid"] = command["cid"].clone();
            rig.hear(note);
        }
        28 => rig.hear(json!({"t": "result", "cid": command["cid"], "more": dice.below(2) == 0,
            "notes": [note(seq, "op:7", "x"), note(seq + 1, "op:7", "y")], "offers": [alternative("tel")]})),
        29 => rig.hear(event(
            &conv,
            seq,
            json!({"kind": "offer", "id": "o1", "from": "op:7",
            "alternative": alternative("tel")}),
        )),
        30 => rig.hear(event(&conv, seq, json!({"kind": "answered", "ref": "o1", "choice": "taken"}))),
        31 => rig.hear(event(
            &conv,
            seq,
            json!({"kind": "transferred", "from": "op:7", "to": {}, "state": "waiting"}),
        )),
        32 => {
            let retry = dice.below(2) == 0;
            rig.hear(json!({"t": "error", "code": "not_found", "retry": retry, "message": "no"}));
        }
        33 => rig.hear(json!({"t": "result", "cid": command["cid"], "roster": roster(vec![])})),
        34 => rig.hear(
            json!({"t": "result", "cid": command["cid"], "waits": {"waiting": seq, "slots": 1, "busy": 0}}),
        ),
        35 => rig.hear(json!({"t": "announcement", "paused": dice.below(2) == 0, "notice": "words"})),
        _ => rig.hear(json!({"t": "ping"})),
    }
}

fn some_change(dice: &mut Seeded) -> Change {
    let id = ShiftId::from_bytes([dice.below(3) as u8; 16]);
    let at = |hour: u64| serde_json::from_value(json!(format!("2026-11-22T{hour:02}:00:00Z"))).unwrap();
    match dice.below(3) {
        0 => Change::Announcement { notice: None, paused: dice.below(2) == 0 },
        1 => Change::Unshift(id),
        _ => Change::Shift(PlannedShift {
            id,
            operator: None,
            from: at(dice.below(10)),
            to: at(10 + dice.below(10)),
            at_once: 1,
        }),
    }
}

fn some_conv(dice: &mut Seeded) -> String {
    format!("c{}", dice.below(3))
}

fn some_cid(dice: &mut Seeded, cids: &[Value]) -> Value {
    let recent = &cids[cids.len().saturating_sub(6)..];
    if recent.is_empty() {
        json!("AAAAAAAAAAAAAAAAAAAAAA")
    } else {
        recent[dice.below(recent.len() as u64) as usize].clone()
    }
}

fn some_conversation(dice: &mut Seeded, command: &Value) -> Value {
    let kinds = [started(), joined("op:7"), own(command), visitors("there"), ended()];
    let last = dice.below(5) + 1;
    let first = if dice.below(3) == 0 { last } else { 1 };
    let events = (first..=last).map(|seq| entry(seq, kinds[seq as usize - 1].clone())).collect();
    let mut conversation = conversation(&some_conv(dice), dice.below(9), last + dice.below(2), events);
    conversation["state"] = json!(["active", "active", "waiting", "ended"][dice.below(4) as usize]);
    conversation["reset"] = json!(first == 1 && dice.below(3) == 0);
    conversation
}

fn check(rig: &Operator, seed: u64) {
    let view = rig.session.view();
    let mut ids = BTreeSet::new();
    let mut on_their_way = BTreeSet::new();
    let changes: BTreeSet<&str> = view.changes.iter().map(|change| change.key.as_str()).collect();
    assert_eq!(changes.len(), view.changes.len(), "seed {seed}: one change twice");
    for one in view.conversations.iter() {
        assert!(ids.insert(one.id.clone()), "seed {seed}: one conversation twice");
        check_conversation(one, seed);
        for entry in one.entries.iter().filter(|entry| entry.seq.is_none()) {
            assert!(on_their_way.insert(entry.key.clone()), "seed {seed}: one message twice on its way");
        }
    }
}

fn check_conversation(one: &ConversationView, seed: u64) {
    let seqs: Vec<u64> = one.entries.iter().filter_map(|entry| entry.seq).collect();
    assert!(seqs.windows(2).all(|pair| pair[0] < pair[1]), "seed {seed}: {seqs:?}");
    let mut pending = one.entries.iter().skip_while(|entry| entry.seq.is_some());
    assert!(pending.all(|entry| entry.seq.is_none()), "seed {seed}: what is on its way stands last");
    if one.released.is_some() {
        assert!(one.entries.is_empty() && !one.typing && one.unread == 0, "seed {seed}: {:?}", one.released);
        assert!(one.notes.is_empty() && !one.note_draft.can_send, "seed {seed}");
    }
    if one.released.is_some() || one.ended.is_some() || one.watched || one.transferring {
        assert!(!one.draft.can_send, "seed {seed}");
    }
    let keys: BTreeSet<&str> = one.notes.iter().map(|note| note.key.as_str()).collect();
    assert_eq!(keys.len(), one.notes.len(), "seed {seed}: one note twice");
    for entry in one.entries.iter().filter(|entry| entry.seq.is_none()) {
        let own =
            matches!(entry.kind, EntryKind::Operator { own: true, .. } | EntryKind::Offer { own: true, .. });
        assert!(own, "seed {seed}");
    }
}

/// Nothing is said into a conversation that is not the operator's any more.
fn check_sent(rig: &Operator, frame: &Value, seed: u64) {
    let speaks = ["send", "end", "offer", "mark", "typing", "note"].iter().any(|t| frame["t"] == *t);
    if speaks {
        let view = rig.session.view();
        let one = view.conversations.iter().find(|one| frame["conv"] == one.id.0);
        let may = |one: &ConversationView| {
            one.released.is_none() && (!one.watched || (frame["t"] == "note" && frame.get("claim").is_none()))
        };
        assert!(one.is_some_and(|one| may(one)), "seed {seed}: {frame}");
    }
}
