//! The key file: one key a line, readable by its owner alone, replaced as a whole.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{KeyError, ServerKey, of_base64};
use crate::Moment;
use crate::digest::base64url;

/// What stands above the keys.
const HEAD: &str = "\
# The server keys of Tealight. Whoever has this file and the database can read what was said.
# Keep it where copies of the database do not go. Losing it destroys all conversations.
";

/// The longest file that is read, in bytes.
const LONGEST: u64 = 256 * 1024;

const CURRENT: &str = "current";
const RETIRED: &str = "retired";

/// The keys in a file; nothing when there is no file.
pub(super) fn read(path: &Path) -> Result<Option<Vec<ServerKey>>, KeyError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path, &error)),
    };
    is_private(path, &file)?;
    let mut text = Zeroizing::new(String::with_capacity(4_096));
    file.take(LONGEST).read_to_string(&mut text).map_err(|error| failed(path, &error))?;
    let mut keys = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        keys.push(key(line).ok_or_else(|| damaged(path, index + 1))?);
    }
    let current = keys.iter().filter(|key| key.is_current).count();
    if current == 1 { Ok(Some(keys)) } else { Err(damaged(path, text.lines().count())) }
}

/// Makes a file that is not there. One that somebody else made meanwhile is left alone.
pub(super) fn make(path: &Path, keys: &[ServerKey]) -> Result<(), KeyError> {
    let draft = write_draft(path, keys)?;
    let made = std::fs::hard_link(&draft, path);
    let _ = std::fs::remove_file(&draft);
    match made {
        Ok(()) => is_on_disk(path),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        // Not every file system links.
        Err(_) => replace(path, keys),
    }
}

/// Replaces a file as a whole, and overwrites what the old one held as far as the file system lets it.
pub(super) fn replace(path: &Path, keys: &[ServerKey]) -> Result<(), KeyError> {
    let draft = write_draft(path, keys)?;
    // Opened before it has lost its name: what it held is wiped after the new one is safe.
    let old = OpenOptions::new().write(true).open(path).ok();
    std::fs::rename(&draft, path).map_err(|error| failed(path, &error))?;
    is_on_disk(path)?;
    if let Some(mut old) = old {
        let length = old.metadata().map_or(0, |metadata| metadata.len().min(LONGEST));
        let zeros = vec![0; usize::try_from(length).unwrap_or(0)];
        // A file system that keeps old versions keeps them anyway.
        let _ = old.write_all(&zeros).and_then(|()| old.sync_all());
    }
    Ok(())
}

fn write_draft(path: &Path, keys: &[ServerKey]) -> Result<PathBuf, KeyError> {
    let mut text = Zeroizing::new(String::with_capacity(HEAD.len() + 128 * keys.len()));
    text.push_str(HEAD);
    for key in keys {
        let state = if key.is_current { CURRENT } else { RETIRED };
        let secret = Zeroizing::new(base64url(&*key.secret));
        for word in [state, " ", &key.id.0, " ", &key.since.0.to_string(), " ", &secret, "\n"] {
            text.push_str(word);
        }
    }
    let draft = path.with_extension(format!("key-{}", std::process::id()));
    // Left behind by a process of this number that was killed.
    let _ = std::fs::remove_file(&draft);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| failed(path, &error))?;
    Ok(draft)
}

/// The name is as lasting as the content only once the folder has been written, too.
fn is_on_disk(path: &Path) -> Result<(), KeyError> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(path, &error))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(unix)]
fn is_private(path: &Path, file: &File) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata().map_err(|error| failed(path, &error))?.permissions().mode();
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeyError::Exposed(path.display().to_string())) }
}

#[cfg(not(unix))]
fn is_private(_: &Path, _: &File) -> Result<(), KeyError> {
    Ok(())
}

/// A line: what the key is for, its name, since when in milliseconds, the key itself.
fn key(line: &str) -> Option<ServerKey> {
    let mut words = line.split_ascii_whitespace();
    let is_current = match words.next()? {
        CURRENT => true,
        RETIRED => false,
        _ => return None,
    };
    let name = words.next()?;
    let since = Moment(words.next()?.parse().ok()?);
    let key = ServerKey::new(of_base64(words.next()?)?, is_current, since);
    (key.id.0 == name && words.next().is_none()).then_some(key)
}

fn failed(path: &Path, error: &std::io::Error) -> KeyError {
    KeyError::File { path: path.display().to_string(), why: error.to_string() }
}

fn damaged(path: &Path, line: usize) -> KeyError {
    KeyError::Damaged { path: path.display().to_string(), line }
}

#[cfg(test)]
mod tests {
    use super::super::{KeyError, KeySource, Keyring};
    use super::*;

    #[test]
    fn a_file_is_made_once_for_its_owner_alone_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tealight.key");
        let open = |may_make| Keyring::open(KeySource::File(path.clone()), may_make);
        assert!(matches!(open(false), Err(KeyError::FileMissing(_))));
        let made = open(true).unwrap();
        assert_eq!(made.made_file(), Some(path.as_path()));
        let again = open(true).unwrap();
        assert_eq!((again.current(), again.made_file()), (made.current(), None));
        make(&path, &[ServerKey::draw(Moment(1)).unwrap()]).unwrap();
        assert_eq!(open(false).unwrap().current(), made.current(), "what is there is not overwritten");
        let names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["tealight.key"], "no draft is left");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tealight.key");
        Keyring::open(KeySource::File(path.clone()), true).unwrap();
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        for exposed in [0o640, 0o604, 0o660] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(exposed)).unwrap();
            let error = Keyring::open(KeySource::File(path.clone()), true).unwrap_err();
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn a_damaged_line_is_named_and_nothing_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tealight.key");
        Keyring::open(KeySource::File(path.clone()), true).unwrap();
        let whole = std::fs::read_to_string(&path).unwrap();
        let line = whole.lines().last().unwrap();
        let secret = line.split(' ').next_back().unwrap();
        let other = line.replace(secret, &base64url(&[3; 32]));
        for broken in [&line[..line.len() - 1], &line.replace(CURRENT, "future"), &other, ""] {
            std::fs::write(&path, whole.replace(line, broken)).unwrap();
            let error = Keyring::open(KeySource::File(path.clone()), true).unwrap_err();
            assert!(matches!(error, KeyError::Damaged { .. }), "{broken}: {error}");
            assert!(!error.to_string().contains(secret));
        }
        let two = line.replace(secret, &base64url(&[3; 32]));
        std::fs::write(&path, format!("{whole}{two}\n")).unwrap();
        assert!(Keyring::open(KeySource::File(path), true).is_err());
    }

    #[test]
    fn what_another_program_changed_is_taken_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tealight.key");
        let mut running = Keyring::open(KeySource::File(path.clone()), true).unwrap();
        let mut other = Keyring::open(KeySource::File(path), true).unwrap();
        other.change(Moment(9)).unwrap();
        assert!(running.find(other.current()).unwrap().is_some());
        assert_eq!(running.current(), other.current());
    }

    #[cfg(unix)]
    #[test]
    fn a_replaced_file_leaves_no_key_in_what_still_has_it_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tealight.key");
        let mut ring = Keyring::open(KeySource::File(path.clone()), true).unwrap();
        let mut old = File::open(&path).unwrap();
        ring.change(Moment(9)).unwrap();
        ring.destroy_retired(Moment(9)).unwrap();
        let mut bytes = Vec::new();
        old.read_to_end(&mut bytes).unwrap();
        assert!(!bytes.is_empty() && bytes.iter().all(|byte| *byte == 0));
    }
}
