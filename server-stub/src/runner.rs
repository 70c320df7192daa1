//! The desk's thread: the only one that writes to the store.
//!
//! Everybody else holds a [`DeskHandle`]. Frames go in through a channel; what the desk has to say goes into
//! each socket's own bounded queue, so that one slow reader slows nobody else.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tealight_protocol::{CloseCode, OperatorId, ServiceStatus, Waits, limits};
use tokio::sync::{Notify, OwnedSemaphorePermit, mpsc, oneshot};

use crate::desk::{ConnId, Counts, Desk, Input, Origin, Output, Sessions};
use crate::store::{Digest, OperatorRecord, OperatorSession, Store, StoreError};
use crate::{Clock, Moment};

enum Message {
    Opened(ConnId, Option<Origin>, Outbound),
    /// What happened, and the socket's permit to have told it, which goes back once it is handled.
    Input(Input, Option<OwnedSemaphorePermit>),
    Ask(Question),
    Stop(oneshot::Sender<()>),
}

enum Question {
    Status(Option<Origin>, oneshot::Sender<ServiceStatus>),
    Counts(oneshot::Sender<Counts>),
    Waits(oneshot::Sender<Waits>),
    Look(oneshot::Sender<Counts>),
    Leave(Digest, bool, oneshot::Sender<()>),
    Health(oneshot::Sender<Result<(), StoreError>>),
    Operator(String, oneshot::Sender<Result<Option<OperatorRecord>, StoreError>>),
    LogIn(OperatorSession, oneshot::Sender<Result<(), StoreError>>),
    LoginFailed(Option<OperatorId>, oneshot::Sender<Result<(), StoreError>>),
    LogOut(Digest, Sessions, oneshot::Sender<Result<(), StoreError>>),
}

/// The desk does not answer: the server is stopping.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the server is stopping")]
pub(crate) struct Stopping;

/// The way to the desk.
#[derive(Clone, Debug)]
pub(crate) struct DeskHandle {
    messages: Sender<Message>,
    next_conn: Arc<AtomicU64>,
    clock: Arc<dyn Clock>,
}

impl DeskHandle {
    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// A new socket: its name, and what is to be sent on it.
    pub(crate) fn open(&self, origin: Option<Origin>) -> (ConnId, Inbox) {
        let conn = ConnId(self.next_conn.fetch_add(1, Ordering::Relaxed));
        let (outgoing, inbox) = queue();
        self.tell(Message::Opened(conn, origin, outgoing));
        (conn, inbox)
    }

    /// Tells that a socket is a plain page's.
    pub(crate) fn plain(&self, conn: ConnId) {
        self.tell(Message::Input(Input::Plain { conn }, None));
    }

    /// Tells what a socket received. The permit bounds what one socket can have waiting here.
    pub(crate) fn received(&self, input: Input, permit: OwnedSemaphorePermit) {
        self.tell(Message::Input(input, Some(permit)));
    }

    pub(crate) fn closed(&self, conn: ConnId) {
        self.tell(Message::Input(Input::Closed { conn }, None));
    }

    pub(crate) async fn status(&self) -> Result<ServiceStatus, Stopping> {
        self.status_from(None).await
    }

    /// The service as somebody is told of it who comes from there.
    pub(crate) async fn status_from(&self, origin: Option<Origin>) -> Result<ServiceStatus, Stopping> {
        self.ask(|answer| Question::Status(origin, answer)).await
    }

    pub(crate) async fn counts(&self) -> Result<Counts, Stopping> {
        self.ask(Question::Counts).await
    }

    /// Does whatever is due by now, and counts after that.
    pub(crate) async fn look_at_clock(&self) -> Result<Counts, Stopping> {
        self.ask(Question::Look).await
    }

    /// A page was left by Exit. Returns once that has been seen to, whatever came of it.
    /// `erased`: everything is to be erased, too.
    pub(crate) async fn leave(&self, secret: Digest, erased: bool) {
        let _ = self.ask(|answer| Question::Leave(secret, erased, answer)).await;
    }

    pub(crate) async fn waits(&self) -> Result<Waits, Stopping> {
        self.ask(Question::Waits).await
    }

    pub(crate) async fn health(&self) -> Result<Result<(), StoreError>, Stopping> {
        self.ask(Question::Health).await
    }

    pub(crate) async fn operator(
        &self,
        name: String,
    ) -> Result<Result<Option<OperatorRecord>, StoreError>, Stopping> {
        self.ask(|answer| Question::Operator(name, answer)).await
    }

