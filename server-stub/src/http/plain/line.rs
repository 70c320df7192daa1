//! A visitor's connection to the desk without a socket: the same frames, the same rules, and the same refusals, said
//! and heard in this process.

use std::sync::Arc;
use std::time::Duration;

use tealight_protocol::{CloseCode, ToVisitor, VisitorFrame, decode};
use tokio::sync::{Semaphore, mpsc};

use super::super::Shared;
use super::super::client::ClientOrigin;
use super::super::places::Place;
use crate::desk::{ConnId, Input};
use crate::runner::{DeskHandle, Inbox, Outgoing};

/// How many frames may wait for the desk.
const UNHANDLED_FRAMES: usize = 16;

/// How long a visitor counts as there who has to ask for every page.
const LINGER: Duration = Duration::from_secs(3 * 60);

/// One connection. It is closed when this is dropped.
#[derive(Debug)]
pub(super) struct Line {
    desk: DeskHandle,
    conn: ConnId,
    inbox: Inbox,
    window: Arc<Semaphore>,
    /// Held as every socket holds it: by it a stopping server knows the last.
    _open: (mpsc::Sender<()>, Option<Place>),
}

/// What came from the desk.
#[derive(Debug)]
pub(super) enum Heard {
    /// A frame.
    Frame(Box<ToVisitor>),
    /// Nothing more comes.
    Closed(CloseCode),
}

impl Line {
    pub(super) fn open(shared: &Shared, origin: ClientOrigin, place: Option<Place>) -> Self {
        let (conn, inbox) = shared.desk.open(origin.0);
        shared.desk.plain(conn);
        Self {
            desk: shared.desk.clone(),
            conn,
            inbox,
            window: Arc::new(Semaphore::new(UNHANDLED_FRAMES)),
            _open: (shared.open_sockets.clone(), place),
        }
    }

    pub(super) async fn say(&self, frame: &VisitorFrame) {
        let Ok(permit) = self.window.clone().acquire_owned().await else { return };
        match serde_json::to_string(frame) {
            Ok(text) => self.desk.received(Input::Frame { conn: self.conn, text }, permit),
            Err(error) => tracing::error!(%error, "a frame could not be written"),
        }
    }

    /// The next frame. `ping` is answered by itself. Dropping this before it is done loses nothing.
    pub(super) async fn hear(&mut self) -> Heard {
        loop {
            match self.inbox.next().await {
                Some(Outgoing::Text(text)) => match decode::<ToVisitor>(&text) {
                    Ok(ToVisitor::Ping) => self.say(&VisitorFrame::Pong).await,
                    Ok(frame) => return Heard::Frame(Box::new(frame)),
                    Err(error) => tracing::error!(%error, "the desk's own frame could not be read"),
                },
                Some(Outgoing::Close(code, _)) => return Heard::Closed(code),
                None => return Heard::Closed(CloseCode::Restart),
            }
        }
    }

    /// Stays for a while after a page that does not go on: its visitor is there, but out of sight, and can be called.
    /// The next page of the visit takes over.
    pub(super) async fn linger(mut self) {
        self.say(&VisitorFrame::Presence { visible: false }).await;
        let overflowed = self.overflowed();
        let closed = async { while !matches!(self.hear().await, Heard::Closed(_)) {} };
        tokio::select! {
            () = tokio::time::sleep(LINGER) => {}
            () = overflowed => {}
            () = closed => {}
        }
    }

    /// Returns once more waits here than may.
    pub(super) fn overflowed(&self) -> impl Future<Output = ()> + Send + 'static {
        self.inbox.overflowed()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.desk.closed(self.conn);
    }
}
