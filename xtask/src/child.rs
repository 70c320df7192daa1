//! Long-running programs that a task starts, and the one way all of them end: together, and asked politely first.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::progress::command_line;

/// How long a program may take to put things away before it is killed.
const GRACE: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Set by Ctrl-C or a request to terminate.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From here on Ctrl-C is noted instead of ending this program. Once per process.
    pub(crate) fn listen() -> Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        let set = Arc::clone(&flag);
        ctrlc::set_handler(move || set.store(true, Ordering::SeqCst)).context("Ctrl-C cannot be caught")?;
        Ok(Self(flag))
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// The running programs. Dropping them stops them, so that an error on the way leaves nothing behind.
#[derive(Debug, Default)]
pub(crate) struct Children(Vec<(String, Child)>);

impl Children {
    /// Starts a program whose output goes where ours goes.
    pub(crate) fn start(&mut self, name: &str, command: &mut Command) -> Result<()> {
        let shown = command_line(command);
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("`{shown}` could not be started"))?;
        self.0.push((name.to_owned(), child));
        Ok(())
    }

    /// The first program that has ended, with its exit status in words.
    pub(crate) fn ended(&mut self) -> Option<(String, String)> {
        for (name, child) in &mut self.0 {
            if let Ok(Some(status)) = child.try_wait() {
                return Some((name.clone(), status.to_string()));
            }
        }
        None
    }

    /// Waits until Ctrl-C, or until the program `name` ends by itself, which is an error.
    pub(crate) fn watch(&mut self, name: &str, interrupt: &Interrupt) -> Result<()> {
        while !interrupt.is_set() {
            let main = self.0.iter_mut().find(|(known, _)| known == name);
            if let Some((_, child)) = main
                && let Some(status) = child.try_wait().with_context(|| format!("{name} cannot be watched"))?
            {
                anyhow::bail!("{name} ended by itself ({status}); its last words are above");
            }
            thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }

    /// Asks every program to end, latest first, and waits for it.
    pub(crate) fn stop(&mut self) {
        for (_, child) in self.0.iter().rev() {
            terminate(child.id());
        }
        let deadline = Instant::now() + GRACE;
        while let Some((_, mut child)) = self.0.pop() {
            while matches!(child.try_wait(), Ok(None)) && Instant::now() < deadline {
                thread::sleep(LOOK_AGAIN);
            }
            // Nothing is left to do if it is gone already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        self.stop();
    }
}

/// `kill -TERM`: the standard library only knows the impolite way.
fn terminate(id: u32) {
    let mut kill = Command::new("kill");
    kill.args(["-TERM", &id.to_string()]).stderr(Stdio::null());
    // A program that has just ended cannot be asked any more, and need not be.
    let _ = kill.status();
}
