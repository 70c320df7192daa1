//! `serve`: the server with somebody's own configuration and freshly built browser files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::child::{Children, Interrupt};
use crate::dist::{self, DistArgs};
use crate::progress::{run as run_command, step};
use crate::workspace::Workspace;

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The server's configuration, a `tealight.toml`.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Build quickly: larger files for the browser, a slower server.
    #[arg(long)]
    dev: bool,
}

pub(crate) fn run(workspace: &Workspace, args: &ServeArgs) -> Result<()> {
    let config = args.config.canonicalize();
    let config = config.with_context(|| format!("{} cannot be read", args.config.display()))?;
    let out = Some(assets_directory(&config)?);
    dist::build(workspace, &DistArgs { dev: args.dev, out })?;
    let server = build_server(workspace, !args.dev)?;
    let interrupt = Interrupt::listen()?;
    let mut children = Children::default();
    let mut command = Command::new(&server);
    command.arg("serve").arg("--config").arg(&config);
    children.start("the server", &mut command)?;
    println!("Serving; Ctrl-C stops.");
    children.watch("the server", &interrupt)
}

/// Where this configuration expects the browser's files: `server.assets_dir`, relative to its own folder.
fn assets_directory(config: &Path) -> Result<PathBuf> {
    let text = fs::read_to_string(config).with_context(|| format!("{} cannot be read", config.display()))?;
    let table: toml::Table =
        toml::from_str(&text).with_context(|| format!("{} is not valid TOML", config.display()))?;
    let named = table.get("server").and_then(|server| server.get("assets_dir")).and_then(toml::Value::as_str);
    Ok(config.parent().unwrap_or(Path::new(".")).join(named.unwrap_or("dist")))
}

/// Compiles the server and returns its program file.
pub(crate) fn build_server(workspace: &Workspace, release: bool) -> Result<PathBuf> {
    step("Compiling the server", || {
        let mut cargo = workspace.cargo();
        cargo.args(["build", "--package", "tealight-server", "--bin", "tealight-server"]);
        if release {
            cargo.arg("--release");
        }
        run_command(&mut cargo, "cargo's message is above")
    })?;
    let profile = if release { "release" } else { "debug" };
    Ok(workspace.target(profile).join("tealight-server"))
}
