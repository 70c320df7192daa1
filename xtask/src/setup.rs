//! Installs what a fresh machine lacks: the wasm target, the standard library's sources, npm tools, a browser,
//! Python with the libraries of what is tested in it.
//!
//! Everything is looked for first, so that a second call costs next to nothing. Nothing is installed into
//! the checkout: npm and Python packages live under the target directory.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::progress::{command_line, output, run as run_command, step};
use crate::workspace::Workspace;

/// What the parts in Python need, pinned with hashes. All of it goes into one environment.
const PYTHON_REQUIREMENTS: [&str; 2] =
    ["docs/examples/backend-python/requirements.txt", "tests/requirements.txt"];

/// Whether an interpreter is new enough and can make environments.
const PYTHON_FITS: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";

/// The browser's compilation target.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

#[derive(Debug, Args)]
pub(crate) struct SetupArgs {
    /// Leave out the browsers that only the end-to-end tests need.
    #[arg(long)]
    no_browser: bool,
}

pub(crate) fn run(workspace: &Workspace, args: &SetupArgs) -> Result<()> {
    wasm_target(workspace)?;
    if !standard_library_sources(workspace)? {
        eprintln!(
            "    the sources of the standard library cannot be had: size builds will be plain release builds"
        );
    }
    npm_tools(workspace)?;
    python(workspace)?;
    if !args.no_browser {
        engines()?;
    }
    println!("Everything needed is here.");
    Ok(())
}

/// The standard library compiled for the browser.
pub(crate) fn wasm_target(workspace: &Workspace) -> Result<()> {
    let library = sysroot(workspace)?.join("lib/rustlib").join(WASM_TARGET).join("lib");
    if library.is_dir() {
        return Ok(());
    }
    step("Installing the Rust target for the browser", || {
        rustup(workspace, &["target", "add", WASM_TARGET])
    })?;
    if !library.is_dir() {
        bail!(
            "the target {WASM_TARGET} is still missing; run `rustup target add {WASM_TARGET}` in this directory"
        );
    }
    Ok(())
}

/// The sources of the standard library, for the size build. False when they cannot be had.
pub(crate) fn standard_library_sources(workspace: &Workspace) -> Result<bool> {
    let sources = sysroot(workspace)?.join("lib/rustlib/src/rust/library/Cargo.lock");
    if !sources.is_file() {
        // A failure here is no error: the caller falls back to the compiled standard library and says so.
        let added = step("Installing the sources of the standard library", || {
            rustup(workspace, &["component", "add", "rust-src"])
        });
        if let Err(error) = added {
            eprintln!("    {error:#}");
        }
    }
    Ok(sources.is_file())
}

/// esbuild and wasm-opt, at the versions of the committed lock file.
pub(crate) fn npm_tools(workspace: &Workspace) -> Result<()> {
    let home = workspace.target("npm");
    let stamp = home.join("installed.json");
    let lock = read(&workspace.path("xtask/npm/package-lock.json"))?;
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    step("Installing esbuild and wasm-opt from npm", || {
        fs::create_dir_all(&home).with_context(|| format!("{} cannot be made", home.display()))?;
        for name in ["package.json", "package-lock.json", ".npmrc"] {
            let source = workspace.path("xtask/npm").join(name);
            fs::write(home.join(name), read(&source)?).with_context(|| format!("{name} cannot be copied"))?;
        }
        run_command(
            Command::new("npm").args(["ci", "--silent"]).current_dir(&home),
            "install Node.js 18 or newer with npm (Debian: apt-get install nodejs npm) and check the network",
        )?;
        fs::write(&stamp, &lock).context("the npm stamp cannot be written")
    })
}

/// Chromium and its driver, for the tests in a real browser.
pub(crate) fn browser() -> Result<()> {
    if on_path("chromium") && on_path("chromedriver") {
        return Ok(());
    }
    let need = "the tests in a real browser need chromium and chromedriver on the PATH";
    debian(need, "Installing Chromium and its driver", &["chromium", "chromium-driver"])
}

