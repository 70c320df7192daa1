//! The files of a database as a thief finds them: every byte, whatever SQLite says is in them.

use std::path::{Path, PathBuf};

/// Every file of a folder.
pub(crate) fn all(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The files in which some bytes stand.
pub(crate) fn with(folder: &Path, what: &[u8]) -> Vec<String> {
    let holds = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(what.len()).any(|window| window == what)
    };
    let name = |path: PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    all(folder).into_iter().filter(holds).map(name).collect()
}

/// Takes everything away to another folder, as a thief or a back-up would.
pub(crate) fn copy(from: &Path, to: &Path) {
    for file in all(from) {
        std::fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}
