//! A socket that says everything back: our way with WebSockets, and nothing of what we say over them.
//!
//! For suites that try a server's WebSocket layer with frames no browser would send. The server never mounts it.

use axum::Router;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::routing::get;
use futures_util::{SinkExt as _, StreamExt as _};

use super::socket::{Frames, MESSAGE_BYTES, answer_close, configured, farewell, fault_of_peer};

/// A router with the socket at its root. It is set up like the real one; `longest` allows longer messages than that,
/// in bytes, and the room that their echo needs.
pub fn echo(longest: Option<usize>) -> Router {
    let upgrade = move |ws: WebSocketUpgrade| async move {
        let ws = match longest {
            None => configured(ws, MESSAGE_BYTES),
            Some(longest) => configured(ws, longest).max_write_buffer_size(2 * longest),
        };
        ws.on_upgrade(repeat)
    };
    Router::new().route("/", get(upgrade))
}

async fn repeat(mut socket: impl Frames) {
    loop {
        match socket.next().await {
            Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                if socket.send(message).await.is_err() {
                    return;
                }
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Close(_))) => return answer_close(&mut socket).await,
            None => return,
            Some(Err(error)) => {
                if let Some(code) = fault_of_peer(error) {
                    farewell(&mut socket, code, "the frame cannot be read").await;
                }
                return;
            }
        }
    }
}
