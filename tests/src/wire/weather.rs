//! What goes wrong: networks that break, stall or half work, devices that sleep, servers that die.

use rand::Rng as _;
use tealight_server::Moment;
use tealight_server::desk::{ConnId, Desk, Input};
use tealight_session::Fact;

use super::{Arrival, Passed, PeerId, Wire};

/// What goes wrong at one boundary between two frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut, and the frame is lost with it.
    CutBefore,
    /// The frame arrives, and whatever would be said next on the connection is lost with it.
    CutAfter,
    /// The server dies before it has seen the frame, and comes back.
    CrashBefore,
    /// The server dies after it has committed what the frame asks for and before it says so, and comes back.
    CrashAfter,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::CutBefore, Self::CutAfter, Self::CrashBefore, Self::CrashAfter];
}

/// Which way nothing gets through any more, while both sides believe in the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HalfOpen {
    /// From the page to the desk.
    Up,
    /// From the desk to the page.
    Down,
}

impl Wire {
    /// Sets the clock of a device so far ahead of everybody else's. Its timer fires meanwhile, as a timer of a
    /// browser does that counts milliseconds and not the clock.
    pub fn skew(&mut self, peer: PeerId, ms: u64) {
        self.peers[peer.0].skew = ms;
        self.fact(peer, Fact::Tick);
    }

    /// The browser lets a page's timer fire only so often, as it does with pages out of sight.
    pub fn throttle(&mut self, peer: PeerId, ms: u64) {
        self.peers[peer.0].throttle = ms.max(1);
    }

    /// A device sleeps: nothing gets through, and no timer fires.
    pub fn sleep(&mut self, peer: PeerId, ms: u64) {
        self.darken(peer, ms);
        self.peers[peer.0].asleep_until = self.now + ms;
    }

    /// Whether a device sleeps.
    pub fn is_asleep(&self, peer: PeerId) -> bool {
        self.peers[peer.0].asleep_until > self.now
    }

    /// The storage of a tab takes nothing any more and keeps what it has, or works again.
    pub fn storage_works(&mut self, peer: PeerId, works: bool) {
        self.peers[peer.0].storage_works = works;
    }

    /// Whether the storage of a tab takes what is saved.
    pub fn takes_storage(&self, peer: PeerId) -> bool {
        self.peers[peer.0].storage_works
    }

    /// The storage of a tab is lost.
    pub fn lose_storage(&mut self, peer: PeerId) {
        self.peers[peer.0].stored = None;
    }

    /// The database refuses so many of the next transactions.
    pub fn refuse_writes(&mut self, count: u32) {
        self.disk.refuse_writes(count);
    }

    /// How many frames have arrived anywhere so far.
    pub fn boundaries(&self) -> u64 {
        self.boundaries
    }

    /// Plans one fault, at the frame with this number from 1.
    pub fn plan(&mut self, boundary: u64, fault: Fault) {
        self.planned = Some((boundary, fault));
    }

    /// Whether a planned fault is still to come.
    pub fn is_fault_planned(&self) -> bool {
        self.planned.is_some()
    }

    /// Cuts every connection of a page. Each side notices after a while of its own.
    pub fn cut(&mut self, peer: PeerId, page_notices_ms: u64, desk_notices_ms: u64) {
        for conn in self.conns_of(peer) {
            self.cut_link(conn, page_notices_ms, desk_notices_ms, 1006);
        }
    }

    /// Nothing gets through to or from a page for a while, and nobody is told.
    pub fn darken(&mut self, peer: PeerId, ms: u64) {
        self.peers[peer.0].dark_until = self.now + ms;
        // A connection that has lost a frame carries none that came after it.
        self.links.retain(|_, link| link.peer != peer);
    }

    /// Whether nothing gets through to a page.
    pub fn is_dark(&self, peer: PeerId) -> bool {
        self.peers[peer.0].dark_until > self.now
    }

    /// Nothing gets through one way any more on the connections a page has, and nobody is told.
    pub fn half_open(&mut self, peer: PeerId, way: HalfOpen) {
        for link in self.links.values_mut().filter(|link| link.peer == peer) {
            match way {
                HalfOpen::Up => link.up_is_dead = true,
                HalfOpen::Down => link.down_is_dead = true,
            }
        }
    }

    /// A page takes nothing from its connections for a while: what the desk sends waits.
    pub fn stall(&mut self, peer: PeerId, ms: u64) {
        let until = self.now + ms;
        for link in self.links.values_mut().filter(|link| link.peer == peer) {
            link.down_at = link.down_at.max(until);
        }
    }

    /// Every page has a good network, its timer and its storage back, and the database takes what it gets.
    pub fn clear_weather(&mut self) {
        for peer in &mut self.peers {
            peer.dark_until = 0;
            peer.asleep_until = 0;
            peer.throttle = 1;
            peer.storage_works = true;
        }
        self.disk.refuse_writes(0);
        self.planned = None;
        self.spikes = 0;
        self.latency = self.latency.min(600);
    }

    /// The server process dies and another one takes up its database.
    pub fn crash(&mut self) {
        self.disk.refuse_writes(0);
        while self.desk.poll_output().is_some() {}
        let conns: Vec<_> = self.links.keys().copied().collect();
        for conn in conns {
            let notices = self.rng.random_range(0..=self.latency);
            self.cut_link(conn, notices, 0, 1006);
        }
        self.start_again();
        self.passed.push(Passed::Restarted);
        self.drain_desk();
    }

    /// The server is stopped as an administrator stops it, and another one takes up its database.
    pub fn stop_and_start(&mut self) {
        self.desk_input(Input::Stop);
        self.drain_desk();
        self.start_again();
        self.passed.push(Passed::Restarted);
        self.drain_desk();
    }

    /// Somebody makes a back-up. Nothing comes of it where the database is not a file.
    pub fn back_up(&mut self) {
        self.disk.back_up();
    }

    /// The server is stopped, an administrator puts the last back-up in place as the manual says, and starts it
    /// again. Whether there was one.
    pub fn restore(&mut self) -> bool {
        if !self.disk.has_back_up() {
            return false;
        }
        self.desk_input(Input::Stop);
        self.drain_desk();
        self.disk.restore();
        self.start_again();
        self.passed.push(Passed::Restored);
        self.drain_desk();
        true
    }

    /// Every byte of the database's files. Nothing where it is not a file.
    pub fn bytes_on_disk(&self) -> Vec<u8> {
        self.disk.bytes()
    }

    pub(super) fn cut_link(&mut self, conn: ConnId, page_notices_ms: u64, desk_notices_ms: u64, code: u16) {
        let Some(link) = self.links.remove(&conn) else { return };
        if !link.left_by_peer {
            let news = Arrival::PeerLoses(link.peer, link.generation, link.id, code);
            self.schedule(self.now + page_notices_ms, news);
        }
        self.schedule(self.now + desk_notices_ms, Arrival::DeskLoses(conn));
    }

    fn start_again(&mut self) {
        self.disk.reopen();
        let seed = self.rng.random();
        self.desk = Desk::open(self.settings.clone(), self.disk.clone(), seed, Moment(self.now)).unwrap();
    }
}
