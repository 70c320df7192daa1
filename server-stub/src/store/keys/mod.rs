//! The server's own keys: what the key of each conversation is wrapped with.
//!
//! There is one current key and, for as long as copies of the database are to be readable, some retired ones. They live
//! in a file apart from the database, or come from the environment. None of them ever encrypts a word itself: whoever
//! changes them rewraps the small keys of conversations and touches nothing that was said.

mod file;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{Clock as _, Moment, SystemClock};

/// The environment variable that stands in for the key file: one key or several, the current one first.
pub const KEY_VARIABLE: &str = "TEALIGHT_KEY";

/// How long a key is, in bytes.
pub(super) const KEY_BYTES: usize = 32;

/// Why there are no keys to work with. Every message says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The file is not there, but something was encrypted with what it held.
    #[error(
        "the key file {0} is missing, and the database holds conversations that only its keys open\n  fix: put the file back, or name the right one with `key_file` in [storage]; if it is lost for good, `tealight-server keys drop-unreadable` destroys these conversations and makes a new one"
    )]
    FileMissing(String),
    /// The file is there and cannot be read or written.
    #[error(
        "the key file {path} cannot be used: {why}\n  fix: check that the folder exists and belongs to the user the server runs as, or name another file with `key_file` in [storage]"
    )]
    File {
        /// Which.
        path: String,
        /// What the system says.
        why: String,
    },
    /// Others than its owner may read it.
    #[error("the key file {0} can be read by others than its owner\n  fix: chmod 600 {0}")]
    Exposed(String),
    /// A line of the file is none.
    #[error(
        "line {line} of the key file {path} is damaged\n  fix: take the file from where you keep its copy"
    )]
    Damaged {
        /// Which file.
        path: String,
        /// Which line, from 1.
        line: usize,
    },
    /// The variable does not hold keys.
    #[error(
        "{KEY_VARIABLE} holds no key\n  fix: set it to 32 random bytes in base64, as `openssl rand -base64 32` prints them; an older key may follow after a comma"
    )]
    Variable,
    /// Something was encrypted with a key that is not here.
    #[error(
        "{conversations} conversations in the database are encrypted under the server key {id}, which is not in {source_name}\n  fix: put that key back; if it is lost for good, `tealight-server keys drop-unreadable` destroys these conversations"
    )]
    Unknown {
        /// The key that is missing.
        id: KeyId,
        /// How many conversations need it.
        conversations: usize,
        /// Where it was looked for.
        source_name: String,
    },
    /// Keys from the environment are changed there.
    #[error(
        "the keys come from {KEY_VARIABLE}, so only you can change them\n  fix: put a new key before the old one, start the server, and take the old one out at the next start"
    )]
    NotOurs,
    /// The system has no random numbers.
    #[error("the system gives no random numbers: {0}")]
    NoChance(String),
}

/// The name of a server key: made from the key, and not the other way round.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub String);

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where keys come from.
#[derive(Clone)]
pub enum KeySource {
    /// A file, which is made when it is missing and nothing has been encrypted yet.
    File(PathBuf),
    /// What [`KEY_VARIABLE`] holds.
    Variable(Zeroizing<String>),
    /// Nowhere: they are gone with the value.
    Nowhere,
}

impl KeySource {
    /// The file beside a database.
    pub fn beside(database: &Path) -> Self {
        Self::File(database.with_extension("key"))
    }

    /// The environment if it holds a key, or else a file.
    pub fn variable_or(file: PathBuf) -> Self {
        match std::env::var(KEY_VARIABLE) {
            Ok(value) if !value.is_empty() => Self::Variable(Zeroizing::new(value)),
            Ok(_) | Err(_) => Self::File(file),
        }
    }

    /// Where that is, for a message.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Variable(_) => KEY_VARIABLE.to_owned(),
            Self::Nowhere => "memory".to_owned(),
        }
    }
}

impl std::fmt::Debug for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeySource({})", self.name())
    }
}

/// One server key.
#[derive(Clone)]
pub(super) struct ServerKey {
    pub(super) id: KeyId,
    pub(super) secret: Zeroizing<[u8; KEY_BYTES]>,
    /// Whether something new may be wrapped with it.
    pub(super) is_current: bool,
    /// Since when it is what it is.
    pub(super) since: Moment,
}

impl ServerKey {
    fn new(secret: Zeroizing<[u8; KEY_BYTES]>, is_current: bool, since: Moment) -> Self {
        Self { id: id_of(&secret), secret, is_current, since }
    }

    fn draw(now: Moment) -> Result<Self, KeyError> {
        let mut secret = Zeroizing::new([0; KEY_BYTES]);
        fill(&mut *secret)?;
        Ok(Self::new(secret, true, now))
    }
}

