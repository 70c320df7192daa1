//! Results of slow steps, kept by the hash of what went in, so that an unchanged file costs nothing.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// A directory of results. Each build flavour has its own, pruned to what its last run used.
#[derive(Debug)]
pub(crate) struct Cache {
    directory: PathBuf,
    used: RefCell<BTreeSet<String>>,
}

impl Cache {
    pub(crate) fn open(directory: PathBuf) -> Result<Self> {
        fs::create_dir_all(&directory).with_context(|| format!("{} cannot be made", directory.display()))?;
        Ok(Self { directory, used: RefCell::default() })
    }

    /// The result of `work`, which depends on nothing but `inputs` and the step's name.
    pub(crate) fn get(
        &self,
        step: &str,
        inputs: &[&[u8]],
        work: impl FnOnce() -> Result<Vec<u8>>,
    ) -> Result<Vec<u8>> {
        let mut hasher = Sha256::new();
        for input in inputs {
            hasher.update((input.len() as u64).to_be_bytes());
            hasher.update(input);
        }
        let name = format!("{}.{step}", hex(&hasher.finalize()));
        let path = self.directory.join(&name);
        self.used.borrow_mut().insert(name);
        if let Ok(known) = fs::read(&path) {
            return Ok(known);
        }
        let result = work()?;
        // Written beside and renamed: an interrupted run must not leave half a result behind.
        let partial = path.with_extension(format!("{step}.{}", std::process::id()));
        fs::write(&partial, &result).with_context(|| format!("{} cannot be written", partial.display()))?;
        fs::rename(&partial, &path).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(result)
    }

    /// Removes what this run did not use.
    pub(crate) fn prune(&self) -> Result<()> {
        let used = self.used.borrow();
        for entry in fs::read_dir(&self.directory).context("the cache cannot be read")? {
            let entry = entry.context("the cache cannot be read")?;
            if !used.contains(entry.file_name().to_string_lossy().as_ref()) {
                // Whoever else removes it first has done the same work.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_input_is_worked_on_once() {
        let (_guard, cache) = cache();
        let first = cache.get("step", &[b"a"], || Ok(b"result".to_vec()));
        let second = cache.get("step", &[b"a"], || panic!("must come from the cache"));
        assert_eq!(first.unwrap(), second.unwrap());
    }

    #[test]
    fn another_step_or_input_is_another_result() {
        let (_guard, cache) = cache();
        cache.get("one", &[b"ab", b"c"], || Ok(vec![1])).unwrap();
        assert_eq!(cache.get("two", &[b"ab", b"c"], || Ok(vec![2])).unwrap(), [2]);
        assert_eq!(cache.get("one", &[b"a", b"bc"], || Ok(vec![3])).unwrap(), [3]);
    }

    #[test]
    fn pruning_keeps_what_the_run_used() {
        let (guard, old) = cache();
        old.get("step", &[b"kept"], || Ok(vec![1])).unwrap();
        old.get("step", &[b"stale"], || Ok(vec![1])).unwrap();
        let new = Cache::open(guard.path().to_path_buf()).unwrap();
        new.get("step", &[b"kept"], || panic!("must come from the cache")).unwrap();
        new.prune().unwrap();
        assert_eq!(fs::read_dir(guard.path()).unwrap().count(), 1);
    }

    fn cache() -> (tempfile::TempDir, Cache) {
        let guard = tempfile::tempdir().unwrap();
        let cache = Cache::open(guard.path().to_path_buf()).unwrap();
        (guard, cache)
    }
}
