//! How a frame gets from one side to the other, and where it does not.

use std::collections::BTreeMap;

use serde_json::Value;
use tealight_protocol::{CloseCode, limits};
use tealight_server::Moment;
use tealight_server::desk::{ConnId, Input, Output};
use tealight_session::{ConnectionId, Effect, Fact};

use super::{Arrival, Fault, Link, Passed, PeerId, Role, Wire};

impl Wire {
    pub(super) fn arrive(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Opened(conn) => self.opened(conn),
            Arrival::AtDesk(conn, text) => self.at_desk(conn, text),
            Arrival::AtPeer(conn, text) => self.at_peer(conn, text),
            Arrival::DeskLoses(conn) => {
                self.passed.push(Passed::Lost(conn));
                self.desk_input(Input::Closed { conn });
                self.drain_desk();
            }
            Arrival::PeerLoses(peer, generation, id, code) => {
                self.links.retain(|_, link| (link.peer, link.generation, link.id) != (peer, generation, id));
                if self.peers[peer.0].generation == generation {
                    self.fact(peer, Fact::SocketClosed(id, code));
                }
            }
        }
    }

    fn opened(&mut self, conn: ConnId) {
        let Some((peer, id)) = self.links.get(&conn).map(|link| (link.peer, link.id)) else { return };
        if self.is_dark(peer) {
            self.links.remove(&conn);
            return;
        }
        self.desk_input(Input::Opened { conn, origin: None });
        self.drain_desk();
        self.fact(peer, Fact::SocketOpened(id));
    }

    fn at_desk(&mut self, conn: ConnId, text: String) {
        let Some(peer) = self.links.get(&conn).filter(|link| !link.up_is_dead).map(|link| link.peer) else {
            return;
        };
        let fault = self.fault_here();
        match fault {
            Some(Fault::CutBefore) => return self.cut(peer, 0, 0),
            Some(Fault::CrashBefore) => return self.crash(),
            Some(Fault::CutAfter | Fault::CrashAfter) | None => {}
        }
        self.passed.push(Passed::In(peer, conn, json(&text)));
        self.desk_input(Input::Frame { conn, text });
        match fault {
            Some(Fault::CutAfter) => self.cut(peer, 0, 0),
            Some(Fault::CrashAfter) => return self.crash(),
            Some(Fault::CutBefore | Fault::CrashBefore) | None => {}
        }
        self.drain_desk();
    }

    fn at_peer(&mut self, conn: ConnId, text: String) {
        let Some(link) = self.links.get_mut(&conn) else { return };
        link.queued = (link.queued.0.saturating_sub(1), link.queued.1.saturating_sub(text.len()));
        if link.left_by_peer || link.down_is_dead {
            return;
        }
        let (peer, id, generation) = (link.peer, link.id, link.generation);
        if self.peers[peer.0].generation != generation {
            return;
        }
        match self.fault_here() {
            Some(Fault::CutBefore) => self.cut(peer, 0, 0),
            Some(Fault::CutAfter) => {
                self.fact(peer, Fact::SocketReceived(id, text));
                self.cut(peer, 0, 0);
            }
            Some(Fault::CrashBefore) => self.crash(),
            Some(Fault::CrashAfter) => {
                self.fact(peer, Fact::SocketReceived(id, text));
                self.crash();
            }
            None => self.fact(peer, Fact::SocketReceived(id, text)),
        }
    }

    fn fault_here(&mut self) -> Option<Fault> {
        self.boundaries += 1;
        self.planned.take_if(|(at, _)| *at == self.boundaries).map(|(_, fault)| fault)
    }

    pub(super) fn desk_input(&mut self, input: Input) {
        self.desk.handle(Moment(self.now), input);
    }

    pub(super) fn drain_desk(&mut self) {
        let mut bursts: BTreeMap<ConnId, (usize, usize)> = BTreeMap::new();
        while let Some(output) = self.desk.poll_output() {
            match output {
                Output::Send { conn, text } => {
                    let burst = bursts.entry(conn).or_default();
                    *burst = (burst.0 + 1, burst.1 + text.len());
                    self.send(conn, text);
                }
                Output::Close { conn, code, .. } => self.closed_by_desk(conn, code),
            }
        }
        let bursts = bursts.into_iter().map(|(conn, (frames, bytes))| Passed::Burst(conn, frames, bytes));
        self.passed.extend(bursts);
    }

    /// Puts a frame into a socket's queue, which holds only so much, as the server's own does.
    fn send(&mut self, conn: ConnId, text: String) {
        let at = self.delay();
        let Some(link) = self.links.get_mut(&conn) else { return };
        link.down_at = link.down_at.max(at);
        let (at, peer) = (link.down_at, link.peer);
        let (frames, bytes) = (link.queued.0 + 1, link.queued.1 + text.len());
        if frames > limits::QUEUED_FRAMES || bytes > limits::QUEUED_BYTES {
            // The page reads that it was too slow only behind what it has not read.
            let page_notices = at.saturating_sub(self.now);
            self.cut_link(conn, page_notices, 0, CloseCode::SlowConsumer.as_u16());
            return;
        }
        link.queued = (frames, bytes);
        self.passed.push(Passed::Out(peer, conn, json(&text)));
        self.passed.push(Passed::Queued(conn, frames, bytes));
        self.schedule(at, Arrival::AtPeer(conn, text));
    }

    fn closed_by_desk(&mut self, conn: ConnId, code: CloseCode) {
        self.passed.push(Passed::Lost(conn));
        let at = self.delay();
        let Some(link) = self.links.get_mut(&conn).filter(|link| !link.down_is_dead) else { return };
        link.down_at = link.down_at.max(at);
        let news = Arrival::PeerLoses(link.peer, link.generation, link.id, code.as_u16());
        let at = link.down_at;
        self.schedule(at, news);
    }

    pub(super) fn drain_peer(&mut self, peer: PeerId) {
        self.touched.insert(peer);
        loop {
            let effect = match &mut self.peers[peer.0].role {
                Role::Visitor(session) => session.poll_effect(),
                Role::Operator(session, _) => session.poll_effect(),
                Role::Closed => None,
            };
            match effect {
                Some(Effect::OpenSocket(id)) => self.open(peer, id),
                Some(Effect::Transmit(id, text)) => {
                    let at = self.delay();
                    if let Some((conn, link)) = self.link_of(peer, id) {
                        link.up_at = link.up_at.max(at);
                        let at = link.up_at;
                        self.schedule(at, Arrival::AtDesk(conn, text));
                    }
                }
                Some(Effect::CloseSocket(id, _)) => {
                    let at = self.delay();
                    if let Some((conn, link)) = self.link_of(peer, id) {
                        link.left_by_peer = true;
                        let (at, is_heard) = (link.up_at.max(at), !link.up_is_dead);
                        if is_heard {
                            self.schedule(at, Arrival::DeskLoses(conn));
                        }
                    }
                }
                Some(Effect::Save(snapshot)) => {
                    let page = &mut self.peers[peer.0];
                    if page.storage_works {
                        page.stored = Some(snapshot);
                    }
                }
                Some(Effect::Forget) => self.peers[peer.0].stored = None,
                // No helpline here asks for work.
                Some(Effect::Solve(_)) => {}
                None => return,
            }
        }
    }

    fn open(&mut self, peer: PeerId, id: ConnectionId) {
        let conn = ConnId(self.next_conn);
        self.next_conn += 1;
        let generation = self.peers[peer.0].generation;
        let link = Link {
            peer,
            generation,
            id,
            up_at: 0,
            down_at: 0,
            left_by_peer: false,
            queued: (0, 0),
            up_is_dead: false,
            down_is_dead: false,
        };
        let at = self.delay();
        self.links.insert(conn, link);
        self.schedule(at, Arrival::Opened(conn));
    }

    fn link_of(&mut self, peer: PeerId, id: ConnectionId) -> Option<(ConnId, &mut Link)> {
        let generation = self.peers[peer.0].generation;
        self.links
            .iter_mut()
            .find(|(_, link)| (link.peer, link.id, link.generation) == (peer, id, generation))
            .map(|(conn, link)| (*conn, link))
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("frames are JSON")
}
