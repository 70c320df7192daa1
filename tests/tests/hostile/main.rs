//! Peers that mean harm, over real sockets, against the real server as a process. After each of them an ordinary
//! visitor talks with an ordinary operator on the same server, from the first word to the last.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.
#![allow(clippy::print_stdout)] // What was measured.

mod floods;
mod frames;
mod idle;
mod races;
mod raw;
mod slow;
mod thief;

use std::net::{IpAddr, Ipv4Addr};

use anyhow::Result;
use tealight_tests::child::{ChildServer, Setup};
use tealight_tests::client::{log_in, ordinary_conversation};

/// The server's program, built beside these tests.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tealight-child");

/// What is measured is measured alone.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A server under attack, and an operator who works there.
struct Target {
    server: ChildServer,
    token: String,
}

impl Target {
    /// Takes as many sockets a minute as come.
    async fn start() -> Result<Self> {
        Self::with_limits("sockets_per_minute = 1000000").await
    }

    async fn with_limits(limits: &str) -> Result<Self> {
        Self::with(&Setup { limits: limits.to_owned(), ..Setup::default() }).await
    }

    async fn with(setup: &Setup) -> Result<Self> {
        let server = ChildServer::start(PROGRAM, setup)?;
        let token = log_in(server.addr(), "sam").await?;
        let target = Self { server, token };
        target.still_serves().await?;
        Ok(target)
    }

    /// Whatever was done to it, the next visitor notices nothing.
    async fn still_serves(&self) -> Result<()> {
        ordinary_conversation(self.server.addr(), &self.token, None).await.map(drop)
    }
}

/// An address of a network that ordinary people do not come from.
fn elsewhere(network: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, 66, network, 1))
}
