//! What every store must do with what people say: keep it sealed, each conversation under its own key.

use tealight_protocol::{Cid, ConversationId};

use super::{conversation, fails, id, message, note, read, write};
use crate::Moment;
use crate::store::{
    CommandKey, CommandRecord, Counterpart, SealedCommand, Sender, Store, StoreError, Transaction, WrappedKey,
};

pub(super) fn run<S: Store>(empty: &mut impl FnMut() -> S) {
    what_is_kept_is_not_what_was_said(&mut empty());
    every_conversation_has_a_key_of_its_own(&mut empty());
    what_is_moved_to_another_place_does_not_open(&mut empty());
    without_its_key_nothing_opens(&mut empty());
    a_key_goes_with_its_conversation(&mut empty());
}

fn what_is_kept_is_not_what_was_said<S: Store>(store: &mut S) {
    let (cid, one) = (Cid::from_bytes([5; 16]), id(1));
    let key = CommandKey { about: Counterpart::Conversation(&one), sender: Sender::Visitor, cid: &cid };
    let body = *b"a digest is thirty-two bytes lon";
    write(store, |tx| {
        filled(tx, 1)?;
        let conversation = one.clone();
        tx.insert_command(
            &key,
            &CommandRecord { conversation, body, seq: Some(1), claim: None, note: None },
        )?;
        tx.insert_answers(&one, "survey", "{\"better\":\"Hello\"}", Moment(1))
    });
    let events = read(store, |tx| tx.sealed_events(&one, 0, 10));
    let notes = read(store, |tx| tx.sealed_notes(&one, 0, 10));
    let command = read(store, |tx| tx.sealed_command(&key)).unwrap();
    assert_eq!((events.len(), notes.len()), (2, 1));
    for kept in [&events[0].1, &events[1].1, &notes[0].1, &command.body] {
        for said in [&b"Hello"[..], b"Careful", b"visitor", &body] {
            assert!(!kept.windows(said.len()).any(|part| part == said));
        }
    }
    assert_eq!(read(store, |tx| tx.command(&key)).unwrap().body, body);
    let again = write(store, |tx| {
        filled(tx, 2)?;
        tx.sealed_events(&id(2), 0, 1)
    });
    assert_ne!(again[0].1, events[0].1, "the same words look different");
}

fn every_conversation_has_a_key_of_its_own<S: Store>(store: &mut S) {
    write(store, |tx| (1..=3).try_for_each(|n| filled(tx, n)));
    let mut keys = read(store, |tx| tx.wrapped_keys());
    keys.sort_by(|a, b| a.0.0.cmp(&b.0.0));
    let names: Vec<_> = keys.iter().map(|(id, _)| id.clone()).collect();
    assert_eq!(names, [id(1), id(2), id(3)]);
    assert!(keys[0].1.wrapped != keys[1].1.wrapped && keys[1].1.wrapped != keys[2].1.wrapped);
    let one = read(store, |tx| tx.wrapped_key(&id(1)));
    assert_eq!(one.as_ref(), Some(&keys[0].1));
    assert!(!fails(store, |tx| tx.put_wrapped_key(&id(1), &keys[0].1)), "a key can be wrapped anew");
    assert!(fails(store, |tx| tx.put_wrapped_key(&id(9), &keys[0].1)), "the key of no conversation");
    let server_key = read(store, |tx| tx.server_key());
    write(store, |tx| tx.set_server_key(&keys[0].1.server_key));
    assert!(server_key.is_none_or(|id| id == keys[0].1.server_key));
    assert_eq!(read(store, |tx| tx.server_key()), Some(keys[0].1.server_key.clone()));
}

