//! Visitors who abuse: what a volunteer can do about it, step by step, and what a second person makes of a block.

use std::sync::Arc;

use leptos::prelude::*;
use tealight_protocol::{Block, BlockReason, BlockReview, ConversationId, Timestamp};
use tealight_session::operator::{Change, Command, View};

use super::browser::{INTO_CHAT, day_in_words, focus_soon, time_of_day};
use super::desk::{Desk, is_active};
use super::dialogs::Frame;
use super::pages::PageHead;
use crate::moments::millis;
use crate::words::{t, tf};

/// The reasons, the most frequent first.
const REASONS: [BlockReason; 4] =
    [BlockReason::Abuse, BlockReason::Sexual, BlockReason::Threat, BlockReason::Flood];

/// Three steps, of which each may be the last. None of them happens before its own button is pressed.
#[component]
pub(crate) fn AbuseDialog(id: ConversationId, close: Callback<()>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let name = desk.name_of(&id);
    let reason = RwSignal::new(None::<BlockReason>);
    let conversation = desk.conversation(id.clone());
    let is_open = Memo::new(move |_| conversation.with(|one| one.as_deref().is_some_and(is_active)));
    let act = move |command: Command| {
        close.run(());
        if is_open.get_untracked() {
            desk.send(command);
            focus_soon(INTO_CHAT);
        }
    };
    let (said, ended) = (id.clone(), id.clone());
    let block = move |_| {
        if let Some(reason) = reason.get_untracked() {
            act(Command::Block(id.clone(), reason));
        }
    };
    view! {
        <Frame label="abuse-title" close>
            <h2 class="title" id="abuse-title">{tf("abuse.title", &[("name", &name)])}</h2>
            <p class="quiet">{t("abuse.lead")}</p>
            <ol class="steps">
                <li class="step">
                    <button class="button" id="abuse-say" type="button"
                        on:click=move |_| act(Command::UseCanned(said.clone(), t("abuse.boundary").to_owned()))>
                        {t("abuse.say")}
                    </button>
                    <p class="small quiet">{t("abuse.say_hint")}</p>
                </li>
                <li class="step">
                    <button class="button" id="abuse-end" type="button"
                        on:click=move |_| act(Command::End(ended.clone()))>{t("abuse.end")}</button>
                    <p class="small quiet">{t("abuse.end_hint")}</p>
                </li>
                <li class="step">
                    <fieldset class="targets">
                        <legend class="field-label">{t("abuse.block_title")}</legend>
                        <p class="small quiet">{t("abuse.block_hint")}</p>
                        {REASONS.into_iter().map(|one| view! {
                            <label class="target">
                                <input type="radio" name="abuse-reason"
                                    prop:checked=move || reason.get() == Some(one)
                                    on:change=move |_| reason.set(Some(one)) />
                                <span class="target-name">{reason_words(one)}</span>
                            </label>
                        }).collect_view()}
                    </fieldset>
                </li>
            </ol>
            <div class="actions">
                <button class="button" data-kind="primary" type="button" on:click=move |_| close.run(())>
                    {t("chat.end_no")}
                </button>
                <button class="button" data-kind="danger" id="abuse-block" type="button"
                    aria-disabled=move || reason.with(Option::is_none).to_string() on:click=block>
                    {t("abuse.block")}
                </button>
            </div>
        </Frame>
    }
}

/// The page for whoever looks at the blocks of others. It is asked for more often while it is open.
#[component]
pub(crate) fn BlocksPage() -> impl IntoView {
    let desk = expect_context::<Desk>();
    desk.send(Command::FollowBlocks(true));
    on_cleanup(move || desk.send(Command::FollowBlocks(false)));
    let blocks =
        Memo::new(move |_| desk.view.with(|view| view.blocks.as_ref().map(|heard| Arc::clone(&heard.what))));
    let list = move || match blocks.get() {
        None => view! { <p class="quiet">{t("waits.asking")}</p> }.into_any(),
        Some(all) if all.is_empty() => view! { <p class="quiet">{t("blocks.none")}</p> }.into_any(),
        Some(all) => view! {
            <ul class="shift-list">{all.iter().map(|one| row(desk, one)).collect_view()}</ul>
        }
        .into_any(),
    };
    view! {
        <section class="page-part blocks" aria-label=t("pages.blocks")>
            <PageHead title=t("pages.blocks")>
                <p class="quiet">{t("blocks.lead")}</p>
            </PageHead>
            {list}
        </section>
    }
}

