//! `demo`: a charity's page on one origin, a Tealight server on another, and somebody to talk to.
//!
//! Everything is the real thing, with a fresh database each time; only the crowd is made up.

use std::env;
use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::child::{Children, Interrupt};
use crate::dist::{self, DistArgs};
use crate::http;
use crate::progress::{command_line, run as run_command, step};
use crate::serve::build_server;
use crate::workspace::Workspace;

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Fill the waiting room with N made-up visitors and three made-up volunteers.
    #[arg(long, value_name = "N", default_value_t = 0)]
    crowd: usize,
    /// Build as small and fast as what is shipped; takes minutes the first time.
    #[arg(long)]
    release: bool,
    /// Port of the Tealight server; 0 takes any [default: 8650, or the next free one].
    #[arg(long)]
    port: Option<u16>,
    /// Port of the charity's page; 0 takes any [default: 8651, or the next free one].
    #[arg(long)]
    site_port: Option<u16>,
    /// Keep the conversations and accounts of the last time.
    #[arg(long)]
    keep: bool,
}

const CONFIG: &str = include_str!("../demo/tealight.toml");
const SERVER_PORT: u16 = 8650;
const SITE_PORT: u16 = 8651;
const SERVER: &str = "the server";
/// How long the server may take from its start to its first answer.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// An operator of the demonstration. It listens on this machine only, so the passwords are no secret.
#[derive(Debug, Clone, Copy)]
struct Account {
    name: &'static str,
    password: &'static str,
}

const YOURS: Account = Account { name: "Robin", password: "a-light-in-the-window" };
const CROWD: [Account; 3] = [
    Account { name: "Sam", password: "rehearsal-volunteer-one" },
    Account { name: "Kim", password: "rehearsal-volunteer-two" },
    Account { name: "Alex", password: "rehearsal-volunteer-three" },
];

/// Where this demonstration lives.
#[derive(Debug)]
struct Place {
    directory: PathBuf,
    config: PathBuf,
    server: SocketAddr,
    site: SocketAddr,
}

pub(crate) fn run(workspace: &Workspace, args: &DemoArgs) -> Result<()> {
    let files = dist::build(workspace, &DistArgs { dev: !args.release, out: None })?;
    let server = build_server(workspace, args.release)?;
    let crowd = if args.crowd > 0 { Some(build_crowd(workspace)?) } else { None };

    let place = prepare(workspace, args, &files)?;
    add_operator(&server, &place, YOURS)?;
    if crowd.is_some() {
        CROWD.iter().try_for_each(|&account| add_operator(&server, &place, account))?;
    }

    let interrupt = Interrupt::listen()?;
    let mut children = Children::default();
    let mut command = Command::new(&server);
    command.arg("serve").arg("--config").arg(&place.config);
    // Only what needs attention: the addresses are announced below.
    if env::var_os("TEALIGHT_LOG").is_none() {
        command.env("TEALIGHT_LOG", "warn");
    }
    children.start(SERVER, &mut command)?;
    if !wait_until_ready(&mut children, &place, &interrupt)? {
        return Ok(());
    }
    if let Some(crowd) = crowd {
        children.start("the crowd", &mut crowd_command(&crowd, &place, args.crowd))?;
    }
    announce(&place, args);
    children.watch(SERVER, &interrupt)?;
    println!("\nStopping.");
    Ok(())
}

fn build_crowd(workspace: &Workspace) -> Result<PathBuf> {
    step("Compiling the crowd", || {
        let mut cargo = workspace.cargo();
        cargo.args(["build", "--package", "tealight-tests", "--bin", "tealight-crowd"]);
        run_command(&mut cargo, "cargo's message is above")
    })?;
    Ok(workspace.target("debug/tealight-crowd"))
}

/// Writes the configuration into a directory of its own and chooses the ports.
fn prepare(workspace: &Workspace, args: &DemoArgs, files: &Path) -> Result<Place> {
    let directory = workspace.target("demo");
    if !args.keep && directory.exists() {
        fs::remove_dir_all(&directory)
            .with_context(|| format!("{} cannot be cleared", directory.display()))?;
    }
    fs::create_dir_all(&directory).with_context(|| format!("{} cannot be made", directory.display()))?;
    let server = free_address(args.port, SERVER_PORT, "--port", None)?;
    let site = free_address(args.site_port, SITE_PORT, "--site-port", Some(server.port()))?;
    let place = Place { config: directory.join("tealight.toml"), directory, server, site };
    let text = configuration(&place, files, workspace.root())?;
    fs::write(&place.config, text)
        .with_context(|| format!("{} cannot be written", place.config.display()))?;
    Ok(place)
}

fn configuration(place: &Place, files: &Path, root: &Path) -> Result<String> {
    let path = |path: &Path| {
        let path = path.canonicalize().with_context(|| format!("{} cannot be found", path.display()))?;
        // Between the quotation marks of a TOML string.
        Ok::<_, anyhow::Error>(path.display().to_string().replace('\\', "\\\\").replace('"', "\\\""))
    };
    Ok(CONFIG
        .replace("@SERVER_PORT@", &place.server.port().to_string())
        .replace("@SITE_PORT@", &place.site.port().to_string())
        .replace("@SERVER_URL@", &url(place.server))
        .replace("@SITE_URL@", &url(place.site))
        .replace("@ASSETS@", &path(files)?)
        .replace("@ROOT@", &path(root)?))
}

