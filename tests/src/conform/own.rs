//! Our own server as a child process: configured for short waits, killed and started again, and looked into.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use tempfile::TempDir;

use super::bench::Account;

/// The origin that it allows.
pub(crate) const ORIGIN: &str = "https://www.example.org";

/// What a server wants to have in its folder of built files.
const SERVED: [&str; 12] = [
    "tealight.js",
    "element.js",
    "frame.js",
    "frame.css",
    "widget.js",
    "widget.wasm",
    "tealight.css",
    "console-boot.js",
    "console.js",
    "console.wasm",
    "console.css",
    "en.json",
];

/// How long it may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a server is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Everything that can be asked of one instance.
    Main,
    /// One that is closed today.
    Closed,
    /// One with a waiting room for two.
    Small,
    /// One that asks everybody for work before the door.
    Work,
    /// One to be killed, stopped and looked into, with two operators.
    Victim,
}

/// The program.
#[derive(Clone, Debug)]
pub(crate) struct Binary {
    path: PathBuf,
    supervisors: bool,
}

/// A running server and its files, which go with it.
#[derive(Debug)]
pub(crate) struct OwnServer {
    /// The address of its socket.
    pub(crate) url: String,
    /// Who can log in.
    pub(crate) accounts: Vec<Account>,
    binary: Binary,
    child: Option<Child>,
    starts: u32,
    folder: TempDir,
}

impl Binary {
    /// Looks at a program, whether it is one of ours.
    pub(crate) fn new(path: &Path) -> Result<Self> {
        let help = Command::new(path)
            .args(["operator", "add", "--help"])
            .output()
            .with_context(|| format!("{} cannot be run", path.display()))?;
        let help = String::from_utf8_lossy(&help.stdout).into_owned();
        if !help.contains("--password-file") {
            bail!("{} is not tealight-server", path.display());
        }
        Ok(Self { path: path.to_owned(), supervisors: help.contains("--supervisor") })
    }
}

