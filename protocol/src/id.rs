//! Identifiers. Each is a string on the wire and its own type in the code; a value of the type is well formed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Position of an event in its conversation's log: 1, 2, 3, … without a gap. 0 means "before the first".
pub type Seq = u64;

/// Name of a part of the helpline's work that visitors wait for separately ("north", "under-25").
pub type Area = String;

/// Marks one life of a backend's log. After a restore from a back-up it differs, and clients start afresh.
pub type Epoch = String;

/// Why a string is not the identifier it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdError {
    what: &'static str,
    chars: usize,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be {} characters of unpadded base64url", self.what, self.chars)
    }
}

impl std::error::Error for IdError {}

/// RFC 4648, section 5, without padding. The general library costs a widget seven hundred bytes for this.
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(group >> (18 - 6 * place) & 63) as usize]));
        }
    }
    text
}

fn is_base64url(s: &str) -> bool {
    s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $bytes:literal, $chars:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "schema", schemars(extend("pattern" = concat!("^[A-Za-z0-9_-]{", $chars, "}$"))))]
        pub struct $name(String);

        impl $name {
            /// How many random bytes make one.
            pub const BYTES: usize = $bytes;

            /// Makes one from random bytes, drawn by the caller.
            pub fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(base64url(&bytes))
            }

            /// The identifier as it stands on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(s: String) -> Result<Self, IdError> {
                if s.len() == $chars && is_base64url(&s) {
                    Ok(Self(s))
                } else {
                    Err(IdError { what: $what, chars: $chars })
                }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

random_id! {
    /// A client's own name for a durable command. The same `cid` again means the same command again.
    Cid, "cid", 16, 22
}
random_id! {
    /// A shift of the roster, named by whoever plans it.
    ShiftId, "shift", 16, 22
}
random_id! {
    /// One instance of a page (one tab between two loads). A second socket of the same instance replaces the first.
    Instance, "inst", 16, 22
}
random_id! {
    /// What lets a visitor come back to a conversation. Made on the device; a backend keeps only its SHA-256.
    Secret, "secret", 32, 43
}

impl fmt::Debug for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cid({})", self.0)
    }
}

impl fmt::Debug for ShiftId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShiftId({})", self.0)
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instance({})", self.0)
    }
}

/// Never shows the secret: whatever prints frames must not become a way into a conversation.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A conversation, named by the backend. Opaque, at most 64 characters; not a secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct ConversationId(pub String);

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An operator, named by the backend; on the wire it begins with `op:`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct OperatorId(pub String);

/// What every operator's identifier begins with on the wire.
pub const OPERATOR_PREFIX: &str = "op:";

impl fmt::Display for OperatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_of_the_right_length_and_alphabet_are_taken() {
        let cid = Cid::from_bytes([255; 16]);
        assert_eq!(cid.as_str().len(), 22);
        let text = serde_json::to_string(&cid).unwrap();
        assert_eq!(serde_json::from_str::<Cid>(&text).unwrap(), cid);
    }

    #[test]
    fn bytes_are_written_as_the_standard_says() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg"),
            (b"fo", "Zm8"),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg"),
            (b"fooba", "Zm9vYmE"),
            (b"foobar", "Zm9vYmFy"),
            (&[251, 239, 190, 255], "----_w"),
        ] {
            assert_eq!(base64url(bytes), text);
        }
    }

    #[test]
    fn identifiers_of_other_shapes_are_refused() {
        for bad in
            ["", "short", "has spaces in it 12345", "aaaaaaaaaaaaaaaaaaaaaaa", "AAAAAAAAAAAAAAAAAAAA=="]
        {
            assert!(Cid::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Secret::from_bytes([7; 32]);
        assert!(!format!("{secret:?}").contains(secret.as_str()));
    }
}
