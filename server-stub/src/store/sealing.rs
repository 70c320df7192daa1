//! What people say, sealed: each conversation under a key of its own, which is itself wrapped with a server key.
//!
//! A database stores and returns sealed bytes and wrapped keys ([`SealedRows`]) and never sees a word. What is sealed is
//! bound to its conversation and its place there: moved to another row, it does not open. Whoever destroys the wrapped
//! key of a conversation has destroyed everything that was said in it, wherever a copy of the rows may be.

use std::io::Write;

use chacha20poly1305::aead::AeadInPlace as _;
use chacha20poly1305::{Key, KeyInit as _, Tag, XChaCha20Poly1305, XNonce};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tealight_protocol::{ConversationId, Seq};
use zeroize::Zeroizing;

use super::keys::{self, KEY_BYTES, KeyError, KeyId, Keyring, ServerKey};
use super::{CommandKey, StoreError};
use crate::Moment;

/// The first byte of everything sealed: how it is to be opened.
const VERSION: u8 = 1;

/// What is sealed as JSON has a multiple of this length, so that a thief who knows a pre-written message does not know it
/// again by its length.
const STEP: usize = 256;

const NONCE: usize = 24;
const TAG: usize = 16;

/// The key of a conversation as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// What it is wrapped with.
    pub server_key: KeyId,
    /// The key, sealed.
    pub wrapped: Vec<u8>,
}

/// What became of a command, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedCommand {
    /// The conversation it was about.
    pub conversation: ConversationId,
    /// SHA-256 of what was asked for, sealed: guesses cannot be held against it.
    pub body: Vec<u8>,
    /// The event it became.
    pub seq: Option<Seq>,
    /// The fencing number it brought.
    pub claim: Option<u64>,
    /// The note it became.
    pub note: Option<u64>,
}

/// What a database does with content inside a transaction: it keeps bytes that it cannot read.
pub trait SealedRows {
    /// The server keys.
    fn keyring(&mut self) -> &mut Keyring;
    /// The server key that new keys of conversations are wrapped with, once there is one.
    fn server_key(&mut self) -> Result<Option<KeyId>, StoreError>;
    /// Names that server key.
    fn set_server_key(&mut self, id: &KeyId) -> Result<(), StoreError>;

    /// The key of a conversation.
    fn wrapped_key(&mut self, conversation: &ConversationId) -> Result<Option<WrappedKey>, StoreError>;
    /// Keeps the key of a conversation that is there, in place of the one before.
    fn put_wrapped_key(&mut self, conversation: &ConversationId, key: &WrappedKey) -> Result<(), StoreError>;
    /// The keys of all conversations.
    fn wrapped_keys(&mut self) -> Result<Vec<(ConversationId, WrappedKey)>, StoreError>;

