//! `tealight.toml`: what a helpline decides. Read once, checked whole; every error says where and how to mend it.

mod check;
mod exit;
mod hours;
mod roster;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use tealight_protocol::{Alternative, AreaStatus, Canned, Question};

use crate::store::{KeySchedule, KeySource, SqliteStore, StoreError};

pub use check::ConfigError;
pub use hours::{Opening, OpeningHours, Shift};
pub use roster::{Turn, WeeklyRoster, WeeklyShiftConfig};

/// Everything in the file. `tealight.example.toml` explains each key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Addresses, origins and files.
    pub server: ServerConfig,
    /// What visitors read about the helpline.
    pub service: ServiceConfig,
    /// Other ways to get help.
    #[serde(default)]
    pub alternatives: Vec<AlternativeConfig>,
    /// Parts of the helpline that visitors wait for separately.
    #[serde(default)]
    pub areas: Vec<AreaConfig>,
    /// Questions after a conversation.
    #[serde(default)]
    pub survey: SurveyConfig,
    /// Pre-written messages for operators.
    #[serde(default)]
    pub canned: Vec<CannedConfig>,
    /// The estimate and the places.
    #[serde(default)]
    pub wait: WaitConfig,
    /// Who means to be there every week.
    #[serde(default)]
    pub shifts: Vec<WeeklyShiftConfig>,
    /// How much is let in, and how long things are kept.
    #[serde(default)]
    pub limits: LimitsConfig,
    /// The keys to what is kept.
    #[serde(default)]
    pub storage: StorageConfig,
    /// Words of the frame document.
    #[serde(default)]
    pub texts: TextsConfig,
    /// The static pages of the demonstration.
    #[serde(default)]
    pub demo_site: Option<DemoSiteConfig>,
}

/// `[server]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Addresses to listen on.
    #[serde(default = "defaults::listen")]
    pub listen: OneOrMany,
    /// The address visitors' browsers know the server by.
    #[serde(default)]
    pub public_url: Option<String>,
    /// The pages that may embed the chat.
    #[serde(default)]
    pub allowed_origins: Vec<String>,
    /// Whether programs that are no browsers, and so send no `Origin`, may connect.
    #[serde(default = "defaults::yes")]
    pub allow_no_origin: bool,
    /// The database file.
    #[serde(default = "defaults::database")]
    pub database: PathBuf,
    /// The built files.
    #[serde(default = "defaults::assets")]
    pub assets_dir: PathBuf,
    /// Where `/metrics` listens, if anywhere.
    #[serde(default)]
    pub metrics_listen: Option<String>,
    /// The header in which a reverse proxy in front of this server names the client's address.
    #[serde(default)]
    pub client_address_header: Option<String>,
}

/// One string or a list of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many.as_slice(),
        }
        .iter()
        .map(String::as_str)
    }
}

/// `[service]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceConfig {
    /// The name a visitor knows the helpline by.
    pub name: String,
    /// The centre operators belong to, where visitors are told.
    #[serde(default)]
    pub centre: Option<String>,
    /// The zone of the opening hours.
    #[serde(default = "defaults::time_zone")]
    pub time_zone: String,
    /// Languages of the widget, as BCP 47 tags.
    #[serde(default = "defaults::languages")]
    pub languages: Vec<String>,
    /// A sentence for everybody.
    #[serde(default)]
    pub notice: Option<String>,
    /// Whether nobody new is let in, whatever the hours.
    #[serde(default)]
    pub switched_off: bool,
    /// The shifts of a week; none means always open.
    #[serde(default)]
    pub hours: Vec<ShiftConfig>,
    /// Days without a shift.
    #[serde(default)]
    pub closed_on: Vec<String>,
    /// Where Exit leads.
    #[serde(default = "defaults::exit_url")]
    pub exit_url: String,
    /// Whether the chat shows a neutral word in place of the helpline's name, on every page.
    #[serde(default)]
    pub discreet: bool,
    /// Whether a visitor who types a personal detail is told, on their own device, that it can be left out.
    #[serde(default = "defaults::yes")]
    pub detail_hint: bool,
    /// Whether there is a chat of plain pages, for browsers without scripts.
    #[serde(default = "defaults::yes")]
    pub plain: bool,
}

/// One shift of `service.hours`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShiftConfig {
    /// `mon` … `sun`, or `daily`.
    pub days: Vec<String>,
    /// `HH:MM`.
    pub from: String,
    /// `HH:MM`; `24:00` is midnight.
    pub to: String,
}

/// `[[alternatives]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlternativeConfig {
    /// Its identifier.
    pub id: String,
    /// `phone`, `sms`, `email` or `page`.
    pub channel: tealight_protocol::AlternativeChannel,
    /// `tel:`, `sms:`, `mailto:` or `https:`.
    pub uri: String,
    /// What a visitor reads.
    pub label: String,
    /// When it is there, in words.
    #[serde(default)]
    pub hours: Option<String>,
    /// Whether it is for danger to life.
    #[serde(default)]
    pub crisis: bool,
    /// Whether it is there just now.
    #[serde(default = "defaults::yes")]
    pub open: bool,
}

