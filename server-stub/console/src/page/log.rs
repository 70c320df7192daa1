//! The log of a conversation. New messages are said aloud as they come; what is there when it opens is not.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use tealight_protocol::{Cid, ConversationId, EndReason, Link, OfferChoice};
use tealight_session::operator::{Command, ConversationView, EntryKind};
use tealight_session::{Delivery, Millis};

use super::browser::{behind_utc_min, day_in_words, time_of_day};
use super::desk::Desk;
use super::icons::Icon;
use super::resized::Resized;
use super::shown::delivery;
use crate::moments::local_day;
use crate::rows::{Row, rows};
use crate::words::{t, tf};

/// So near to its end a log counts as being there, in pixels.
const NEAR_END_PX: i32 = 48;

/// The log.
#[component]
pub(crate) fn Log(
    id: ConversationId,
    conversation: Memo<Option<Arc<ConversationView>>>,
    name: Memo<String>,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let rows = Memo::new(move |_| {
        conversation
            .with(|one| one.as_ref().map(|one| rows(&one.entries, behind_utc_min)).unwrap_or_default())
    });
    let typing = Memo::new(move |_| conversation.with(|one| one.as_ref().is_some_and(|one| one.typing)));
    let scroller = NodeRef::<html::Div>::new();
    let at_end = RwSignal::new(true);
    let newest = Memo::new(move |_| rows.with(|rows| rows.iter().rev().find_map(|row| row.entry.seq)));
    let count = Memo::new(move |_| rows.with(Vec::len));

    let to_end = move || {
        if let Some(scroller) = scroller.try_get_untracked().flatten() {
            scroller.set_scroll_top(scroller.scroll_height());
        }
    };
    let look = move || {
        if let Some(scroller) = scroller.try_get_untracked().flatten() {
            let left = scroller.scroll_height() - scroller.scroll_top() - scroller.client_height();
            at_end.set(left <= NEAR_END_PX);
        }
    };
    // Follows what is new, unless somebody is reading further up.
    Effect::new(move |_| {
        count.get();
        typing.get();
        if at_end.get_untracked() {
            request_animation_frame(to_end);
        }
    });
    // What came while somebody was reading further up.
    let count_at_end = Memo::new(move |before: Option<&usize>| {
        let count = count.get();
        if at_end.get() { count } else { before.copied().unwrap_or(count) }
    });
    let is_new = Memo::new(move |_| count.get() > count_at_end.get());
    // Tells what has been on the screen.
    Effect::new(move |_| {
        if let Some(newest) = newest.get()
            && at_end.get()
            && desk.in_sight.get()
        {
            desk.send(Command::Read(id.clone(), newest));
        }
    });
    // The log also grows and shrinks with what stands around it: the composer, a question, the window.
    scroller.on_load(move |scroller| {
        let keep_end = move || {
            if at_end.try_get_untracked() == Some(true) {
                to_end();
            }
        };
        StoredValue::new_local(Resized::of(&scroller, keep_end));
    });
    let label = move || tf("chat.log", &[("name", &name.get())]);
    let writing = move || typing.get().then(|| tf("chat.typing", &[("name", &name.get())]));

    view! {
        <div class="log-frame">
            <div class="log" node_ref=scroller tabindex="0" role="region" aria-label=label on:scroll=move |_| look()>
                <div class="log-rows" role="log" aria-relevant="additions" aria-label=label>
                    <ForEnumerate each=move || rows.get() key=|row| row.entry.key.clone() let(index, row)>
                        <LogRow first=row index rows name />
                    </ForEnumerate>
                </div>
                <p class="typing" data-on=move || typing.get().to_string()>
                    <span class="dots" aria-hidden="true"><i class=DOT></i><i class=DOT></i><i class=DOT></i></span>
                    <span>{writing}</span>
                </p>
            </div>
            <Show when=move || !at_end.get()>
                <button class="pill" type="button" on:click=move |_| to_end()>
                    {Icon::Down.draw()}
                    <span>{move || if is_new.get() { t("chat.new") } else { t("chat.newest") }}</span>
                </button>
            </Show>
        </div>
    }
}

const DOT: &str = "dot";

