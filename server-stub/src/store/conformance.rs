//! What every store must do, as a suite that any implementation can be put through.
//!
//! Call [`run`] with a way to make an empty store; it panics at the first thing that is wrong.
#![allow(clippy::unwrap_used, clippy::panic, reason = "it is a test: what fails must stop it")]

mod blocks;
mod roster;
mod sealed;
mod waits;

use tealight_protocol::{
    Availability, Cid, ConversationId, ConversationState, EndReason, EndedBy, Event, EventKind, Marks, Note,
    NoteText, OperatorId, Party, Route, Text, Watermark,
};

use super::{
    AUDIT_KEPT_FOR, Actor, AuditEntry, CommandKey, CommandRecord, Conversation, Counterpart, Deed,
    HandlingTime, OperatorSession, PromiseRecord, Reservation, STATISTICS_KEPT, Sender, Store, StoreError,
    Transaction,
};
use crate::Moment;

/// Puts stores through everything the desk relies on.
pub fn run<S: Store>(mut empty: impl FnMut() -> S) {
    an_epoch_is_kept(&mut empty());
    a_conversation_comes_back_as_it_was(&mut empty());
    a_failed_transaction_changes_nothing(&mut empty());
    a_log_has_no_gaps(&mut empty());
    a_command_is_remembered_once(&mut empty());
    marks_and_answers_are_kept(&mut empty());
    notes_have_no_gaps(&mut empty());
    a_deleted_conversation_takes_everything_with_it(&mut empty());
    a_tombstone_stands_until_it_is_old(&mut empty());
    lengths_come_newest_first(&mut empty());
    waits::run(&mut empty);
    roster::run(&mut empty);
    blocks::run(&mut empty);
    sealed::run(&mut empty);
    operators_and_sessions_live_together(&mut empty());
    deeds_are_written_down_and_forgotten(&mut empty());
}

fn an_epoch_is_kept<S: Store>(store: &mut S) {
    assert_eq!(read(store, |tx| tx.epoch()), None);
    write(store, |tx| tx.set_epoch("b1f3"));
    assert_eq!(read(store, |tx| tx.epoch()).as_deref(), Some("b1f3"));
}

fn a_conversation_comes_back_as_it_was<S: Store>(store: &mut S) {
    let mut c = conversation(1);
    write(store, |tx| tx.insert_conversation(&c));
    assert_eq!(read(store, |tx| tx.conversations()), [c.clone()]);
    c.state = ConversationState::Ended;
    c.order = -4;
    c.operator = Some(OperatorId("op:7".to_owned()));
    c.claim = 3;
    c.messages = 2;
    c.joined_at = Some(Moment(30));
    c.ended_at = Some(Moment(40));
    c.expires_at = Some(Moment(50));
    c.survey = Some("survey".to_owned());
    c.area = Some("south".to_owned());
    c.reserved = Some(Reservation { operator: OperatorId("op:8".to_owned()), until: Moment(60) });
    c.promise = Some(promise());
    write(store, |tx| tx.update_conversation(&c));
    assert_eq!(read(store, |tx| tx.conversation_by_secret(&[1; 32])), Some(c.clone()));
    c.reserved = None;
    c.promise = None;
    write(store, |tx| tx.update_conversation(&c));
    assert_eq!(read(store, |tx| tx.conversation_by_secret(&[1; 32])), Some(c));
    assert_eq!(read(store, |tx| tx.conversation_by_secret(&[2; 32])), None);
    let same_secret = Conversation { id: ConversationId("other".to_owned()), ..conversation(1) };
    assert!(fails(store, |tx| tx.insert_conversation(&same_secret)), "a secret opens one conversation");
    assert!(fails(store, |tx| tx.update_conversation(&conversation(9))), "what is missing cannot change");
}

