//! `size`: what each file weighs, and whether the whole stays within the budgets in `budgets.toml`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Deserialize;

use crate::dist::{self, Build, DistArgs, Manifest};
use crate::workspace::Workspace;

#[derive(Debug, Default, Args)]
pub(crate) struct SizeArgs {
    /// Measure this directory as it is, instead of the size build, which is brought up to date first.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// A limit for the sum of some files, in bytes after brotli.
#[derive(Debug, Deserialize)]
struct Budget {
    limit: u64,
    aim: u64,
    files: Vec<String>,
}

/// How a sum stands against its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    WithinAim,
    WithinLimit,
    Over { by: u64 },
}

pub(crate) fn run(workspace: &Workspace, args: &SizeArgs) -> Result<()> {
    let directory = match &args.dir {
        Some(directory) => directory.clone(),
        None => dist::build(workspace, &DistArgs::default())?,
    };
    let manifest = dist::manifest(&directory)?;
    let path = workspace.path("xtask/budgets.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let budgets: BTreeMap<String, Budget> =
        toml::from_str(&text).with_context(|| format!("{} cannot be understood", path.display()))?;

    println!("{:<18}{:>10}{:>10}{:>10}", "file", "raw", "gzip", "brotli");
    for (name, entry) in &manifest.files {
        println!("{name:<18}{:>10}{:>10}{:>10}", entry.bytes, entry.gzip, entry.brotli);
    }
    println!();
    let mut over = Vec::new();
    for (name, budget) in &budgets {
        let sum = sum(&manifest, budget)?;
        let verdict = verdict(sum, budget);
        let words = match verdict {
            Verdict::WithinAim => "within the aim".to_owned(),
            Verdict::WithinLimit => "within the limit".to_owned(),
            Verdict::Over { by } => format!("OVER by {by}"),
        };
        println!("{name:<10}{sum:>8} of {:>6} bytes brotli (aim {:>5}): {words}", budget.limit, budget.aim);
        if let Verdict::Over { by } = verdict {
            over.push(format!("{name} by {by} bytes"));
        }
    }
    if manifest.build == Build::Dev.name() {
        println!("This is a development build: it is much larger than what is shipped.");
    }
    if !over.is_empty() {
        bail!(
            "over budget: {}; make it smaller, or argue for a new number in xtask/budgets.toml",
            over.join(", ")
        );
    }
    Ok(())
}

fn sum(manifest: &Manifest, budget: &Budget) -> Result<u64> {
    let mut sum = 0;
    for name in &budget.files {
        let entry =
            manifest.files.get(name).with_context(|| format!("the build has no file named {name}"))?;
        sum += entry.brotli;
    }
    Ok(sum)
}

fn verdict(sum: u64, budget: &Budget) -> Verdict {
    match sum {
        sum if sum > budget.limit => Verdict::Over { by: sum - budget.limit },
        sum if sum > budget.aim => Verdict::WithinLimit,
        _ => Verdict::WithinAim,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_equal_to_the_limit_is_within_it() {
        assert_eq!(verdict(100, &budget()), Verdict::WithinLimit);
        assert_eq!(verdict(101, &budget()), Verdict::Over { by: 1 });
    }

    #[test]
    fn a_sum_equal_to_the_aim_is_within_it() {
        assert_eq!(verdict(80, &budget()), Verdict::WithinAim);
        assert_eq!(verdict(81, &budget()), Verdict::WithinLimit);
    }

    #[test]
    fn only_the_named_files_count() {
        assert_eq!(sum(&manifest(), &budget()).unwrap(), 90);
    }

    #[test]
    fn a_budget_for_a_file_that_is_not_built_is_a_mistake() {
        let mut budget = budget();
        budget.files.push("gone.js".into());
        assert!(sum(&manifest(), &budget).unwrap_err().to_string().contains("gone.js"));
    }

    #[test]
    fn the_committed_budgets_can_be_read() {
        let budgets: BTreeMap<String, Budget> = toml::from_str(include_str!("../budgets.toml")).unwrap();
        assert!(budgets.values().all(|budget| budget.aim <= budget.limit));
    }

    fn budget() -> Budget {
        Budget { limit: 100, aim: 80, files: vec!["a.js".into(), "b.css".into()] }
    }

    fn manifest() -> Manifest {
        let file = |name: &str, brotli: u64| serde_json::json!({ "path": name, "bytes": 500, "gzip": 200, "brotli": brotli, "integrity": "sha384-x" });
        let files = serde_json::json!({ "a.js": file("a.js", 60), "b.css": file("b.css", 30), "c.js": file("c.js", 7) });
        serde_json::from_value(serde_json::json!({ "version": "0.1.0", "build": "size", "files": files }))
            .unwrap()
    }
}
