//! The command line of the server, as a function: the binary calls it, and so does the tests' own binary.
//!
//! Exit status: 0 done, 1 it could not be done, 2 it was not understood, 3 the configuration is wrong.

mod audit;
mod keys;

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::config::{Config, ConfigError, WeeklyRoster};
use crate::desk::{Entry, PLANNED_AHEAD_MS, entries};
use crate::operators::{self, Duties};
use crate::store::{Deed, KeyError, OperatorRecord, SqliteStore, Store as _, StoreError};
use crate::{Clock as _, Dependencies, Server, ServerError, SystemClock};

/// Libraries that would trace what people say and who they are.
const TALKATIVE: [&str; 6] =
    ["axum", "hyper", "hyper_util", "tokio_tungstenite", "tower_http", "tungstenite"];

/// Tealight's server: a waiting room and a safe chat for helplines.
#[derive(Debug, Parser)]
#[command(name = "tealight-server", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until told to stop (Ctrl-C or SIGTERM).
    Serve(ConfigPath),
    /// Read the configuration and say whether it is right.
    CheckConfig(ConfigPath),
    /// Look after the operators' accounts.
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// See who means to be there.
    #[command(subcommand)]
    Shift(ShiftCommand),
    /// Look after the server keys, without which nobody can read what was said.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Write a copy of the database to a new file: accounts, shifts and figures, without anything that was said.
    Backup {
        /// The file to write. It must not be there yet.
        file: PathBuf,
        /// Take the conversations along, sealed. The copy can be read as long as its server key is kept.
        #[arg(long)]
        with_conversations: bool,
        #[command(flatten)]
        config: ConfigPath,
    },
    /// Read which operator did what, when, and in which conversation. It says nothing of what was said.
    Audit {
        /// Only what was done in this conversation.
        #[arg(long, value_name = "ID")]
        conversation: Option<String>,
        /// Only what this operator did, or what was done to their account, by the name they log in with.
        #[arg(long, value_name = "NAME")]
        operator: Option<String>,
        #[command(flatten)]
        config: ConfigPath,
    },
}

#[derive(Debug, Args)]
struct ConfigPath {
    /// The configuration file.
    #[arg(long, default_value = "tealight.toml", value_name = "FILE")]
    config: PathBuf,
}

#[derive(Debug, Subcommand)]
enum OperatorCommand {
    /// Add an operator. The password is read from standard input: one line.
    Add {
        /// The name to log in with.
        name: String,
        /// The name visitors read.
        #[arg(long)]
        alias: String,
        /// Read the password from a file instead.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// Take only visitors of this area. May be given several times; without it, of all.
        #[arg(long = "area", value_name = "ID")]
        areas: Vec<String>,
        /// A language they speak. May be given several times; without it, all.
        #[arg(long = "lang", value_name = "TAG")]
        languages: Vec<String>,
        /// Let them read along in conversations of others, and whisper to whoever has them.
        #[arg(long)]
        supervisor: bool,
        #[command(flatten)]
        config: ConfigPath,
    },
    /// Change what an operator speaks and may. A running server follows within seconds.
    Change {
        /// The name they log in with.
        name: String,
        /// The languages they speak, instead of those from before. May be given several times.
        #[arg(long = "lang", value_name = "TAG")]
        languages: Vec<String>,
        /// They speak all languages.
        #[arg(long, conflicts_with = "languages")]
        all_languages: bool,
        /// Whether they may read along in conversations of others.
        #[arg(long, value_name = "true|false")]
        supervisor: Option<bool>,
        #[command(flatten)]
        config: ConfigPath,
    },
    /// Give an operator another password, and log them out everywhere. It is read from standard input: one line.
    Password {
        /// The name they log in with.
        name: String,
        /// Read the password from a file instead.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        #[command(flatten)]
        config: ConfigPath,
    },
    /// List the operators.
    List(ConfigPath),
    /// Remove an operator, and log them out.
    Remove {
        /// The name they log in with.
        name: String,
        #[command(flatten)]
        config: ConfigPath,
    },
}

