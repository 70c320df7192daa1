//! The real server as a process of its own, on a real file: it can be killed, starved, measured and started again.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::conform::write_empty_files;
use crate::server::free_port;

/// The longest that a start or a stop may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The password of every account.
pub const PASSWORD: &str = "warm lamp in the window";

/// The end of a script that was told the folder of the database before the program's own arguments.
const GO_ON: &str = r#"shift; exec "$0" "$@""#;

/// Where the process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// As any program would.
    Plain,
    /// With the signal ignored that a limit on the size of files sends, so that writes fail instead.
    Rationed,
    /// In namespaces of its own, with the database on a small file system in memory, of so many KiB.
    SmallDisk(u32),
}

/// What a child is made with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Where it runs.
    pub ground: Ground,
    /// The accounts, and the areas they serve.
    pub operators: Vec<(&'static str, Vec<&'static str>)>,
    /// The areas of the helpline.
    pub areas: Vec<&'static str>,
    /// Further lines of `[limits]`.
    pub limits: String,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            ground: Ground::Plain,
            operators: vec![("sam", vec![])],
            areas: Vec::new(),
            limits: String::new(),
        }
    }
}

/// A server's process. It is killed when this is dropped.
#[derive(Debug)]
pub struct ChildServer {
    program: PathBuf,
    ground: Ground,
    addr: SocketAddr,
    process: Option<Child>,
    said: Arc<Mutex<String>>,
    folder: TempDir,
}

