//! Logged in or not: the one decision at the top of the page.

use leptos::prelude::*;

use super::Config;
use super::account::Account;
use super::desk::DeskScreen;
use super::login::LoginScreen;

/// Who is at the page.
#[derive(Clone, PartialEq)]
enum Standing {
    /// Nobody: the form. `expired`: somebody was, and the server no longer knows them.
    Out { expired: bool },
    /// An operator.
    In(Account),
}

/// The whole page.
#[component]
pub(crate) fn App(config: Config) -> impl IntoView {
    let standing = RwSignal::new(match Account::remembered() {
        Some(account) => Standing::In(account),
        None => Standing::Out { expired: false },
    });
    let entered = Callback::new(move |account: Account| {
        account.remember();
        standing.set(Standing::In(account));
    });
    let left = Callback::new(move |expired: bool| {
        Account::forget();
        standing.set(Standing::Out { expired });
    });
    let config = StoredValue::new(config);
    move || {
        let config = config.get_value();
        match standing.get() {
            Standing::Out { expired } => view! { <LoginScreen config expired entered /> }.into_any(),
            Standing::In(account) => view! { <DeskScreen config account left /> }.into_any(),
        }
    }
}