fn row(desk: Desk, block: &Block) -> impl IntoView + use<> {
    let Block { id, conv, reason, by, name, at, until, review } = block.clone();
    let who = name.unwrap_or_else(|| desk.colleague(&by));
    let is_mine = desk.view.with_untracked(|view| view.who.as_ref().is_some_and(|me| me.id == by));
    let times = tf("blocks.times", &[("name", &who), ("from", &when(&at)), ("to", &when(&until))]);
    let may = !is_mine && !review.as_ref().is_some_and(|review| review.lift);
    let is_new = review.is_none();
    let said = match review {
        Some(BlockReview { by, name, at, lift }) => {
            let who = name.unwrap_or_else(|| desk.colleague(&by));
            let key = if lift { "blocks.lifted" } else { "blocks.kept" };
            tf(key, &[("name", &who), ("time", &when(&at))])
        }
        None if is_mine => t("blocks.mine").to_owned(),
        None => t("blocks.new").to_owned(),
    };
    let waits = move |lift: bool| {
        desk.view.with(|view| {
            let wanted = |change: &Change| matches!(change, Change::Review { block, lift: to } if *block == id && *to == lift);
            view.changes.iter().any(|one| wanted(&one.change) && one.refused.is_none())
        })
    };
    let review = move |lift: bool| desk.send(Command::Change(Change::Review { block: id, lift }));
    let until_ms = millis(&until);
    let holds = move || until_ms.is_some_and(|until| until > desk.now.get());
    view! {
        <li class="shift" data-new=(is_new && !is_mine).to_string()>
            <div class="shift-about">
                <p class="shift-who">{reason_words(reason)}</p>
                <p class="shift-when">{times}</p>
                <p class="small quiet">{said}</p>
            </div>
            <div class="shift-actions">
                {conv.filter(|_| !is_mine).map(|conv| {
                    let shown = conv.clone();
                    let is_open = Memo::new(move |_| {
                        desk.view.with(|view| view.conversations.iter().any(|one| one.id == shown))
                    });
                    view! {
                        <button class="button" data-kind="quiet" type="button" on:click=move |_| {
                            if is_open.get_untracked() {
                                desk.go_to(conv.clone());
                            } else {
                                desk.send(Command::Watch(conv.clone()));
                            }
                        }>{move || if is_open.get() { t("blocks.open") } else { t("blocks.read") }}</button>
                    }
                })}
                <Show when=move || may && holds()>
                    <button class="button" type="button" aria-disabled=move || waits(true).to_string()
                        on:click=move |_| review(true)>{t("blocks.lift")}</button>
                </Show>
                <Show when=move || may && is_new>
                    <button class="button" data-kind="quiet" type="button" aria-disabled=move || waits(false).to_string()
                        on:click=move |_| review(false)>{t("blocks.keep")}</button>
                </Show>
            </div>
        </li>
    }
}

/// How many blocks of others nobody has looked at yet.
pub(super) fn unseen(view: &View) -> u32 {
    let me = view.who.as_ref().map(|who| &who.id);
    let open = |block: &&Block| block.review.is_none() && Some(&block.by) != me;
    let count = view.blocks.as_ref().map_or(0, |heard| heard.what.iter().filter(open).count());
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn reason_words(reason: BlockReason) -> &'static str {
    match reason {
        BlockReason::Abuse => t("abuse.reason_abuse"),
        BlockReason::Threat => t("abuse.reason_threat"),
        BlockReason::Sexual => t("abuse.reason_sexual"),
        BlockReason::Flood => t("abuse.reason_flood"),
        BlockReason::Unknown => t("abuse.reason_other"),
    }
}

/// "Sunday 22 November, 20:40".
fn when(at: &Timestamp) -> String {
    millis(at).map(|at| format!("{}, {}", day_in_words(at), time_of_day(at))).unwrap_or_default()
}