    /// Appends to a conversation's log. `seq` must be one more than the last.
    fn append_sealed(
        &mut self,
        conversation: &ConversationId,
        seq: Seq,
        body: &[u8],
    ) -> Result<(), StoreError>;
    /// Up to `limit` events after a position, in order.
    fn sealed_events(
        &mut self,
        conversation: &ConversationId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<(Seq, Vec<u8>)>, StoreError>;

    /// Adds a note beside a conversation. `n` must be one more than the last.
    fn insert_sealed_note(
        &mut self,
        conversation: &ConversationId,
        n: u64,
        body: &[u8],
    ) -> Result<(), StoreError>;
    /// Up to `limit` notes after a number, in order.
    fn sealed_notes(
        &mut self,
        conversation: &ConversationId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Vec<u8>)>, StoreError>;

    /// Keeps the answers to a survey or an offer, once.
    fn insert_sealed_answers(
        &mut self,
        conversation: &ConversationId,
        survey: &str,
        answers: &[u8],
        at: Moment,
    ) -> Result<(), StoreError>;

    /// What became of a command, if it was done before.
    fn sealed_command(&mut self, key: &CommandKey<'_>) -> Result<Option<SealedCommand>, StoreError>;
    /// Remembers what became of a command.
    fn insert_sealed_command(
        &mut self,
        key: &CommandKey<'_>,
        command: &SealedCommand,
    ) -> Result<(), StoreError>;
}

/// Where in a conversation something sealed belongs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    Event(Seq),
    Note(u64),
    Answers(&'a str),
    Command { sender: &'a str, cid: &'a str },
}

impl<'a> Place<'a> {
    pub(super) fn of_command(key: &'a CommandKey<'_>) -> Self {
        Self::Command { sender: key.sender.as_str(), cid: key.cid.as_str() }
    }
}

/// Seals something that belongs to a conversation, as JSON. Its first such thing brings the conversation its key.
pub(super) fn seal<R: SealedRows + ?Sized, T: Serialize>(
    rows: &mut R,
    conversation: &ConversationId,
    place: Place<'_>,
    value: &T,
) -> Result<Vec<u8>, StoreError> {
    let plain = to_json(value)?;
    seal_bytes(rows, conversation, place, &plain)
}

/// The same for bytes.
pub(super) fn seal_bytes<R: SealedRows + ?Sized>(
    rows: &mut R,
    conversation: &ConversationId,
    place: Place<'_>,
    plain: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let key = match rows.wrapped_key(conversation)? {
        Some(wrapped) => unwrap(rows.keyring(), conversation, &wrapped)?,
        None => new_key(rows, conversation)?,
    };
    lock(&key, &associated(conversation, place), plain)
}

/// What opens the sealed things of one conversation.
pub(super) struct Opener<'c> {
    conversation: &'c ConversationId,
    key: Secret,
}

impl<'c> Opener<'c> {
    pub(super) fn of<R: SealedRows + ?Sized>(
        rows: &mut R,
        conversation: &'c ConversationId,
    ) -> Result<Self, StoreError> {
        let wrapped = rows
            .wrapped_key(conversation)?
            .ok_or_else(|| StoreError::Corrupt("the key of a conversation is missing".to_owned()))?;
        Ok(Self { conversation, key: unwrap(rows.keyring(), conversation, &wrapped)? })
    }

    pub(super) fn open<T: DeserializeOwned>(&self, place: Place<'_>, sealed: &[u8]) -> Result<T, StoreError> {
        let plain = self.bytes(place, sealed)?;
        serde_json::from_slice(&plain).map_err(|error| {
            StoreError::Corrupt(format!("{place:?} has another shape ({:?})", error.classify()))
        })
    }