impl ChildServer {
    /// Prepares a helpline that is open day and night, and starts it. `program` is the binary beside the tests.
    pub fn start(program: &str, setup: &Setup) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("tealight-child-").tempdir()?;
        let addr = SocketAddr::from(([127, 0, 0, 1], free_port()?));
        write_files(folder.path(), addr, setup)?;
        let mut server = Self {
            program: program.into(),
            ground: setup.ground,
            addr,
            process: None,
            said: Arc::default(),
            folder,
        };
        // On a disk of its own the accounts would be out of reach before the start: there they are copied to it.
        for (name, areas) in &setup.operators {
            server.add_operator(name, areas)?;
        }
        server.start_again()?;
        Ok(server)
    }

    /// Starts the process on the files it left.
    pub fn start_again(&mut self) -> Result<()> {
        self.spawn()?;
        self.is_up()
    }

    /// Starts the process on the files it left, none of which may grow beyond so many bytes.
    pub fn start_again_rationed(&mut self, bytes: u64) -> Result<()> {
        let script = format!(r#"trap "" XFSZ; exec prlimit --fsize={bytes}:unlimited "$0" "$@""#);
        self.spawn_with("sh", &["-c", &script], false)?;
        self.is_up()
    }

    /// Starts the process where the database is on a file system that may only be read.
    pub fn start_read_only(&mut self) -> Result<()> {
        let script = format!(r#"mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"; {GO_ON}"#);
        self.spawn_with("unshare", &["-rm", "sh", "-c", &script], true)?;
        self.is_up()
    }

    /// Starts the process and does not wait for it.
    pub fn spawn(&mut self) -> Result<()> {
        match self.ground {
            Ground::Plain => self.spawn_with("env", &[], false),
            Ground::Rationed => self.spawn_with("sh", &["-c", r#"trap "" XFSZ; exec "$0" "$@""#], false),
            Ground::SmallDisk(kib) => {
                let script = format!(
                    r#"cp -r "$1" "$1.kept" && mount -t tmpfs -o size={kib}k tmpfs "$1" && cp "$1.kept"/* "$1"; {GO_ON}"#
                );
                self.spawn_with("unshare", &["-rm", "sh", "-c", &script], true)
            }
        }
    }

    /// Starts the process through another program that prepares the ground and then becomes it. The other gets to
    /// know the folder of the database if it wants to.
    fn spawn_with(&mut self, way: &str, arguments: &[&str], data: bool) -> Result<()> {
        ensure!(self.process.is_none(), "it runs already");
        let config = self.folder.path().join("tealight.toml");
        let mut command = Command::new(way);
        command.args(arguments).arg(&self.program);
        if data {
            command.arg(self.data());
        }
        let mut process = command
            .args([Path::new("serve"), Path::new("--config"), &config])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("the server's process cannot be started")?;
        if let Some(mut errors) = process.stderr.take() {
            let said = self.said.clone();
            std::thread::spawn(move || {
                let mut bytes = [0; 4_096];
                while let Ok(read @ 1..) = errors.read(&mut bytes) {
                    let text = String::from_utf8_lossy(&bytes[..read]);
                    said.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
                }
            });
        }
        self.process = Some(process);
        Ok(())
    }

    /// Waits until it listens.
    pub fn is_up(&mut self) -> Result<()> {
        let began = Instant::now();
        while TcpStream::connect(self.addr).is_err() {
            if let Some(process) = &mut self.process
                && let Some(status) = process.try_wait()?
            {
                self.process = None;
                bail!("the server ended with {status}: {}", self.said());
            }
            ensure!(began.elapsed() < PATIENCE, "the server does not listen: {}", self.said());
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Ends the process as a loss of power would: it gets no chance to do anything.
    pub fn kill(&mut self) -> Result<()> {
        let mut process = self.process.take().context("it does not run")?;
        process.kill()?;
        process.wait()?;
        Ok(())
    }

    /// Ends the process as its owner would.
    pub fn stop(&mut self) -> Result<ExitStatus> {
        let mut process = self.process.take().context("it does not run")?;
        run("kill", &["-TERM", &process.id().to_string()])?;
        let began = Instant::now();
        loop {
            if let Some(status) = process.try_wait()? {
                return Ok(status);
            }
            if began.elapsed() > PATIENCE {
                process.kill()?;
                process.wait()?;
                bail!("the server does not stop: {}", self.said());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Its process, while it runs.
    pub fn pid(&self) -> Result<u32> {
        Ok(self.process.as_ref().context("it does not run")?.id())
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Address of the socket.
    pub fn socket(&self) -> String {
        format!("ws://{}{}", self.addr, tealight_protocol::SOCKET_PATH)
    }

    /// Its address, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The folder that holds the database and nothing else, as this process sees it.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The same folder, as the server's process sees it.
    pub fn data_of_process(&self) -> Result<PathBuf> {
        let data = self.data();
        let inside = data.strip_prefix("/").unwrap_or(&data);
        Ok(Path::new("/proc").join(self.pid()?.to_string()).join("root").join(inside))
    }

    /// What it wrote to its log so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How much memory it has in use, in KiB.
    pub fn resident_kib(&self) -> Result<u64> {
        self.memory_kib("VmRSS:")
    }

    /// Forgets how much memory it had in use at once: the next answer is about what comes now.
    pub fn forget_peak(&self) -> Result<()> {
        Ok(std::fs::write(format!("/proc/{}/clear_refs", self.pid()?), "5")?)
    }

    /// How much memory it had in use at once, in KiB.
    pub fn peak_kib(&self) -> Result<u64> {
        self.memory_kib("VmHWM:")
    }

    fn memory_kib(&self, what: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let line = status.lines().find(|line| line.starts_with(what)).context("no figure of memory")?;
        let kib = line.split_whitespace().nth(1).context("no figure of memory")?;
        Ok(kib.parse()?)
    }

    /// From now on no file of the process may grow beyond so many bytes; none: as it likes.
    pub fn ration(&self, bytes: Option<u64>) -> Result<()> {
        let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        run("prlimit", &["--pid", &self.pid()?.to_string(), &format!("--fsize={limit}:unlimited")])
    }

    fn add_operator(&self, name: &str, areas: &[&str]) -> Result<()> {
        let config = self.folder.path().join("tealight.toml");
        let mut child = Command::new(&self.program)
            .args(["operator", "add", name, "--alias", name, "--config"])
            .arg(config)
            .args(areas.iter().flat_map(|area| ["--area", area]))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        child.stdin.take().context("no input")?.write_all(PASSWORD.as_bytes())?;
        ensure!(child.wait()?.success(), "{name} cannot be added");
        Ok(())
    }
}

impl Drop for ChildServer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Whether this machine lets an ordinary process have a file system of its own.
pub fn has_namespaces() -> bool {
    run("unshare", &["-rm", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]).is_ok()
}

/// Runs a program of the system that a fault is made with.
pub fn run(program: &str, arguments: &[&str]) -> Result<()> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{program} cannot be run: install it to make this fault"))?;
    ensure!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn write_files(folder: &Path, addr: SocketAddr, setup: &Setup) -> Result<()> {
    let assets = folder.join("dist");
    std::fs::create_dir(&assets)?;
    std::fs::create_dir(folder.join("data"))?;
    write_empty_files(&assets)?;
    let limits = &setup.limits;
    let mut config = format!(
        r#"
[server]
listen = "{addr}"
database = "data/tealight.db"
assets_dir = "dist"

[service]
name = "Lantern Night Line"

[[alternatives]]
id = "phone"
channel = "phone"
uri = "tel:08081570199"
label = "Call 0808 157 0199"

[wait]
capacity = 100000

[limits]
logins_per_minute = 100000
{limits}
"#
    );
    for area in &setup.areas {
        write!(config, "\n[[areas]]\nid = \"{area}\"\nname = \"{area}\"\n")?;
    }
    Ok(std::fs::write(folder.join("tealight.toml"), config)?)
}
