//! Operators' passwords and session tokens.

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Argon2, Params, Version};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::RngCore as _;
use tealight_protocol::{Area, OperatorId};

use crate::digest;
use crate::store::{Digest, OperatorRecord, Store, StoreError};

/// Shortest password that is taken.
pub const PASSWORD_CHARS: usize = 8;

/// What a password is compared with where nobody has the name.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why an operator was not added.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// The password is too short.
    #[error("the password is shorter than {PASSWORD_CHARS} characters: choose a longer one")]
    ShortPassword,
    /// The name is not one.
    #[error("a name is 1 to 40 letters, digits, dots, dashes or underscores")]
    BadName,
    /// The alias is not one.
    #[error("an alias is 1 to 40 characters: it is what visitors read")]
    BadAlias,
    /// A language is none.
    #[error("“{0}” is no language: write a tag such as de, en or pt-BR")]
    BadLanguage(String),
    /// Nobody has the name.
    #[error("there is no operator “{0}”; `tealight-server operator list` names them all")]
    Nobody(String),
    /// Somebody has the name.
    #[error("there is an operator “{0}” already: choose another name, or remove that one first")]
    Taken(String),
    /// The password could not be hashed.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an operator speaks, and may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duties {
    /// Languages, as BCP 47 tags; none means all.
    pub languages: Vec<String>,
    /// Whether they may watch conversations of others.
    pub supervisor: bool,
}

/// Adds an operator without special duties. No areas means all of them.
pub fn add<S: Store>(
    store: &mut S,
    rng: &mut ChaCha20Rng,
    name: &str,
    alias: &str,
    password: &str,
    areas: &[Area],
) -> Result<OperatorRecord, OperatorError> {
    add_with(store, rng, name, alias, password, areas, &Duties::default())
}

/// Adds an operator.
pub fn add_with<S: Store>(
    store: &mut S,
    rng: &mut ChaCha20Rng,
    name: &str,
    alias: &str,
    password: &str,
    areas: &[Area],
    duties: &Duties,
) -> Result<OperatorRecord, OperatorError> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    if !(1..=40).contains(&name.chars().count()) || !name.chars().all(is_word) {
        return Err(OperatorError::BadName);
    }
    if !(1..=40).contains(&alias.trim().chars().count()) || alias.chars().any(char::is_control) {
        return Err(OperatorError::BadAlias);
    }
    check_languages(duties)?;
    let hash = checked_hash(password, rng)?;
    store.write(|tx| {
        if tx.operator_by_name(name)?.is_some() {
            return Err(OperatorError::Taken(name.to_owned()));
        }
        let added = tx.insert_operator(name, alias.trim(), &hash, areas)?;
        tx.set_duties(&added.id, &duties.languages, duties.supervisor)?;
        Ok(OperatorRecord { languages: duties.languages.clone(), supervisor: duties.supervisor, ..added })
    })
}

/// Changes what an operator speaks and may. A running server follows within seconds.
pub fn change<S: Store>(
    store: &mut S,
    name: &str,
    change: impl FnOnce(&mut Duties),
) -> Result<OperatorRecord, OperatorError> {
    store.write(|tx| {
        let known = tx.operator_by_name(name)?.ok_or_else(|| OperatorError::Nobody(name.to_owned()))?;
        let mut duties = Duties { languages: known.languages.clone(), supervisor: known.supervisor };
        change(&mut duties);
        check_languages(&duties)?;
        tx.set_duties(&known.id, &duties.languages, duties.supervisor)?;
        Ok(OperatorRecord { languages: duties.languages, supervisor: duties.supervisor, ..known })
    })
}

/// Gives an operator another password, and ends all their sessions. Returns whose it is.
pub fn set_password<S: Store>(
    store: &mut S,
    rng: &mut ChaCha20Rng,
    name: &str,
    password: &str,
) -> Result<OperatorId, OperatorError> {
    let hash = checked_hash(password, rng)?;
    store.write(|tx| {
        let known = tx.operator_by_name(name)?.ok_or_else(|| OperatorError::Nobody(name.to_owned()))?;
        tx.set_password(&known.id, &hash)?;
        tx.delete_sessions_of(&known.id)?;
        Ok(known.id)
    })
}

