//! The state machine of an operator's console.

use std::collections::VecDeque;
use std::sync::Arc;

use tealight_protocol::Availability;

use super::{Config, Input, View};
use crate::{Connection, Effect, Entropy, Millis};

/// An operator's session.
pub struct Session {
    #[expect(dead_code)]
    config: Config,
    #[expect(dead_code)]
    entropy: Box<dyn Entropy>,
    effects: VecDeque<Effect>,
}

/// Says nothing about the conversations.
impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session(…)")
    }
}

impl Session {
    /// A session that knows nothing yet. Nothing happens before `Command::Open`.
    pub fn new(config: Config, entropy: Box<dyn Entropy>) -> Self {
        Self { config, entropy, effects: VecDeque::new() }
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Millis, input: Input) {
        let _ = (now, input);
    }

    /// The next thing to be done.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When to hand in the next `Tick`, by the clock of `handle`.
    pub fn poll_timeout(&self) -> Option<Millis> {
        None
    }

    /// What the console shows.
    pub fn view(&self) -> View {
        View {
            connection: Connection::Idle,
            who: None,
            status: Availability::Paused,
            capacity: 1,
            last_chat: false,
            board: Arc::default(),
            conversations: Arc::default(),
            canned: Arc::default(),
            claiming: false,
            refusal: None,
        }
    }
}
