//! A WebSocket that tells what happened to it once, and is silent after we closed it.
//!
//! It stands directly on the browser's object. gloo-net's wrapper was read (0.7) and not taken for this: it has no
//! event for "open", unwraps in `Drop`, and dispatches a made-up close event with code 1000 when it is dropped, so
//! that nobody can tell a lost connection from one that we gave up.

use tealight_protocol::{CloseCode, SUBPROTOCOL, SUBPROTOCOL_ANY};
use tealight_session::{ConnectionId, Fact};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, WebSocket};

/// The number a browser shows for a close frame without a code. It says as little as no close frame at all.
const NO_CODE: u16 = 1005;

/// What happened to a socket.
#[derive(Clone, PartialEq, Eq)]
pub enum SocketEvent {
    /// It is open.
    Opened,
    /// A text frame arrived.
    Received(String),
    /// It is closed, by the other side or by a fault. Always the last event, and not sent after [`Socket::close`].
    Closed(u16),
}

impl SocketEvent {
    /// The event as the fact about this connection.
    pub fn about(self, connection: ConnectionId) -> Fact {
        match self {
            Self::Opened => Fact::SocketOpened(connection),
            Self::Received(text) => Fact::SocketReceived(connection, text),
            Self::Closed(code) => Fact::SocketClosed(connection, code),
        }
    }
}

/// One socket. Dropping it closes it in silence.
pub struct Socket {
    browser: WebSocket,
    _on_open: Closure<dyn FnMut(Event)>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    /// Opens a socket that offers this protocol's versions. `Err`: the browser refused to try, because of the
    /// address or of the page's own policy.
    pub fn open(url: &str, tell: impl Fn(SocketEvent) + Clone + 'static) -> Result<Self, JsValue> {
        let offered =
            js_sys::Array::of2(&JsValue::from_str(SUBPROTOCOL), &JsValue::from_str(SUBPROTOCOL_ANY));
        let browser = WebSocket::new_with_str_sequence(url, &offered)?;
        // A stray binary frame then costs no asynchronous reading; it is dropped below.
        browser.set_binary_type(BinaryType::Arraybuffer);

        let on_open = Closure::<dyn FnMut(Event)>::new({
            let tell = tell.clone();
            move |_| tell(SocketEvent::Opened)
        });
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new({
            let tell = tell.clone();
            move |event: MessageEvent| {
                if let Some(text) = event.data().as_string() {
                    tell(SocketEvent::Received(text));
                }
            }
        });
        let on_close = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
            let code = event.code();
            tell(SocketEvent::Closed(if code == NO_CODE { CloseCode::Abnormal.as_u16() } else { code }));
        });
        browser.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        browser.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        browser.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Ok(Self { browser, _on_open: on_open, _on_message: on_message, _on_close: on_close })
    }

    /// Sends a text frame. A socket that is not open loses it, and `Closed` follows or has been told.
    pub fn send(&self, text: &str) {
        if self.browser.ready_state() == WebSocket::OPEN {
            let _ = self.browser.send_with_str(text);
        }
    }

    /// Closes with this code. Nothing more is told.
    pub fn close(self, code: u16) {
        self.silence();
        // Browsers let a page say 1000 and 3000–4999 and throw for everything else; `Drop` then closes without a code.
        let _ = self.browser.close_with_code(code);
    }

    fn silence(&self) {
        self.browser.set_onopen(None);
        self.browser.set_onmessage(None);
        self.browser.set_onclose(None);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.silence();
        // On a socket that is closing or closed this does nothing.
        let _ = self.browser.close();
    }
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Socket(state {})", self.browser.ready_state())
    }
}

/// Never shows what was received.
impl std::fmt::Debug for SocketEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Opened => f.write_str("Opened"),
            Self::Received(_) => f.write_str("Received(…)"),
            Self::Closed(code) => write!(f, "Closed({code})"),
        }
    }
}