fn checked_hash(password: &str, rng: &mut ChaCha20Rng) -> Result<String, OperatorError> {
    if password.chars().count() < PASSWORD_CHARS {
        return Err(OperatorError::ShortPassword);
    }
    hash_password(password, rng)
}

fn check_languages(duties: &Duties) -> Result<(), OperatorError> {
    let is_tag = |tag: &str| {
        let primary = tag.split('-').next().unwrap_or_default();
        (2..=8).contains(&primary.len())
            && tag.len() <= 35
            && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    match duties.languages.iter().find(|tag| !is_tag(tag)) {
        Some(tag) => Err(OperatorError::BadLanguage(tag.clone())),
        None => Ok(()),
    }
}

fn hash_password(password: &str, rng: &mut ChaCha20Rng) -> Result<String, OperatorError> {
    let mut salt = [0; 16];
    rng.fill_bytes(&mut salt);
    let failed = |error: argon2::password_hash::Error| OperatorError::Hash(error.to_string());
    let salt = SaltString::encode_b64(&salt).map_err(failed)?;
    Ok(hasher().hash_password(password.as_bytes(), &salt).map_err(failed)?.to_string())
}

/// Argon2id with 19 MiB and two passes, as OWASP's password storage cheat sheet recommends.
fn hasher() -> Argon2<'static> {
    Argon2::new(argon2::Algorithm::Argon2id, Version::V0x13, Params::default())
}

/// Whether a password is the one that was hashed. Takes tens of milliseconds: not for the desk's thread.
///
/// Without an account the same work is done on a made-up hash, so that the time tells nobody which names exist.
pub fn verify(password: &str, account: Option<&OperatorRecord>) -> bool {
    let stored = account.map_or(NOBODY, |account| account.password_hash.as_str());
    let matches = PasswordHash::new(stored)
        .is_ok_and(|hash| hasher().verify_password(password.as_bytes(), &hash).is_ok());
    matches && account.is_some()
}

/// A new session token and its digest. The token itself is kept by nobody but the operator's console.
pub fn new_token(rng: &mut ChaCha20Rng) -> (String, Digest) {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    let token = digest::base64url(&bytes);
    let digest = digest::of(&token);
    (token, digest)
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;
    use crate::store::SqliteStore;

    #[test]
    fn only_the_right_password_of_a_known_operator_is_taken() {
        let mut store = SqliteStore::in_memory().unwrap();
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let ada = add(&mut store, &mut rng, "ada", "Ada", "correct horse", &[]).unwrap();
        assert!(verify("correct horse", Some(&ada)));
        assert!(!verify("correct hors", Some(&ada)));
        assert!(!verify("correct horse", None));
    }

    #[test]
    fn an_unknown_name_costs_the_same_work_as_a_known_one() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let real = hash_password("correct horse", &mut rng).unwrap();
        let work = |text: &str| {
            let hash = PasswordHash::new(text).unwrap();
            let output = hash.hash.unwrap().as_bytes().len();
            (hash.algorithm.to_string(), hash.version, hash.params.to_string(), output)
        };
        assert_eq!(work(NOBODY), work(&real));
    }

    #[test]
    fn unfit_operators_are_refused_in_plain_words() {
        let mut store = SqliteStore::in_memory().unwrap();
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let mut refused = |name: &str, alias: &str, password: &str| {
            add(&mut store, &mut rng, name, alias, password, &[]).unwrap_err().to_string()
        };
        assert!(refused("ada", "Ada", "short").contains("shorter than 8"));
        assert!(refused("a da", "Ada", "long enough").contains("letters, digits"));
        assert!(refused("ada", " ", "long enough").contains("what visitors read"));
    }

    #[test]
    fn a_name_is_taken_once_whatever_its_case() {
        let mut store = SqliteStore::in_memory().unwrap();
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        add(&mut store, &mut rng, "ada", "Ada", "correct horse", &[]).unwrap();
        let again = add(&mut store, &mut rng, "ADA", "Ada", "correct horse", &[]);
        assert!(matches!(again, Err(OperatorError::Taken(_))));
    }
}
