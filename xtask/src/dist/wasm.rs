//! From the two browser crates to wasm and its JavaScript glue: cargo, wasm-bindgen, wasm-opt, esbuild.

use std::cell::Cell;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use wasm_bindgen_cli_support::Bindgen;

use crate::dist::Build;
use crate::dist::cache::Cache;
use crate::dist::source::{Script, esbuild};
use crate::progress::{command_line, run};
use crate::setup::WASM_TARGET;
use crate::workspace::Workspace;

/// The browser crates and the logical names of what comes of them.
const CRATES: [(&str, &str); 2] = [("tealight-widget", "widget"), ("tealight-console", "console")];

/// The standard library as small as it gets. These cargo flags are unstable, hence `RUSTC_BOOTSTRAP` below.
const BUILD_STD: [&str; 4] =
    ["-Z", "build-std=std,panic_abort", "-Z", "build-std-features=optimize_for_size"];

/// No panic messages, no source locations, no text of `{:?}`: nobody reads them in a visitor's browser.
const SIZE_FLAGS: [&str; 4] =
    ["-Zunstable-options", "-Cpanic=immediate-abort", "-Zlocation-detail=none", "-Zfmt-debug=none"];

/// How wasm-opt makes a module small for the way it travels, which is compressed: measured after brotli, `-Oz` is 3 %
/// larger than this, because code that is folded and inlined to fewer bytes repeats itself less.
///
/// What follows is what rustc emits for its default wasm target; wasm-opt must be told, or it refuses the input.
const WASM_OPT_FLAGS: [&str; 15] = [
    "--flatten",
    "--rereloop",
    "-O2",
    "--shrink-level=2",
    "--one-caller-inline-max-function-size=10",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--strip-producers",
    "--strip-target-features",
];

/// A compiled browser crate.
#[derive(Debug)]
pub(crate) struct Module {
    /// `widget` or `console`.
    pub(crate) name: &'static str,
    file: PathBuf,
}

/// What a browser loads of a [`Module`].
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) glue: Vec<u8>,
    pub(crate) wasm: Vec<u8>,
}

/// Compiles both crates. Cargo itself decides what is fresh.
pub(crate) fn compile(workspace: &Workspace, build: Build) -> Result<Vec<Module>> {
    if build == Build::Dev {
        return compile_together(workspace, build, &CRATES);
    }
    // One after the other: together, each would get the features that the other one wants of their dependencies.
    let mut modules = Vec::new();
    for one in CRATES {
        modules.extend(compile_together(workspace, build, &[one])?);
    }
    Ok(modules)
}

