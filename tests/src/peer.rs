//! Visitors and operators without a screen: the session core over a real socket, by the clock of this machine or one that
//! is turned by hand.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Result, anyhow};
use futures_util::{SinkExt, StreamExt};
use rand::RngCore;
use tealight_protocol::{SUBPROTOCOL, SUBPROTOCOL_ANY};
use tealight_server::{Clock as _, Moment};
use tealight_session::{ConnectionId, Effect, Entropy, Fact, Millis, operator, visitor};
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};

use crate::clock::TurnedClock;

/// What both kinds of session have in common.
pub trait Core {
    /// What its person can want.
    type Command: Send + 'static;
    /// What its person sees.
    type View: Clone + Send + Sync + 'static;

    /// The world changed.
    fn fact(&mut self, now: Millis, fact: Fact);
    /// The person wants something.
    fn command(&mut self, now: Millis, command: Self::Command);
    /// What is to be done next.
    fn poll_effect(&mut self) -> Option<Effect>;
    /// When to look again.
    fn poll_timeout(&self) -> Option<Millis>;
    /// What is to be seen.
    fn view(&self) -> Self::View;
}

macro_rules! core {
    ($role:ident) => {
        impl Core for $role::Session {
            type Command = $role::Command;
            type View = $role::View;

            fn fact(&mut self, now: Millis, fact: Fact) {
                self.handle(now, $role::Input::Fact(fact));
            }

            fn command(&mut self, now: Millis, command: $role::Command) {
                self.handle(now, $role::Input::Command(command));
            }

            fn poll_effect(&mut self) -> Option<Effect> {
                $role::Session::poll_effect(self)
            }

            fn poll_timeout(&self) -> Option<Millis> {
                $role::Session::poll_timeout(self)
            }

            fn view(&self) -> $role::View {
                $role::Session::view(self)
            }
        }
    };
}

core!(visitor);
core!(operator);

/// A visitor over a real socket.
pub type Visitor = Peer<visitor::Session>;

/// An operator over a real socket.
pub type Operator = Peer<operator::Session>;

/// A session that runs on a thread of its own until it is dropped.
#[derive(Debug)]
pub struct Peer<C: Core> {
    commands: mpsc::UnboundedSender<C::Command>,
    views: watch::Receiver<C::View>,
}

impl Visitor {
    /// Somebody whose device speaks English. Nothing is sent before a command asks for it.
    pub fn arrive(socket: &str) -> Result<Self> {
        Self::arrive_by(TurnedClock::default(), socket)
    }

    /// The same, with a device that goes by another clock.
    pub fn arrive_by(clock: TurnedClock, socket: &str) -> Result<Self> {
        let config = visitor::Config { lang: "en".to_owned() };
        Self::start(clock, socket, move || visitor::Session::new(config, Box::new(Dice)))
    }
}

impl Operator {
    /// Somebody who is logged in.
    pub fn arrive(socket: &str, token: String) -> Result<Self> {
        Self::arrive_by(TurnedClock::default(), socket, token)
    }

    /// The same, with a device that goes by another clock.
    pub fn arrive_by(clock: TurnedClock, socket: &str, token: String) -> Result<Self> {
        let config = operator::Config { token };
        Self::start(clock, socket, move || operator::Session::new(config, Box::new(Dice)))
    }
}

impl<C: Core> Peer<C> {
    /// Runs a session. It is made on its own thread, for it need not move between threads.
    fn start(clock: TurnedClock, socket: &str, make: impl FnOnce() -> C + Send + 'static) -> Result<Self>
    where
        C: 'static,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (commands, wanted) = mpsc::unbounded_channel();
        let (first, started) = std::sync::mpsc::channel();
        let socket = socket.to_owned();
        std::thread::Builder::new().name("peer".to_owned()).spawn(move || {
            let core = make();
            let (views, seen) = watch::channel(core.view());
            let _ = first.send(seen);
            runtime.block_on(run(core, &clock, &socket, wanted, &views));
        })?;
        let views = started.recv().map_err(|_| anyhow!("the peer's thread did not start"))?;
        Ok(Self { commands, views })
    }

    /// Wants something.
    pub fn wants(&self, command: C::Command) {
        // A thread that is gone has been dropped with its peer: nobody is left to want anything.
        let _ = self.commands.send(command);
    }

    /// What is to be seen now.
    pub fn view(&self) -> C::View {
        self.views.borrow().clone()
    }

