//! The real server, in this process, with a database of its own that outlives a stop.

mod config;

use std::collections::HashMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};
use tealight_protocol::{EventKind, Party};
use tealight_server::config::Config;
use tealight_server::desk::Counts;
use tealight_server::operators::{self, Duties, OperatorError};
use tealight_server::store::{HandlingTime, SqliteStore, Store as _, StoreError};
use tealight_server::{Clock as _, Dependencies, Moment, Running, Server};
use tempfile::TempDir;

use crate::clock::{TurnedClock, steps};
use crate::conform::write_empty_files;
use crate::proxy::Proxy;
use crate::said::Said;
use crate::site::{ELSEWHERE, HostPage, Site};

/// The account that every test server has.
pub const OPERATOR: Account = Account { login: "sam", alias: "Sam", password: "warm lamp in the window" };

/// A second one.
pub const SECOND_OPERATOR: Account =
    Account { login: "robin", alias: "Robin", password: "quiet kitchen at night" };

/// A third one, who may watch conversations of others.
pub const SUPERVISOR: Account = Account { login: "kim", alias: "Kim", password: "a chair beside the door" };

/// An operator's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// What they log in with.
    pub login: &'static str,
    /// What visitors call them.
    pub alias: &'static str,
    /// The password.
    pub password: &'static str,
}

/// When the helpline is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hours {
    /// Day and night.
    #[default]
    Always,
    /// Now, and for so many hours more.
    For(u8),
    /// Not before the day after tomorrow.
    Closed,
    /// Every day from one time to another, as in `17:00`.
    Daily(&'static str, &'static str),
}

/// What a test may ask of its server.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// When it is open.
    pub hours: Hours,
    /// What a conversation takes before any was measured; none: there is no estimate.
    pub prior_mean_minutes: Option<f64>,
    /// More lines of `[service]`.
    pub service: &'static str,
    /// More lines of `[wait]`.
    pub wait: &'static str,
    /// More lines of `[limits]`.
    pub limits: &'static str,
    /// More tables at the end of the configuration.
    pub more: &'static str,
    /// How long the conversations of the weeks before took, in minutes, the oldest first.
    pub talks_before: Vec<u32>,
    /// The path that Exit leads to, if not [`ELSEWHERE`], on the same third site.
    pub exit: Option<&'static str>,
    /// Pages of the charity, by path.
    pub pages: HashMap<String, HostPage>,
    /// Another folder of built files than the one in `TEALIGHT_DIST`.
    pub assets: Option<PathBuf>,
    /// What everybody goes by, if not by the clock of this machine.
    pub clock: Option<TurnedClock>,
    /// Whether browsers reach the server only through a [`Proxy`] that makes the weather.
    pub behind_proxy: bool,
}

/// A server, its database and the charity's web site.
#[derive(Debug)]
pub struct TestServer {
    running: Option<Running>,
    config: String,
    clock: TurnedClock,
    address: String,
    proxy: Option<Proxy>,
    site: Site,
    // Last: everything else has let go of the files by then.
    folder: TempDir,
}

impl TestServer {
    /// Starts a helpline that is open day and night, where a conversation takes about ten minutes.
    pub async fn start() -> Result<Self> {
        Self::with(Settings { prior_mean_minutes: Some(10.0), ..Settings::default() }).await
    }

    /// Starts a helpline.
    pub async fn with(settings: Settings) -> Result<Self> {
        for _ in 0..PORT_TRIES {
            match Self::attempt(&settings).await {
                Err(error) if is_taken(&error) => {}
                other => return other,
            }
        }
        Self::attempt(&settings).await
    }

