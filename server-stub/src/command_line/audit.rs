//! The audit log, from the command line: written where accounts are changed here, and read.

use tealight_protocol::{ConversationId, OperatorId};

use super::{ConfigPath, Failure, open, say, store_failure};
use crate::config::Config;
use crate::store::{Actor, AuditEntry, Deed, OperatorRecord, SqliteStore, Store as _, StoreError, mark_of};
use crate::{Clock as _, SystemClock};

/// How many entries are read at once.
const PAGE: usize = 1_000;

/// Writes down what was done to an account here.
pub(super) fn note(
    config: &Config,
    store: &mut SqliteStore,
    what: Deed,
    about: &OperatorId,
) -> Result<(), Failure> {
    let entry = AuditEntry::new(SystemClock.now(), Actor::CommandLine, what);
    let entry = AuditEntry { about: Some(about.clone()), ..entry };
    store.write(|tx| tx.insert_audit(&entry)).map_err(|error| store_failure(config, error))
}

/// Says what was done, line by line. A conversation is named by its mark, and asked for by its name.
pub(super) fn read(
    path: &ConfigPath,
    conversation: Option<&str>,
    operator: Option<&str>,
) -> Result<(), Failure> {
    let config = Config::load(&path.config)?;
    let mut store = open(&config)?;
    let failed = |error: StoreError| store_failure(&config, error);
    let accounts = store.read(|tx| tx.operators()).map_err(failed)?;
    let who = match operator {
        Some(name) => match accounts.iter().find(|account| account.name.eq_ignore_ascii_case(name)) {
            Some(account) => Some(account.id.clone()),
            None => return Err(Failure::NoOperator(name.to_owned())),
        },
        None => None,
    };
    let concerns = |entry: &AuditEntry, id: &OperatorId| {
        entry.about.as_ref() == Some(id) || entry.who == Actor::Operator(id.clone())
    };
    let wanted = conversation.map(|id| mark_of(&ConversationId(id.to_owned())));
    let mut after = 0;
    loop {
        let page = store.read(|tx| tx.audit(after, PAGE)).map_err(failed)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        for (_, entry) in &page {
            let of_wanted = wanted.is_none() || entry.conversation == wanted;
            if of_wanted && who.as_ref().is_none_or(|id| concerns(entry, id)) {
                say(&row_of_audit(entry, &accounts))?;
            }
        }
    }
}

/// One line of the log: when, who, what, whose account or which conversation, and how often if more than once.
fn row_of_audit(entry: &AuditEntry, accounts: &[OperatorRecord]) -> String {
    let name = |id: &OperatorId| {
        let account = accounts.iter().find(|account| account.id == *id);
        account.map_or_else(|| format!("{id} (removed)"), |account| account.name.clone())
    };
    let who = match &entry.who {
        Actor::Operator(id) => name(id),
        other => other.word().to_owned(),
    };
    let mut row = format!("{}\t{who}\t{}", entry.at.timestamp().as_str(), entry.what.word());
    if let Some(about) = &entry.about {
        row.push_str(&format!("\t{}", name(about)));
    }
    if let Some(conversation) = &entry.conversation {
        row.push_str(&format!("\t{conversation}"));
    }
    if entry.times > 1 {
        row.push_str(&format!("\t{} times", entry.times));
    }
    row
}