    /// Waits until `look` finds something in the view.
    pub async fn sees<T>(&self, mut look: impl FnMut(&C::View) -> Option<T>) -> Result<T> {
        let mut views = self.views.clone();
        let mut found = None;
        let waiting = views.wait_for(|view| {
            found = look(view);
            found.is_some()
        });
        tokio::time::timeout(Duration::from_secs(30), waiting)
            .await
            .map_err(|_| anyhow!("a peer waited 30 s in vain"))?
            .map_err(|_| anyhow!("the peer is gone"))?;
        found.ok_or_else(|| anyhow!("the peer found nothing"))
    }

    /// Waits until the view changes, or until this much time has passed.
    pub async fn pause(&self, time: Duration) {
        let _ = tokio::time::timeout(time, self.views.clone().changed()).await;
    }
}

/// Numbers nobody can guess.
struct Dice;

impl Entropy for Dice {
    fn fill(&mut self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// One input, all effects, the view, the timer; again.
async fn run<C: Core>(
    mut core: C,
    clock: &TurnedClock,
    socket: &str,
    mut wanted: mpsc::UnboundedReceiver<C::Command>,
    views: &watch::Sender<C::View>,
) {
    let (news, mut facts) = mpsc::unbounded_channel();
    let mut sockets = HashMap::new();
    let mut follower = clock.follow();
    let mut latest = 0;
    loop {
        while let Some(effect) = core.poll_effect() {
            carry_out(effect, socket, &mut sockets, &news);
        }
        views.send_replace(core.view());
        let look = follower.look();
        let due = core.poll_timeout();
        if let Some(at) = due.filter(|at| *at <= look.now.0) {
            // When the hands have passed several of these, each still has its own time.
            latest = at.max(latest);
            core.fact(latest, Fact::Tick);
            continue;
        }
        follower.has_done(look);
        tokio::select! {
            command = wanted.recv() => match command {
                Some(command) => {
                    latest = clock.now().0;
                    core.command(latest, command);
                }
                None => return,
            },
            Some(fact) = facts.recv() => {
                latest = clock.now().0;
                core.fact(latest, fact);
            }
            () = follower.shows(due.map(Moment)) => {}
        }
    }
}

type Sockets = HashMap<ConnectionId, mpsc::UnboundedSender<Message>>;

fn carry_out(effect: Effect, url: &str, sockets: &mut Sockets, news: &mpsc::UnboundedSender<Fact>) {
    match effect {
        Effect::OpenSocket(id) => {
            let (outgoing, messages) = mpsc::unbounded_channel();
            sockets.insert(id, outgoing);
            let (url, news) = (url.to_owned(), news.clone());
            tokio::spawn(async move {
                let code = converse(&url, id, messages, &news).await.unwrap_or(1006);
                let _ = news.send(Fact::SocketClosed(id, code));
            });
        }
        Effect::Transmit(id, text) => {
            if let Some(socket) = sockets.get(&id) {
                let _ = socket.send(Message::text(text));
            }
        }
        Effect::CloseSocket(id, code) => {
            if let Some(socket) = sockets.remove(&id) {
                let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
                let _ = socket.send(Message::Close(Some(frame)));
            }
        }
        // A peer has no device to keep anything on.
        Effect::Save(_) | Effect::Forget | Effect::Solve(_) => {}
    }
}

/// Keeps one socket until it closes, and returns the code that it closed with.
async fn converse(
    url: &str,
    id: ConnectionId,
    mut outgoing: mpsc::UnboundedReceiver<Message>,
    news: &mpsc::UnboundedSender<Fact>,
) -> Result<u16> {
    let mut request = url.into_client_request()?;
    let offered = format!("{SUBPROTOCOL}, {SUBPROTOCOL_ANY}");
    request.headers_mut().insert("Sec-WebSocket-Protocol", offered.parse()?);
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
    news.send(Fact::SocketOpened(id))?;
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => news.send(Fact::SocketReceived(id, text.to_string()))?,
                Some(Ok(Message::Close(frame))) => return Ok(frame.map_or(1005, |frame| frame.code.into())),
                Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Err(_)) | None => return Ok(1006),
            },
            message = outgoing.recv() => match message {
                Some(message) => socket.send(message).await?,
                // Nobody writes any more: the session has let go of the socket.
                None => {
                    let _ = socket.close(None).await;
                    return Ok(1000);
                }
            },
        }
    }
}