/// Every engine that pages are tried in.
pub(crate) fn engines() -> Result<()> {
    browser()?;
    if on_path("WebKitWebDriver") && on_path("Xvfb") {
        return Ok(());
    }
    let need = "the tests in the engine of Safari need WebKitWebDriver and Xvfb on the PATH";
    debian(
        need,
        "Installing WebKitGTK, its driver and a screen that nobody sees",
        &["webkit2gtk-driver", "xvfb"],
    )
}

/// An interpreter of Python with what the parts in Python need. Returns its path.
pub(crate) fn python(workspace: &Workspace) -> Result<PathBuf> {
    let home = workspace.target("python");
    let interpreter = home.join("bin/python");
    let stamp = home.join("installed.txt");
    let mut wanted = Vec::new();
    for file in PYTHON_REQUIREMENTS {
        wanted.extend(read(&workspace.path(file))?);
    }
    if interpreter.is_file() && fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(interpreter);
    }
    if !python_fits() {
        let need = "the backend in Python and its tests need Python 3.11 or newer with venv as `python3`";
        debian(need, "Installing Python", &["python3-venv"])?;
        if !python_fits() {
            bail!("{need}, and the one on the PATH is older");
        }
    }
    step("Installing the libraries of what is written in Python", || {
        let hint = "see above, and check the network";
        run_command(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home), hint)?;
        let mut pip = Command::new(&interpreter);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]);
        for file in PYTHON_REQUIREMENTS {
            pip.arg("--requirement").arg(workspace.path(file));
        }
        run_command(&mut pip, hint)?;
        fs::write(&stamp, &wanted).context("the stamp of the Python libraries cannot be written")
    })?;
    Ok(interpreter)
}

fn python_fits() -> bool {
    let mut python = Command::new("python3");
    python.args(["-c", PYTHON_FITS]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}

/// A C++ compiler, for libFuzzer.
pub(crate) fn cpp_compiler() -> Result<()> {
    if on_path("c++") || on_path("g++") || on_path("clang++") {
        return Ok(());
    }
    debian("fuzzing needs a C++ compiler on the PATH", "Installing a C++ compiler", &["g++"])
}

/// Installs packages of Debian where that is possible, and else says how.
fn debian(need: &str, title: &str, packages: &[&str]) -> Result<()> {
    if !(on_path("apt-get") && is_root()) {
        bail!("{need}; on Debian run\n\n    sudo apt-get install --yes {}\n", packages.join(" "));
    }
    step(title, || {
        let install = || {
            let mut apt = Command::new("apt-get");
            apt.env("DEBIAN_FRONTEND", "noninteractive");
            apt.args(["install", "--yes", "--quiet=2", "--no-install-recommends"]).args(packages);
            run_command(apt.stdout(Stdio::null()), "see the message of apt-get above")
        };
        // The package lists of a fresh machine are empty or old: only then are they fetched.
        install().or_else(|_| {
            let hint = "the package lists cannot be fetched; check the network";
            run_command(Command::new("apt-get").args(["update", "--quiet=2"]), hint)?;
            install()
        })
    })
}

/// Calls rustup for the toolchain that this directory asks for, or for `stable` where the first is only a link to it.
fn rustup(workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("rustup");
    command.args(arguments).current_dir(workspace.root());
    let hint = format!("run `{}` yourself", command_line(&command));
    run_command(&mut command, &hint).or_else(|first| {
        let mut stable = Command::new("rustup");
        stable.args(arguments).args(["--toolchain", "stable"]);
        run_command(&mut stable, &hint).map_err(|_| first)
    })
}

fn sysroot(workspace: &Workspace) -> Result<PathBuf> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "sysroot"]).current_dir(workspace.root());
    let printed = output(&mut rustc, "install Rust with rustup")?;
    Ok(PathBuf::from(String::from_utf8_lossy(&printed).trim()))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn on_path(program: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