/// One row. It stays the same element while what it shows changes, so that nothing is said twice.
#[component]
fn LogRow(first: Row, index: ReadSignal<usize>, rows: Memo<Vec<Row>>, name: Memo<String>) -> impl IntoView {
    let key = first.entry.key.clone();
    let row = Memo::new(move |last: Option<&Row>| {
        rows.with(|rows| {
            rows.get(index.get())
                .filter(|row| row.entry.key == key)
                .or_else(|| rows.iter().find(|row| row.entry.key == key))
                .cloned()
        })
        .or_else(|| last.cloned())
        .unwrap_or_else(|| first.clone())
    });
    let day = Memo::new(move |_| row.with(|row| row.day.and(row.at)));
    let starts = Memo::new(move |_| row.with(|row| row.starts_run));
    let kind = Memo::new(move |_| row.with(|row| Shape::of(&row.entry.kind)));
    view! {
        {move || day.get().map(|at| view! { <p class="day"><span>{day_words(at)}</span></p> })}
        {move || match kind.get() {
            Shape::Said { from, text, link, name: said_by } => view! {
                <div class="msg" data-from=from.name() data-starts=move || starts.get().to_string()>
                    {move || starts.get().then(|| view! {
                        <p class="msg-name">{speaker_words(from, said_by.as_deref(), &name.get())}</p>
                    })}
                    <p class="bubble" dir="auto">{text}</p>
                    {link.map(|link| view! { <LinkCard link /> })}
                    <State row />
                </div>
            }.into_any(),
            Shape::Offer { from, label, uri, name: said_by } => view! {
                <div class="msg" data-from=from.name() data-starts=move || starts.get().to_string()>
                    {move || starts.get().then(|| view! {
                        <p class="msg-name">{speaker_words(from, said_by.as_deref(), &name.get())}</p>
                    })}
                    <div class="offered">
                        <p>{tf("log.offered", &[("what", &label)])}</p>
                        <p class="offered-uri" dir="ltr">{uri}</p>
                        <p class="offered-answer">{move || row.with(|row| answer_words(&row.entry.kind))}</p>
                    </div>
                    <State row />
                </div>
            }.into_any(),
            Shape::Note { words, quote } => view! {
                <p class="note">
                    {words}" "<Time row />
                    {quote.map(|quote| view! { <q class="quote" dir="auto">{quote}</q> })}
                </p>
            }.into_any(),
            Shape::Automatic(text) => view! {
                <p class="note"><span dir="auto">{text}</span>" "<span class="tag">{t("log.automatic")}</span></p>
            }.into_any(),
        }}
    }
}

/// What a row looks like, without what changes under it: how far a message has come.
#[derive(Clone, PartialEq)]
enum Shape {
    Said { from: From, text: String, link: Option<Link>, name: Option<String> },
    Offer { from: From, label: String, uri: String, name: Option<String> },
    Note { words: String, quote: Option<String> },
    Automatic(String),
}

#[derive(Clone, Copy, PartialEq)]
enum From {
    Visitor,
    Me,
    Colleague,
}

impl From {
    fn name(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Me => "me",
            Self::Colleague => "colleague",
        }
    }
}

impl Shape {
    fn of(kind: &EntryKind) -> Self {
        match kind {
            EntryKind::Visitor(text) => {
                Self::Said { from: From::Visitor, text: text.as_str().to_owned(), link: None, name: None }
            }
            EntryKind::Operator { own, name, text, link, .. } => Self::Said {
                from: if *own { From::Me } else { From::Colleague },
                text: text.as_str().to_owned(),
                link: link.clone().filter(Link::is_allowed),
                name: name.clone(),
            },
            EntryKind::Automatic(text) => Self::Automatic(text.as_str().to_owned()),
            EntryKind::Started => Self::note(t("log.started").to_owned()),
            EntryKind::Joined(who) => Self::note(tf("log.joined", &[("name", &who.name)])),
            EntryKind::Offer { own, name, alternative, .. } => Self::Offer {
                from: if *own { From::Me } else { From::Colleague },
                label: alternative.label.clone(),
                uri: alternative.uri.clone(),
                name: name.clone(),
            },
            EntryKind::Transferred { own, name, to, reason } => {
                let name = if *own { Some(t("log.you")) } else { name.as_deref() };
                let to = to.name.as_deref().unwrap_or(t("log.waiting_room"));
                let name = name.unwrap_or(t("log.colleague"));
                Self::Note {
                    words: tf("log.transferred", &[("name", name), ("to", to)]),
                    quote: reason.as_ref().map(|reason| reason.as_str().to_owned()),
                }
            }
            EntryKind::Left { name, reason } => {
                let name = name.as_deref().unwrap_or(t("log.colleague"));
                let key = match reason {
                    tealight_protocol::LeftReason::ConnectionLost => "log.left",
                    tealight_protocol::LeftReason::NoAnswer => "log.no_answer",
                    tealight_protocol::LeftReason::Unknown => "log.left_other",
                };
                Self::note(tf(key, &[("name", name)]))
            }
            EntryKind::Ended(_, EndReason::Exit) => Self::note(t("log.left_by_exit").to_owned()),
            EntryKind::Ended(..) => Self::note(t("log.ended").to_owned()),
        }
    }

