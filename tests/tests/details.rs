//! What is a personal detail and what is not: the script that looks for them is tried where it is written, by Node.

use std::process::Command;

use anyhow::{Context, Result, ensure};

#[test]
fn personal_details_are_told_from_everything_that_only_looks_like_one() -> Result<()> {
    let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/../widget/js");
    let tried = Command::new("node")
        .args(["--test", "details.test.js"])
        .current_dir(scripts)
        .output()
        .context("node did not start; install Node.js 20 or newer")?;
    let said = String::from_utf8_lossy(&tried.stdout);
    ensure!(tried.status.success(), "{said}\n{}", String::from_utf8_lossy(&tried.stderr));
    ensure!(said.contains("# pass 9"), "some were not run:\n{said}");
    Ok(())
}