    pub(super) fn bytes(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        unlock(&self.key, &associated(self.conversation, place), sealed).ok_or_else(|| {
            StoreError::Corrupt("something sealed does not open with the key of its conversation".to_owned())
        })
    }
}

/// Wraps the keys of all conversations with the current server key, if they are not yet. Returns how many were.
pub(super) fn settle<R: SealedRows + ?Sized>(rows: &mut R) -> Result<usize, StoreError> {
    let current = rows.keyring().current().clone();
    let all = rows.wrapped_keys()?;
    let others: Vec<_> = all.into_iter().filter(|(_, key)| key.server_key != current).collect();
    for (conversation, wrapped) in &others {
        let key = match unwrap(rows.keyring(), conversation, wrapped) {
            Err(StoreError::Key(KeyError::Unknown { id, source_name, .. })) => {
                let conversations = others.iter().filter(|(_, key)| key.server_key == id).count();
                return Err(KeyError::Unknown { id, conversations, source_name }.into());
            }
            key => key?,
        };
        let wrapped = wrap(rows.keyring(), &current, conversation, &key)?;
        rows.put_wrapped_key(conversation, &wrapped)?;
    }
    if rows.server_key()?.as_ref() != Some(&current) {
        rows.set_server_key(&current)?;
    }
    Ok(others.len())
}

/// Whether the current server key wraps the keys of all conversations, and the database knows it.
pub(super) fn is_settled<R: SealedRows + ?Sized>(rows: &mut R) -> Result<bool, StoreError> {
    let current = rows.keyring().current().clone();
    let is_known = rows.server_key()?.as_ref() == Some(&current);
    Ok(is_known && rows.wrapped_keys()?.iter().all(|(_, key)| key.server_key == current))
}

type Secret = Zeroizing<[u8; KEY_BYTES]>;

fn new_key<R: SealedRows + ?Sized>(
    rows: &mut R,
    conversation: &ConversationId,
) -> Result<Secret, StoreError> {
    // Another program may have changed the server key; the database knows which one counts.
    let server_key = match rows.server_key()? {
        Some(id) => id,
        None => rows.keyring().current().clone(),
    };
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    keys::fill(&mut *key)?;
    let wrapped = wrap(rows.keyring(), &server_key, conversation, &key)?;
    rows.put_wrapped_key(conversation, &wrapped)?;
    Ok(key)
}

fn wrap(
    ring: &mut Keyring,
    server_key: &KeyId,
    conversation: &ConversationId,
    key: &Secret,
) -> Result<WrappedKey, StoreError> {
    let with = find(ring, server_key)?;
    let wrapped = lock(&with.secret, &associated_with_key(conversation, server_key), &**key)?;
    Ok(WrappedKey { server_key: server_key.clone(), wrapped })
}

fn unwrap(ring: &mut Keyring, conversation: &ConversationId, key: &WrappedKey) -> Result<Secret, StoreError> {
    let with = find(ring, &key.server_key)?;
    let plain = unlock(&with.secret, &associated_with_key(conversation, &key.server_key), &key.wrapped);
    let mut secret = Zeroizing::new([0; KEY_BYTES]);
    match plain {
        Some(plain) if plain.len() == KEY_BYTES => secret.copy_from_slice(&plain),
        Some(_) | None => {
            return Err(StoreError::Corrupt("the key of a conversation does not open".to_owned()));
        }
    }
    Ok(secret)
}

fn find<'r>(ring: &'r mut Keyring, id: &KeyId) -> Result<&'r ServerKey, StoreError> {
    let source_name = ring.source_name();
    let unknown = || KeyError::Unknown { id: id.clone(), conversations: 1, source_name };
    Ok(ring.find(id)?.ok_or_else(unknown)?)
}