    fn note(words: String) -> Self {
        Self::Note { words, quote: None }
    }
}

/// What the visitor made of an offer.
fn answer_words(kind: &EntryKind) -> Option<&'static str> {
    match kind {
        EntryKind::Offer { answer: Some(OfferChoice::Taken), .. } => Some(t("log.offer_taken")),
        EntryKind::Offer { answer: Some(OfferChoice::Declined), .. } => Some(t("log.offer_declined")),
        EntryKind::Offer { answer: None, delivery: Delivery::Sent, .. } => Some(t("log.offer_open")),
        _ => None,
    }
}

fn speaker_words(from: From, said_by: Option<&str>, visitor: &str) -> String {
    match from {
        From::Visitor => visitor.to_owned(),
        From::Me => t("log.you").to_owned(),
        From::Colleague => said_by.unwrap_or(t("log.colleague")).to_owned(),
    }
}

fn day_words(at: Millis) -> String {
    let now = tealight_shell::now();
    match local_day(now, behind_utc_min(now)) - local_day(at, behind_utc_min(at)) {
        0 => t("log.today").to_owned(),
        1 => t("log.yesterday").to_owned(),
        _ => day_in_words(at),
    }
}

/// The link, whole, as the visitor sees it.
#[component]
fn LinkCard(link: Link) -> impl IntoView {
    let title = link.title.filter(|title| !title.is_empty());
    let url = link.url;
    view! {
        <a class="card" href=url.clone() target="_blank" rel="noopener noreferrer">
            {Icon::Page.draw()}
            {title.map(|title| view! { <span class="card-title" dir="auto">{title}</span> })}
            <span class="card-url" dir="ltr">{url.clone()}</span>
        </a>
    }
}

/// The time, and how far an own message has come, in words.
#[component]
fn State(row: Memo<Row>) -> impl IntoView {
    let shown = Memo::new(move |_| {
        row.with(|row| {
            let (state, cid) = match &row.entry.kind {
                EntryKind::Operator { own: true, delivery, cid, .. } => (Some(*delivery), cid.clone()),
                EntryKind::Offer { own: true, delivery, again, .. } => (Some(*delivery), again.clone()),
                EntryKind::Operator { own: false, .. }
                | EntryKind::Offer { own: false, .. }
                | EntryKind::Visitor(_)
                | EntryKind::Started
                | EntryKind::Automatic(_)
                | EntryKind::Joined(_)
                | EntryKind::Left { .. }
                | EntryKind::Transferred { .. }
                | EntryKind::Ended(..) => (None, None),
            };
            let always = matches!(state, Some(Delivery::NotSent | Delivery::Sending));
            (row.shows_state || always).then_some((row.at, state, cid))
        })
    });
    move || {
        shown.get().map(|(at, state, cid)| {
            view! {
                <p class="msg-state" data-state=state.map(state_name)>
                    {at.map(|at| view! { <time>{time_of_day(at)}</time> })}
                    {state.map(|state| view! { <span>{delivery(state)}</span> })}
                    {cid.filter(|_| state == Some(Delivery::NotSent)).map(|cid| view! { <Again cid /> })}
                </p>
            }
        })
    }
}

#[component]
fn Again(cid: Cid) -> impl IntoView {
    let desk = expect_context::<Desk>();
    view! {
        <button class="link" type="button" on:click=move |_| {
            if let Some(id) = desk.open.get_untracked() {
                desk.send(Command::TryAgain(id, cid.clone()));
            }
        }>{t("delivery.again")}</button>
    }
}

#[component]
fn Time(row: Memo<Row>) -> impl IntoView {
    move || row.with(|row| row.at).map(|at| view! { <time>{time_of_day(at)}</time> })
}

fn state_name(state: Delivery) -> &'static str {
    match state {
        Delivery::Sending => "sending",
        Delivery::NotSent => "not-sent",
        Delivery::Sent => "sent",
        Delivery::Delivered => "delivered",
        Delivery::Seen => "seen",
    }
}
