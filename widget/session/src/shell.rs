//! What a session has from its shell: random bytes in, effects out.

use std::collections::VecDeque;

use serde::Serialize;
use tealight_protocol::Cid;

use crate::{Effect, Entropy, Millis};

/// Random bytes, and the effects that wait to be carried out.
pub(crate) struct Shell {
    entropy: Box<dyn Entropy>,
    effects: VecDeque<Effect>,
}

impl Shell {
    pub(crate) fn new(entropy: Box<dyn Entropy>) -> Self {
        Self { entropy, effects: VecDeque::new() }
    }

    pub(crate) fn want(&mut self, effect: Effect) {
        self.effects.push_back(effect);
    }

    pub(crate) fn poll(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// A fresh name for a durable command.
    pub(crate) fn cid(&mut self) -> Cid {
        Cid::from_bytes(self.bytes())
    }

    /// A random number from 0 to `most`. The bias of the remainder is far below a millisecond's worth.
    pub(crate) fn up_to(&mut self, most: Millis) -> Millis {
        u64::from_le_bytes(self.bytes()) % most.saturating_add(1)
    }
}

/// A frame as text. `None` cannot happen for the frames of this protocol, whose map keys are all strings; it is
/// still not worth a panic in somebody's chat.
pub(crate) fn encode(frame: &impl Serialize) -> Option<String> {
    serde_json::to_string(frame).ok()
}