/// Version, nonce, what is sealed, tag.
fn lock(key: &[u8; KEY_BYTES], associated: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    // As long as it will be: a buffer that grows leaves what it held behind.
    let mut sealed = Vec::with_capacity(1 + NONCE + plain.len() + TAG);
    let mut nonce = [0; NONCE];
    keys::fill(&mut nonce)?;
    sealed.push(VERSION);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let tag = XChaCha20Poly1305::new(Key::from_slice(key))
        .encrypt_in_place_detached(XNonce::from_slice(&nonce), associated, &mut sealed[1 + NONCE..])
        .map_err(|_| StoreError::Corrupt("this is too long to be sealed".to_owned()))?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

fn unlock(key: &[u8; KEY_BYTES], associated: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (version, rest) = sealed.split_first()?;
    let (nonce, rest) = rest.split_at_checked(NONCE)?;
    let (body, tag) = rest.split_at_checked(rest.len().checked_sub(TAG)?)?;
    let mut plain = Zeroizing::new(body.to_vec());
    XChaCha20Poly1305::new(Key::from_slice(key))
        .decrypt_in_place_detached(XNonce::from_slice(nonce), associated, &mut plain, Tag::from_slice(tag))
        .ok()?;
    (*version == VERSION).then_some(plain)
}

/// Binds what is sealed to its place. Every part has its length before it, so that no two places look the same.
fn associated(conversation: &ConversationId, place: Place<'_>) -> Vec<u8> {
    let number;
    let parts: [&[u8]; 3] = match place {
        Place::Event(seq) => {
            number = seq.to_be_bytes();
            [b"event", &number, b""]
        }
        Place::Note(n) => {
            number = n.to_be_bytes();
            [b"note", &number, b""]
        }
        Place::Answers(survey) => [b"answers", survey.as_bytes(), b""],
        Place::Command { sender, cid } => [b"command", sender.as_bytes(), cid.as_bytes()],
    };
    joined(&[conversation.0.as_bytes(), parts[0], parts[1], parts[2]])
}

fn associated_with_key(conversation: &ConversationId, server_key: &KeyId) -> Vec<u8> {
    joined(&[conversation.0.as_bytes(), b"key", server_key.0.as_bytes()])
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let mut all = vec![VERSION];
    for part in parts {
        all.extend_from_slice(&(part.len() as u64).to_be_bytes());
        all.extend_from_slice(part);
    }
    all
}

/// JSON, and blanks behind it, in a buffer that never grows and is zeroed when it is dropped.
fn to_json<T: Serialize>(value: &T) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let failed = |error: serde_json::Error| StoreError::Corrupt(error.to_string());
    let mut length = Length(0);
    serde_json::to_writer(&mut length, value).map_err(failed)?;
    let padded = length.0.next_multiple_of(STEP);
    let mut plain = Zeroizing::new(Vec::with_capacity(padded));
    serde_json::to_writer(&mut *plain, value).map_err(failed)?;
    plain.resize(padded, b' ');
    Ok(plain)
}

struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];

    #[test]
    fn what_is_sealed_opens_in_its_place_and_nowhere_else() {
        let (one, two) = (ConversationId("one".to_owned()), ConversationId("two".to_owned()));
        let places = [
            (&one, Place::Event(1)),
            (&one, Place::Event(2)),
            (&two, Place::Event(1)),
            (&one, Place::Note(1)),
            (&one, Place::Answers("survey")),
            (&one, Place::Answers("")),
            (&one, Place::Command { sender: "visitor", cid: "a" }),
            (&one, Place::Command { sender: "visito", cid: "ra" }),
        ];
        for (index, (conversation, place)) in places.iter().enumerate() {
            let sealed = lock(&KEY, &associated(conversation, *place), b"words").unwrap();
            for (other, (conversation, place)) in places.iter().enumerate() {
                let opened = unlock(&KEY, &associated(conversation, *place), &sealed);
                assert_eq!(opened.is_some(), index == other, "{index} {other}");
            }
        }
    }

    #[test]
    fn whatever_is_changed_no_longer_opens() {
        let sealed = lock(&KEY, b"here", b"words").unwrap();
        assert_eq!(unlock(&KEY, b"here", &sealed).unwrap().as_slice(), b"words");
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(unlock(&KEY, b"here", &changed).is_none(), "byte {index}");
            assert!(unlock(&KEY, b"here", &sealed[..index]).is_none(), "the first {index} bytes");
        }
        assert!(unlock(&[8; KEY_BYTES], b"here", &sealed).is_none());
    }

    #[test]
    fn the_same_words_never_look_the_same() {
        let sealed = |_| lock(&KEY, b"here", b"words").unwrap();
        let all: std::collections::HashSet<_> = (0..100).map(sealed).collect();
        assert_eq!(all.len(), 100);
        assert!(all.iter().all(|sealed| !sealed.windows(5).any(|part| part == b"words")));
    }

    #[test]
    fn the_buffer_of_json_is_as_long_as_needed_from_the_beginning() {
        let text = "\u{1F56F} \"quoted\" \n".repeat(1_000);
        let json = to_json(&text).unwrap();
        assert_eq!((json.len(), json.len() % STEP), (json.capacity(), 0));
        assert_eq!(serde_json::from_slice::<String>(&json).unwrap(), text);
    }
}