fn a_failed_transaction_changes_nothing<S: Store>(store: &mut S) {
    let failed: Result<(), StoreError> = store.write(|tx| {
        tx.insert_conversation(&conversation(1))?;
        tx.append(&id(1), &message(1))?;
        Err(StoreError::Unavailable("on purpose".to_owned()))
    });
    assert!(failed.is_err());
    assert!(read(store, |tx| tx.conversations()).is_empty());
    assert!(read(store, |tx| tx.events(&id(1), 0, 10)).is_empty());
}

fn a_log_has_no_gaps<S: Store>(store: &mut S) {
    write(store, |tx| {
        tx.insert_conversation(&conversation(1))?;
        (1..=5).try_for_each(|seq| tx.append(&id(1), &message(seq)))
    });
    assert!(fails(store, |tx| tx.append(&id(1), &message(7))), "a gap");
    assert!(fails(store, |tx| tx.append(&id(1), &message(5))), "a number used twice");
    let seqs = |events: Vec<Event>| events.iter().map(|event| event.seq).collect::<Vec<_>>();
    assert_eq!(seqs(read(store, |tx| tx.events(&id(1), 0, 10))), [1, 2, 3, 4, 5]);
    assert_eq!(seqs(read(store, |tx| tx.events(&id(1), 2, 2))), [3, 4]);
    assert!(read(store, |tx| tx.events(&id(1), 5, 10)).is_empty());
    assert_eq!(read(store, |tx| tx.events(&id(1), 0, 1)), [message(1)]);
    let ended = Event {
        seq: 6,
        at: Moment(9).timestamp(),
        kind: EventKind::Ended { by: EndedBy::System, reason: EndReason::Away },
    };
    write(store, |tx| tx.append(&id(1), &ended));
    assert_eq!(read(store, |tx| tx.events(&id(1), 5, 10)), [ended]);
}

fn a_command_is_remembered_once<S: Store>(store: &mut S) {
    write(store, |tx| {
        tx.insert_conversation(&conversation(1))?;
        tx.insert_conversation(&conversation(2))
    });
    let (cid, one, two) = (Cid::from_bytes([5; 16]), id(1), id(2));
    let operator = OperatorId("op:1".to_owned());
    let of = |about, sender| CommandKey { about, sender, cid: &cid };
    let key = of(Counterpart::Conversation(&one), Sender::Visitor);
    let record =
        CommandRecord { conversation: one.clone(), body: [8; 32], seq: Some(4), claim: None, note: Some(3) };
    assert_eq!(read(store, |tx| tx.command(&key)), None);
    write(store, |tx| tx.insert_command(&key, &record));
    assert_eq!(read(store, |tx| tx.command(&key)), Some(record.clone()));
    assert!(fails(store, |tx| tx.insert_command(&key, &record)), "a cid is used once");
    assert_eq!(read(store, |tx| tx.command(&of(Counterpart::Conversation(&two), Sender::Visitor))), None);
    assert_eq!(
        read(store, |tx| tx.command(&of(Counterpart::Conversation(&one), Sender::Operator(&operator)))),
        None
    );

    let claim =
        CommandRecord { conversation: two.clone(), body: [9; 32], seq: None, claim: Some(2), note: None };
    let any = of(Counterpart::Any, Sender::Operator(&operator));
    write(store, |tx| tx.insert_command(&any, &claim));
    assert_eq!(read(store, |tx| tx.command(&any)), Some(claim));
}

fn marks_and_answers_are_kept<S: Store>(store: &mut S) {
    write(store, |tx| tx.insert_conversation(&conversation(1)));
    assert_eq!(read(store, |tx| tx.marks(&id(1))), Marks::default());
    let marks =
        Marks { visitor: Watermark { delivered: 4, read: 3 }, operator: Watermark { delivered: 2, read: 1 } };
    write(store, |tx| tx.set_marks(&id(1), &Marks::default()));
    write(store, |tx| tx.set_marks(&id(1), &marks));
    assert_eq!(read(store, |tx| tx.marks(&id(1))), marks);

    assert!(!read(store, |tx| tx.is_answered(&id(1), "survey")));
    write(store, |tx| tx.insert_answers(&id(1), "survey", "{}", Moment(1)));
    assert!(read(store, |tx| tx.is_answered(&id(1), "survey")));
    assert!(fails(store, |tx| tx.insert_answers(&id(1), "survey", "{}", Moment(2))), "answered twice");
}

