//! Damage, the same every time: what the ordinary tests do in place of a fuzzer.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

/// Bytes that are worth more than others to whoever reads JSON, TOML or lengths.
const TELLING: &[u8] = b"\"{}[]:,\\-0019eEnt\n\0\xff\x7f\x80=.# ";

/// Damages `bytes` in one to four places; `others` lend pieces.
pub fn damage(bytes: &mut Vec<u8>, others: &[Vec<u8>], rng: &mut ChaCha8Rng) {
    for _ in 0..rng.random_range(1..=4) {
        let at = rng.random_range(0..=bytes.len());
        let end = (at + rng.random_range(1..=16)).min(bytes.len());
        match rng.random_range(0..7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << rng.random_range(0..8),
            1 if at < bytes.len() => bytes[at] = TELLING[rng.random_range(0..TELLING.len())],
            2 => bytes.insert(at, TELLING[rng.random_range(0..TELLING.len())]),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            5 if !others.is_empty() => {
                let other = &others[rng.random_range(0..others.len())];
                let from = rng.random_range(0..=other.len());
                let to = (from + rng.random_range(1..=64)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
            _ => bytes.truncate(at),
        }
    }
}
