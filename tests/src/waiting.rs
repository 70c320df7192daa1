//! Waiting for something to become true, and never for time to pass.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// The longest that anything may take: enough for a slow machine, short enough to notice.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often to look.
const INTERVAL: Duration = Duration::from_millis(40);

/// Looks until `probe` gives something, and returns it; gives up in the end with `what` in the error.
pub async fn eventually<T>(what: &str, probe: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    eventually_within(PATIENCE, what, probe).await
}

/// The same with a patience of the caller's own, for what takes long by its nature.
pub async fn eventually_within<T>(
    patience: Duration,
    what: &str,
    mut probe: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let started = Instant::now();
    loop {
        if let Some(found) = probe().await? {
            return Ok(found);
        }
        if started.elapsed() > patience {
            bail!("waited {} s in vain: {what}", patience.as_secs());
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
