//! The form to log in with.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Config;
use super::account::{Account, LoginError, log_in};
use super::icons::Lamp;
use crate::words::{t, tf};

/// Asks for name and password.
#[component]
pub(crate) fn LoginScreen(config: Config, expired: bool, entered: Callback<Account>) -> impl IntoView {
    let name = NodeRef::<html::Input>::new();
    let password = NodeRef::<html::Input>::new();
    let busy = RwSignal::new(false);
    let said = RwSignal::new(expired.then(|| t("login.expired").to_owned()));
    name.on_load(|input| {
        let _ = input.focus();
    });
    document().set_title(t("login.title"));
    let lead = if config.name.is_empty() {
        t("login.lead_plain").to_owned()
    } else {
        tf("login.lead", &[("name", &config.name)])
    };

    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (Some(name), Some(field)) = (name.get(), password.get()) else { return };
        if busy.get() {
            return;
        }
        if name.value().trim().is_empty() || field.value().is_empty() {
            said.set(Some(t("login.empty").to_owned()));
            return;
        }
        busy.set(true);
        said.set(None);
        let server = config.server.clone();
        spawn_local(async move {
            let result = log_in(&server, name.value().trim(), &field.value()).await;
            busy.set(false);
            match result {
                Ok(account) => entered.run(account),
                Err(error) => {
                    said.set(Some(words_for(error)));
                    if error == LoginError::Wrong {
                        field.set_value("");
                        let _ = field.focus();
                    }
                }
            }
        });
    };

    view! {
        <main class="login">
            <form class="login-card" on:submit=submit novalidate=true>
                <Lamp />
                <h1 class="title">{t("login.title")}</h1>
                <p class="quiet">{lead}</p>
                <p class="login-said" role="alert">{move || said.get()}</p>
                <label class="field">
                    <span class="field-label">{t("login.name")}</span>
                    <input class="input" type="text" name="name" autocomplete="username" autocapitalize="none"
                        spellcheck="false" node_ref=name />
                </label>
                <label class="field">
                    <span class="field-label">{t("login.password")}</span>
                    <input class="input" type="password" name="password" autocomplete="current-password"
                        node_ref=password />
                </label>
                <button class="button" data-kind="primary" type="submit" aria-disabled=move || busy.get().to_string()>
                    {move || if busy.get() { t("login.busy") } else { t("login.submit") }}
                </button>
                <p class="small quiet">{t("login.private")}</p>
            </form>
        </main>
    }
}

fn words_for(error: LoginError) -> String {
    match error {
        LoginError::Wrong => t("login.wrong").to_owned(),
        LoginError::LockedOut(Some(seconds)) => tf("login.locked", &[("seconds", &seconds.to_string())]),
        LoginError::LockedOut(None) => t("login.locked_plain").to_owned(),
        LoginError::Unreachable => t("login.unreachable").to_owned(),
        LoginError::Refused => t("login.refused").to_owned(),
    }
}
