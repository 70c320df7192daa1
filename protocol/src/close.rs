//! Why a socket was closed, and what a client does about it.

/// A WebSocket close code with a meaning in this protocol. Sections and order follow `PROTOCOL.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum CloseCode {
    /// The client is done, or its page goes away.
    Normal = 1000,
    /// The backend goes away.
    GoingAway = 1001,
    /// No close frame came at all. Never sent.
    Abnormal = 1006,
    /// A proxy did not like something.
    Policy = 1008,
    /// A frame was too big.
    TooBig = 1009,
    /// A fault in the backend.
    Fault = 1011,
    /// The backend restarts.
    Restart = 1012,
    /// The backend is overloaded.
    TryLater = 1013,
    /// The client gave up on a silent socket.
    DeadMan = 4000,
    /// The client reads too slowly.
    SlowConsumer = 4008,
    /// A frame that breaks the protocol.
    Violation = 4400,
    /// The operator's session has expired.
    Expired = 4401,
    /// Banned, or not allowed.
    Forbidden = 4403,
    /// No conversation belongs to this secret.
    UnknownSecret = 4404,
    /// No version in common.
    Version = 4406,
    /// No `hello` or `pong` in time.
    Timeout = 4408,
    /// A newer socket of the same page instance took over.
    Replaced = 4409,
    /// The conversation was erased.
    Erased = 4410,
    /// Too many sockets or commands.
    TooMany = 4429,
    /// Chat is switched off.
    SwitchedOff = 4503,
}

/// What a client does after a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: the client wanted it.
    Done,
    /// Try again after the client's own backoff.
    Backoff,
    /// Try again within the time that `bye.spread_ms` named.
    Spread,
    /// Try again soon: within a second.
    Soon,
    /// Try again four times slower, and at most five times.
    Slow,
    /// Try again once, and never resend the command that was too big.
    Once,
    /// Try again after half a minute and some more.
    Later,
    /// Ask the status over HTTP now and then; open a socket when it is back.
    Poll,
    /// Stop. A person must act, or there is nothing to come back to.
    Stop,
}

impl CloseCode {
    /// Every code, in the order of its number.
    pub const ALL: [CloseCode; 20] = [
        CloseCode::Normal,
        CloseCode::GoingAway,
        CloseCode::Abnormal,
        CloseCode::Policy,
        CloseCode::TooBig,
        CloseCode::Fault,
        CloseCode::Restart,
        CloseCode::TryLater,
        CloseCode::DeadMan,
        CloseCode::SlowConsumer,
        CloseCode::Violation,
        CloseCode::Expired,
        CloseCode::Forbidden,
        CloseCode::UnknownSecret,
        CloseCode::Version,
        CloseCode::Timeout,
        CloseCode::Replaced,
        CloseCode::Erased,
        CloseCode::TooMany,
        CloseCode::SwitchedOff,
    ];

    /// The number on the wire.
    pub const fn as_u16(self) -> u16 {
        self as u16
    }

    /// The code for a number, if it has a meaning here.
    pub fn from_u16(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_u16() == code)
    }

    /// What a client does when a socket closes with this number, known or not: an unknown code in 4400–4499
    /// stops, every other unknown code backs off.
    pub fn verdict(code: u16) -> Verdict {
        match Self::from_u16(code) {
            Some(Self::Normal) => Verdict::Done,
            Some(Self::GoingAway | Self::Restart | Self::TryLater) => Verdict::Spread,
            Some(Self::Abnormal | Self::Fault | Self::SlowConsumer | Self::Timeout) => Verdict::Backoff,
            Some(Self::DeadMan) => Verdict::Soon,
            Some(Self::Policy) => Verdict::Slow,
            Some(Self::TooBig) => Verdict::Once,
            Some(Self::TooMany) => Verdict::Later,
            Some(Self::SwitchedOff) => Verdict::Poll,
            Some(
                Self::Violation
                | Self::Expired
                | Self::Forbidden
                | Self::UnknownSecret
                | Self::Version
                | Self::Replaced
                | Self::Erased,
            ) => Verdict::Stop,
            None if (4400..4500).contains(&code) => Verdict::Stop,
            None => Verdict::Backoff,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_codes_stop_in_the_4400s_and_back_off_elsewhere() {
        assert_eq!(CloseCode::verdict(4499), Verdict::Stop);
        assert_eq!(CloseCode::verdict(4999), Verdict::Backoff);
        assert_eq!(CloseCode::verdict(1015), Verdict::Backoff);
    }

    #[test]
    fn every_code_is_found_by_its_number() {
        for code in CloseCode::ALL {
            assert_eq!(CloseCode::from_u16(code.as_u16()), Some(code));
        }
    }
}
