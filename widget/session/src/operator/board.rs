//! The board: who waits, who talks and who is there. A whole one, kept up to date by changes.

use std::sync::Arc;

use tealight_protocol::{Board, ConversationId};

/// What a board frame did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It was taken.
    Taken,
    /// It is older than what is here.
    Late,
    /// Others are missing before it: ask for the whole.
    Gap,
}

/// Takes a board frame.
pub(super) fn apply(board: &mut Arc<Board>, news: Board) -> Change {
    if news.full {
        *board = Arc::new(news);
        return Change::Taken;
    }
    if news.rev <= board.rev {
        return Change::Late;
    }
    if news.rev != board.rev + 1 {
        return Change::Gap;
    }
    let board = Arc::make_mut(board);
    board.rev = news.rev;
    let replaces = |conv: &ConversationId| {
        news.waiting.iter().any(|entry| entry.conv == *conv)
            || news.active.iter().any(|entry| entry.conv == *conv)
            || news.gone.contains(&conv.0)
    };
    board.waiting.retain(|entry| !replaces(&entry.conv));
    board.active.retain(|entry| !replaces(&entry.conv));
    board.operators.retain(|entry| {
        !news.operators.iter().any(|other| other.id == entry.id) && !news.gone.contains(&entry.id.0)
    });
    board.waiting.extend(news.waiting);
    board.active.extend(news.active);
    board.operators.extend(news.operators);
    board.waiting.sort_by_key(|entry| entry.place);
    board.active.sort_by(|a, b| a.since.cmp(&b.since));
    board.operators.sort_by(|a, b| a.name.cmp(&b.name));
    Change::Taken
}
