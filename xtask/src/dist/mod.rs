//! `dist`: everything a browser downloads, built, minified, named by content, compressed and listed.
//!
//! The finished directory is what the server serves as it is: it never compresses or renames anything itself.

mod cache;
mod output;
mod source;
mod wasm;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use crate::dist::cache::Cache;
use crate::dist::output::Output;
use crate::progress::step;
use crate::setup;
use crate::workspace::Workspace;

pub(crate) use crate::dist::output::Manifest;

#[derive(Debug, Default, Args)]
pub(crate) struct DistArgs {
    /// Build quickly instead of small.
    #[arg(long)]
    pub(crate) dev: bool,
    /// Where to put the files [default: target/dist, with --dev target/dist-dev].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// How the wasm is built. All three make the same files with the same names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// Quick to build, readable, several times the size.
    Dev,
    /// As small as it gets: the standard library is rebuilt for size, without panic messages.
    Size,
    /// What is left of [`Build::Size`] where the standard library's sources cannot be had.
    Release,
}

impl Build {
    /// The name in the manifest.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Size => "size",
            Self::Release => "release",
        }
    }
}

pub(crate) fn run(workspace: &Workspace, args: &DistArgs) -> Result<()> {
    let built = build(workspace, args)?;
    println!("Built for the browser: {}", workspace.shown(&built));
    // What a page needs that pins the loader by its content.
    if let Some(loader) = manifest(&built)?.files.get("tealight.js") {
        println!("tealight.js: integrity=\"{}\"", loader.integrity);
    }
    Ok(())
}

/// Builds everything and returns the directory.
pub(crate) fn build(workspace: &Workspace, args: &DistArgs) -> Result<PathBuf> {
    let out = args.out.clone().unwrap_or_else(|| default_directory(workspace, args.dev));
    setup::wasm_target(workspace)?;
    setup::npm_tools(workspace)?;
    source::check(workspace)?;
    let build = if args.dev {
        Build::Dev
    } else if setup::standard_library_sources(workspace)? {
        Build::Size
    } else {
        eprintln!(
            "    no sources of the standard library: this is the plain release build, about 13 % larger"
        );
        Build::Release
    };
    let cache = Cache::open(workspace.target("dist-cache").join(build.name()))?;
    let mut output = Output::new(build);

    let modules = step(&format!("Compiling widget and console to wasm ({} build)", build.name()), || {
        wasm::compile(workspace, build)
    })?;
    step("Binding, optimising and minifying", || {
        for module in &modules {
            let bound = wasm::bind(workspace, build, &cache, module)?;
            output.add_hashed(&format!("{}.js", module.name), bound.glue);
            output.add_hashed(&format!("{}.wasm", module.name), bound.wasm);
        }
        source::add_all(workspace, build, &mut output)
    })?;
    step("Compressing and writing", || output.write(&out, &cache))?;
    cache.prune()?;
    Ok(out)
}

/// Where a build goes unless told otherwise.
pub(crate) fn default_directory(workspace: &Workspace, dev: bool) -> PathBuf {
    workspace.target(if dev { "dist-dev" } else { "dist" })
}

/// Reads the manifest of a finished directory.
pub(crate) fn manifest(directory: &Path) -> Result<Manifest> {
    Manifest::read(directory)
}
