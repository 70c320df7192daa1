//! Work before the door: while too many come at once, or always where a helpline wants that, a newcomer's device finds
//! a number for a salt before its `start` is taken. It costs somebody who needs to talk a second at most, and somebody
//! who comes a thousand times a thousand of them.
//!
//! A salt belongs to one socket and one try, and lives in memory alone. Plain pages cannot compute; while others must
//! work, few of them are let in a minute, all together. It is deliberately no lock: whoever has many machines passes.

use std::collections::VecDeque;
use std::time::Duration;

use rand_chacha::rand_core::RngCore as _;
use tealight_protocol::{ErrorCode, is_worked, limits, work_text};

use super::connections::Phase;
use super::{ConnId, Desk, Refusal};
use crate::Moment;
use crate::config::WorkConfig;
use crate::digest;
use crate::store::Store;

/// For how long a start counts as load.
const MINUTE: Duration = Duration::from_secs(60);

/// How many starts from plain pages are taken in a minute, all together, while others must work.
pub const PLAIN_STARTS: usize = 6;

/// What a newcomer was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Challenge {
    salt: [u8; 16],
    until: Moment,
}

/// The starts of the last minute.
#[derive(Debug, Default)]
pub(super) struct Starts {
    /// Asked for, without the second try of those who worked. Never more than it takes to know that it is too many.
    asked: VecDeque<Moment>,
    /// Taken from plain pages while others had to work.
    plain: VecDeque<Moment>,
}

impl<S: Store> Desk<S> {
    /// The socket is a plain page's: nothing there can compute.
    pub(super) fn is_plain_page(&mut self, conn: ConnId) {
        if let Some(socket) = self.sockets.get_mut(&conn) {
            socket.is_plain = true;
        }
    }

    /// Whether a newcomer may come in with this work, or none. Whatever was asked for on the socket is spent by it.
    pub(super) fn check_work(
        &mut self,
        now: Moment,
        conn: ConnId,
        number: Option<u64>,
    ) -> Result<(), Refusal> {
        let wish = self.settings.work;
        let Some(socket) = self.sockets.get_mut(&conn) else { return Ok(()) };
        let is_plain = socket.is_plain;
        let Phase::Visitor(visitor) = &mut socket.phase else { return Ok(()) };
        let challenge = visitor.challenge.take();
        if wish == WorkConfig::Off {
            return Ok(());
        }
        if let (Some(challenge), Some(number)) = (challenge, number)
            && challenge.is_met(now, number)
        {
            self.totals.worked += 1;
            return Ok(());
        }
        let is_too_many = self.starts.are_too_many(now, self.settings.work_above);
        if wish == WorkConfig::UnderLoad && !is_too_many {
            return Ok(());
        }
        if is_plain {
            return self.starts.one_more_plain(now).inspect_err(|_| self.totals.plain_refused += 1);
        }
        let challenge = Challenge { salt: self.new_salt(), until: now.plus_ms(limits::WORK_FRESH_S * 1_000) };
        if let Some(Phase::Visitor(visitor)) = self.sockets.get_mut(&conn).map(|socket| &mut socket.phase) {
            visitor.challenge = Some(challenge);
        }
        self.totals.work_needed += 1;
        Err(Refusal::work(challenge.salt))
    }

    fn new_salt(&mut self) -> [u8; 16] {
        let mut salt = [0; 16];
        self.rng.fill_bytes(&mut salt);
        salt
    }
}

impl Challenge {
    fn is_met(&self, now: Moment, number: u64) -> bool {
        let text = work_text(&digest::base64url(&self.salt), number);
        now <= self.until && is_worked(&digest::of_bytes(text.as_bytes()), limits::WORK_BITS)
    }
}

impl Starts {
    /// Counts a start, and says whether there were more than so many in a minute.
    fn are_too_many(&mut self, now: Moment, above: usize) -> bool {
        forget(&mut self.asked, now);
        if self.asked.len() > above {
            self.asked.pop_front();
        }
        self.asked.push_back(now);
        self.asked.len() > above
    }

    /// Counts a start of a plain page, or says when there is room for one.
    fn one_more_plain(&mut self, now: Moment) -> Result<(), Refusal> {
        forget(&mut self.plain, now);
        if let Some(first) = self.plain.front().filter(|_| self.plain.len() >= PLAIN_STARTS) {
            let wait = first.plus(MINUTE).since(now).as_millis().try_into().unwrap_or(u64::MAX);
            return Err(Refusal::later(ErrorCode::RateLimited, wait, "too many plain pages start just now"));
        }
        self.plain.push_back(now);
        Ok(())
    }
}

fn forget(list: &mut VecDeque<Moment>, now: Moment) {
    while list.front().is_some_and(|at| at.plus(MINUTE) <= now) {
        list.pop_front();
    }
}
