//! The pump between a WebSocket and the desk. It knows bytes and queues, and nothing of what they mean.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocketUpgrade, close_code};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use tealight_protocol::{CloseCode, SUBPROTOCOL, SUBPROTOCOL_ANY, limits};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{self, error::ProtocolError};

use super::Shared;
use crate::desk::{Input, Origin};
use crate::runner::{DeskHandle, Outgoing};

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long one frame may take to leave. A peer that takes none for so long is not there any more, or nearly so.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reading in small pieces keeps an idle socket cheap: the library's default costs 128 KiB each.
const READ_BUFFER_BYTES: usize = 1024;

/// Frames over the protocol's limit are still read, so that they can be answered with 1009.
pub(super) const MESSAGE_BYTES: usize = 4 * limits::FRAME_BYTES;

/// How many pings and pongs of the transport may come at once, and how often one more.
const CONTROLS: u32 = 100;
const CONTROL_EVERY: Duration = Duration::from_millis(100);

/// How many frames of one socket may wait for the desk. Until it comes to them, no more are read: the peer waits.
const UNHANDLED_FRAMES: usize = 16;

pub(super) async fn upgrade(
    State(shared): State<Shared>,
    client: super::client::ClientKey,
    super::client::ClientOrigin(origin): super::client::ClientOrigin,
    headers: HeaderMap,
    ws: WebSocketUpgrade,
) -> Response {
    if !shared.origins.allows(&headers) {
        return (StatusCode::FORBIDDEN, "this origin may not open a chat").into_response();
    }
    let place = match shared.admit(client) {
        Ok(place) => place,
        Err(wait) => return super::too_many(wait),
    };
    let offered = offered_protocols(&headers);
    let ws = configured(ws, MESSAGE_BYTES);
    if offered.iter().any(|offer| offer == SUBPROTOCOL) {
        let (desk, open) = (shared.desk.clone(), (shared.open_sockets.clone(), place));
        ws.protocols([SUBPROTOCOL]).on_upgrade(move |socket| pump(socket, desk, origin, open))
    } else if offered.iter().any(|offer| offer == SUBPROTOCOL_ANY) {
        ws.protocols([SUBPROTOCOL_ANY]).on_upgrade(|mut socket| async move {
            farewell(&mut socket, CloseCode::Version.as_u16(), "this server speaks tealight.v1").await;
        })
    } else {
        (StatusCode::BAD_REQUEST, "offer the subprotocols tealight.v1 and tealight").into_response()
    }
}

/// How every socket is set up.
pub(super) fn configured(ws: WebSocketUpgrade, message_bytes: usize) -> WebSocketUpgrade {
    ws.read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * limits::QUEUED_BYTES)
        .max_frame_size(message_bytes)
        .max_message_size(message_bytes)
}

fn offered_protocols(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|offer| offer.trim().to_owned())
        .collect()
}

/// What frames come from and go to: a WebSocket, or a test's stand-in.
pub(super) trait Frames: Stream<Item = Result<Message, axum::Error>> + Sink<Message> + Unpin {}

impl<T: Stream<Item = Result<Message, axum::Error>> + Sink<Message> + Unpin> Frames for T {}

/// Carries frames until one side is done. `open` is held until then: by it a stopping server knows the last.
async fn pump(mut socket: impl Frames, desk: DeskHandle, origin: Option<Origin>, open: impl Send) {
    let (conn, mut inbox) = desk.open(origin);
    let window = Arc::new(Semaphore::new(UNHANDLED_FRAMES));
    let mut controls = Controls::new();
    let mut overflowed = std::pin::pin!(inbox.overflowed());
    let peer_is_done = loop {
        tokio::select! {
            biased;
            () = &mut overflowed => {
                farewell(&mut socket, CloseCode::SlowConsumer.as_u16(), "too slow").await;
                break false;
            }
            outgoing = inbox.next() => match outgoing {
                Some(Outgoing::Text(text)) => {
                    let sent = tokio::select! {
                        biased;
                        sent = tokio::time::timeout(PATIENCE, socket.send(Message::Text(text.into()))) => sent.ok(),
                        () = &mut overflowed => None,
                    };
                    match sent {
                        Some(Ok(())) => {}
                        Some(Err(_)) => break false,
                        None => {
                            farewell(&mut socket, CloseCode::SlowConsumer.as_u16(), "too slow").await;
                            break false;
                        }
                    }
                }
                Some(Outgoing::Close(code, reason)) => {
                    farewell(&mut socket, code.as_u16(), reason).await;
                    break false;
                }
                None => break false,
            },
            (incoming, permit) = receive(&mut socket, &window) => match incoming {
                Some(Ok(Message::Text(text))) => {
                    desk.received(Input::Frame { conn, text: text.to_string() }, permit);
                }
                Some(Ok(Message::Binary(_))) => desk.received(Input::Binary { conn }, permit),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                    if !controls.take() {
                        farewell(&mut socket, CloseCode::TooMany.as_u16(), "too many pings").await;
                        break false;
                    }
                }
                Some(Ok(Message::Close(_))) => break true,
                None => break false,
                Some(Err(error)) => {
                    if let Some(code) = fault_of_peer(error) {
                        farewell(&mut socket, code, "the frame cannot be read").await;
                    }
                    break false;
                }
            },
        }
    };
    desk.closed(conn);
    if peer_is_done {
        answer_close(&mut socket).await;
    }
    drop(open);
}

