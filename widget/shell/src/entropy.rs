//! Random bytes from the browser's cryptographic generator.

use tealight_session::Entropy;
use web_sys::Crypto;

/// Most bytes that browsers hand out in one call.
const BYTES_AT_ONCE: usize = 65_536;

/// The browser has no cryptographic generator: no secret can be made, so no chat can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoEntropy;

/// The browser's generator.
#[derive(Clone, Debug)]
pub struct WebEntropy(Crypto);

impl WebEntropy {
    /// Takes hold of the generator and draws from it once, so that a browser without one is told at the start.
    pub fn new() -> Result<Self, NoEntropy> {
        let crypto = web_sys::window().and_then(|window| window.crypto().ok()).ok_or(NoEntropy)?;
        let mut probe = [0; 1];
        crypto.get_random_values_with_u8_array(&mut probe).map_err(|_| NoEntropy)?;
        Ok(Self(crypto))
    }
}

impl Entropy for WebEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(BYTES_AT_ONCE) {
            if self.0.get_random_values_with_u8_array(part).is_err() {
                // It worked when the page began. Guessable secrets would be worse than a page that stops.
                wasm_bindgen::throw_str("the browser gives no random numbers any more");
            }
        }
    }
}
