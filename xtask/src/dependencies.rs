//! What we build on: held against the committed policy, and listed for whoever must know. Needs no network.
//!
//! The list of packages is `Cargo.lock`. Licences stand in the packages' own manifests, as far as Cargo has them on
//! this machine; what it never fetched is not built here either, and is counted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::workspace::Workspace;

/// `cargo xtask sbom`.
#[derive(Debug, Args)]
pub(crate) struct SbomArgs {
    /// Write to this file instead of the terminal.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// `dependencies.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    licences: BTreeSet<String>,
    exceptions: BTreeSet<String>,
    banned: Vec<Group>,
    twice: Vec<Group>,
}

/// Packages with something in common.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    names: BTreeSet<String>,
    why: String,
}

#[derive(Debug, Deserialize)]
struct Lock {
    package: Vec<Package>,
}

/// An entry of `Cargo.lock`.
#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    checksum: Option<String>,
}

/// `cargo xtask dependencies`
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let policy: Policy = toml::from_str(&read(&workspace.path("dependencies.toml"))?)?;
    let lock = lock(workspace)?;
    let licences = Licences::here();
    let (faults, unread) = faults(&policy, &lock, &licences);
    let foreign = lock.package.iter().filter(|package| package.source.is_some()).count();
    ensure!(faults.is_empty(), "dependencies.toml is not kept:\n  {}", faults.join("\n  "));
    println!("{foreign} packages keep to dependencies.toml; {unread} of them were never fetched here");
    Ok(())
}

/// `cargo xtask sbom`
pub(crate) fn sbom(workspace: &Workspace, args: &SbomArgs) -> Result<()> {
    let text = serde_json::to_string_pretty(&bill(&lock(workspace)?, &Licences::here()))? + "\n";
    match &args.out {
        Some(file) => fs::write(file, text).with_context(|| format!("cannot write {}", file.display())),
        None => {
            print!("{text}");
            Ok(())
        }
    }
}

fn lock(workspace: &Workspace) -> Result<Lock> {
    Ok(toml::from_str(&read(&workspace.path("Cargo.lock"))?)?)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// What is wrong, and of how many packages the licence cannot be read here.
fn faults(policy: &Policy, lock: &Lock, licences: &Licences) -> (Vec<String>, usize) {
    let mut faults = Vec::new();
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut sources = BTreeSet::new();
    let mut unread = 0;
    for package in &lock.package {
        let Package { name, version, source, checksum } = package;
        versions.entry(name).or_default().push(version);
        let Some(source) = source else { continue };
        sources.insert(source);
        if !source.starts_with("registry+") || checksum.is_none() {
            faults.push(format!("{name} {version} does not come from a registry with a checksum"));
        }
        match licences.of(name, version) {
            None => unread += 1,
            Some(None) => faults.push(format!("{name} {version} names no licence")),
            Some(Some(terms)) => {
                if !is_allowed(&terms, policy) {
                    faults.push(format!("{name} {version} is under “{terms}”"));
                }
            }
        }
    }
    if sources.len() > 1 {
        faults.push(format!("packages come from {} places", sources.len()));
    }
    for group in &policy.banned {
        for name in group.names.iter().filter(|name| versions.contains_key(name.as_str())) {
            faults.push(format!("{name} is there: {}", group.why));
        }
    }
    for (name, versions) in versions {
        let expected = policy.twice.iter().any(|group| group.names.contains(name) && !group.why.is_empty());
        if (versions.len() > 1) != expected {
            let found = versions.join(", ");
            let what = if expected { "only once, so its entry can go" } else { "in several versions" };
            faults.push(format!("{name} is there {what}: {found}"));
        }
    }
    (faults, unread)
}

/// The packages' manifests on this machine.
#[derive(Debug)]
struct Licences {
    folders: Vec<PathBuf>,
}

impl Licences {
    fn here() -> Self {
        let home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
        let entries = home.and_then(|home| fs::read_dir(home.join("registry/src")).ok());
        let folders = entries.into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
        Self { folders: folders.collect() }
    }

    /// The terms of a package: nothing when the package is not here, or when it names none.
    fn of(&self, name: &str, version: &str) -> Option<Option<String>> {
        let manifest = self.folders.iter().find_map(|folder| {
            fs::read_to_string(folder.join(format!("{name}-{version}")).join("Cargo.toml")).ok()
        })?;
        let manifest: toml::Table = manifest.parse().ok()?;
        Some(manifest.get("package")?.get("license").and_then(|terms| Some(terms.as_str()?.to_owned())))
    }
}

/// Whether an SPDX expression leaves a choice that the policy allows. In the old spelling a slash is a choice.
fn is_allowed(terms: &str, policy: &Policy) -> bool {
    let spaced = terms.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, policy };
    reader.choice().is_ok_and(|allowed| allowed && reader.words.is_empty())
}

/// Reads an expression from its front.
struct Reader<'a> {
    words: &'a [&'a str],
    policy: &'a Policy,
}