    async fn attempt(settings: &Settings) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("tealight-test-").tempdir()?;
        let address = format!("127.0.0.1:{}", free_port()?);
        let proxy = match settings.behind_proxy {
            true => {
                // An address that an outgoing connection cannot take while the proxy's door is closed.
                let public = format!("127.0.0.1:{}", free_port()?);
                Some(Proxy::start_at(public.parse()?, address.parse()?).await?)
            }
            false => None,
        };
        let public = proxy.as_ref().map_or_else(|| address.clone(), |proxy| proxy.address().to_string());
        let site = Site::start(&format!("http://{public}"), settings.pages.clone()).await?;
        let assets = match settings.assets.clone().or_else(dist) {
            Some(assets) => assets,
            None => {
                let nothing = folder.path().join("no-dist");
                std::fs::create_dir(&nothing)?;
                write_empty_files(&nothing)?;
                nothing
            }
        };
        let config =
            config::toml(settings, [&address, &public], &site, &folder.path().join("tealight.db"), &assets)?;
        let mut server = Self {
            running: None,
            config,
            clock: settings.clock.clone().unwrap_or_default(),
            address,
            proxy,
            site,
            folder,
        };
        server.remember(&settings.talks_before)?;
        server.start_again().await?;
        Ok(server)
    }

    /// Puts conversations of the weeks before into the store, one each half day.
    fn remember(&self, minutes: &[u32]) -> Result<()> {
        const HALF_A_DAY_MS: u64 = 12 * 3_600_000;
        let mut store = SqliteStore::open(&self.database())?;
        let now = self.clock.now().0;
        for (&minutes, age) in minutes.iter().zip((1..=minutes.len() as u64).rev()) {
            let (at, ms) = (Moment(now.saturating_sub(age * HALF_A_DAY_MS)), u64::from(minutes) * 60_000);
            store.write(|tx| tx.insert_handling_time(&HandlingTime { at, ms }))?;
        }
        Ok(())
    }

    /// Stops the server as its owner would: everybody is told.
    pub async fn stop(&mut self) -> Result<()> {
        let running = self.running.take().context("it is stopped already")?;
        running.stop().await;
        Ok(())
    }

    /// Starts it where it was, with everything it knew.
    pub async fn start_again(&mut self) -> Result<()> {
        let config =
            Config::parse(&self.config, "the test's tealight.toml").map_err(|error| anyhow!("{error}"))?;
        let mut dependencies = Dependencies::real(&config)?;
        dependencies.clock = Arc::new(self.clock.clone());
        add_accounts(&mut dependencies)?;
        self.running = Some(Server::start(config, dependencies).await?);
        Ok(())
    }

    /// What time it is here.
    pub fn clock(&self) -> &TurnedClock {
        &self.clock
    }

    /// Lets time pass for everybody who goes by the clock of this server. Nobody is thrown out meanwhile who answers.
    pub async fn advance(&self, time: Duration) -> Result<()> {
        for step in steps(time) {
            self.clock.put_forward(step);
            self.clock.is_followed().await?;
            self.is_in_step(0).await?;
        }
        Ok(())
    }

    /// Waits until the server has done what is due by now, and everybody has answered who was asked whether they are
    /// there, but for so many who are asleep or cut off. Returns what it counts.
    pub async fn is_in_step(&self, asleep: usize) -> Result<Counts> {
        let running = self.running.as_ref().context("it is stopped")?;
        let began = Instant::now();
        loop {
            let counts = running.look_at_clock().await.context("it is stopping")?;
            if counts.silent <= asleep {
                return Ok(counts);
            }
            anyhow::ensure!(began.elapsed() < STEP_PATIENCE, "somebody does not answer: {counts:?}");
            tokio::time::sleep(STEP_INTERVAL).await;
        }
    }

    /// What makes the weather between browsers and the server, where something does.
    pub fn proxy(&self) -> Result<&Proxy> {
        self.proxy.as_ref().context("this server is behind no proxy")
    }

    /// Its address, without a path. It leads past a proxy.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Address of the socket.
    pub fn socket(&self) -> String {
        format!("ws://{}{}", self.address, tealight_protocol::SOCKET_PATH)
    }

    /// Where operators log in.
    pub fn login(&self) -> String {
        format!("{}/v1/operator/login", self.url())
    }

    /// Address of a page on the charity's web site.
    pub fn site(&self, path: &str) -> String {
        format!("{}{path}", self.site.origin())
    }

    /// Address of the same page on a site that the helpline has never heard of.
    pub fn strange_site(&self, path: &str) -> String {
        format!("{}{path}", self.site.strange_origin())
    }

    /// Where Exit leads.
    pub fn elsewhere(&self) -> String {
        self.strange_site(ELSEWHERE)
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("tealight.db")
    }

    /// What the log holds: sender and words of each message, oldest first. An error if a position is missing.
    pub fn log(&self) -> Result<Vec<Said>> {
        let mut store = SqliteStore::open_to_read(&self.database())?;
        let logs: Result<Vec<_>, StoreError> = store.read(|tx| {
            let mut conversations = tx.conversations()?;
            conversations.sort_by(|a, b| a.id.0.cmp(&b.id.0));
            conversations.iter().map(|conversation| tx.events(&conversation.id, 0, usize::MAX)).collect()
        });
        let mut said = Vec::new();
        for (event, before) in logs?.iter().flat_map(|log| log.iter().zip(0..)) {
            anyhow::ensure!(event.seq == before + 1, "the log has {} after {before}", event.seq);
            if let EventKind::Message { from, text, .. } = &event.kind {
                let by = if *from == Party::Visitor { Said::by_visitor } else { Said::by_operator };
                said.push(by(text.as_str()));
            }
        }
        Ok(said)
    }

    /// A token for the first account.
    pub async fn log_in(&self) -> Result<String> {
        self.log_in_as(OPERATOR).await
    }

    /// A token for an account.
    pub async fn log_in_as(&self, account: Account) -> Result<String> {
        let response = reqwest::Client::new()
            .post(self.login())
            .json(&json!({"name": account.login, "password": account.password}))
            .send()
            .await?
            .error_for_status()?;
        let answer: Value = response.json().await?;
        answer["token"].as_str().map(str::to_owned).context("there is no token in the answer")
    }
}