    pub(crate) async fn log_in(&self, session: OperatorSession) -> Result<Result<(), StoreError>, Stopping> {
        self.ask(|answer| Question::LogIn(session, answer)).await
    }

    pub(crate) async fn login_failed(
        &self,
        who: Option<OperatorId>,
    ) -> Result<Result<(), StoreError>, Stopping> {
        self.ask(|answer| Question::LoginFailed(who, answer)).await
    }

    pub(crate) async fn log_out(
        &self,
        token: Digest,
        sessions: Sessions,
    ) -> Result<Result<(), StoreError>, Stopping> {
        self.ask(|answer| Question::LogOut(token, sessions, answer)).await
    }

    /// Says goodbye on every socket. Returns when all farewells are in the sockets' queues.
    pub(crate) async fn stop(&self) {
        let (done, wait) = oneshot::channel();
        self.tell(Message::Stop(done));
        let _ = wait.await;
    }

    async fn ask<T>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Question) -> Result<T, Stopping> {
        let (answer, wait) = oneshot::channel();
        self.tell(Message::Ask(question(answer)));
        wait.await.map_err(|_| Stopping)
    }

    /// A message to a desk that has stopped is lost, as it would be a moment later.
    fn tell(&self, message: Message) {
        let _ = self.messages.send(message);
    }
}

/// Starts the desk's thread.
pub(crate) fn start<S: Store>(
    desk: Desk<S>,
    clock: Arc<dyn Clock>,
) -> std::io::Result<(DeskHandle, JoinHandle<()>)> {
    let (messages, inbox) = channel();
    let handle = DeskHandle { messages, next_conn: Arc::new(AtomicU64::new(1)), clock: clock.clone() };
    let thread = std::thread::Builder::new()
        .name("desk".to_owned())
        .spawn(move || Runner { desk, clock, sockets: HashMap::new() }.run(&inbox))?;
    Ok((handle, thread))
}

struct Runner<S> {
    desk: Desk<S>,
    clock: Arc<dyn Clock>,
    sockets: HashMap<ConnId, Outbound>,
}