#[derive(Debug, Subcommand)]
enum ShiftCommand {
    /// List the shifts of the next two weeks, those of the configuration and those planned in the console.
    List(ConfigPath),
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// List the server keys by name: since when, and how many conversations each opens.
    List(ConfigPath),
    /// Make a new server key, rewrap everything with it, and destroy the old one. The server may run meanwhile.
    Rotate(ConfigPath),
    /// Destroy the conversations whose server key is lost for good, so that the server starts again.
    DropUnreadable(ConfigPath),
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Server(#[from] ServerError),
    #[error("{0}")]
    Operator(#[from] operators::OperatorError),
    #[error("the database {path} cannot be used: {source}")]
    Store { path: String, source: StoreError },
    #[error("{0}")]
    Key(KeyError),
    #[error("the password cannot be read: {0}\n  fix: pass it on standard input, or name a readable file")]
    Password(std::io::Error),
    #[error("there is no operator “{0}”; `tealight-server operator list` names them all")]
    NoOperator(String),
    #[error("there is no area “{0}” in the configuration")]
    NoArea(String),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// Reads the arguments of this process and does what they say.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Serve(path) => serve(&path),
        Command::CheckConfig(path) => check_config(&path),
        Command::Operator(command) => operator(command),
        Command::Shift(ShiftCommand::List(path)) => list_shifts(&path),
        Command::Keys(command) => keys::run(command),
        Command::Backup { file, with_conversations, config } => {
            keys::back_up(&file, with_conversations, &config)
        }
        Command::Audit { conversation, operator, config } => {
            audit::read(&config, conversation.as_deref(), operator.as_deref())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "error: {failure}");
            ExitCode::from(if matches!(failure, Failure::Config(_)) { 3 } else { 1 })
        }
    }
}

fn serve(path: &ConfigPath) -> Result<(), Failure> {
    let config = Config::load(&path.config)?;
    start_logging();
    raise_open_files();
    leave_no_core_dump();
    let dependencies = Dependencies::real(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let stop = stop_signal()?;
        let running = Server::start(config, dependencies).await?;
        for address in &running.addresses {
            tracing::info!(%address, "listening");
        }
        if let Some(address) = running.metrics_addr {
            tracing::info!(%address, "metrics");
        }
        if let Some(address) = running.demo_addr {
            tracing::info!(%address, "demo site");
        }
        stop.await;
        tracing::info!("stopping");
        running.stop().await;
        Ok(())
    })
}

fn start_logging() {
    tracing_subscriber::fmt()
        .with_env_filter(log_filter(&std::env::var("TEALIGHT_LOG").unwrap_or_default()))
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
}

/// Many systems let a program open a thousand files until it asks for more. Every socket is one.
fn raise_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        // Refused or not, what there is will do for a small helpline.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
}

/// A program that crashes may leave its memory in a file, and what people say is in there.
fn leave_no_core_dump() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // Linux hands a dump to a program that waits for one even with a limit of 0, but with a limit of 1 to nobody.
        let limit = Rlimit { current: Some(1), maximum: Some(1) };
        if setrlimit(Resource::Core, limit).is_err() {
            tracing::warn!("the system may keep an image of the memory after a crash");
        }
    }
}

/// What is logged: `wanted`, or else all news; but never what libraries trace, because that holds frames and headers.
fn log_filter(wanted: &str) -> EnvFilter {
    let news = LevelFilter::INFO;
    let asked = EnvFilter::builder().with_default_directive(news.into()).parse_lossy(wanted);
    TALKATIVE
        .iter()
        .filter_map(|library| format!("{library}={news}").parse().ok())
        .fold(asked, EnvFilter::add_directive)
}

/// Completes on Ctrl-C, and on SIGTERM where there is one.
fn stop_signal() -> Result<impl Future<Output = ()>, std::io::Error> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}

fn check_config(path: &ConfigPath) -> Result<(), Failure> {
    let config = Config::load(&path.config)?;
    say(&format!("{}: the configuration of “{}” is right", path.config.display(), config.service.name))
}

fn operator(command: OperatorCommand) -> Result<(), Failure> {
    match command {
        OperatorCommand::Add { name, alias, password_file, areas, languages, supervisor, config } => {
            let config = Config::load(&config.config)?;
            if let Some(area) = areas.iter().find(|area| !config.areas.iter().any(|known| known.id == **area))
            {
                return Err(Failure::NoArea(area.clone()));
            }
            let password = password(password_file)?;
            let mut rng = ChaCha20Rng::from_seed(rand::random());
            let mut store = open(&config)?;
            let duties = Duties { languages, supervisor };
            let added = operators::add_with(&mut store, &mut rng, &name, &alias, &password, &areas, &duties)?;
            audit::note(&config, &mut store, Deed::AccountAdded, &added.id)?;
            say(&format!("added {} ({}); visitors read “{}”", added.name, added.id, added.alias))
        }
        OperatorCommand::Change { name, languages, all_languages, supervisor, config } => {
            let config = Config::load(&config.config)?;
            let mut store = open(&config)?;
            let changed = operators::change(&mut store, &name, |duties| {
                if all_languages || !languages.is_empty() {
                    duties.languages = languages;
                }
                duties.supervisor = supervisor.unwrap_or(duties.supervisor);
            })?;
            audit::note(&config, &mut store, Deed::AccountChanged, &changed.id)?;
            say(&row_of(&changed))
        }
        OperatorCommand::Password { name, password_file, config } => {
            let config = Config::load(&config.config)?;
            let password = password(password_file)?;
            let mut rng = ChaCha20Rng::from_seed(rand::random());
            let mut store = open(&config)?;
            let id = operators::set_password(&mut store, &mut rng, &name, &password)?;
            audit::note(&config, &mut store, Deed::PasswordChanged, &id)?;
            say(&format!("{name} has another password, and is logged out everywhere"))
        }
        OperatorCommand::List(path) => {
            let config = Config::load(&path.config)?;
            let operators =
                open(&config)?.read(|tx| tx.operators()).map_err(|e| store_failure(&config, e))?;
            operators.iter().try_for_each(|operator| say(&row_of(operator)))
        }
        OperatorCommand::Remove { name, config } => {
            let config = Config::load(&config.config)?;
            let mut store = open(&config)?;
            let removed = store.write(|tx| {
                let known = tx.operator_by_name(&name)?;
                tx.delete_operator(&name)?;
                Ok::<_, StoreError>(known)
            });
            let Some(removed) = removed.map_err(|e| store_failure(&config, e))? else {
                return Err(Failure::NoOperator(name));
            };
            audit::note(&config, &mut store, Deed::AccountRemoved, &removed.id)?;
            say(&format!("removed {name}"))
        }
    }
}

