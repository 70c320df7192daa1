//! The hand-written files: scripts, style sheets and strings, read, checked, minified and given their names.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use crate::dist::Build;
use crate::dist::output::Output;
use crate::progress::command_line;
use crate::workspace::Workspace;

const LOADER: &str = "widget/js/loader.js";
const ELEMENT: &str = "widget/js/element.js";
/// Where the two, and what they import, lie.
const SCRIPTS: &str = "widget/js";
/// ES modules in which no path is filled in: source and logical name.
const MODULES: [(&str, &str); 5] = [
    ("widget/js/alert.js", "alert.js"),
    ("widget/js/details.js", "details.js"),
    ("widget/js/work.js", "work.js"),
    ("widget/js/frame.js", "frame.js"),
    ("server-stub/console/boot.js", "console-boot.js"),
];
/// Single style sheets: source and logical name.
const SHEETS: [(&str, &str); 1] = [("widget/styles/frame.css", "frame.css")];
/// Directories whose style sheets are joined in the order of their names.
const SHEET_DIRECTORIES: [(&str, &str); 2] =
    [("widget/styles/widget", "tealight.css"), ("server-stub/console/styles", "console.css")];
const LOCALES: &str = "widget/locales";

/// What the sources say where the paths of hashed files belong: in inline mode the loader finds the element, and
/// the element everything else. In a frame it is the document that names them.
const ELEMENT_TOKEN: &str = "TEALIGHT_ELEMENT";
const ASSETS_TOKEN: &str = "TEALIGHT_ASSETS";
/// And where the element finds what it loads only for some.
const ALERT_TOKEN: &str = "TEALIGHT_ALERT";
const DETAILS_TOKEN: &str = "TEALIGHT_DETAILS";
const WORK_TOKEN: &str = "TEALIGHT_WORK";

/// The browsers that must understand the output: the first ones with constructable style sheets in all engines.
const BROWSERS: &str = "--target=chrome99,edge99,firefox101,safari16.4";

/// Something esbuild turns into a finished file.
#[derive(Debug)]
pub(crate) enum Script<'a> {
    /// An ES module; what it imports by relative path becomes part of it.
    Module(&'a Path),
    /// The text of one, with the directory that it imports from.
    Text(&'a str, &'a Path),
    /// The same for a classic script, which leaves no name of its own on the page.
    Classic(&'a str, &'a Path),
    /// A style sheet's text.
    Sheet(&'a str),
}

/// Fails with the names of all source files that are missing.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let files = MODULES.iter().chain(&SHEETS).map(|&(source, _)| source).chain([ELEMENT, LOADER]);
    let missing = files.filter(|source| !workspace.path(source).is_file());
    let mut missing: Vec<String> = missing.map(str::to_owned).collect();
    for (directory, _) in SHEET_DIRECTORIES {
        if files_in(&workspace.path(directory), "css").is_ok_and(|files| files.is_empty()) {
            missing.push(format!("{directory}/*.css"));
        }
    }
    if !workspace.path(LOCALES).join("en.json").is_file() {
        missing.push(format!("{LOCALES}/en.json"));
    }
    if !missing.is_empty() {
        bail!("these source files are missing:\n    {}", missing.join("\n    "));
    }
    Ok(())
}

/// Adds every hand-written file to `output`; the wasm files are in it already, so that the loader can name them.
pub(crate) fn add_all(workspace: &Workspace, build: Build, output: &mut Output) -> Result<()> {
    for (source, name) in MODULES {
        output.add_hashed(name, esbuild(workspace, build, &Script::Module(&workspace.path(source)))?);
    }
    for (source, name) in SHEETS {
        let text = read(&workspace.path(source))?;
        output.add_hashed(name, esbuild(workspace, build, &Script::Sheet(&text))?);
    }
    for (directory, name) in SHEET_DIRECTORIES {
        let files = files_in(&workspace.path(directory), "css")?;
        let text = files.iter().map(|file| read(file)).collect::<Result<Vec<_>>>()?.join("\n");
        output.add_hashed(name, esbuild(workspace, build, &Script::Sheet(&text))?);
    }
    let mut locales = Map::new();
    for file in files_in(&workspace.path(LOCALES), "json")? {
        let language = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let strings: Value = serde_json::from_str(&read(&file)?)
            .with_context(|| format!("{} is not valid JSON", workspace.shown(&file)))?;
        let name = format!("{language}.json");
        output.add_hashed(&name, strings.to_string().into_bytes());
        locales.insert(language, json!(output.url(&name)?));
    }
    let assets = json!({
        "glue": output.url("widget.js")?,
        "wasm": output.url("widget.wasm")?,
        "css": output.url("tealight.css")?,
        "locales": locales,
    });
    let alert = json!(output.url("alert.js")?);
    let details = json!(output.url("details.js")?);
    let work = json!(output.url("work.js")?);
    let text = read(&workspace.path(ELEMENT))?
        .replace(ASSETS_TOKEN, &assets.to_string())
        .replace(ALERT_TOKEN, &alert.to_string())
        .replace(DETAILS_TOKEN, &details.to_string())
        .replace(WORK_TOKEN, &work.to_string());
    let scripts = workspace.path(SCRIPTS);
    output.add_hashed("element.js", esbuild(workspace, build, &Script::Text(&text, &scripts))?);
    let element = json!(output.url("element.js")?);
    let text = read(&workspace.path(LOADER))?.replace(ELEMENT_TOKEN, &element.to_string());
    output.add_unhashed("tealight.js", esbuild(workspace, build, &Script::Classic(&text, &scripts))?);
    Ok(())
}

/// Runs esbuild: bundles relative imports, and minifies unless the build is for development.
pub(crate) fn esbuild(workspace: &Workspace, build: Build, script: &Script<'_>) -> Result<Vec<u8>> {
    let mut command = workspace.npm_tool("esbuild");
    command.args([BROWSERS, "--log-level=warning", "--charset=utf8", "--legal-comments=none"]);
    if build != Build::Dev {
        command.arg("--minify");
    }
    let input = match script {
        Script::Module(path) => {
            command.args(["--bundle", "--format=esm"]).arg(path);
            ""
        }
        Script::Text(text, directory) => {
            command.args(["--loader=js", "--bundle", "--format=esm"]).current_dir(directory);
            text
        }
        Script::Classic(text, directory) => {
            command.args(["--loader=js", "--bundle", "--format=iife"]).current_dir(directory);
            text
        }
        Script::Sheet(text) => {
            command.arg("--loader=css");
            text
        }
    };
    let shown = command_line(&command);
    let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn();
    let mut child = started.with_context(|| format!("`{shown}` could not be started"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).with_context(|| format!("`{shown}` stopped reading"))?;
    }
    let output = child.wait_with_output().with_context(|| format!("`{shown}` could not be read"))?;
    if !output.status.success() {
        bail!("`{shown}` found a mistake; its message is above");
    }
    Ok(output.stdout)
}

/// The files in `directory` that end in `extension`, in the order of their names.
fn files_in(directory: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(directory).with_context(|| format!("{} cannot be read", directory.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("{} cannot be read", directory.display()))?.path();
        if path.extension() == Some(OsStr::new(extension)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}
