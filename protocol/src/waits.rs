//! How long people waited: figures for a coordinator. They hold nobody's words and name nobody.
//!
//! An *offered wait* is the time until a visitor would have been joined, had they stayed. It is known for everybody:
//! for whoever was joined it is the wait itself; for whoever left it is known as soon as somebody behind them is
//! joined, or an operator is free with nobody waiting.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The waits of now, of lately and of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Waits {
    /// How many wait.
    pub waiting: u32,
    /// Since when the one waits who waits longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
    /// How many conversations all accepting operators together can have at once.
    pub slots: u32,
    /// How many of these run.
    pub busy: u32,
    /// Offered waits of the last visitors; absent while too few are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<OfferedWaits>,
    /// Offered waits longer than the upper end of the range that was told first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above_promise: Option<Share>,
    /// Whether that share shows that the promises are wrong.
    #[serde(default)]
    pub promises: Promises,
    /// Visitors who left before anybody came, without those who left within ten seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abandoned: Option<Share>,
    /// Visitors who were joined within five minutes, of all who were joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met_in_five: Option<Share>,
    /// The last 24 hours, the oldest first; the last is not over.
    #[serde(default)]
    pub hours: Vec<WaitsOfHour>,
    /// All these hours together.
    #[serde(default)]
    pub day: Visitors,
}

/// A share of a number of visitors. There is none where the number is too small to speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Share {
    /// In per cent, rounded.
    pub percent: u32,
    /// Of how many visitors.
    pub of: u32,
}

/// Quantiles of offered waits, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OfferedWaits {
    /// A quarter of the visitors would have waited no longer.
    pub q25_s: u32,
    /// A half.
    pub q50_s: u32,
    /// Four fifths.
    pub q80_s: u32,
    /// Nine tenths.
    pub q90_s: u32,
    /// Of how many visitors.
    pub of: u32,
}

/// Whether promises hold as often as they should.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Promises {
    /// Too many wait longer than they were told.
    TooShort,
    /// Hardly anybody does: people are told more than they need to wait, and some give up for it.
    TooLong,
    /// As they should.
    Good,
    /// Too few are known; also whatever this build has not heard of.
    #[default]
    #[serde(other)]
    Unknown,
}

/// Numbers of visitors. Where one is absent, there were some, but so few that the number would speak of persons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Visitors {
    /// Those who joined the waiting room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came: Option<u32>,
    /// Those who were joined by an operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met: Option<u32>,
    /// Those who left the waiting room before anybody came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<u32>,
}

/// One hour of waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WaitsOfHour {
    /// Its beginning.
    pub at: Timestamp,
    /// Who came, was joined and left in it.
    #[serde(flatten)]
    pub visitors: Visitors,
    /// Offered waits of those who came in it; absent while too few are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<OfferedWaits>,
}
