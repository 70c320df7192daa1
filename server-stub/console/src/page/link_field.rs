//! The one link a message can have, shown whole under it.

use leptos::html;
use leptos::prelude::*;
use tealight_protocol::ConversationId;
use tealight_session::operator::{Command, DraftView};

use super::browser::{focus_first, focus_soon};
use super::desk::Desk;
use super::icons::Icon;
use crate::link::{LinkFault, parse};
use crate::words::{t, tf};

/// A button that becomes a field. `wrong` says that something stands there that cannot be sent.
#[component]
pub(crate) fn LinkField(id: ConversationId, draft: Memo<DraftView>, wrong: RwSignal<bool>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let attached = Memo::new(move |_| draft.with(|draft| draft.link.clone()));
    let revision = Memo::new(move |_| draft.with(|draft| draft.revision));
    let typed = RwSignal::new(attached.with_untracked(|link| link.as_ref().map(|link| link.url.clone())));
    let field = NodeRef::<html::Input>::new();
    let fault = Memo::new(move |_| typed.with(|typed| typed.as_deref().and_then(|typed| parse(typed).err())));
    Effect::new(move |_| wrong.set(fault.get().is_some()));

    // Sent, or taken away by the session: the field goes with it.
    Effect::new(move |before: Option<u32>| {
        let now = revision.get();
        if before.is_some_and(|before| before != now) && attached.with_untracked(Option::is_none) {
            typed.set(None);
        }
        now
    });

    let attach = {
        let id = id.clone();
        move |text: String| {
            desk.send(Command::Attach(id.clone(), parse(&text).ok().flatten()));
            typed.set(Some(text));
        }
    };
    let remove = move || {
        desk.send(Command::Attach(id.clone(), None));
        typed.set(None);
        focus_first(&["#composer"]);
    };
    let is_open = Memo::new(move |_| typed.with(Option::is_some));
    move || {
        let (attach, remove) = (attach.clone(), remove.clone());
        if !is_open.get() {
            return view! {
                <button class="link link-add" type="button" on:click=move |_| {
                    typed.set(Some(String::new()));
                    focus_soon(&["#link"]);
                }>
                    {Icon::Link.draw()}
                    <span>{t("composer.link_add")}</span>
                </button>
            }
            .into_any();
        }
        let escaped = remove.clone();
        view! {
            <div class="link-field">
                <label class="field-label" for="link">{t("composer.link")}</label>
                <div class="link-row">
                    <input class="input" id="link" type="text" inputmode="url" autocomplete="off" spellcheck="false"
                        dir="ltr" aria-describedby="link-note" aria-invalid=move || fault.get().is_some().to_string()
                        prop:value=typed.get_untracked().unwrap_or_default() node_ref=field
                        on:input=move |event| attach(event_target_value(&event))
                        on:keydown=move |event| {
                            if event.key() == "Escape" {
                                event.prevent_default();
                                escaped();
                            }
                        } />
                    <button class="icon-button" type="button" aria-label=t("composer.link_remove")
                        title=t("composer.link_remove") on:click=move |_| remove()>{Icon::Close.draw()}</button>
                </div>
                <p class="small" id="link-note" data-fault=move || fault.get().is_some().to_string()>
                    {move || match (fault.get(), attached.get()) {
                        (Some(LinkFault::Insecure), _) => t("link.insecure").to_owned(),
                        (Some(LinkFault::Scheme), _) => t("link.scheme").to_owned(),
                        (Some(LinkFault::Incomplete), _) => t("link.incomplete").to_owned(),
                        (None, Some(link)) => tf("composer.link_shown", &[("url", &link.url)]),
                        (None, None) => t("composer.link_hint").to_owned(),
                    }}
                </p>
            </div>
        }
        .into_any()
    }
}