fn what_is_moved_to_another_place_does_not_open<S: Store>(store: &mut S) {
    write(store, |tx| filled(tx, 1));
    let events = read(store, |tx| tx.sealed_events(&id(1), 0, 10));
    // The first event once more, as the third; then as a note; then in a conversation with the same key.
    let moved = opens(store, |tx| {
        tx.append_sealed(&id(1), 3, &events[0].1)?;
        tx.events(&id(1), 2, 1)
    });
    assert!(!moved, "another position");
    let moved = opens(store, |tx| {
        tx.insert_sealed_note(&id(1), 2, &events[1].1)?;
        tx.notes(&id(1), 1, 1)
    });
    assert!(!moved, "another table");
    let moved = opens(store, |tx| {
        let key = tx.wrapped_key(&id(1))?;
        tx.insert_conversation(&conversation(2))?;
        tx.append_sealed(&id(2), 1, &events[0].1)?;
        tx.put_wrapped_key(&id(2), key.as_ref().unwrap())?;
        tx.events(&id(2), 0, 1)
    });
    assert!(!moved, "another conversation");
    let (cid, one, two) = (Cid::from_bytes([5; 16]), Cid::from_bytes([6; 16]), id(1));
    let named = |cid| CommandKey { about: Counterpart::Any, sender: Sender::Visitor, cid };
    let moved = opens(store, |tx| {
        let record =
            CommandRecord { conversation: two.clone(), body: [1; 32], seq: None, claim: None, note: None };
        tx.insert_command(&named(&cid), &record)?;
        let sealed: SealedCommand = tx.sealed_command(&named(&cid))?.unwrap();
        tx.insert_sealed_command(&named(&one), &sealed)?;
        tx.command(&named(&one))
    });
    assert!(!moved, "another command");
}

fn without_its_key_nothing_opens<S: Store>(store: &mut S) {
    write(store, |tx| (1..=2).try_for_each(|n| filled(tx, n)));
    let other = read(store, |tx| tx.wrapped_key(&id(2))).unwrap();
    let damaged = |key: &WrappedKey| {
        let mut key = key.clone();
        key.wrapped[40] ^= 1;
        key
    };
    for wrong in [other.clone(), damaged(&other)] {
        let opened = opens(store, |tx| {
            tx.put_wrapped_key(&id(1), &wrong)?;
            tx.events(&id(1), 0, 10)
        });
        assert!(!opened);
    }
    assert_eq!(read(store, |tx| tx.events(&id(1), 0, 10)).len(), 2, "nothing of that was kept");
}

fn a_key_goes_with_its_conversation<S: Store>(store: &mut S) {
    write(store, |tx| (1..=2).try_for_each(|n| filled(tx, n)));
    write(store, |tx| tx.delete_conversation(&id(1)));
    assert_eq!(read(store, |tx| tx.wrapped_key(&id(1))), None);
    let left: Vec<ConversationId> =
        read(store, |tx| tx.wrapped_keys()).into_iter().map(|(id, _)| id).collect();
    assert_eq!(left, [id(2)]);
    assert_eq!(read(store, |tx| tx.events(&id(2), 0, 10)).len(), 2);
}

/// A conversation with two events and a note.
fn filled(tx: &mut dyn Transaction, n: u8) -> Result<(), StoreError> {
    tx.insert_conversation(&conversation(n))?;
    tx.append(&id(n), &message(1))?;
    tx.append(&id(n), &message(2))?;
    tx.insert_note(&id(n), &note(1))
}

/// Whether what `work` reads can be read. Nothing of it is kept.
fn opens<S: Store, R>(
    store: &mut S,
    work: impl FnOnce(&mut dyn Transaction) -> Result<R, StoreError>,
) -> bool {
    let mut opened = false;
    let rolled_back: Result<(), StoreError> = store.write(|tx| {
        let read = work(tx);
        assert!(matches!(read, Ok(_) | Err(StoreError::Corrupt(_))), "refused as damaged");
        opened = read.is_ok();
        Err(StoreError::Unavailable("on purpose".to_owned()))
    });
    assert!(rolled_back.is_err());
    opened
}