impl<S: Store> Runner<S> {
    fn run(mut self, inbox: &Receiver<Message>) {
        loop {
            let wait = match self.desk.poll_timeout() {
                Some(at) => at.since(self.clock.now()),
                None => Duration::from_secs(3_600),
            };
            match inbox.recv_timeout(wait) {
                Ok(Message::Opened(conn, origin, outbound)) => {
                    self.sockets.insert(conn, outbound);
                    self.input(Input::Opened { conn, origin });
                }
                Ok(Message::Input(input, permit)) => {
                    if let Input::Closed { conn } = &input {
                        self.sockets.remove(conn);
                    }
                    self.input(input);
                    drop(permit);
                }
                Ok(Message::Ask(question)) => self.answer(question),
                Ok(Message::Stop(done)) => {
                    self.input(Input::Stop);
                    self.sockets.clear();
                    let _ = done.send(());
                    return;
                }
                Err(RecvTimeoutError::Timeout) => self.input(Input::Tick),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn input(&mut self, input: Input) {
        self.desk.handle(self.clock.now(), input);
        self.carry_out();
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.desk.poll_output() {
            match output {
                Output::Send { conn, text } => {
                    if let Some(outbound) = self.sockets.get(&conn) {
                        outbound.send(text);
                    }
                }
                Output::Close { conn, code, reason } => {
                    if let Some(outbound) = self.sockets.remove(&conn) {
                        outbound.close(code, reason);
                    }
                }
            }
        }
    }

    fn answer(&mut self, question: Question) {
        let now = self.clock.now();
        match question {
            Question::Status(origin, answer) => drop(answer.send(self.desk.service_from(now, origin))),
            Question::Counts(answer) => drop(answer.send(self.desk.counts())),
            Question::Waits(answer) => drop(answer.send(self.desk.waits(now))),
            Question::Look(answer) => {
                self.input(Input::Tick);
                let _ = answer.send(self.desk.counts());
            }
            Question::Leave(secret, erased, answer) => {
                self.input(Input::Left { secret, erased });
                let _ = answer.send(());
            }
            Question::Health(answer) => {
                let health = self.desk.health(now);
                self.carry_out();
                drop(answer.send(health));
            }
            Question::Operator(name, answer) => {
                drop(answer.send(self.desk.store().read(|tx| tx.operator_by_name(&name))));
            }
            Question::LogIn(session, answer) => {
                drop(answer.send(self.desk.log_in(now, &session)));
            }
            Question::LoginFailed(who, answer) => {
                drop(answer.send(self.desk.login_failed(now, who)));
            }
            Question::LogOut(token, sessions, answer) => {
                let result = self.desk.log_out(now, &token, sessions);
                self.carry_out();
                drop(answer.send(result));
            }
        }
    }
}

/// What is to be done on one socket.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Text(String),
    Close(CloseCode, &'static str),
}

#[derive(Debug, Default)]
struct Depth {
    frames: AtomicUsize,
    bytes: AtomicUsize,
    overflowed: AtomicBool,
    overflow: Notify,
}

/// The desk's end of a socket's queue.
#[derive(Debug)]
pub(crate) struct Outbound {
    queue: mpsc::UnboundedSender<Outgoing>,
    depth: Arc<Depth>,
}

/// The socket's end of its queue.
#[derive(Debug)]
pub(crate) struct Inbox {
    queue: mpsc::UnboundedReceiver<Outgoing>,
    depth: Arc<Depth>,
}

fn queue() -> (Outbound, Inbox) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let depth = Arc::new(Depth::default());
    (Outbound { queue: sender, depth: depth.clone() }, Inbox { queue: receiver, depth })
}

impl Outbound {
    pub(crate) fn send(&self, text: String) {
        let depth = &self.depth;
        if depth.overflowed.load(Ordering::Relaxed) {
            return;
        }
        let frames = depth.frames.fetch_add(1, Ordering::Relaxed) + 1;
        let bytes = depth.bytes.fetch_add(text.len(), Ordering::Relaxed) + text.len();
        if frames > limits::QUEUED_FRAMES || bytes > limits::QUEUED_BYTES {
            depth.overflowed.store(true, Ordering::Relaxed);
            depth.overflow.notify_one();
            return;
        }
        let _ = self.queue.send(Outgoing::Text(text));
    }

    fn close(&self, code: CloseCode, reason: &'static str) {
        let _ = self.queue.send(Outgoing::Close(code, reason));
    }
}

impl Inbox {
    /// The next thing to do, or nothing when the desk has stopped.
    pub(crate) async fn next(&mut self) -> Option<Outgoing> {
        let next = self.queue.recv().await;
        if let Some(Outgoing::Text(text)) = &next {
            self.depth.frames.fetch_sub(1, Ordering::Relaxed);
            self.depth.bytes.fetch_sub(text.len(), Ordering::Relaxed);
        }
        next
    }

    /// Returns once the socket has fallen too far behind.
    pub(crate) fn overflowed(&self) -> impl Future<Output = ()> + Send + 'static {
        let depth = self.depth.clone();
        async move { depth.overflow.notified().await }
    }
}

/// A desk that handles nothing until a test says so.
#[cfg(test)]
pub(crate) struct StillDesk {
    inbox: Receiver<Message>,
    waiting: std::collections::VecDeque<Option<OwnedSemaphorePermit>>,
}

#[cfg(test)]
impl StillDesk {
    pub(crate) fn new() -> (DeskHandle, Self) {
        let (messages, inbox) = channel();
        let clock = Arc::new(crate::SystemClock);
        let handle = DeskHandle { messages, next_conn: Arc::new(AtomicU64::new(1)), clock };
        (handle, Self { inbox, waiting: Default::default() })
    }

    /// The queue of the first socket, once it is there.
    pub(crate) async fn opened(&mut self) -> Outbound {
        loop {
            if let Ok(Message::Opened(_, _, outbound)) = self.inbox.try_recv() {
                return outbound;
            }
            tokio::task::yield_now().await;
        }
    }

    /// How many frames were told and not handled.
    pub(crate) fn unhandled(&mut self) -> usize {
        while let Ok(message) = self.inbox.try_recv() {
            if let Message::Input(Input::Frame { .. }, permit) = message {
                self.waiting.push_back(permit);
            }
        }
        self.waiting.len()
    }

    /// Handles the oldest frame.
    pub(crate) fn handle_one(&mut self) {
        self.waiting.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_who_falls_behind_is_given_up_and_memory_stays_bounded() {
        let (outbound, inbox) = queue();
        for _ in 0..10_000 {
            outbound.send("x".repeat(1_000));
        }
        inbox.overflowed().await;
        assert!(inbox.queue.len() <= limits::QUEUED_FRAMES);
    }

    #[tokio::test]
    async fn a_reader_who_keeps_up_is_never_given_up() {
        let (outbound, mut inbox) = queue();
        for _ in 0..10_000 {
            outbound.send("x".repeat(1_000));
            assert!(matches!(inbox.next().await, Some(Outgoing::Text(_))));
        }
        assert!(!inbox.depth.overflowed.load(Ordering::Relaxed));
    }
}
