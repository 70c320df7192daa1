//! The state machine of a visitor's chat.

use std::collections::VecDeque;
use std::sync::Arc;

use tealight_protocol::limits;

use super::{ComposerView, Config, Input, Phase, View};
use crate::{Connection, Effect, Entropy, Millis};

/// A visitor's session.
pub struct Session {
    #[expect(dead_code)]
    config: Config,
    #[expect(dead_code)]
    entropy: Box<dyn Entropy>,
    effects: VecDeque<Effect>,
}

/// A snapshot that cannot be restored: broken, or of another version. Start with a new session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestoreError;

impl std::fmt::Display for RestoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the snapshot cannot be restored")
    }
}

impl std::error::Error for RestoreError {}

/// Says nothing about the conversation.
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

    /// Takes up what an earlier session of this tab gave as [`Effect::Save`].
    pub fn restore(config: Config, entropy: Box<dyn Entropy>, snapshot: &str) -> Result<Self, RestoreError> {
        let _ = (config, entropy, snapshot);
        Err(RestoreError)
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

    /// What the screens show.
    pub fn view(&self) -> View {
        View {
            phase: Phase::Welcome { refused: false },
            connection: Connection::Idle,
            service: None,
            composer: ComposerView { limit: limits::TEXT_CHARS, ..ComposerView::default() },
            entries: Arc::default(),
            unread: 0,
        }
    }
}