impl OwnServer {
    /// Starts a server with accounts and a database of its own.
    pub(crate) async fn start(binary: &Binary, profile: Profile) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("tealight-conform-").tempdir()?;
        std::fs::write(folder.path().join("tealight.toml"), config(profile)?)?;
        write_empty_files(folder.path())?;
        let mut server = Self {
            url: String::new(),
            accounts: Vec::new(),
            binary: binary.clone(),
            child: None,
            starts: 0,
            folder,
        };
        for account in accounts(profile, binary.supervisors) {
            server.add(&account)?;
            server.accounts.push(account);
        }
        server.start_again().await?;
        Ok(server)
    }

    fn add(&self, account: &Account) -> Result<()> {
        let file = self.folder.path().join("password");
        std::fs::write(&file, &account.password)?;
        let mut command = Command::new(&self.binary.path);
        command.args(["operator", "add", &account.name, "--alias", &account.name, "--config"]);
        command.arg(self.config()).arg("--password-file").arg(&file);
        for area in &account.areas {
            command.args(["--area", area]);
        }
        for lang in &account.languages {
            command.args(["--lang", lang]);
        }
        if account.supervisor {
            command.arg("--supervisor");
        }
        let output = command.output()?;
        std::fs::remove_file(&file)?;
        if !output.status.success() {
            bail!("operator add: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("tealight.toml")
    }

    /// Starts it where it left off. Its port is another one.
    pub(crate) async fn start_again(&mut self) -> Result<()> {
        self.kill();
        self.starts += 1;
        let log = self.folder.path().join(format!("log-{}", self.starts));
        let child = Command::new(&self.binary.path)
            .args(["serve", "--config"])
            .arg(self.config())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log)?)
            .spawn()?;
        self.child = Some(child);
        let began = Instant::now();
        loop {
            let text = std::fs::read_to_string(&log)?;
            if let Some(address) = listening(&text) {
                self.url = format!("ws://{address}/v1/ws");
                return Ok(());
            }
            let gone = self.child.as_mut().is_some_and(|child| !matches!(child.try_wait(), Ok(None)));
            if gone || began.elapsed() > PATIENCE {
                bail!("the server did not start: {text}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends it as a power failure would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // A child that is gone already needs no killing.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks it to stop, as its owner would. What happens then is to be seen on its sockets.
    pub(crate) fn ask_to_stop(&self) -> Result<()> {
        let child = self.child.as_ref().context("it is not running")?;
        let status =
            Command::new("sh").args(["-c", "kill -TERM \"$0\"", &child.id().to_string()]).status()?;
        if !status.success() {
            bail!("the signal could not be sent");
        }
        Ok(())
    }

    /// Waits until it has stopped by itself; whether it said that all was well.
    pub(crate) async fn stopped(&mut self) -> Result<bool> {
        let mut child = self.child.take().context("it is not running")?;
        let began = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status.success());
            }
            if began.elapsed() > PATIENCE {
                let _ = child.kill();
                let _ = child.wait();
                bail!("the server did not stop within {} s", PATIENCE.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The memory it holds now, in KiB, where the system says so.
    pub(crate) fn memory_kib(&self) -> Option<u64> {
        let id = self.child.as_ref()?.id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.split_whitespace().next()?.parse().ok()
    }

    /// The files in which some words stand: database, journal and logs.
    pub(crate) fn files_with(&self, words: &str) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(self.folder.path())? {
            let entry = entry?;
            // A journal may go while we look; then nothing stands in it.
            let bytes = std::fs::read(entry.path()).unwrap_or_default();
            if bytes.windows(words.len()).any(|window| window == words.as_bytes()) {
                found.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        Ok(found)
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Makes a folder of built files for a server to which no browser comes: one empty file stands for all.
pub fn write_empty_files(folder: &Path) -> Result<()> {
    std::fs::write(folder.join("empty.js"), "")?;
    let files: serde_json::Map<_, _> =
        SERVED.iter().map(|name| ((*name).to_owned(), json!({"path": "empty.js"}))).collect();
    Ok(std::fs::write(folder.join("manifest.json"), json!({"files": files}).to_string())?)
}

/// The address in the line that says where it listens.
fn listening(log: &str) -> Option<&str> {
    let line = log.lines().find(|line| line.contains("listening"))?;
    line.split("address=").nth(1)?.split_whitespace().next()
}

fn accounts(profile: Profile, supervisors: bool) -> Vec<Account> {
    let account = |name: &str| Account {
        name: name.to_owned(),
        password: format!("{} {name}", super::ids::secret()),
        areas: Vec::new(),
        languages: Vec::new(),
        supervisor: false,
    };
    match profile {
        Profile::Closed | Profile::Small | Profile::Work => Vec::new(),
        Profile::Victim => vec![account("sam"), account("robin")],
        Profile::Main => {
            let mut list = vec![
                account("sam"),
                account("robin"),
                Account { areas: vec!["south".to_owned()], ..account("kim") },
            ];
            if supervisors {
                list.push(Account { languages: vec!["de".to_owned()], ..account("lee") });
                list.push(Account { supervisor: true, ..account("alex") });
            }
            list
        }
    }
}

fn config(profile: Profile) -> Result<String> {
    let hours = match profile {
        Profile::Closed => {
            let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
            let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).weekday();
            let later = usize::try_from(today.to_monday_zero_offset() + 2)? % days.len();
            format!("hours = [{{ days = [\"{}\"], from = \"18:00\", to = \"22:00\" }}]", days[later])
        }
        Profile::Main | Profile::Small | Profile::Work | Profile::Victim => String::new(),
    };
    let work = if profile == Profile::Work { "always" } else { "off" };
    let capacity = if profile == Profile::Small { 2 } else { 5_000 };
    let mut text = format!(
        r#"
[server]
listen = "127.0.0.1:0"
allowed_origins = ["{ORIGIN}"]
database = "tealight.db"
assets_dir = "."

[service]
name = "Lantern Night Line"
time_zone = "UTC"
{hours}

[wait]
ready_hold_seconds = 10
capacity = {capacity}

[limits]
sockets_per_minute = 1000000
logins_per_minute = 1000000
operator_lease_seconds = 5
work = "{work}"

[[alternatives]]
id = "phone"
channel = "phone"
uri = "tel:08081570199"
label = "Call 0808 157 0199"

[[alternatives]]
id = "text"
channel = "sms"
uri = "sms:60777"
label = "Text TALK to 60777"

[[survey.questions]]
id = "helped"
label = "Did this chat help you?"
options = ["Yes", "No"]
"#
    );
    if profile == Profile::Main {
        for (id, name) in [("north", "The north"), ("south", "The south")] {
            write!(text, "\n[[areas]]\nid = \"{id}\"\nname = \"{name}\"\n")?;
        }
        for n in 1..=60 {
            write!(
                text,
                "\n[[canned]]\nid = \"c{n}\"\ntitle = \"Words {n}\"\ntext = \"Some words, {n}.\"\n"
            )?;
        }
    }
    Ok(text)
}
