//! Work that a newcomer's device does before it is let in, where a helpline wants that: the brake on floods.
//!
//! Only the words and the rule are here. The hash is SHA-256, and whoever needs it brings it along.

use serde::{Deserialize, Serialize};

/// What the hashed text begins with, so that no work for anything else is work for this.
pub const WORK_LABEL: &str = "tealight-work-1:";

/// What must be done: find a number whose text, hashed, begins with so many zero bits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Work {
    /// How many leading bits of the hash must be zero.
    pub bits: u32,
    /// Made by the backend, for this socket and one try: 22 characters of base64url.
    pub salt: String,
}

/// The text whose SHA-256 is looked at: label, salt, a colon and the number in decimal. With a salt of 22 characters
/// it fits into one block of the hash whatever the number.
#[must_use]
pub fn work_text(salt: &str, number: u64) -> String {
    format!("{WORK_LABEL}{salt}:{number}")
}

/// Whether a hash begins with so many zero bits.
#[must_use]
pub fn is_worked(hash: &[u8; 32], bits: u32) -> bool {
    let mut zeros = 0;
    for byte in hash {
        zeros += byte.leading_zeros();
        if *byte != 0 {
            break;
        }
    }
    zeros >= bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_fits_into_one_block() {
        let longest = work_text(&"s".repeat(22), (1 << 53) - 1);
        // A block has 64 bytes; the end mark and the length take 9 of them.
        assert!(longest.len() <= 55, "{} bytes", longest.len());
    }

    #[test]
    fn zeros_are_counted_from_the_front_and_across_bytes() {
        let mut hash = [0xff; 32];
        assert!(is_worked(&hash, 0) && !is_worked(&hash, 1));
        hash[0] = 0b0000_0001;
        assert!(is_worked(&hash, 7) && !is_worked(&hash, 8));
        hash[0] = 0;
        hash[1] = 0b0001_0000;
        assert!(is_worked(&hash, 11) && !is_worked(&hash, 12));
        assert!(is_worked(&[0; 32], 256));
    }
}
