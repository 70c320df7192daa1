//! What happens while the operator looks elsewhere: letters for new conversations, what opens by itself, and the words
//! that are said aloud about it.

use leptos::prelude::*;
use tealight_protocol::{ConversationId, ConversationState, OfferChoice, OperatorId};
use tealight_session::Connection;
use tealight_session::operator::{ConversationView, EntryKind, View};

use super::browser::{INTO_CHAT, focus_first, focus_is_nowhere};
use super::desk::{Desk, find};
use super::pages::Page;
use crate::words::{count, t, tf};

/// What one look at the view must remember for the next.
#[derive(Clone, PartialEq)]
struct Before {
    lost: bool,
    waiting: usize,
    for_me: usize,
    conversations: Vec<Seen>,
}

/// What of a conversation is worth a word when it changes.
#[derive(Clone, PartialEq)]
struct Seen {
    id: ConversationId,
    state: ConversationState,
    watched: bool,
    released: bool,
    unread: u32,
    watchers: Vec<OperatorId>,
    notes: usize,
    taken: usize,
    declined: usize,
}

impl Seen {
    fn of(one: &ConversationView) -> Self {
        let answered = |wanted: OfferChoice| {
            let fits =
                |kind: &EntryKind| matches!(kind, EntryKind::Offer { answer, .. } if *answer == Some(wanted));
            one.entries.iter().filter(|entry| fits(&entry.kind)).count()
        };
        Self {
            id: one.id.clone(),
            state: one.state,
            watched: one.watched,
            released: one.released.is_some(),
            unread: one.unread,
            watchers: one.watchers.clone(),
            notes: one.notes.iter().filter(|note| !note.own).count(),
            taken: answered(OfferChoice::Taken),
            declined: answered(OfferChoice::Declined),
        }
    }
}

/// Gives letters to new conversations, opens what was asked for, and says aloud what has changed.
pub(super) fn keep_order(desk: Desk, said: RwSignal<String>) {
    Effect::new(move |before: Option<Before>| {
        let view = desk.view.get();
        let now = Before {
            lost: view.connection == Connection::Lost,
            waiting: view.board.waiting.len(),
            for_me: waiting_for_me(&view),
            conversations: view.conversations.iter().map(|one| Seen::of(one)).collect(),
        };
        desk.letters.maybe_update(|letters| {
            let known = letters.len();
            for one in &now.conversations {
                let next = letters.len();
                letters.entry(one.id.clone()).or_insert(next);
            }
            letters.len() != known
        });
        let open = desk.open.get_untracked();
        if open.as_ref().is_some_and(|open| !now.conversations.iter().any(|one| one.id == *open)) {
            desk.open.set(now.conversations.first().map(|one| one.id.clone()));
        }
        if view.refusal.is_some() {
            desk.wanted.set(false);
        }
        let Some(before) = before else {
            desk.open.set(now.conversations.first().map(|one| one.id.clone()));
            return now;
        };

        let mut news = Vec::new();
        if now.lost != before.lost {
            news.push(t(if now.lost { "say.lost" } else { "say.back" }).to_owned());
        }
        for one in &now.conversations {
            match before.conversations.iter().find(|known| known.id == one.id) {
                None => {
                    news.push(came(desk, one));
                    open_if_wanted(desk, &view, one);
                }
                Some(was) => news.extend(changed(desk, &view, was, one)),
            }
        }
        if now.for_me > before.for_me {
            news.push(t("say.for_me").to_owned());
        }
        if now.waiting > before.waiting {
            news.push(count("say.waiting.one", "say.waiting.other", now.waiting as u64));
        }
        if !news.is_empty() {
            said.set(news.join(" "));
        }
        now
    });
}

/// How many wait who were passed on to this operator.
fn waiting_for_me(view: &View) -> usize {
    let Some(me) = view.who.as_ref().map(|who| &who.id) else { return 0 };
    view.board.waiting.iter().filter(|entry| entry.reserved_for.as_ref() == Some(me)).count()
}

fn came(desk: Desk, one: &Seen) -> String {
    let key = match (one.watched, one.state) {
        (true, _) => "say.watching",
        (false, ConversationState::Waiting) => "say.held",
        (false, ConversationState::Active | ConversationState::Ended) => "say.yours",
    };
    tf(key, &[("name", &untrack(|| desk.name_of(&one.id)))])
}

/// A new conversation comes into sight, unless that would take the operator away from another.
fn open_if_wanted(desk: Desk, view: &View, one: &Seen) {
    let open = desk.open.get_untracked().and_then(|open| find(view, &open));
    let opens = match open {
        None => true,
        // Taken back before a word was said: the next visitor follows in its place.
        Some(open) if open.released.is_some() => true,
        // Whoever wants to watch has pressed for it.
        Some(open) if one.watched => open.draft.chars == 0,
        // Words half written for one visitor must not go on in another's composer.
        Some(open) => desk.wanted.get_untracked() && open.draft.chars == 0,
    };
    // Who pressed for it wants to see it. What comes by itself does not take the page away.
    let is_wanted = one.watched || desk.wanted.get_untracked();
    if !one.watched {
        desk.wanted.set(false);
    }
    if opens {
        if is_wanted {
            desk.page.set(Page::Conversations);
        }
        desk.open.set(Some(one.id.clone()));
        // The button that was pressed may be gone with its row. Nothing else loses the focus.
        request_animation_frame(|| {
            if focus_is_nowhere() {
                focus_first(INTO_CHAT);
            }
        });
    }
}

/// What is said aloud about a conversation that changed.
fn changed(desk: Desk, view: &View, was: &Seen, one: &Seen) -> Vec<String> {
    let mut news = Vec::new();
    let name = untrack(|| desk.name_of(&one.id));
    let about = |key| tf(key, &[("name", &name)]);
    if was.state != one.state && one.state == ConversationState::Ended {
        news.push(about("say.ended"));
    } else if was.state != one.state && one.state == ConversationState::Active && !one.watched {
        news.push(about("say.yours"));
    } else if one.released != was.released && !one.watched {
        news.push(about("say.released"));
    }
    // The open conversation's log speaks for itself.
    if one.unread > was.unread && desk.open.get_untracked().as_ref() != Some(&one.id) {
        news.push(about("say.message"));
    }
    if !one.watched {
        let new = one.watchers.iter().filter(|watcher| !was.watchers.contains(watcher));
        let who = |watcher: &OperatorId| untrack(|| desk.colleague(watcher));
        news.extend(new.map(|watcher| tf("say.watched", &[("who", &who(watcher)), ("name", &name)])));
    }
    if one.notes > was.notes
        && let Some(note) =
            find(view, &one.id).and_then(|one| one.notes.iter().rev().find(|note| !note.own).cloned())
        && let Some(from) = &note.from
    {
        let key = if note.whisper { "say.whisper" } else { "say.note" };
        news.push(tf(key, &[("who", &untrack(|| desk.colleague(from))), ("words", note.text.as_str())]));
    }
    if one.taken > was.taken {
        news.push(about("say.taken"));
    }
    if one.declined > was.declined {
        news.push(about("say.declined"));
    }
    news
}