impl std::fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ServerKey({})", self.id)
    }
}

/// What can be told of a key without telling the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyNews {
    /// Its name.
    pub id: KeyId,
    /// Whether something new may be wrapped with it; otherwise it opens copies only.
    pub is_current: bool,
    /// Since when it is what it is. Of a key from the environment, that is not known.
    pub since: Option<Moment>,
}

/// All server keys that are there.
#[derive(Clone, Debug)]
pub struct Keyring {
    source: KeySource,
    /// Exactly one of them is current.
    keys: Vec<ServerKey>,
    made_file: bool,
}

impl Keyring {
    /// Takes the keys from where they are. With `may_make`, a file that is missing is made.
    pub fn open(source: KeySource, may_make: bool) -> Result<Self, KeyError> {
        let now = SystemClock.now();
        let (keys, made_file) = match &source {
            KeySource::File(path) => match file::read(path)? {
                Some(keys) => (keys, false),
                None if may_make => {
                    file::make(path, &[ServerKey::draw(now)?])?;
                    // Somebody else may have made it in the same moment: what is in the file counts.
                    (file::read(path)?.ok_or_else(|| KeyError::FileMissing(source.name()))?, true)
                }
                None => return Err(KeyError::FileMissing(source.name())),
            },
            KeySource::Variable(value) => (of_variable(value)?, false),
            KeySource::Nowhere => (vec![ServerKey::draw(now)?], false),
        };
        Ok(Self { source, keys, made_file })
    }

    /// The file that was just made, if one was.
    pub fn made_file(&self) -> Option<&Path> {
        match &self.source {
            KeySource::File(path) if self.made_file => Some(path),
            KeySource::File(_) | KeySource::Variable(_) | KeySource::Nowhere => None,
        }
    }

    /// What can be told of the keys, the current one first.
    pub fn news(&self) -> Vec<KeyNews> {
        let known = !matches!(self.source, KeySource::Variable(_));
        let news = |key: &ServerKey| KeyNews {
            id: key.id.clone(),
            is_current: key.is_current,
            since: known.then_some(key.since),
        };
        let mut all: Vec<_> = self.keys.iter().map(news).collect();
        all.sort_by_key(|key| (!key.is_current, std::cmp::Reverse(key.since)));
        all
    }

    /// Where they come from, for a message.
    pub fn source_name(&self) -> String {
        self.source.name()
    }

    /// The name of the key that something new is wrapped with.
    pub(super) fn current(&self) -> &KeyId {
        // Invariant: every way to make a ring leaves a current key in it.
        self.keys.iter().find(|key| key.is_current).map_or(&self.keys[0].id, |key| &key.id)
    }

    /// A key by its name. Another program may have changed the file since it was read: then it is read again.
    pub(super) fn find(&mut self, id: &KeyId) -> Result<Option<&ServerKey>, KeyError> {
        if self.position(id).is_none() {
            self.read_again()?;
        }
        Ok(self.position(id).map(|index| &self.keys[index]))
    }

    /// Whether a key is there.
    pub(super) fn has(&self, id: &KeyId) -> bool {
        self.position(id).is_some()
    }

    fn position(&self, id: &KeyId) -> Option<usize> {
        self.keys.iter().position(|key| key.id == *id)
    }

    /// Takes up what another program did to the file.
    pub(super) fn read_again(&mut self) -> Result<(), KeyError> {
        if let KeySource::File(path) = &self.source {
            self.keys = file::read(path)?.ok_or_else(|| KeyError::FileMissing(self.source.name()))?;
        }
        Ok(())
    }

    /// Since when the current key is that, where the server itself may change it.
    pub(super) fn may_be_changed_since(&self) -> Option<Moment> {
        if matches!(self.source, KeySource::Variable(_)) {
            return None;
        }
        self.keys.iter().find(|key| key.is_current).map(|key| key.since)
    }

    /// Makes a new current key and retires the one before. It is in the file when this returns; nothing is wrapped
    /// with it yet.
    pub(super) fn change(&mut self, now: Moment) -> Result<(), KeyError> {
        if matches!(self.source, KeySource::Variable(_)) {
            return Err(KeyError::NotOurs);
        }
        let mut keys = self.keys.clone();
        for key in keys.iter_mut().filter(|key| key.is_current) {
            (key.is_current, key.since) = (false, now);
        }
        keys.push(ServerKey::draw(now)?);
        self.replace(keys)
    }

