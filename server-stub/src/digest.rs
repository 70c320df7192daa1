//! SHA-256 and base64url, in the two shapes this crate needs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::store::Digest;

/// The SHA-256 of a secret or a token: what is stored, and what is looked up.
///
/// A look-up by digest takes the same time for a near miss as for a far one: who times it learns nothing
/// about the secret itself.
pub fn of(secret: &str) -> Digest {
    Sha256::digest(secret.as_bytes()).into()
}

/// The SHA-256 of a command's meaning, to tell the same command from another under the same name.
pub(crate) fn of_command<T: Serialize>(command: &T) -> Digest {
    // Invariant: wire types serialise. Should one not, no two commands of it would compare equal by accident:
    // they would all be told apart from every other type's, and the same command would still be the same.
    Sha256::digest(serde_json::to_vec(command).unwrap_or_default()).into()
}

/// Bytes as unpadded base64url.
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The SHA-256 of bytes.
pub(crate) fn of_bytes(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}