fn notes_have_no_gaps<S: Store>(store: &mut S) {
    write(store, |tx| tx.insert_conversation(&conversation(1)));
    assert_eq!(read(store, |tx| tx.last_note(&id(1))), 0);
    write(store, |tx| (1..=4).try_for_each(|n| tx.insert_note(&id(1), &note(n))));
    assert!(fails(store, |tx| tx.insert_note(&id(1), &note(6))), "a gap");
    assert!(fails(store, |tx| tx.insert_note(&id(1), &note(4))), "a number used twice");
    assert!(fails(store, |tx| tx.insert_note(&id(2), &note(1))), "beside no conversation");
    assert_eq!(read(store, |tx| tx.last_note(&id(1))), 4);
    assert_eq!(read(store, |tx| tx.notes(&id(1), 1, 2)), [note(2), note(3)]);
    assert!(read(store, |tx| tx.notes(&id(1), 4, 10)).is_empty());
    assert!(read(store, |tx| tx.events(&id(1), 0, 10)).is_empty(), "notes are no events");
}

fn a_deleted_conversation_takes_everything_with_it<S: Store>(store: &mut S) {
    let cid = Cid::from_bytes([5; 16]);
    let one = id(1);
    let key = CommandKey { about: Counterpart::Conversation(&one), sender: Sender::Visitor, cid: &cid };
    let record =
        CommandRecord { conversation: one.clone(), body: [8; 32], seq: Some(1), claim: None, note: None };
    write(store, |tx| {
        tx.insert_conversation(&conversation(1))?;
        tx.append(&one, &message(1))?;
        tx.insert_command(&key, &record)?;
        tx.set_marks(&one, &Marks { visitor: Watermark { delivered: 1, read: 1 }, ..Marks::default() })?;
        tx.insert_note(&one, &note(1))?;
        tx.insert_answers(&one, "survey", "{}", Moment(1))
    });
    write(store, |tx| tx.delete_conversation(&one));
    store.scrub().unwrap();
    assert!(read(store, |tx| tx.conversations()).is_empty());
    assert!(read(store, |tx| tx.events(&one, 0, 10)).is_empty());
    assert_eq!(read(store, |tx| tx.command(&key)), None);
    assert_eq!(read(store, |tx| tx.marks(&one)), Marks::default());
    assert!(!read(store, |tx| tx.is_answered(&one, "survey")));
    assert!(read(store, |tx| tx.notes(&one, 0, 10)).is_empty());
    assert_eq!(read(store, |tx| tx.last_note(&one)), 0);
    write(store, |tx| tx.delete_conversation(&one));
}

fn a_tombstone_stands_until_it_is_old<S: Store>(store: &mut S) {
    assert!(!read(store, |tx| tx.is_erased(&[1; 32])));
    write(store, |tx| tx.insert_tombstone(&[1; 32], Moment(100)));
    write(store, |tx| tx.purge_tombstones(Moment(100)));
    assert!(read(store, |tx| tx.is_erased(&[1; 32])));
    write(store, |tx| tx.purge_tombstones(Moment(101)));
    assert!(!read(store, |tx| tx.is_erased(&[1; 32])));
}

fn lengths_come_newest_first<S: Store>(store: &mut S) {
    let length = |n: u64| HandlingTime { at: Moment(n), ms: n * 10 };
    write(store, |tx| (1..=5).try_for_each(|n| tx.insert_handling_time(&length(n))));
    let lengths: Vec<_> = read(store, |tx| tx.handling_times(2)).iter().map(|time| time.ms).collect();
    assert_eq!(lengths, [50, 40]);
    let many = STATISTICS_KEPT as u64 + 10;
    write(store, |tx| (1..=many).try_for_each(|n| tx.insert_handling_time(&length(n))));
    assert_eq!(read(store, |tx| tx.handling_times(1_000)).len(), STATISTICS_KEPT, "older ones are forgotten");
}

