//! Server keys and back-ups, from the command line.

use std::path::Path;

use super::{ConfigPath, Failure, KeysCommand, open, say, store_failure, tell_of_key_file};
use crate::config::Config;
use crate::store::{BackUp, KeyNews, SqliteStore};
use crate::{Clock as _, SystemClock};

pub(super) fn run(command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::List(path) => {
            let config = Config::load(&path.config)?;
            let keys = open(&config)?.key_news().map_err(|error| store_failure(&config, error))?;
            keys.iter().try_for_each(|(key, opens)| say(&row_of_key(key, *opens)))
        }
        KeysCommand::Rotate(path) => {
            let config = Config::load(&path.config)?;
            let mut store = open(&config)?;
            let rewrapped =
                store.change_server_key(SystemClock.now()).map_err(|error| store_failure(&config, error))?;
            say(&format!("made a new server key; {rewrapped} conversations were rewrapped with it"))?;
            let keys = store.key_news().map_err(|error| store_failure(&config, error))?;
            keys.iter().try_for_each(|(key, opens)| say(&row_of_key(key, *opens)))
        }
        KeysCommand::DropUnreadable(path) => {
            let config = Config::load(&path.config)?;
            let (store, destroyed) =
                SqliteStore::open_without_lost(&config.server.database, config.key_source())
                    .map_err(|error| store_failure(&config, error))?;
            tell_of_key_file(&store);
            say(&format!("destroyed {destroyed} conversations that no key opened"))
        }
    }
}

pub(super) fn back_up(file: &Path, with_conversations: bool, config: &ConfigPath) -> Result<(), Failure> {
    let config = Config::load(&config.config)?;
    let what = if with_conversations { BackUp::Everything } else { BackUp::WithoutConversations };
    open(&config)?.back_up(file, what).map_err(|error| store_failure(&config, error))?;
    let said = match what {
        BackUp::WithoutConversations => "without conversations".to_owned(),
        BackUp::Everything => {
            let storage = &config.storage;
            format!(
                "with conversations; they can be read from it for {} hours and {} days at most",
                storage.new_key_hours, storage.copies_days
            )
        }
    };
    say(&format!("wrote {} {said}", file.display()))
}

/// One line of the list: name, state, since when, and how many conversations it opens.
fn row_of_key(key: &KeyNews, opens: usize) -> String {
    let state = if key.is_current { "current" } else { "retired" };
    let since =
        key.since.map_or_else(|| "from the environment".to_owned(), |at| at.timestamp().as_str().to_owned());
    format!("{}\t{state}\t{since}\t{opens} conversations", key.id)
}
