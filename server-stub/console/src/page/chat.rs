//! The open conversation: whose it is, how it stands, the log and the composer.

use std::sync::Arc;

use leptos::prelude::*;
use tealight_protocol::{ConversationId, ConversationState, EndReason, EndedBy, ReleaseReason};
use tealight_session::operator::{Command, ConversationView};
use web_sys::KeyboardEvent;

use super::browser::{INTO_CHAT, focus_soon, language_name};
use super::composer::Composer;
use super::desk::{Desk, is_active, is_running};
use super::dialogs::Dialog;
use super::log::Log;
use super::shown::{presence, presence_name};
use crate::words::{t, tf};

/// One conversation. Made anew for every other one that is opened.
#[component]
pub(crate) fn Chat(id: ConversationId) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let conversation = desk.conversation(id.clone());
    let name = Memo::new({
        let id = id.clone();
        move |_| desk.name_of(&id)
    });
    let can_write = Memo::new(move |_| conversation.with(|one| one.as_deref().is_some_and(is_active)));
    let ending = RwSignal::new(false);
    view! {
        <section class="chat" aria-labelledby="chat-title">
            <ChatHeader conversation name can_write ending />
            <EndQuestion id=id.clone() name can_write ending />
            <Log id=id.clone() conversation name />
            <Standing id=id.clone() conversation />
            <Show when=move || can_write.get()>
                <Composer id=id.clone() conversation name />
            </Show>
        </section>
    }
}

#[component]
fn ChatHeader(
    conversation: Memo<Option<Arc<ConversationView>>>,
    name: Memo<String>,
    can_write: Memo<bool>,
    ending: RwSignal<bool>,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let about = move || {
        conversation.get().map(|one| {
            let mut about = vec![language_name(&one.lang)];
            about.extend(one.area.as_deref().map(|area| desk.area_name(area)));
            about.join(" · ")
        })
    };
    let where_now = move || {
        conversation
            .get()
            .filter(|one| is_running(one))
            .map(|one| presence(one.presence, one.presence_since.as_ref()))
    };
    let watched_by = move || {
        let watchers = conversation.with(|one| match one {
            Some(one) if !one.watched => one.watchers.clone(),
            Some(_) | None => Vec::new(),
        });
        let who: Vec<_> = watchers.iter().map(|who| desk.colleague(who)).collect();
        (!who.is_empty()).then(|| tf("chat.watched_by", &[("who", &who.join(", "))]))
    };
    let state = move || conversation.get().map_or("gone", |one| presence_name(one.presence));
    view! {
        <header class="chat-header">
            <h2 class="title chat-title" id="chat-title" tabindex="-1">{name}</h2>
            <p class="quiet chat-about">{about}</p>
            <p class="chat-watched">{watched_by}</p>
            <p class="presence" data-presence=state>{where_now}</p>
            // Somebody who is only kept here cannot be ended: the place is theirs, and it is soon decided.
            {move || can_write.get().then(|| view! {
                <div class="chat-acts">
                <Show when=move || desk.abilities().transfer>
                    <button class="button" id="chat-pass" type="button"
                        on:click=move |_| desk.dialog.set(desk.open.get_untracked().map(Dialog::PassOn))>
                        {t("pass.open")}
                    </button>
                </Show>
                <Show when=move || desk.abilities().block>
                    <button class="button" id="chat-abuse" type="button"
                        on:click=move |_| desk.dialog.set(desk.open.get_untracked().map(Dialog::Abuse))>
                        {t("abuse.open")}
                    </button>
                </Show>
                <button class="button chat-end" id="chat-end" data-kind="danger" type="button"
                    aria-expanded=move || ending.get().to_string()
                    on:click=move |_| {
                        ending.update(|ending| *ending = !*ending);
                        focus_soon(&["#end-no"]);
                    }>{t("chat.end")}</button>
                </div>
            })}
        </header>
    }
}