    /// Destroys the keys that were retired before a moment. Nothing in the database may need them any more.
    pub(super) fn destroy_retired(&mut self, before: Moment) -> Result<usize, KeyError> {
        if matches!(self.source, KeySource::Variable(_)) {
            return Ok(0);
        }
        let kept: Vec<_> =
            self.keys.iter().filter(|key| key.is_current || key.since > before).cloned().collect();
        let destroyed = self.keys.len() - kept.len();
        if destroyed > 0 {
            self.replace(kept)?;
        }
        Ok(destroyed)
    }

    fn replace(&mut self, keys: Vec<ServerKey>) -> Result<(), KeyError> {
        if let KeySource::File(path) = &self.source {
            file::replace(path, &keys)?;
        }
        self.keys = keys;
        Ok(())
    }
}

/// Random bytes from the system.
pub(super) fn fill(bytes: &mut [u8]) -> Result<(), KeyError> {
    OsRng.try_fill_bytes(bytes).map_err(|error| KeyError::NoChance(error.to_string()))
}

/// A key's name says nothing of the key, and a wrong key has another one.
fn id_of(secret: &[u8; KEY_BYTES]) -> KeyId {
    // Invariant: an HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return KeyId(String::new()) };
    mac.update(b"name of a tealight server key");
    KeyId(mac.finalize().into_bytes().iter().take(6).map(|byte| format!("{byte:02x}")).collect())
}

fn of_variable(value: &str) -> Result<Vec<ServerKey>, KeyError> {
    let words = value.split([',', ' ', '\n']).filter(|word| !word.is_empty());
    let keys: Vec<_> = words
        .enumerate()
        .map(|(index, word)| {
            Ok(ServerKey::new(of_base64(word).ok_or(KeyError::Variable)?, index == 0, Moment(0)))
        })
        .collect::<Result<_, _>>()?;
    if keys.is_empty() { Err(KeyError::Variable) } else { Ok(keys) }
}

/// A key in base64 of either alphabet, padded or not.
fn of_base64(word: &str) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    let usual = |c| match c {
        '+' => '-',
        '/' => '_',
        other => other,
    };
    let word: Zeroizing<String> = Zeroizing::new(word.trim_end_matches('=').chars().map(usual).collect());
    let mut secret = Zeroizing::new([0; KEY_BYTES]);
    let length = URL_SAFE_NO_PAD.decode_slice(word.as_bytes(), &mut *secret).ok()?;
    (length == KEY_BYTES).then_some(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const NEW: &str = "//////////////////////////////////////////8=";

    #[test]
    fn the_first_key_of_the_variable_is_the_current_one() {
        let ring = Keyring::open(variable(&format!("{NEW}, {OLD}\n")), false).unwrap();
        let news = ring.news();
        assert_eq!((news.len(), &news[0].id, news[0].is_current), (2, ring.current(), true));
        assert_ne!(news[0].id, news[1].id);
        assert_eq!(Keyring::open(variable(NEW), false).unwrap().current(), ring.current());
    }

    #[test]
    fn what_is_no_key_is_refused_without_repeating_it() {
        for wrong in ["password", "AAAA", ",", &NEW[1..]] {
            let error = Keyring::open(variable(wrong), true).unwrap_err();
            assert_eq!(error, KeyError::Variable, "{wrong}");
            assert!(wrong.len() < 4 || !error.to_string().contains(wrong));
        }
    }

    #[test]
    fn keys_of_the_environment_are_left_to_whoever_set_them() {
        let mut ring = Keyring::open(variable(&format!("{NEW},{OLD}")), false).unwrap();
        assert_eq!(ring.change(Moment(5)), Err(KeyError::NotOurs));
        assert_eq!(ring.destroy_retired(Moment(u64::MAX)), Ok(0));
        assert_eq!(ring.may_be_changed_since(), None);
    }

    #[test]
    fn a_key_is_retired_by_its_successor_and_destroyed_later() {
        let mut ring = Keyring::open(KeySource::Nowhere, true).unwrap();
        let first = ring.current().clone();
        ring.change(Moment(50)).unwrap();
        assert_ne!(*ring.current(), first);
        assert!(ring.find(&first).unwrap().is_some());
        assert_eq!(ring.destroy_retired(Moment(49)), Ok(0));
        assert_eq!(ring.destroy_retired(Moment(50)), Ok(1));
        assert!(ring.find(&first).unwrap().is_none());
    }

    #[test]
    fn no_key_is_printed() {
        let ring = Keyring::open(variable(OLD), false).unwrap();
        let printed = format!("{ring:?}");
        assert!(printed.contains(&ring.current().0) && !printed.contains("AAAA"), "{printed}");
        assert!(!printed.contains("0, 0, 0"), "{printed}");
    }

    fn variable(value: &str) -> KeySource {
        KeySource::Variable(Zeroizing::new(value.to_owned()))
    }
}
