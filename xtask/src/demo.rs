//! `demo`: a charity's page on one origin, a Tealight server on another, and somebody to talk to.

use anyhow::{Result, bail};
use clap::Args;

use crate::workspace::Workspace;

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {}

pub(crate) fn run(_workspace: &Workspace, _args: &DemoArgs) -> Result<()> {
    bail!("to come")
}