/// Asks before it ends, in its place under the header: nothing is covered while the operator decides.
#[component]
fn EndQuestion(
    id: ConversationId,
    name: Memo<String>,
    can_write: Memo<bool>,
    ending: RwSignal<bool>,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let stay = move || {
        ending.set(false);
        focus_soon(&["#chat-end"]);
    };
    view! {
        <Show when=move || ending.get() && can_write.get()>
            <div class="question" role="group" aria-labelledby="end-question" on:keydown=move |event: KeyboardEvent| {
                if event.key() == "Escape" {
                    event.prevent_default();
                    stay();
                }
            }>
                <p id="end-question">{move || tf("chat.end_question", &[("name", &name.get())])}</p>
                <div class="actions">
                    <button class="button" id="end-no" data-kind="quiet" type="button" on:click=move |_| stay()>
                        {t("chat.end_no")}
                    </button>
                    <button class="button" data-kind="danger" type="button" on:click={
                        let id = id.clone();
                        move |_| {
                            ending.set(false);
                            desk.send(Command::End(id.clone()));
                            focus_soon(&["#chat-title"]);
                        }
                    }>{t("chat.end_yes")}</button>
                </div>
            </div>
        </Show>
    }
}

/// How the conversation stands, when it is not simply running.
#[component]
fn Standing(id: ConversationId, conversation: Memo<Option<Arc<ConversationView>>>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let shown =
        Memo::new(move |_| conversation.with(|one| one.as_deref().and_then(|one| standing(desk, one))));
    let has_unsent =
        Memo::new(move |_| conversation.with(|one| one.as_ref().is_some_and(|one| one.has_unsent)));
    view! {
        <div class="standing" role="status">
            {move || shown.get().map(|Stand { words, over, watched }| {
                let id = id.clone();
                view! {
                    <p class="standing-words">
                        {words}
                        {move || has_unsent.get().then(|| format!(" {}", t("released.unsent")))}
                    </p>
                    {watched.then(|| {
                        let id = id.clone();
                        view! {
                            <button class="button" id="watch-end" type="button"
                                on:click=move |_| {
                                    desk.send(Command::Unwatch(id.clone()));
                                    focus_soon(INTO_CHAT);
                                }>{t("watch.end")}</button>
                        }
                    })}
                    {over.then(|| view! {
                        <button class="button" data-kind="quiet" type="button"
                            on:click=move |_| {
                                desk.send(Command::Dismiss(id.clone()));
                                focus_soon(INTO_CHAT);
                            }>{t("chat.dismiss")}</button>
                    })}
                }
            })}
        </div>
    }
}

/// How a conversation stands.
#[derive(Clone, PartialEq)]
struct Stand {
    words: String,
    /// Whether it is over for this operator, and can be taken off the list.
    over: bool,
    /// Whether it is watched, and can be watched no longer.
    watched: bool,
}

fn standing(desk: Desk, one: &ConversationView) -> Option<Stand> {
    if one.watched && one.released.is_none() && one.state != ConversationState::Ended {
        let holder = desk.view.with(|view| {
            view.board.active.iter().find(|entry| entry.conv == one.id).map(|entry| entry.operator.clone())
        });
        let words = match holder {
            Some(holder) => tf("watch.with", &[("who", &desk.colleague(&holder))]),
            None => t("watch.waiting").to_owned(),
        };
        return Some(Stand { words, over: false, watched: true });
    }
    if one.transferring {
        return Some(Stand { words: t("chat.passing").to_owned(), over: false, watched: false });
    }
    let (words, over) = simple_standing(one)?;
    Some(Stand { words: words.to_owned(), over, watched: false })
}

/// The words, and whether the conversation is over for this operator.
fn simple_standing(one: &ConversationView) -> Option<(&'static str, bool)> {
    let left_by_exit = matches!(one.ended, Some((_, EndReason::Exit)));
    if let Some(reason) = one.released {
        let words = match reason {
            ReleaseReason::NotBack => t("released.not_back"),
            ReleaseReason::Left if left_by_exit => t("ended.exit"),
            ReleaseReason::Left => t("released.left"),
            ReleaseReason::Lease => t("released.lease"),
            ReleaseReason::Erased => t("released.erased"),
            ReleaseReason::Transferred => t("released.transferred"),
            ReleaseReason::Unknown => t("released.other"),
        };
        return Some((words, true));
    }
    match one.state {
        ConversationState::Waiting => Some((t("chat.held"), false)),
        ConversationState::Active => None,
        ConversationState::Ended => {
            let words = match one.ended {
                Some((_, EndReason::Away)) => t("ended.away"),
                Some((_, EndReason::Exit)) => t("ended.exit"),
                Some((_, EndReason::Blocked)) => t("ended.blocked"),
                Some((EndedBy::Visitor, _)) => t("ended.visitor"),
                Some((EndedBy::Operator, _)) => t("ended.operator"),
                Some((EndedBy::System, _)) | None => t("ended.system"),
            };
            Some((words, true))
        }
    }
}
