//! Fresh identifiers, as the specification has them.

use rand::RngCore as _;
use tealight_protocol::{Cid, Instance, Secret};

/// A new name for a command.
pub(crate) fn cid() -> String {
    Cid::from_bytes(random()).as_str().to_owned()
}

/// A new page.
pub(crate) fn instance() -> String {
    Instance::from_bytes(random()).as_str().to_owned()
}

/// A new secret.
pub(crate) fn secret() -> String {
    Secret::from_bytes(random()).as_str().to_owned()
}

/// Words that stand nowhere else.
pub(crate) fn marker() -> String {
    format!("marker-{:016x}", u64::from_le_bytes(random()))
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}
