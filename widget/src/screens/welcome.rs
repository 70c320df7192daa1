//! The first screen: what this is, how long it takes now, what stays between us, and one button.

use leptos::html;
use leptos::prelude::*;
use tealight_protocol::{Route, ServiceState};
use tealight_session::Connection;
use tealight_session::visitor::Command;

use crate::context::Context;
use crate::i18n;
use crate::keys::Key;
use crate::parts::icon::{Icon, icon};
use crate::parts::note::note_of;
use crate::parts::others::{crisis, others, target};
use crate::wait_range::WaitWords;

/// Before anything is known.
pub(crate) fn opening(cx: Context) -> impl IntoView {
    view! {
        <main class="screen" part="screen" data-screen="welcome">
            <p class="opening">{cx.say(Key::OPENING)}</p>
        </main>
    }
}

pub(crate) fn welcome(cx: Context) -> impl IntoView {
    let state = Memo::new(move |_| {
        cx.service.with(|service| service.as_ref().map_or(ServiceState::Unknown, |service| service.state))
    });
    let name = move || if state.get() == ServiceState::Open { "welcome" } else { "closed" };
    view! {
        <main class="screen" part="screen" data-screen=name>
            {move || match state.get() {
                ServiceState::Open => open(cx).into_any(),
                ServiceState::Full => full(cx).into_any(),
                ServiceState::Closed | ServiceState::Unknown => closed(cx).into_any(),
            }}
            {crisis(cx)}
            {others(cx)}
        </main>
    }
}

fn open(cx: Context) -> impl IntoView {
    let area = NodeRef::<html::Select>::new();
    let is_joining = Memo::new(move |_| cx.is_joining());
    let is_refused = Memo::new(move |_| cx.is_refused());
    let join = move |_| {
        if is_joining.get_untracked() {
            return;
        }
        let areas = cx.service.with_untracked(|service| {
            service.as_ref().map(|service| service.areas.clone()).unwrap_or_default()
        });
        // Nobody is asked where there is nothing to choose.
        let area = match (areas.as_slice(), area.get_untracked()) {
            ([], _) => None,
            ([only], _) => Some(only.id.clone()),
            (_, select) => select.map(|select| select.value()),
        };
        cx.focus_next.set(true);
        cx.dispatch(Command::Join { area, route: Route::Standard });
    };
    let notice = Memo::new(move |_| {
        cx.service.with(|service| service.as_ref().and_then(|service| service.notice.clone()))
    });
    let is_busy = move || (is_joining.get() || cx.connection.get() == Connection::Lost).then_some("true");
    view! {
        <h2 class="title" part="title" tabindex="-1">{cx.say(Key::WELCOME_TITLE)}</h2>
        <p class="lead">{cx.say(Key::WELCOME_LEAD)}</p>
        {move || notice.get().map(note_of)}
        {move || is_refused.get().then(|| note_of(cx.say(Key::WELCOME_REFUSED)))}
        <p class="now">{move || wait_now(cx)}</p>
        {area_question(cx, area)}
        <button
            class="button"
            part="button button-primary"
            data-kind="primary"
            type="button"
            data-busy=is_busy
            on:click=join
        >
            {cx.say(Key::WELCOME_JOIN)}
        </button>
        <p>
            {cx.say(Key::WELCOME_LIMITS)}
            {link(cx, cx.options(|options| options.confidentiality_url.clone()), Key::WELCOME_LIMITS_LINK)}
        </p>
        {exit_note(cx)}
    }
}

/// "Right now most people wait …", with the range set apart by the styles.
fn wait_now(cx: Context) -> AnyView {
    let wait = cx.service.with(|service| service.as_ref().map(|service| service.wait));
    let range = wait.and_then(|wait| cx.words(|words| words.range(WaitWords::of(wait))));
    let Some(range) = range else { return cx.say(Key::RANGE_UNKNOWN).into_any() };
    let (before, after) = cx.around(Key::WELCOME_NOW, "range");
    view! {
        {before}
        <strong class="now-range" part="range">{range}</strong>
        {after}
    }
    .into_any()
}

fn area_question(cx: Context, select: NodeRef<html::Select>) -> impl IntoView {
    let areas = Memo::new(move |_| {
        cx.service.with(|service| service.as_ref().map(|service| service.areas.clone()).unwrap_or_default())
    });
    move || {
        let areas = areas.get();
        (areas.len() > 1).then(|| {
            let options = areas.into_iter().map(|area| {
                let label = if area.open {
                    area.name.clone()
                } else {
                    cx.fill(Key::WELCOME_AREA_CLOSED, &[("area", &area.name)])
                };
                view! { <option value=area.id disabled=!area.open>{label}</option> }
            });
            view! {
                <label class="field">
                    <span class="field-label">{cx.say(Key::WELCOME_AREA)}</span>
                    <select class="select" part="input" node_ref=select>{options.collect_view()}</select>
                </label>
            }
        })
    }
}

/// What Exit does, and what it cannot do.
fn exit_note(cx: Context) -> impl IntoView {
    view! {
        <div class="note" part="note">
            {icon(Icon::EXIT)}
            <p>
                <strong class="strong">{cx.say(Key::WELCOME_EXIT)}</strong>
                " "
                {cx.say(Key::WELCOME_EXIT_MORE)}
                {link(cx, cx.options(|options| options.safety_url.clone()), Key::WELCOME_EXIT_LINK)}
            </p>
        </div>
    }
}

fn link(cx: Context, address: Option<String>, words: Key) -> impl IntoView {
    address.filter(|address| target(address).is_some()).map(|address| {
        view! {
            " "
            <a class="link" href=address target="_blank" rel="noopener noreferrer">{cx.say(words)}</a>
        }
    })
}

fn closed(cx: Context) -> impl IntoView {
    let opens = move || {
        let next = cx.service.with(|service| service.as_ref().and_then(|service| service.next_open.clone()));
        let ms = i18n::ms_of(next?.as_str())?;
        let when = cx.words(|words| words.moment(ms, cx.now.get()));
        Some(cx.fill(Key::CLOSED_OPENS, &[("when", &when)]))
    };
    let notice = move || {
        cx.service.with(|service| service.as_ref().and_then(|service| service.notice.clone())).map(note_of)
    };
    view! {
        <h2 class="title" part="title" tabindex="-1">{cx.say(Key::CLOSED_TITLE)}</h2>
        {move || opens().map(|opens| view! { <p class="lead"><strong class="strong">{opens}</strong></p> })}
        {notice}
        <p class="lead">{cx.say(Key::CLOSED_HELP)}</p>
    }
}

fn full(cx: Context) -> impl IntoView {
    view! {
        <h2 class="title" part="title" tabindex="-1">{cx.say(Key::FULL_TITLE)}</h2>
        <p class="lead">{cx.say(Key::FULL_LEAD)}</p>
    }
}
