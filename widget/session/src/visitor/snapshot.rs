//! What survives a reload of the page: the way back, and the words that are nowhere else. Never what was said.

use tealight_protocol::json::{Node, Writer, quoted};
use tealight_protocol::lean::{self, Fields};
use tealight_protocol::{Cid, Person, Secret};

use super::durable::Durable;

/// The version that this build writes, and the only one it reads.
const VERSION: u64 = 1;

/// A snapshot.
pub(super) struct Snapshot {
    pub(super) secret: Secret,
    pub(super) place: Place,
    pub(super) draft: String,
    /// The name under which the draft is sent when somebody joins, if it shall be. A copied tab sends it under
    /// the same name, so that it is sent once.
    pub(super) when_joined: Option<Cid>,
    pub(super) outbox: Vec<Stored>,
}

/// Where the visitor was, for the first picture after a reload. The backend's word replaces it.
pub(super) enum Place {
    Joining,
    Waiting,
    Talking(Person),
    /// Everything is to be erased; nothing but the way to have that done is kept.
    Erasing,
}

/// A command of the outbox.
pub(super) struct Stored {
    pub(super) cid: Cid,
    pub(super) refused: bool,
    pub(super) command: Durable,
}

impl Snapshot {
    /// Writes it down.
    pub(super) fn write(&self) -> String {
        let Self { secret, place, draft, when_joined, outbox } = self;
        Writer::new()
            .number("v", VERSION)
            .words("secret", secret.as_str())
            .json("place", &place.write())
            .words("draft", draft)
            .maybe("when_joined", when_joined.as_ref().map(Cid::as_str))
            .list("outbox", outbox.iter().map(Stored::write))
            .finish()
    }

    /// Reads a snapshot, if it is whole, of this version, and says one thing only.
    pub(super) fn read(text: &str) -> Option<Self> {
        let value = Node::parse(text)?;
        let f = Fields::of(&value)?;
        let version = f.get("v", lean::number)?;
        let snapshot = Self {
            secret: f.get("secret", lean::secret)?,
            place: f.get("place", place)?,
            draft: f.get("draft", lean::string)?,
            when_joined: f.maybe("when_joined", lean::cid)?,
            outbox: f.list("outbox", stored)?,
        };
        let holds = |wanted: fn(&Durable) -> bool| snapshot.outbox.iter().any(|item| wanted(&item.command));
        let is_sound = match snapshot.place {
            Place::Joining => holds(|command| matches!(command, Durable::Start { .. })),
            Place::Erasing => holds(|command| *command == Durable::Erase),
            Place::Waiting | Place::Talking(_) => true,
        };
        (version == VERSION && is_sound).then_some(snapshot)
    }
}

impl Place {
    fn write(&self) -> String {
        match self {
            Self::Joining => quoted("joining"),
            Self::Waiting => quoted("waiting"),
            Self::Erasing => quoted("erasing"),
            Self::Talking(person) => Writer::new().json("talking", &lean::person_to_json(person)).finish(),
        }
    }
}

impl Stored {
    fn write(&self) -> String {
        let Self { cid, refused, command } = self;
        Writer::new()
            .words("cid", cid.as_str())
            .flag("refused", *refused)
            .json("command", &command.write())
            .finish()
    }
}

fn place(value: &Node) -> Option<Place> {
    match value {
        Node::Words(words) if words == "joining" => Some(Place::Joining),
        Node::Words(words) if words == "waiting" => Some(Place::Waiting),
        Node::Words(words) if words == "erasing" => Some(Place::Erasing),
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
