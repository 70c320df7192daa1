//! `cargo xtask`: the one entry point for everything a contributor runs.
//!
//! It finds what a fresh machine lacks, builds the files a browser downloads, and runs the demo and the
//! tests. It holds no logic of the product itself: nothing here is shipped.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks through its streams"
)]

mod child;
mod demo;
mod dependencies;
mod dist;
mod fuzz;
mod http;
mod progress;
mod serve;
mod setup;
mod size;
mod soak;
mod suite;
mod wait;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Build, try and test Tealight.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Start a charity's page, a server and an operator console, and print where they are.
    Demo(demo::DemoArgs),
    /// Run the tests. Without --quick: everything, in a real browser too.
    Test(suite::TestArgs),
    /// Build the files that a browser downloads.
    Dist(dist::DistArgs),
    /// Show the size of every built file and compare it with the budgets.
    Size(size::SizeArgs),
    /// Run libFuzzer on everything that reads what comes from outside.
    Fuzz(fuzz::FuzzArgs),
    /// Run the long forms of the tests of endurance, and print what was lost, doubled or out of order.
    Soak(soak::SoakArgs),
    /// Play a simulated helpline before the estimate of the wait, and judge what it says. Exit status by its gates.
    WaitSim(wait::WaitSimArgs),
    /// Measure what something costs, against what it may cost.
    Bench(wait::BenchArgs),
    /// Hold what we build on against `dependencies.toml`: licences, what is banned, what is there twice.
    Dependencies,
    /// List what we build on, as a bill of materials in CycloneDX.
    Sbom(dependencies::SbomArgs),
    /// Build the browser's files and run the server with your own configuration.
    Serve(serve::ServeArgs),
    /// Install what the other commands need. They call it themselves.
    Setup(setup::SetupArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = Workspace::find().and_then(|workspace| match cli.task {
        Task::Demo(args) => demo::run(&workspace, &args),
        Task::Test(args) => suite::run(&workspace, &args),
        Task::Dist(args) => dist::run(&workspace, &args),
        Task::Size(args) => size::run(&workspace, &args),
        Task::Fuzz(args) => fuzz::run(&workspace, &args),
        Task::Soak(args) => soak::run(&workspace, &args),
        Task::WaitSim(args) => wait::run(&workspace, &args),
        Task::Bench(args) => wait::bench(&args),
        Task::Dependencies => dependencies::check(&workspace),
        Task::Sbom(args) => dependencies::sbom(&workspace, &args),
        Task::Serve(args) => serve::run(&workspace, &args),
        Task::Setup(args) => setup::run(&workspace, &args),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
