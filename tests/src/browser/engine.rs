//! The engines that pages are tried in, and the programs that drive them.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};

/// How long a driver may take until it listens.
const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// How often it is looked at until then.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(20);

/// What lays out a page and runs its scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// That of Chrome, Edge and most telephones with Android. All of our tests run in it.
    Chromium,
    /// That of Safari and of every browser on an iPhone, as WebKitGTK, on a screen that nobody sees.
    WebKit,
}

/// A driver, and what it needs beside it. Ended with the last page that it drives.
#[derive(Debug)]
pub(super) struct Process {
    children: Vec<Child>,
    pub(super) port: u16,
}

impl Engine {
    /// Starts a driver. A port that was free may be taken a moment later, where many start at once.
    pub(super) fn start(self) -> Result<Process> {
        let attempt = match self {
            Self::Chromium => chromedriver,
            Self::WebKit => webkit_driver,
        };
        attempt().or_else(|_| attempt()).or_else(|_| attempt())
    }

    /// Which packages have it.
    pub(super) fn packages(self) -> &'static str {
        match self {
            Self::Chromium => {
                "install the packages chromium and chromium-driver, or name one in TEALIGHT_CHROMIUM"
            }
            Self::WebKit => "install the packages webkit2gtk-driver and xvfb",
        }
    }
}

fn chromedriver() -> Result<Process> {
    let program = std::env::var_os("TEALIGHT_CHROMEDRIVER").map_or("chromedriver".into(), PathBuf::from);
    let mut command = Command::new(&program);
    command.arg("--port=0");
    let mut child = spawn(command).with_context(|| {
        format!(
            "{} did not start; install the package chromium-driver, or name one in TEALIGHT_CHROMEDRIVER",
            program.display()
        )
    })?;
    let said =
        first_line(&mut child, |line| Some(line.split_once("started successfully on port ")?.1.to_owned()));
    let process = Process {
        children: vec![child],
        port: said.and_then(|port| port.trim_end_matches('.').parse().ok()).unwrap_or_default(),
    };
    if process.port == 0 {
        bail!("{} did not say which port it listens on", program.display());
    }
    Ok(process)
}

/// This driver does not say which port it chose, so it is given one.
fn webkit_driver() -> Result<Process> {
    let mut screen = Command::new("Xvfb");
    screen.args(["-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]);
    let mut screen = spawn(screen).context("Xvfb did not start; install the package xvfb")?;
    let display = first_line(&mut screen, |line| Some(line.trim().to_owned()));
    let mut process = Process { children: vec![screen], port: 0 };
    let display = display.ok_or_else(|| anyhow!("Xvfb did not say which display it has"))?;

    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let mut driver = Command::new("WebKitWebDriver");
    driver.arg(format!("--port={port}")).env("DISPLAY", format!(":{display}"));
    let driver = spawn(driver).context("WebKitWebDriver did not start; install webkit2gtk-driver")?;
    // The driver goes before the screen that its browser is drawn on.
    process.children.insert(0, driver);
    process.port = port;
    let late = Instant::now() + STARTS_WITHIN;
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if process.children[0].try_wait()?.is_some() || Instant::now() > late {
            bail!("WebKitWebDriver does not listen on port {port}");
        }
        std::thread::sleep(LOOKED_AT_EVERY);
    }
    Ok(process)
}

fn spawn(mut command: Command) -> std::io::Result<Child> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
}

/// The first line that holds what is looked for. The pipe is read to its end, or the child would stop when it is full.
fn first_line(child: &mut Child, find: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut lines = BufReader::new(child.stdout.take()?).lines();
    let found = lines.by_ref().map_while(Result::ok).find_map(|line| find(&line));
    std::thread::spawn(move || lines.for_each(drop));
    found
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its browsers are gone already: every page closes its own.
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
