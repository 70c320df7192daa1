//! The line about the connection. It is there, empty, before there is anything to say, so that it is read aloud.

use leptos::prelude::*;
use tealight_session::Connection;

use crate::context::Context;
use crate::keys::Key;

pub(crate) fn strip(cx: Context) -> impl IntoView {
    let key = move || match cx.connection.get() {
        Connection::Lost if cx.screen.get().has_conversation() => Some(Key::STRIP_LOST),
        Connection::Lost => Some(Key::STRIP_LOST_EARLY),
        Connection::Idle | Connection::Connecting | Connection::Ready | Connection::Stopped(_) => None,
    };
    view! {
        <div class="strip" part="strip" role="status" data-tone="calm">
            {move || key().map(|key| view! { <p>{cx.say(key)}</p> })}
        </div>
    }
}
