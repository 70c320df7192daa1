//! Where things are: the root of the checkout, the target directory and the tools in it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The checkout this task works in.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Finds the checkout: cargo names it when it runs this program, otherwise the current directory is searched upwards.
    pub(crate) fn find() -> Result<Self> {
        let here = env::current_dir().context("the current directory cannot be read")?;
        let root = match env::var_os("CARGO_MANIFEST_DIR") {
            Some(dir) => Path::new(&dir).parent().map(Path::to_path_buf),
            None => {
                here.ancestors().find(|dir| dir.join("xtask/Cargo.toml").is_file()).map(Path::to_path_buf)
            }
        };
        let root = root.context("no Tealight checkout found here; run `cargo xtask` inside one")?;
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => here.join(dir),
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// The directory of the root `Cargo.toml`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path inside the checkout.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A path inside the target directory, where everything built belongs.
    pub(crate) fn target(&self, relative: &str) -> PathBuf {
        self.target.join(relative)
    }

    /// `path` relative to the root where possible: what a person wants to read.
    pub(crate) fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }

    /// A cargo command in the root, without the variables that the cargo that runs us has set for us.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = Command::new("cargo");
        for (name, _) in env::vars_os() {
            let ours = name.to_str().is_some_and(|name| {
                name.starts_with("CARGO_PKG_")
                    || name.starts_with("CARGO_MANIFEST_")
                    || name == "CARGO_BIN_NAME"
            });
            if ours {
                cargo.env_remove(name);
            }
        }
        cargo.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        cargo
    }

    /// A tool that npm installed, see [`crate::setup`].
    pub(crate) fn npm_tool(&self, name: &str) -> Command {
        Command::new(self.target("npm/node_modules/.bin").join(name))
    }
}
