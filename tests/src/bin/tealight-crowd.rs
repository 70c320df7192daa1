//! `tealight-crowd`: a rehearsal with made-up visitors and volunteers, until it is stopped.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use tealight_tests::crowd::{Config, Tally, run};

/// How often a line says how things stand.
const NEWS: Duration = Duration::from_secs(30);

/// Brings a waiting room to life with made-up people, over real sockets.
#[derive(Parser)]
struct Arguments {
    /// Address of the socket, such as ws://127.0.0.1:8080/v1/ws
    #[arg(long)]
    socket: String,
    /// Where volunteers log in, such as http://127.0.0.1:8080/v1/operator/login
    #[arg(long)]
    login: String,
    /// How many visitors are about at any time
    #[arg(long, default_value_t = 12)]
    visitors: usize,
    /// A volunteer as name:password; may be given several times
    #[arg(long = "operator", value_parser = account)]
    operators: Vec<(String, String)>,
    /// The same seed makes the same people
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How long everything takes, in hundredths of what people take
    #[arg(long, default_value_t = 100)]
    pace: u32,
}

fn account(argument: &str) -> Result<(String, String), String> {
    let (name, password) = argument.split_once(':').ok_or("write it as name:password")?;
    Ok((name.to_owned(), password.to_owned()))
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let config = Config {
        socket: arguments.socket,
        login: arguments.login,
        visitors: arguments.visitors,
        operators: arguments.operators,
        seed: arguments.seed,
        pace_percent: arguments.pace,
    };
    let tally = Arc::new(Tally::default());
    let mut rehearsal = std::pin::pin!(run(config, tally.clone()));
    loop {
        tokio::select! {
            over = &mut rehearsal => return over.context("the rehearsal stopped"),
            _ = tokio::signal::ctrl_c() => return Ok(()),
            () = tokio::time::sleep(NEWS) => {
                let count = tally.count();
                let line = format!(
                    "rehearsal: {} came, {} left early, {} met a volunteer, {} chats ended",
                    count.joined, count.left, count.met, count.ended
                );
                // Whoever closes our output wants no news; the rehearsal goes on.
                let _ = writeln!(std::io::stdout(), "{line}");
            }
        }
    }
}