fn operators_and_sessions_live_together<S: Store>(store: &mut S) {
    let areas = ["north".to_owned()];
    let ada = write(store, |tx| tx.insert_operator("ada", "Ada", "hash", &areas));
    assert!(ada.id.0.starts_with(tealight_protocol::OPERATOR_PREFIX));
    assert_eq!((ada.status, ada.capacity, ada.last_chat), (Availability::Paused, 1, false));
    assert_eq!(ada.areas, areas);
    assert_eq!((ada.languages.len(), ada.supervisor), (0, false));
    let spoken = ["de".to_owned(), "en".to_owned()];
    write(store, |tx| tx.set_duties(&ada.id, &spoken, true));
    assert!(fails(store, |tx| tx.insert_operator("Ada", "Another", "hash", &[])), "a name is taken once");
    write(store, |tx| tx.set_availability(&ada.id, Availability::Accepting, 3, true));
    let known = read(store, |tx| tx.operator_by_name("ADA")).unwrap();
    assert_eq!((known.status, known.capacity, known.last_chat), (Availability::Accepting, 3, true));
    assert_eq!((known.languages, known.supervisor), (spoken.to_vec(), true));

    let session = |n: u8, expires: u64| OperatorSession {
        token: [n; 32],
        operator: ada.id.clone(),
        expires_at: Moment(expires),
    };
    write(store, |tx| (1..=3).try_for_each(|n| tx.insert_session(&session(n, u64::from(n) * 100))));
    assert_eq!(read(store, |tx| tx.session(&[2; 32])), Some(session(2, 200)));
    write(store, |tx| tx.purge_sessions(Moment(101)));
    assert_eq!(read(store, |tx| tx.session(&[1; 32])), None);
    write(store, |tx| tx.delete_session(&[2; 32]));
    assert_eq!(read(store, |tx| tx.session(&[2; 32])), None);
    let ben = write(store, |tx| tx.insert_operator("ben", "Ben", "hash", &[]));
    let of_ben = OperatorSession { token: [9; 32], operator: ben.id.clone(), expires_at: Moment(900) };
    write(store, |tx| tx.insert_session(&of_ben));
    write(store, |tx| tx.insert_session(&session(4, 400)));
    write(store, |tx| tx.delete_sessions_of(&ben.id));
    assert_eq!(read(store, |tx| tx.session(&[9; 32])), None);
    assert_eq!(read(store, |tx| tx.session(&[4; 32])), Some(session(4, 400)), "of nobody else");
    write(store, |tx| tx.set_password(&ben.id, "another hash"));
    let hash = |store: &mut S, name: &str| read(store, |tx| tx.operator_by_name(name)).unwrap().password_hash;
    assert_eq!((hash(store, "ben"), hash(store, "ada")), ("another hash".to_owned(), "hash".to_owned()));
    assert!(write(store, |tx| tx.delete_operator("ada")));
    assert!(!write(store, |tx| tx.delete_operator("ada")));
    assert!(
        fails(store, |tx| tx.set_availability(&ada.id, Availability::Paused, 1, false)),
        "who is removed cannot change"
    );
    assert!(fails(store, |tx| tx.set_duties(&ada.id, &[], false)), "who is removed has no duties");
    assert_eq!(read(store, |tx| tx.session(&[3; 32])), None, "who is removed is logged out");
}