/// `[[areas]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AreaConfig {
    /// Its identifier.
    pub id: String,
    /// Its name for visitors.
    pub name: String,
    /// Whether it takes visitors.
    #[serde(default = "defaults::yes")]
    pub open: bool,
}

/// `[survey]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurveyConfig {
    /// At most three questions.
    #[serde(default)]
    pub questions: Vec<QuestionConfig>,
}

/// One question of the survey.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionConfig {
    /// Its identifier.
    pub id: String,
    /// What the visitor reads.
    pub label: String,
    /// What the answer is used for.
    #[serde(default)]
    pub why: Option<String>,
    /// The answers to choose from.
    pub options: Vec<String>,
}

/// `[[canned]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CannedConfig {
    /// Its identifier.
    pub id: String,
    /// What it is called in the list.
    pub title: String,
    /// Its words.
    pub text: String,
    /// The language it is written in.
    #[serde(default = "defaults::lang")]
    pub lang: String,
}

/// `[wait]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WaitConfig {
    /// What a conversation takes until 30 have been measured, in minutes.
    pub prior_mean_minutes: Option<f64>,
    /// How long a place is kept for somebody who is not connected, in minutes: 2 to 15.
    pub place_hold_minutes: u32,
    /// How long an operator waits for a visitor to look, in seconds.
    pub ready_hold_seconds: u32,
    /// How long an operator with a free place may let somebody wait before they are handed the visitor, in
    /// seconds; 0: visitors are taken by hand.
    pub hand_out_seconds: u32,
    /// How many may wait.
    pub capacity: usize,
    /// How long waiting goes on after closing time, in minutes.
    pub after_closing_minutes: u32,
    /// To which share of the pages that ask the chat is offered: 0 to 1.
    pub offer_share: f64,
    /// The chat is offered only while a newcomer would be told to wait no longer than this, in minutes.
    pub offer_below_minutes: Option<u32>,
}

impl Default for WaitConfig {
    fn default() -> Self {
        Self {
            prior_mean_minutes: None,
            place_hold_minutes: 5,
            ready_hold_seconds: 90,
            hand_out_seconds: 0,
            capacity: 200,
            after_closing_minutes: 15,
            offer_share: 1.0,
            offer_below_minutes: None,
        }
    }
}

/// `[limits]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// How long content is kept after the end, in hours: 0 to 720.
    pub retention_hours: u32,
    /// After how long a silence a conversation is closed, in minutes: 10 to 240, or 0 for never.
    pub silence_minutes: u32,
    /// How long an operator who lost the connection keeps the conversations, in seconds.
    pub operator_lease_seconds: u32,
    /// How long a visitor who was passed on to a colleague is kept for them, in seconds.
    pub transfer_hold_seconds: u32,
    /// How long an operator stays logged in, in hours.
    pub operator_session_hours: u32,
    /// New sockets per minute from one network.
    pub sockets_per_minute: u32,
    /// Failed attempts to log in per minute, for one name from one network. Ten times as many for a whole network
    /// and for a name over all networks.
    pub logins_per_minute: u32,
    /// Sockets at once, in all.
    pub sockets: usize,
    /// Connections at once from one network.
    pub connections_per_network: usize,
    /// When a newcomer's device must work for a second before it is let in.
    pub work: WorkConfig,
    /// With `work = "under_load"`: from how many new starts in a minute on.
    pub work_above_starts: u32,
}

/// When a newcomer's device must work before it is let in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkConfig {
    /// Never.
    #[default]
    Off,
    /// Always.
    Always,
    /// While more start in a minute than `work_above_starts`.
    UnderLoad,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            retention_hours: 24,
            silence_minutes: 0,
            operator_lease_seconds: 60,
            transfer_hold_seconds: 60,
            operator_session_hours: 12,
            sockets_per_minute: 120,
            logins_per_minute: 10,
            sockets: 10_000,
            connections_per_network: 500,
            work: WorkConfig::Off,
            work_above_starts: 30,
        }
    }
}

/// `[storage]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StorageConfig {
    /// The file with the server keys; without it, one beside the database.
    pub key_file: Option<PathBuf>,
    /// How old a server key becomes, in hours.
    pub new_key_hours: u32,
    /// For how many days copies of the database can be read.
    pub copies_days: u32,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self { key_file: None, new_key_hours: 24, copies_days: 0 }
    }
}

/// `[texts]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TextsConfig {
    /// Heading of the page that stands in when the chat cannot run.
    pub fallback_heading: String,
    /// What it says.
    pub fallback_text: String,
    /// Who reads what, and when somebody else is told.
    pub confidentiality: String,
    /// Where more is said about that.
    pub confidentiality_url: Option<String>,
    /// Where visitors read how to browse safely.
    pub safety_url: Option<String>,
    /// The quiet line while the chat loads.
    pub opening: String,
    /// The exit link of the fallback page.
    pub exit: String,
    /// The link to the chat of plain pages.
    pub plain: String,
    /// What both sides read two minutes before a silent conversation is closed.
    pub silence: String,
}