fn list_shifts(path: &ConfigPath) -> Result<(), Failure> {
    let config = Config::load(&path.config)?;
    let now = SystemClock.now();
    let read = open(&config)?.read(|tx| Ok::<_, StoreError>((tx.shifts(now)?, tx.operators()?)));
    let (planned, operators) = read.map_err(|error| store_failure(&config, error))?;
    let weekly = config.weekly_roster();
    let shifts = entries(&weekly, now, now.plus_ms(PLANNED_AHEAD_MS), &planned, &operators);
    shifts.iter().try_for_each(|entry| say(&row_of_shift(entry, &weekly, &operators)))
}

/// One line of the list: begin and end in the helpline's zone, whose, how many at once, and whether every week.
fn row_of_shift(entry: &Entry, weekly: &WeeklyRoster, operators: &[OperatorRecord]) -> String {
    let shift = &entry.shift;
    let owner = operators.iter().find(|operator| Some(&operator.id) == shift.operator.as_ref());
    let name = owner.map_or("anybody", |operator| operator.name.as_str());
    let often = if entry.fixed { "every week" } else { "once" };
    format!("{}\t{}\t{name}\t{}\t{often}", weekly.local(shift.from), weekly.local(shift.to), shift.at_once)
}

/// One line of the list: name, alias, identifier, areas, languages, and what else there is to say.
fn row_of(operator: &OperatorRecord) -> String {
    let list = |entries: &[String], all: &str| {
        if entries.is_empty() { all.to_owned() } else { entries.join(", ") }
    };
    let areas = list(&operator.areas, "all areas");
    let languages = list(&operator.languages, "all languages");
    let right = if operator.supervisor { "\tsupervisor" } else { "" };
    format!("{}\t{}\t{}\t{areas}\t{languages}{right}", operator.name, operator.alias, operator.id)
}

fn open(config: &Config) -> Result<SqliteStore, Failure> {
    let store = config.open_store().map_err(|error| store_failure(config, error))?;
    tell_of_key_file(&store);
    Ok(store)
}

/// Says where the keys are now. Results go to standard output; this does not.
fn tell_of_key_file(store: &SqliteStore) {
    if let Some(path) = store.made_key_file() {
        let path = path.display();
        let _ = writeln!(
            std::io::stderr(),
            "made the key file {path}: keep it apart from copies of the database"
        );
    }
}

fn store_failure(config: &Config, source: StoreError) -> Failure {
    if let StoreError::Key(error) = source {
        return Failure::Key(error);
    }
    Failure::Store { path: config.server.database.display().to_string(), source }
}

fn password(file: Option<PathBuf>) -> Result<String, Failure> {
    let text = match file {
        Some(file) => std::fs::read_to_string(file),
        None => first_line_of_input(),
    };
    Ok(text.map_err(Failure::Password)?.trim_end_matches(['\r', '\n']).to_owned())
}

fn first_line_of_input() -> std::io::Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn say(text: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_level_makes_libraries_trace_what_people_say() {
        for wanted in ["trace", "tungstenite=trace", "tealight_server=debug,tungstenite=debug"] {
            let filter = log_filter(wanted).to_string();
            for library in TALKATIVE {
                let levels: Vec<_> =
                    filter.split(',').filter(|part| part.starts_with(&format!("{library}="))).collect();
                assert_eq!(levels, [format!("{library}=info")], "{wanted}");
            }
        }
        assert_eq!(log_filter("").max_level_hint(), Some(LevelFilter::INFO));
    }
}
