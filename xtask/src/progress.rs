//! Lines that tell a waiting person what is going on and how long it took.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Runs `work` between a line that names it and a line with the time it took.
pub(crate) fn step<T>(title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("==> {title}");
    let started = Instant::now();
    let outcome = work();
    if outcome.is_ok() {
        eprintln!("    {}", elapsed(started.elapsed()));
    }
    outcome
}

/// A duration as people say it: `0.4 s`, `12 s`, `3 min 05 s`.
pub(crate) fn elapsed(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// Runs a command to its end with its output shown; `hint` says what to do when it fails.
pub(crate) fn run(command: &mut Command, hint: &str) -> Result<()> {
    let shown = command_line(command);
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("`{shown}` could not be started; {hint}"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status}); {hint}");
    }
    Ok(())
}

/// Runs a command to its end and returns what it printed; its errors are shown.
pub(crate) fn output(command: &mut Command, hint: &str) -> Result<Vec<u8>> {
    let shown = command_line(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("`{shown}` could not be started; {hint}"))?;
    if !output.status.success() {
        bail!("`{shown}` failed ({}); {hint}", output.status);
    }
    Ok(output.stdout)
}

/// The command as one could type it.
pub(crate) fn command_line(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        let argument = argument.to_string_lossy();
        line.push(' ');
        if argument.contains([' ', '"', '$', '*']) {
            line.push_str(&format!("'{argument}'"));
        } else {
            line.push_str(&argument);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_speech() {
        assert_eq!(elapsed(Duration::from_millis(430)), "0.4 s");
        assert_eq!(elapsed(Duration::from_secs(12)), "12 s");
        assert_eq!(elapsed(Duration::from_secs(185)), "3 min 05 s");
    }

    #[test]
    fn a_failing_command_names_itself_and_the_way_out() {
        let error = run(&mut Command::new("false"), "try again").map_err(|error| error.to_string());
        assert_eq!(error, Err("`false` failed (exit status: 1); try again".into()));
    }
}
