//! Who means to be there and when, who was, and what everybody is told meanwhile.

use serde::{Deserialize, Serialize};

use crate::{Notice, OperatorId, ShiftId, Timestamp};

/// A time during which somebody means to take visitors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlannedShift {
    /// Its identifier. A shift under a known one takes the other's place.
    pub id: ShiftId,
    /// Who; absent where only the number of people is planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorId>,
    /// Its beginning.
    pub from: Timestamp,
    /// Its end: later than the beginning, by [`crate::limits::SHIFT_HOURS`] at most.
    pub to: Timestamp,
    /// How many conversations at once: 1 to [`crate::limits::CAPACITY`].
    pub at_once: u8,
}

/// The plan for the days around now, and today as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Roster {
    /// The zone of the opening hours, as an IANA name.
    pub time_zone: String,
    /// The shifts that end after the last midnight in that zone and begin within
    /// [`crate::limits::ROSTER_DAYS`] days, by their beginning.
    pub shifts: Vec<RosterEntry>,
    /// How many visitors could be talked with at once since the last midnight in that zone: each entry holds until
    /// the next. The first may be older.
    pub staffed: Vec<Staffing>,
    /// Everybody who can be planned, by name; only for those who may plan the shifts of others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Colleague>,
}

/// Somebody who takes visitors, there or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Colleague {
    /// Who.
    pub id: OperatorId,
    /// The name visitors read.
    pub name: String,
}

/// One shift of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RosterEntry {
    /// The shift.
    #[serde(flatten)]
    pub shift: PlannedShift,
    /// Whose it is, by the name visitors read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it comes back every week by the helpline's configuration, and cannot be changed here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fixed: bool,
}

/// How many visitors could be talked with at once, from a moment on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Staffing {
    /// From when.
    pub at: Timestamp,
    /// The conversations that all accepting operators together could have at once.
    pub slots: u32,
}

/// What all visitors are told, and whether anybody new is let in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Announcement {
    /// The sentence for everybody, in place of the helpline's usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// Whether nobody new is let in for now. Whoever waits goes on waiting.
    #[serde(default)]
    pub paused: bool,
    /// Who said so; absent when nobody ever did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<OperatorId>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}