/// Makes the accounts that are not there yet.
fn add_accounts(dependencies: &mut Dependencies<SqliteStore>) -> Result<()> {
    let mut rng = ChaCha20Rng::from_seed(dependencies.seed);
    for account in [OPERATOR, SECOND_OPERATOR, SUPERVISOR] {
        let duties = Duties { supervisor: account == SUPERVISOR, ..Duties::default() };
        let Account { login, alias, password } = account;
        match operators::add_with(&mut dependencies.store, &mut rng, login, alias, password, &[], &duties) {
            Ok(_) | Err(OperatorError::Taken(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The built files, where the tests were told of them.
pub fn dist() -> Option<PathBuf> {
    std::env::var_os("TEALIGHT_DIST").map(PathBuf::from)
}

/// The built files; an error that says what to do where there are none.
pub fn require_dist() -> Result<PathBuf> {
    let dist = dist().context(
        "TEALIGHT_DIST names no folder: run `cargo xtask dist --dev` and set it to target/dist-dev",
    )?;
    anyhow::ensure!(
        dist.join("manifest.json").is_file(),
        "there is no manifest.json in {}: run `cargo xtask dist --dev`",
        dist.display()
    );
    Ok(dist)
}

/// How long an answer over a socket of this machine may take, and how often it is looked for.
const STEP_PATIENCE: Duration = Duration::from_secs(20);
const STEP_INTERVAL: Duration = Duration::from_millis(1);

/// How often another address is tried when a test beside this one was quicker to take the one that was free.
const PORT_TRIES: u32 = 4;

fn is_taken(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.to_string().contains("in use"))
}

/// A port that is free and that no outgoing connection takes by itself.
pub(crate) fn free_port() -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 12_000;
    for _ in 0..200 {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = FIRST + (std::process::id().wrapping_mul(61).wrapping_add(step)) % COUNT;
        let port = u16::try_from(port)?;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(anyhow!("no port is free"))
}