impl Default for TextsConfig {
    fn default() -> Self {
        Self {
            fallback_heading: "Other ways to reach someone".to_owned(),
            fallback_text: "You can use any of these at any time.".to_owned(),
            confidentiality: "Only our volunteers read what you write. We would only tell somebody else \
                              if we believed that a life was in danger."
                .to_owned(),
            confidentiality_url: None,
            safety_url: None,
            opening: "Opening the chat…".to_owned(),
            exit: "Leave this page".to_owned(),
            plain: "Chat on a simple page".to_owned(),
            silence:
                "It has been quiet here for a while. That is fine. To stay, press “Still here” or write \
                      anything. If nobody writes, this chat ends in 2 minutes."
                    .to_owned(),
        }
    }
}

/// `[demo_site]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoSiteConfig {
    /// Where it listens.
    pub listen: String,
    /// The folder that holds `index.html` and `demo-site/`.
    pub dir: PathBuf,
}

impl Config {
    /// Reads and checks a file. Relative paths in it start from its folder.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::unreadable(path, &error))?;
        let mut config = Self::parse(&text, &path.display().to_string())?;
        if let Some(folder) = path.parent() {
            config.server.database = folder.join(&config.server.database);
            config.server.assets_dir = folder.join(&config.server.assets_dir);
            if let Some(file) = &mut config.storage.key_file {
                *file = folder.join(&*file);
            }
            if let Some(demo) = &mut config.demo_site {
                demo.dir = folder.join(&demo.dir);
            }
        }
        Ok(config)
    }

    /// Reads and checks the text of a file called `name`.
    pub fn parse(text: &str, name: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| ConfigError::toml(name, text, &error))?;
        check::check(&config, name, text)?;
        Ok(config)
    }

    /// Opens the database with its keys: from the environment, if they are there, or else from the file.
    pub fn open_store(&self) -> Result<SqliteStore, StoreError> {
        let store = SqliteStore::open_with(&self.server.database, self.key_source())?;
        Ok(store.with_schedule(self.key_schedule()))
    }

    /// Where the server keys are.
    pub fn key_source(&self) -> KeySource {
        let beside = || self.server.database.with_extension("key");
        KeySource::variable_or(self.storage.key_file.clone().unwrap_or_else(beside))
    }

    /// How long server keys live.
    pub fn key_schedule(&self) -> KeySchedule {
        let hours = |hours: u32| Duration::from_secs(u64::from(hours) * 3_600);
        KeySchedule {
            change_every: hours(self.storage.new_key_hours),
            keep_retired_for: hours(self.storage.copies_days * 24),
        }
    }

    /// The opening hours, ready for asking. A checked configuration always has them.
    pub fn opening_hours(&self) -> OpeningHours {
        check::opening_hours(&self.service).unwrap_or(OpeningHours::Always)
    }

    /// Who means to be there every week.
    pub fn weekly_roster(&self) -> WeeklyRoster {
        roster::weekly(self)
    }

    /// The alternatives as visitors get them.
    pub fn alternatives(&self) -> Vec<Alternative> {
        let mut list: Vec<_> = self
            .alternatives
            .iter()
            .map(|a| Alternative {
                id: a.id.clone(),
                channel: a.channel,
                uri: a.uri.clone(),
                label: a.label.clone(),
                hours: a.hours.clone(),
                open: a.open,
                crisis: a.crisis,
            })
            .collect();
        list.sort_by_key(|alternative| !alternative.crisis);
        list
    }

    /// The areas as visitors get them.
    pub fn area_statuses(&self) -> Vec<AreaStatus> {
        self.areas
            .iter()
            .map(|a| AreaStatus { id: a.id.clone(), name: a.name.clone(), open: a.open })
            .collect()
    }

    /// The survey as visitors get it.
    pub fn questions(&self) -> Vec<Question> {
        self.survey
            .questions
            .iter()
            .map(|q| Question {
                id: q.id.clone(),
                label: q.label.clone(),
                why: q.why.clone(),
                options: q.options.clone(),
            })
            .collect()
    }

    /// The pre-written messages as operators get them.
    pub fn canned_messages(&self) -> Vec<Canned> {
        self.canned
            .iter()
            .map(|c| Canned {
                id: c.id.clone(),
                title: c.title.clone(),
                text: c.text.clone(),
                lang: c.lang.clone(),
            })
            .collect()
    }
}

mod defaults {
    use std::path::PathBuf;

    use super::OneOrMany;

    pub(super) fn listen() -> OneOrMany {
        OneOrMany::One("127.0.0.1:8080".to_owned())
    }
    pub(super) fn yes() -> bool {
        true
    }
    pub(super) fn database() -> PathBuf {
        "tealight.db".into()
    }
    pub(super) fn assets() -> PathBuf {
        "dist".into()
    }
    pub(super) fn time_zone() -> String {
        "UTC".to_owned()
    }
    pub(super) fn languages() -> Vec<String> {
        vec!["en".to_owned()]
    }
    pub(super) fn lang() -> String {
        "en".to_owned()
    }
    pub(super) fn exit_url() -> String {
        "https://www.wikipedia.org/".to_owned()
    }
}