fn compile_together(
    workspace: &Workspace,
    build: Build,
    crates: &[(&str, &'static str)],
) -> Result<Vec<Module>> {
    let mut cargo = workspace.cargo();
    // A target directory of its own: other flags must not make the native builds stale.
    cargo.env("CARGO_TARGET_DIR", workspace.target("wasm")).env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo.args(["build", "--target", WASM_TARGET, "--message-format", "json-render-diagnostics"]);
    for (package, _) in crates {
        cargo.args(["--package", package]);
    }
    match build {
        Build::Dev => {
            cargo.args(["--profile", "wasm-dev"]);
        }
        Build::Release => {
            cargo.args(["--profile", "wasm-release"]).env("RUSTFLAGS", portable_paths(workspace));
        }
        Build::Size => {
            let flags = format!("{} {}", SIZE_FLAGS.join(" "), portable_paths(workspace));
            cargo.args(["--profile", "wasm-release"]).args(BUILD_STD);
            cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", flags);
        }
    }
    let shown = command_line(&cargo);
    let output = cargo
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("`{shown}` could not be started"))?;
    if !output.status.success() {
        bail!("the browser crates do not compile; cargo's message is above");
    }
    crates.iter().map(|&(package, name)| module(&output.stdout, package, name)).collect()
}

/// Makes the glue and the final wasm of one module. Slow, so the results are cached by what went in.
pub(crate) fn bind(workspace: &Workspace, build: Build, cache: &Cache, module: &Module) -> Result<Bound> {
    let compiled =
        fs::read(&module.file).with_context(|| format!("{} cannot be read", module.file.display()))?;
    let tools =
        fs::read(workspace.path("xtask/npm/package-lock.json")).context("the npm lock cannot be read")?;
    // The crate and the generator share a version, so a new generator comes with newly compiled input.
    let recipe = format!("{} {build:?} {WASM_OPT_FLAGS:?}", module.name);
    let inputs: [&[u8]; 3] = [&compiled, &tools, recipe.as_bytes()];

    let home = workspace.target("wasm/bound").join(build.name()).join(module.name);
    let raw = home.join(format!("{}_bg.wasm", module.name));
    let done = Cell::new(false);
    let generated = || if done.replace(true) { Ok(()) } else { generate(module, build, &compiled, &home) };
    let glue = cache.get("glue.js", &inputs, || {
        generated()?;
        let entry = home.join(format!("{}.js", module.name));
        esbuild(workspace, build, &Script::Module(&entry))
    })?;
    let wasm = cache.get("wasm", &inputs, || {
        generated()?;
        let wasm = if build == Build::Dev { raw.clone() } else { optimise(workspace, &raw)? };
        fs::read(&wasm).with_context(|| format!("{} cannot be read", wasm.display()))
    })?;
    Ok(Bound { glue, wasm })
}

/// wasm-bindgen, as a library: its version must be exactly that of the crate, and Cargo.lock sees to it.
fn generate(module: &Module, build: Build, compiled: &[u8], home: &Path) -> Result<()> {
    let shipped = build != Build::Dev;
    let _ = fs::remove_dir_all(home);
    let mut bindgen = Bindgen::new();
    bindgen.input_bytes(module.name, compiled.to_vec());
    bindgen
        .web(true)
        .map_err(|error| anyhow!("{error:#}"))?
        .typescript(false)
        // The caller always says where the wasm is: names are hashed.
        .omit_default_module_path(true)
        .remove_name_section(shipped)
        .remove_producers_section(shipped);
    bindgen
        .generate(home)
        .map_err(|error| anyhow!("wasm-bindgen refuses {}: {error:#}", module.file.display()))
}

fn optimise(workspace: &Workspace, raw: &Path) -> Result<PathBuf> {
    let small = raw.with_extension("opt.wasm");
    let mut wasm_opt = workspace.npm_tool("wasm-opt");
    wasm_opt.args(WASM_OPT_FLAGS).arg(raw).arg("-o").arg(&small);
    run(&mut wasm_opt, "remove target/npm and try again, so that the tools are installed anew")?;
    Ok(small)
}

/// Source paths in a shipped file say nothing about the machine that built it.
fn portable_paths(workspace: &Workspace) -> String {
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let mut flags = format!("--remap-path-prefix={}=tealight", workspace.root().display());
    if let Some(cargo_home) = cargo_home {
        flags.push_str(&format!(" --remap-path-prefix={}=cargo", cargo_home.display()));
    }
    flags
}

/// Finds the wasm file of `package` in cargo's messages.
fn module(messages: &[u8], package: &str, name: &'static str) -> Result<Module> {
    #[derive(Deserialize)]
    struct Message {
        #[serde(default)]
        package_id: String,
        #[serde(default)]
        filenames: Vec<PathBuf>,
    }
    let mut found = None;
    for line in messages.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let message: Message = serde_json::from_slice(line).context("cargo's messages cannot be read")?;
        let wasm =
            message.filenames.into_iter().find(|file| file.extension().is_some_and(|end| end == "wasm"));
        // A package id ends in `path#version` or `path#name@version`.
        let ours = message.package_id.contains(&format!("#{package}@"))
            || message.package_id.split('#').next().is_some_and(|path| path.ends_with(package));
        if ours && wasm.is_some() {
            found = wasm;
        }
    }
    let file = found.with_context(|| {
        format!(
            "{package} makes no wasm file; its Cargo.toml needs `[lib] crate-type = [\"cdylib\", \"rlib\"]`"
        )
    })?;
    Ok(Module { name, file })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wasm_file_is_found_among_cargo_messages() {
        let messages = br#"{"reason":"compiler-artifact","package_id":"registry+x#leptos@0.8.0","filenames":["a.rlib"]}
{"reason":"compiler-artifact","package_id":"path+file:///w/widget#tealight-widget@0.1.0","filenames":["b.rlib","b.wasm"]}
{"reason":"build-finished","success":true}
"#;
        let found = module(messages, "tealight-widget", "widget").unwrap();
        assert_eq!(found.file, Path::new("b.wasm"));
    }

    #[test]
    fn a_crate_without_wasm_is_told_what_to_add() {
        let error = module(b"", "tealight-widget", "widget").unwrap_err().to_string();
        assert!(error.contains("cdylib"), "{error}");
    }
}