fn deeds_are_written_down_and_forgotten<S: Store>(store: &mut S) {
    let ada = Actor::Operator(OperatorId("op:1".to_owned()));
    let hour = 60 * 60 * 1_000;
    let entries: Vec<_> = (1..)
        .zip(Deed::ALL)
        .map(|(n, deed)| AuditEntry {
            conversation: Some("gone".to_owned()),
            about: Some(OperatorId("op:2".to_owned())),
            ..AuditEntry::new(Moment(n * hour), ada.clone(), *deed)
        })
        .collect();
    write(store, |tx| entries.iter().try_for_each(|entry| tx.insert_audit(entry)));
    let all = read(store, |tx| tx.audit(0, 1_000));
    assert_eq!(all.iter().map(|(_, entry)| entry.clone()).collect::<Vec<_>>(), entries);
    assert_eq!(read(store, |tx| tx.audit(all[2].0, 2)), all[3..5], "in pages");
    for who in [Actor::Visitor, Actor::CommandLine, Actor::Server, Actor::Nobody] {
        let entry = AuditEntry::new(Moment(99 * hour), who, Deed::Erased);
        write(store, |tx| tx.insert_audit(&entry));
        assert_eq!(read(store, |tx| tx.audit(0, 1_000)).pop().unwrap().1, entry);
    }
    let failed = |ms: u64| AuditEntry::new(Moment(200 * hour + ms), Actor::Nobody, Deed::LoginFailed);
    write(store, |tx| (0..5).try_for_each(|n| tx.insert_audit(&failed(n))));
    let last = read(store, |tx| tx.audit(0, 1_000)).pop().unwrap().1;
    assert_eq!((last.at, last.times), (Moment(200 * hour), 5));
    write(store, |tx| tx.forget(Moment(200 * hour).plus(AUDIT_KEPT_FOR)));
    assert_eq!(read(store, |tx| tx.audit(0, 1_000)).len(), 1);
    write(store, |tx| tx.forget(Moment(200 * hour + 1).plus(AUDIT_KEPT_FOR)));
    assert!(read(store, |tx| tx.audit(0, 1_000)).is_empty());
}

fn write<S: Store, R>(store: &mut S, work: impl FnOnce(&mut dyn Transaction) -> Result<R, StoreError>) -> R {
    store.write(work).unwrap()
}

fn read<S: Store, R>(store: &mut S, work: impl FnOnce(&mut dyn Transaction) -> Result<R, StoreError>) -> R {
    store.read(work).unwrap()
}

fn fails<S: Store, R>(
    store: &mut S,
    work: impl FnOnce(&mut dyn Transaction) -> Result<R, StoreError>,
) -> bool {
    store.write(work).is_err()
}

fn id(n: u8) -> ConversationId {
    ConversationId(format!("conversation-{n}"))
}

fn message(seq: u64) -> Event {
    Event {
        seq,
        at: Moment(seq * 1_000).timestamp(),
        kind: EventKind::Message {
            from: Party::Visitor,
            cid: Some(Cid::from_bytes([seq as u8; 16])),
            text: Text::parse("<b>Hello</b> \u{1F56F}").unwrap(),
            link: None,
            automatic: false,
        },
    }
}

fn note(n: u64) -> Note {
    Note {
        n,
        from: OperatorId("op:2".to_owned()),
        at: Moment(n * 1_000).timestamp(),
        text: NoteText::parse("<i>Careful</i> \u{1F56F}").unwrap(),
        cid: n.is_multiple_of(2).then(|| Cid::from_bytes([n as u8; 16])),
    }
}

fn conversation(n: u8) -> Conversation {
    Conversation {
        id: id(n),
        secret: [n; 32],
        area: Some("north".to_owned()),
        lang: "en".to_owned(),
        route: Route::Patient,
        state: ConversationState::Waiting,
        order: i64::from(n),
        operator: None,
        claim: 0,
        last: 0,
        messages: 0,
        started_at: Moment(10),
        waiting_since: Moment(10),
        joined_at: None,
        ended_at: None,
        expires_at: None,
        survey: None,
        reserved: None,
        promise: None,
    }
}

fn promise() -> PromiseRecord {
    PromiseRecord {
        issued_q25: Some(11.25),
        issued_q90: Some(38.5),
        first_upper: Some(45),
        lower: Some(10),
        by: Some(Moment(70)),
        doubts: 1,
        hopes: 2,
        sorry_at: Some(Moment(60)),
    }
}
