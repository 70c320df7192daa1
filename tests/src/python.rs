//! The small backend in Python as a process of its own, with its operator's terminal.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

use crate::eventually;
use crate::server::dist;

/// Names the interpreter that has the backend's library.
pub const PYTHON: &str = "TEALIGHT_PYTHON";

/// What the terminal says first.
const GREETING: &str = "tealight backend on ";

/// A running backend, its database and its terminal.
#[derive(Debug)]
pub struct PythonBackend {
    python: PathBuf,
    settings: String,
    address: String,
    process: Option<Process>,
    // Last: everything else has let go of the files by then.
    folder: TempDir,
}

#[derive(Debug)]
struct Process {
    child: Child,
    terminal: ChildStdin,
    said: Arc<Mutex<Vec<String>>>,
}

impl PythonBackend {
    /// Starts a backend on a free port. `settings` are lines of its `backend.toml`.
    pub async fn start(settings: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("tealight-test-").tempdir()?;
        let mut backend = Self {
            python: python()?,
            settings: settings.to_owned(),
            address: "127.0.0.1:0".to_owned(),
            process: None,
            folder,
        };
        backend.start_again().await?;
        Ok(backend)
    }

    /// Gives it other settings, from the next start on.
    pub fn set(&mut self, settings: &str) {
        settings.clone_into(&mut self.settings);
    }

    /// Starts it where it was, with everything it stored.
    pub async fn start_again(&mut self) -> Result<()> {
        let assets = dist().unwrap_or_else(|| self.folder.path().join("no-dist"));
        let config = self.folder.path().join("backend.toml");
        let head = format!("listen = {:?}\ndatabase = \"backend.db\"\ndist = {:?}\n", self.address, assets);
        std::fs::write(&config, format!("{head}{}", self.settings))?;
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut child = Command::new(&self.python)
            .arg(root().join("docs/examples/backend-python/backend.py"))
            .arg(&config)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} cannot be run", self.python.display()))?;
        let terminal = child.stdin.take().context("the backend has a terminal to type on")?;
        let screen = child.stdout.take().context("the backend has a terminal to read from")?;
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = said.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(screen).lines().map_while(Result::ok) {
                heard.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        self.process = Some(Process { child, terminal, said });
        let greeting = self.terminal_says(GREETING).await.with_context(|| self.complaints())?;
        let (_, address) = greeting.split_once("http://").context("the greeting names an address")?;
        self.address = address.to_owned();
        Ok(())
    }

    /// Its address, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Address of the socket.
    pub fn socket(&self) -> String {
        format!("ws://{}{}", self.address, tealight_protocol::SOCKET_PATH)
    }

    /// Its database.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("backend.db")
    }

    /// What it wrote to its log.
    pub fn complaints(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// The operator types a line.
    pub fn types(&mut self, line: &str) -> Result<()> {
        let process = self.process.as_mut().context("it is stopped")?;
        writeln!(process.terminal, "{line}")?;
        Ok(process.terminal.flush()?)
    }

    /// Waits until a line on the terminal has these words, and returns it.
    pub async fn terminal_says(&mut self, words: &str) -> Result<String> {
        let process = self.process.as_mut().context("it is stopped")?;
        let what = format!("{words:?} on the operator's terminal");
        eventually(&what, async || {
            let line = lines(&process.said).into_iter().find(|line| line.contains(words));
            if line.is_none() && process.child.try_wait()?.is_some() {
                bail!("the backend in Python ended before it said {words:?}");
            }
            Ok(line)
        })
        .await
    }

    /// Everything on the terminal since the last start.
    pub fn terminal(&self) -> Vec<String> {
        self.process.as_ref().map(|process| lines(&process.said)).unwrap_or_default()
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) -> Result<()> {
        let mut process = self.process.take().context("it is stopped already")?;
        process.child.kill()?;
        process.child.wait()?;
        Ok(())
    }

    /// Asks it to end, as its owner would, and waits until it did.
    pub async fn stop(&mut self) -> Result<()> {
        let mut process = self.process.take().context("it is stopped already")?;
        let asked = Command::new("kill").arg(process.child.id().to_string()).status()?;
        ensure!(asked.success(), "the backend could not be asked to stop");
        let status = eventually("the backend's end", async || Ok(process.child.try_wait()?)).await;
        if status.is_err() {
            process.child.kill()?;
        }
        ensure!(status?.success(), "the backend ended badly:\n{}", self.complaints());
        Ok(())
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

impl Drop for PythonBackend {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // It may have ended by itself; either way it is gone now.
            let _ = process.child.kill();
            let _ = process.child.wait();
        }
    }
}

/// The interpreter; an error that says what to do where there is none.
pub fn python() -> Result<PathBuf> {
    let python = match std::env::var_os(PYTHON) {
        Some(path) => PathBuf::from(path),
        None => root().join("target/python/bin/python"),
    };
    ensure!(
        python.is_file(),
        "there is no Python with the example's library at {}: run `cargo xtask setup --no-browser`, which puts \
         it there, or name another with {PYTHON}",
        python.display()
    );
    Ok(python)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn lines(said: &Arc<Mutex<Vec<String>>>) -> Vec<String> {
    said.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
