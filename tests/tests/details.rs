//! Scripts that are fetched only when wanted, tried where they are written, by Node: what is a personal detail and what is
//! not, and work before the door.

use std::process::Command;

use anyhow::{Context, Result, ensure};

#[test]
fn personal_details_are_told_from_everything_that_only_looks_like_one() -> Result<()> {
    passes("details.test.js", 9)
}

#[test]
fn work_is_hashed_as_the_standard_says_and_in_slices() -> Result<()> {
    passes("work.test.js", 6)
}

fn passes(file: &str, tests: u32) -> Result<()> {
    let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/../widget/js");
    let tried = Command::new("node")
        .args(["--test", file])
        .current_dir(scripts)
        .output()
        .context("node did not start; install Node.js 20 or newer")?;
    let said = String::from_utf8_lossy(&tried.stdout);
    ensure!(tried.status.success(), "{said}\n{}", String::from_utf8_lossy(&tried.stderr));
    ensure!(said.contains(&format!("# pass {tests}\n")), "some were not run:\n{said}");
    Ok(())
}