/// A free port on this machine: the asked one or an error, otherwise the usual one or one of the next.
fn free_address(asked: Option<u16>, usual: u16, option: &str, taken: Option<u16>) -> Result<SocketAddr> {
    let bind = |port: u16| {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
        listener.local_addr().ok().filter(|address| Some(address.port()) != taken)
    };
    match asked {
        Some(port) => bind(port).with_context(|| {
            format!("port {port} is in use; stop what uses it, or choose another with {option}")
        }),
        None => (usual..usual + 100).step_by(2).find_map(bind).with_context(|| {
            format!("no free port from {usual} on; choose one with {option}, where 0 takes any")
        }),
    }
}

/// Adds an account; the password goes through standard input, as it would in real life.
fn add_operator(server: &Path, place: &Place, account: Account) -> Result<()> {
    let stamp = place.directory.join("operators-added");
    let known = fs::read_to_string(&stamp).unwrap_or_default();
    if known.lines().any(|name| name == account.name) {
        return Ok(());
    }
    let mut command = Command::new(server);
    command.args(["operator", "add", account.name, "--alias", account.name, "--config"]);
    command.arg(&place.config).stdin(Stdio::piped()).stdout(Stdio::null());
    let shown = command_line(&command);
    let mut child = command.spawn().with_context(|| format!("`{shown}` could not be started"))?;
    if let Some(mut stdin) = child.stdin.take() {
        writeln!(stdin, "{}", account.password).with_context(|| format!("`{shown}` stopped reading"))?;
    }
    let status = child.wait().with_context(|| format!("`{shown}` cannot be watched"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status}); its message is above");
    }
    fs::write(&stamp, format!("{known}{}\n", account.name)).context("the list of accounts cannot be written")
}

/// Waits for the first healthy answer. False when Ctrl-C came first.
fn wait_until_ready(children: &mut Children, place: &Place, interrupt: &Interrupt) -> Result<bool> {
    let deadline = Instant::now() + PATIENCE;
    while !http::answers_ok(place.server, "/healthz") {
        if let Some((name, status)) = children.ended() {
            bail!("{name} ended before it was ready ({status}); its message is above");
        }
        if Instant::now() > deadline {
            bail!("the server does not answer at {}/healthz", url(place.server));
        }
        if interrupt.is_set() {
            return Ok(false);
        }
        thread::sleep(LOOK_AGAIN);
    }
    Ok(true)
}

fn crowd_command(program: &Path, place: &Place, visitors: usize) -> Command {
    let mut command = Command::new(program);
    command.arg("--socket").arg(format!("ws://{}/v1/ws", place.server));
    command.arg("--login").arg(format!("{}/v1/operator/login", url(place.server)));
    command.arg("--visitors").arg(visitors.to_string());
    for Account { name, password } in CROWD {
        command.arg("--operator").arg(format!("{name}:{password}"));
    }
    command
}

fn announce(place: &Place, args: &DemoArgs) {
    let Account { name, password } = YOURS;
    println!();
    println!("  The charity's page     {}/", url(place.site));
    println!("  The operator console   {}/console/", url(place.server));
    println!("    name      {name}");
    println!("    password  {password}");
    println!();
    if args.crowd > 0 {
        println!("  {} made-up visitors and {} volunteers are on their way.", args.crowd, CROWD.len());
    } else {
        println!("  Open both side by side. With --crowd 12 the waiting room fills up.");
    }
    if !args.release {
        println!(
            "  These are development builds, larger and slower than what is shipped: --release shows that."
        );
    }
    println!("  Ctrl-C stops everything.");
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_complete_and_valid() {
        let directory = tempfile::tempdir().unwrap();
        let text = configuration(&place(directory.path()), directory.path(), directory.path()).unwrap();
        let config: toml::Table = toml::from_str(&text).unwrap();
        assert!(!text.lines().any(|line| !line.starts_with('#') && line.contains("@SERVER")), "{text}");
        assert_eq!(config["server"]["public_url"].as_str(), Some("http://127.0.0.1:4001"));
        assert_eq!(config["server"]["allowed_origins"][0].as_str(), Some("http://127.0.0.1:4002"));
    }

    #[test]
    fn a_port_in_use_is_refused_when_it_was_asked_for() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = free_address(Some(port), port, "--port", None).unwrap_err().to_string();
        assert!(error.contains("in use") && error.contains("--port"), "{error}");
    }

    #[test]
    fn any_free_port_will_do_for_port_zero() {
        assert_ne!(free_address(Some(0), 1, "--port", None).unwrap().port(), 0);
    }

    fn place(directory: &Path) -> Place {
        let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Place {
            directory: directory.into(),
            config: directory.join("tealight.toml"),
            server: address(4001),
            site: address(4002),
        }
    }
}