/// How many pings and pongs of the transport may still come. The desk never sees them, so they are counted here.
#[derive(Debug)]
struct Controls {
    left: u32,
    filled_at: Instant,
}

impl Controls {
    fn new() -> Self {
        Self { left: CONTROLS, filled_at: Instant::now() }
    }

    fn take(&mut self) -> bool {
        let more = self.filled_at.elapsed().as_millis() / CONTROL_EVERY.as_millis();
        if let Ok(more @ 1..) = u32::try_from(more) {
            self.left = self.left.saturating_add(more).min(CONTROLS);
            self.filled_at = Instant::now();
        }
        self.left = match self.left.checked_sub(1) {
            Some(left) => left,
            None => return false,
        };
        true
    }
}

/// The next message, once the desk has room for it. Dropping this before it is done loses nothing.
async fn receive(
    socket: &mut impl Frames,
    window: &Arc<Semaphore>,
) -> (Option<Result<Message, axum::Error>>, OwnedSemaphorePermit) {
    let Ok(permit) = window.clone().acquire_owned().await else { unreachable!("nobody closes the window") };
    (socket.next().await, permit)
}

/// What a peer is told whose bytes could not be read: as RFC 6455 says, because they are no frames of ours yet.
/// Nothing, when the connection broke: nobody would hear it.
pub(super) fn fault_of_peer(error: axum::Error) -> Option<u16> {
    use tungstenite::Error;
    match *error.into_inner().downcast::<Error>().ok()? {
        Error::Capacity(_) => Some(CloseCode::TooBig.as_u16()),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Protocol(_) | Error::AttackAttempt => Some(close_code::PROTOCOL),
        Error::Utf8(_) => Some(close_code::INVALID),
        _ => None,
    }
}

/// Closes with a code, and gives the peer a moment to answer, so that the code is not lost to a reset.
pub(super) async fn farewell(socket: &mut impl Frames, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: reason.into() };
    let close = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    let _ = tokio::time::timeout(FAREWELL, close).await;
}

/// Lets the answer to the peer's close go out: that happens when the socket is read once more. Without it the peer
/// would take its own orderly end for a broken connection.
pub(super) async fn answer_close(socket: &mut impl Frames) {
    let answered = async { while let Some(Ok(_)) = socket.next().await {} };
    let _ = tokio::time::timeout(FAREWELL, answered).await;
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::sync::{Mutex, PoisonError};
    use std::task::{Context, Poll};

    use tokio::sync::mpsc;

    use super::*;
    use crate::runner::StillDesk;

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_never_reads_is_given_up_after_a_while() {
        let (mut desk, socket, _open) = StuckPeer::silent().pumped();
        let outbound = desk.opened().await;
        let began = Instant::now();
        outbound.send("hello".to_owned());
        assert_eq!(socket.closed().await, CloseCode::SlowConsumer.as_u16());
        assert_eq!(began.elapsed(), PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_never_reads_is_given_up_at_once_when_its_queue_is_full() {
        let (mut desk, socket, _open) = StuckPeer::silent().pumped();
        let outbound = desk.opened().await;
        let began = Instant::now();
        for _ in 0..=limits::QUEUED_FRAMES + 1 {
            outbound.send("hello".to_owned());
        }
        assert_eq!(socket.closed().await, CloseCode::SlowConsumer.as_u16());
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_frames_of_one_peer_wait_for_the_desk() {
        let (mut desk, _socket, _open) = StuckPeer::talking().pumped();
        let _outbound = desk.opened().await;
        settle().await;
        assert_eq!(desk.unhandled(), UNHANDLED_FRAMES);
        desk.handle_one();
        settle().await;
        assert_eq!(desk.unhandled(), UNHANDLED_FRAMES, "one was handled, and one more was read");
    }

    /// Lets every task run until it waits: a paused clock moves only then.
    async fn settle() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    /// A peer whose side takes nothing, and that says nothing or never stops talking.
    #[derive(Clone, Debug)]
    struct StuckPeer {
        talks: bool,
        sent: Arc<Mutex<Vec<Message>>>,
        closing: Arc<tokio::sync::Notify>,
    }

    impl StuckPeer {
        fn silent() -> Self {
            Self { talks: false, sent: Arc::default(), closing: Arc::default() }
        }

        fn talking() -> Self {
            Self { talks: true, ..Self::silent() }
        }

        fn pumped(self) -> (StillDesk, Self, mpsc::Receiver<()>) {
            let (handle, desk) = StillDesk::new();
            let (open, last) = mpsc::channel(1);
            tokio::spawn(pump(self.clone(), handle, None, open));
            (desk, self, last)
        }

        async fn closed(&self) -> u16 {
            self.closing.notified().await;
            let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
            match sent.last() {
                Some(Message::Close(Some(frame))) => frame.code,
                other => panic!("{other:?}"),
            }
        }
    }

    impl Stream for StuckPeer {
        type Item = Result<Message, axum::Error>;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            if self.talks { Poll::Ready(Some(Ok(Message::Text("{}".into())))) } else { Poll::Pending }
        }
    }

    impl Sink<Message> for StuckPeer {
        type Error = axum::Error;

        fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
            Poll::Ready(Ok(()))
        }

        fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), axum::Error> {
            if matches!(message, Message::Close(_)) {
                self.closing.notify_one();
            }
            self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(message);
            Ok(())
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
            Poll::Pending
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
            Poll::Pending
        }
    }
}
