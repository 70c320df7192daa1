//! What the desk needs to know of the configuration.

use std::time::Duration;

use tealight_protocol::{Alternative, AreaStatus, Canned, Question};
use tealight_wait::Minutes;

use crate::config::{Config, OpeningHours, WeeklyRoster, WorkConfig};

/// The helpline's decisions, as the desk uses them.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The helpline's name.
    pub name: String,
    /// The centre, where visitors are told.
    pub centre: Option<String>,
    /// A sentence for everybody.
    pub notice: Option<String>,
    /// Whether nobody new is let in, whatever the hours.
    pub switched_off: bool,
    /// When it is open.
    pub hours: OpeningHours,
    /// Who means to be there every week, and the zone in which days begin.
    pub roster: WeeklyRoster,
    /// Areas to wait in.
    pub areas: Vec<AreaStatus>,
    /// Other ways to get help.
    pub alternatives: Vec<Alternative>,
    /// Questions after a conversation.
    pub survey: Vec<Question>,
    /// Pre-written messages.
    pub canned: Vec<Canned>,
    /// What a conversation takes until enough have been measured.
    pub prior_mean: Option<Minutes>,
    /// How many may wait.
    pub waiting_capacity: usize,
    /// How long a place is kept for somebody who is not connected.
    pub place_hold: Duration,
    /// How long an operator waits for a visitor to look.
    pub ready_hold: Duration,
    /// How long an operator with a free place may let somebody wait; nothing: visitors are taken by hand.
    pub hand_out: Duration,
    /// How long waiting goes on after closing time.
    pub after_closing: Duration,
    /// How long content is kept after the end.
    pub retention: Duration,
    /// How long an operator who lost the connection keeps the conversations.
    pub lease: Duration,
    /// How long a visitor who was passed on to a colleague is kept for them.
    pub transfer_hold: Duration,
    /// After how long a silence a conversation is closed; nothing: never.
    pub silence: Duration,
    /// What both sides read before that.
    pub silence_text: String,
    /// Sockets at once.
    pub sockets: usize,
    /// When a newcomer's device must work first.
    pub work: WorkConfig,
    /// More starts than this in a minute are load.
    pub work_above: usize,
}

impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        let minutes = |n: u32| Duration::from_secs(u64::from(n) * 60);
        Self {
            name: config.service.name.clone(),
            centre: config.service.centre.clone(),
            notice: config.service.notice.clone(),
            switched_off: config.service.switched_off,
            hours: config.opening_hours(),
            roster: config.weekly_roster(),
            areas: config.area_statuses(),
            alternatives: config.alternatives(),
            survey: config.questions(),
            canned: config.canned_messages(),
            prior_mean: config.wait.prior_mean_minutes.map(Minutes),
            waiting_capacity: config.wait.capacity,
            place_hold: minutes(config.wait.place_hold_minutes),
            ready_hold: Duration::from_secs(u64::from(config.wait.ready_hold_seconds)),
            hand_out: Duration::from_secs(u64::from(config.wait.hand_out_seconds)),
            after_closing: minutes(config.wait.after_closing_minutes),
            retention: minutes(config.limits.retention_hours * 60),
            lease: Duration::from_secs(u64::from(config.limits.operator_lease_seconds)),
            transfer_hold: Duration::from_secs(u64::from(config.limits.transfer_hold_seconds)),
            silence: minutes(config.limits.silence_minutes),
            silence_text: config.texts.silence.clone(),
            sockets: config.limits.sockets,
            work: config.limits.work,
            work_above: config.limits.work_above_starts as usize,
        }
    }
}
