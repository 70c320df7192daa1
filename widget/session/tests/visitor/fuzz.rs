//! Anything in any order: nothing panics, nothing spins, nothing is shown twice.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tealight_protocol::{Answers, OfferChoice};
use tealight_session::Fact;
use tealight_session::visitor::{Command, EntryKind, Session};

use crate::backend::*;

#[test]
fn anything_in_any_order_keeps_the_invariants() {
    for seed in 1..=150 {
        let mut dice = Seeded(seed * 7_919);
        let mut rig = seeded(seed);
        let mut cids: Vec<Value> = Vec::new();
        for _ in 0..250 {
            step(&mut rig, &mut dice, &mut cids);
            check(&rig, seed);
            for frame in rig.take_sent() {
                if frame.get("cid").is_some() {
                    cids.push(frame["cid"].clone());
                }
            }
            if dice.below(60) == 0 && rig.stored.is_some() {
                let stored = rig.stored.clone().unwrap();
                let session = Session::restore(config(), Box::new(Seeded(dice.next())), &stored).unwrap();
                let now = rig.now;
                rig = Rig::new(session);
                (rig.now, rig.stored) = (now, Some(stored));
                rig.command(Command::Open);
            }
        }
        rig.pass(600_000);
        check(&rig, seed);
    }
}

fn step(rig: &mut Visitor, dice: &mut Seeded, cids: &mut [Value]) {
    let seq = dice.below(12);
    let cid = if cids.is_empty() {
        json!("AAAAAAAAAAAAAAAAAAAAAA")
    } else {
        cids[dice.below(cids.len() as u64) as usize].clone()
    };
    let command = json!({"cid": cid, "text": "words"});
    let live = rig.socket.is_some();
    match dice.below(42) {
        0 => rig.command(Command::Open),
        1 => rig.command(join()),
        2 | 3 => rig.edit("words"),
        4 => rig.edit(""),
        5 | 6 => rig.command(Command::Send),
        7 => rig.command(Command::SendWhenJoined(dice.below(2) == 0)),
        8 => rig.command(Command::QuickReply("ok".to_owned())),
        9 => rig.command(Command::TryAgain(serde_json::from_value(cid).unwrap())),
        10 => rig.command(Command::TakeBack(serde_json::from_value(cid).unwrap())),
        11 => rig.command(Command::Read(seq)),
        12 if dice.below(6) == 0 => rig.command(Command::End),
        13 if dice.below(12) == 0 => rig.command(Command::Erase),
        14 => rig.command(Command::StartAfresh),
        15 => rig.command(Command::AnswerSurvey(Answers::from_iter([("q1".to_owned(), "a".repeat(300))]))),
        16 => rig.command(Command::SkipSurvey),
        17 => {
            rig.fact(
                [Fact::Shown, Fact::Hidden, Fact::Online, Fact::Offline][dice.below(4) as usize].clone(),
            );
        }
        18 => rig.fact(Fact::PageLeft),
        19 => rig.fact(Fact::PageRestored),
        20 => rig.pass(dice.below(20_000)),
        21 => rig.sleep(dice.below(200_000)),
        22 => rig.now = rig.now.saturating_sub(dice.below(100_000)),
        23 if live => {
            let codes = [1000, 1001, 1006, 1008, 1009, 1012, 4000, 4008, 4403, 4404, 4429, 4503, 4999];
            rig.closed(codes[dice.below(13) as usize]);
        }
        24 | 25 if live => rig.opened(),
        26 | 27 if live => rig.hear(ready(Value::Null)),
        28 | 29 if live => {
            let mut snapshot =
                conv("active", seq, vec![entry(1, started()), entry(2, joined()), entry(seq, own(&command))]);
            snapshot["reset"] = json!(dice.below(3) == 0);
            rig.hear(ready(snapshot));
        }
        30 | 31 if live => rig.hear(ack(&command, Some(seq))),
        32 if live => rig.hear(error(&command, "internal", dice.below(2) == 0, Some(dice.below(5_000)))),
        33 if live => rig.hear(event(seq, own(&command))),
        34 if live => rig.hear(event(seq, theirs("hello"))),
        35 if live => {
            let events = [joined(), left(), survey(), started(), transferred(), offer("o1"), offer("o2")];
            rig.hear(event(seq, events[dice.below(7) as usize].clone()));
        }
        36 if live && dice.below(5) == 0 => rig.hear(event(seq, ended("system", "away"))),
        37 if live => rig.hear(queue(seq, 3)),
        38 if live => rig.hear(
            json!({"t": "history", "events": [entry(seq, theirs("x"))], "last": seq + 2, "more": true}),
        ),
        39 if live => rig.hear(event(seq, answered("o1", "taken"))),
        40 => {
            let choice = [OfferChoice::Taken, OfferChoice::Declined][dice.below(2) as usize];
            rig.command(Command::AnswerOffer(format!("o{}", 1 + dice.below(2)), choice));
        }
        _ => rig.pass(dice.below(2_000)),
    }
}

fn check(rig: &Visitor, seed: u64) {
    let entries = rig.entries();
    let seqs: Vec<u64> = entries.iter().filter_map(|entry| entry.seq).collect();
    assert!(seqs.windows(2).all(|pair| pair[0] < pair[1]), "seed {seed}: {seqs:?}");
    let pending = entries.iter().skip_while(|entry| entry.seq.is_some());
    assert!(pending.clone().all(|entry| entry.seq.is_none()), "seed {seed}: what is on its way stands last");
    let mut cids = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for entry in &entries {
        if entry.seq.is_none()
            && let EntryKind::Own { cid, .. } = &entry.kind
        {
            assert!(cids.insert(cid.clone()), "seed {seed}: one message twice on its way");
        }
        if entry.seq.is_none() {
            assert!(keys.insert(entry.key.clone()), "seed {seed}: one key twice");
        }
    }
}