impl Reader<'_> {
    fn choice(&mut self) -> Result<bool> {
        let mut allowed = self.all()?;
        while self.takes("OR") {
            allowed |= self.all()?;
        }
        Ok(allowed)
    }

    fn all(&mut self) -> Result<bool> {
        let mut allowed = self.one()?;
        while self.takes("AND") {
            allowed &= self.one()?;
        }
        Ok(allowed)
    }

    fn one(&mut self) -> Result<bool> {
        if self.takes("(") {
            let allowed = self.choice()?;
            ensure!(self.takes(")"), "a bracket is not closed");
            return Ok(allowed);
        }
        let allowed = self.policy.licences.contains(self.next()?);
        if self.takes("WITH") {
            return Ok(self.policy.exceptions.contains(self.next()?) && allowed);
        }
        Ok(allowed)
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_next = self.words.first() == Some(&word);
        if is_next {
            self.words = &self.words[1..];
        }
        is_next
    }

    fn next(&mut self) -> Result<&str> {
        let [word, rest @ ..] = self.words else { bail!("the expression ends early") };
        self.words = rest;
        Ok(word)
    }
}

/// Every package as a bill of materials, in CycloneDX.
fn bill(lock: &Lock, licences: &Licences) -> Value {
    let components: Vec<Value> = lock
        .package
        .iter()
        .map(|package| {
            let Package { name, version, source, checksum } = package;
            let mut component = json!({
                "type": if source.is_some() { "library" } else { "application" },
                "name": name,
                "version": version,
                "bom-ref": format!("{name}@{version}"),
            });
            if source.is_some() {
                component["purl"] = json!(format!("pkg:cargo/{name}@{version}"));
            }
            if let Some(checksum) = checksum {
                component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
            }
            if let Some(Some(terms)) = licences.of(name, version) {
                component["licenses"] = json!([{ "expression": terms.replace('/', " OR ") }]);
            }
            component
        })
        .collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "application",
            "name": "tealight",
            "version": env!("CARGO_PKG_VERSION"),
            "bom-ref": "tealight",
        }},
        "components": components,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_build_on_keeps_to_the_policy() -> Result<()> {
        check(&Workspace::find()?)
    }

    #[test]
    fn a_choice_is_enough_and_a_sum_needs_all() -> Result<()> {
        let policy = policy()?;
        for good in
            ["MIT", "GPL-3.0 OR MIT", "MIT/GPL-3.0", "(MIT OR GPL-3.0) AND Zlib", "MIT WITH LLVM-exception"]
        {
            assert!(is_allowed(good, &policy), "{good}");
        }
        for bad in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "MIT WITH something",
            "(MIT",
            "MIT)",
            "MIT OR",
            "MIT Zlib",
            "GPL-3.0 OR MIT AND AGPL-3.0",
        ] {
            assert!(!is_allowed(bad, &policy), "{bad}");
        }
        Ok(())
    }

    #[test]
    fn what_is_banned_doubled_or_from_elsewhere_is_named() -> Result<()> {
        let package = |name: &str, version: &str, source: Option<&str>| Package {
            name: name.to_owned(),
            version: version.to_owned(),
            source: source.map(str::to_owned),
            checksum: source.map(|_| "00".to_owned()),
        };
        let from = Some("registry+https://example.org/index");
        let package = vec![
            package("openssl", "1.0.0", from),
            package("one", "1.0.0", from),
            package("one", "2.0.0", from),
            package("other", "1.0.0", Some("git+https://example.org/other")),
            package("ours", "0.1.0", None),
        ];
        let (faults, unread) = faults(&policy()?, &Lock { package }, &Licences { folders: Vec::new() });
        let all = faults.join("\n");
        for words in [
            "openssl is there: because",
            "one is there in several versions: 1.0.0, 2.0.0",
            "other 1.0.0 does not come from a registry",
            "packages come from 2 places",
        ] {
            assert!(all.contains(words), "{words} is not in {all}");
        }
        assert_eq!((faults.len(), unread), (4, 4));
        Ok(())
    }

    #[test]
    fn the_bill_names_every_package_once() -> Result<()> {
        let lock = lock(&Workspace::find()?)?;
        let bill = bill(&lock, &Licences::here());
        assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&json!("CycloneDX"), &json!("1.5")));
        let components = bill["components"].as_array().context("no components")?;
        let names: BTreeSet<String> = components.iter().map(|one| one["bom-ref"].to_string()).collect();
        assert_eq!((names.len(), components.len()), (lock.package.len(), lock.package.len()));
        let serde = components.iter().find(|one| one["name"] == "serde").context("no serde")?;
        assert_eq!(serde["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert!(serde["purl"].as_str().is_some_and(|purl| purl.starts_with("pkg:cargo/serde@")));
        Ok(())
    }

    fn policy() -> Result<Policy> {
        Ok(toml::from_str(
            "licences = [\"MIT\", \"Zlib\"]\nexceptions = [\"LLVM-exception\"]\ntwice = []\n\
             [[banned]]\nnames = [\"openssl\"]\nwhy = \"because\"\n",
        )?)
    }
}
