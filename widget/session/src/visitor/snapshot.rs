//! What survives a reload of the page: the way back, and the words that are nowhere else. Never what was said.

use serde::Serialize;
use tealight_protocol::lean::{self, Fields, Node};
use tealight_protocol::{Cid, Person, Secret};

use super::durable::Durable;

/// The version that this build writes, and the only one it reads.
const VERSION: u32 = 1;

/// A snapshot.
#[derive(Serialize)]
pub(super) struct Snapshot {
    v: u32,
    pub(super) secret: Secret,
    pub(super) place: Place,
    pub(super) draft: String,
    /// The name under which the draft is sent when somebody joins, if it shall be. A copied tab sends it under
    /// the same name, so that it is sent once.
    pub(super) when_joined: Option<Cid>,
    pub(super) outbox: Vec<Stored>,
}

/// Where the visitor was, for the first picture after a reload. The backend's word replaces it.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    Joining,
    Waiting,
    Talking(Person),
}

/// A command of the outbox.
#[derive(Serialize)]
pub(super) struct Stored {
    pub(super) cid: Cid,
    pub(super) refused: bool,
    pub(super) command: Durable,
}

impl Snapshot {
    pub(super) fn new(
        secret: Secret,
        place: Place,
        draft: String,
        when_joined: Option<Cid>,
        outbox: Vec<Stored>,
    ) -> Self {
        Self { v: VERSION, secret, place, draft, when_joined, outbox }
    }

    /// Reads a snapshot, if it is whole, of this version, and says one thing only.
    pub(super) fn read(text: &str) -> Option<Self> {
        let value = Node::parse(text)?;
        let f = Fields::of(&value)?;
        let snapshot = Self {
            v: f.get("v", lean::small)?,
            secret: f.get("secret", lean::secret)?,
            place: f.get("place", place)?,
            draft: f.get("draft", lean::string)?,
            when_joined: f.maybe("when_joined", lean::cid)?,
            outbox: f.list("outbox", stored)?,
        };
        let starts = snapshot.outbox.iter().any(|item| matches!(item.command, Durable::Start { .. }));
        let is_sound = snapshot.v == VERSION && (starts || !matches!(snapshot.place, Place::Joining));
        is_sound.then_some(snapshot)
    }
}

fn place(value: &Node) -> Option<Place> {
    match value {
        Node::Words(words) if words == "joining" => Some(Place::Joining),
        Node::Words(words) if words == "waiting" => Some(Place::Waiting),
        _ => Fields::of(value)?.get("talking", lean::person).map(Place::Talking),
    }
}

fn stored(value: &Node) -> Option<Stored> {
    let f = Fields::of(value)?;
    Some(Stored {
        cid: f.get("cid", lean::cid)?,
        refused: f.get("refused", lean::flag)?,
        command: f.get("command", Durable::read)?,
    })
}
