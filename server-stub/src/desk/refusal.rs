//! Why a command was not carried out, and how a client is told.

use tealight_protocol::{Cid, ErrorCode, ToOperator, ToVisitor, Work, limits};

use crate::digest;
use crate::store::StoreError;

/// A command that was not carried out. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: ErrorCode,
    pub(super) retry: bool,
    pub(super) retry_ms: Option<u64>,
    pub(super) message: &'static str,
    /// The salt of what must be done first, where that would help.
    pub(super) work: Option<[u8; 16]>,
}

impl Refusal {
    /// The same command will never be carried out.
    pub(super) const fn last_word(code: ErrorCode, message: &'static str) -> Self {
        Self { code, retry: false, retry_ms: None, message, work: None }
    }

    /// The same command may be carried out later.
    pub(super) const fn later(code: ErrorCode, retry_ms: u64, message: &'static str) -> Self {
        Self { code, retry: true, retry_ms: Some(retry_ms), message, work: None }
    }

    /// The same command may be carried out with the work that this salt asks for.
    pub(super) const fn work(salt: [u8; 16]) -> Self {
        let message = "too many come just now: the device must work first";
        Self { work: Some(salt), ..Self::last_word(ErrorCode::WorkNeeded, message) }
    }

    pub(super) fn to_visitor(self, cid: Option<Cid>) -> ToVisitor {
        let Self { code, retry, retry_ms, message, work } = self;
        let work = work.map(|salt| Work { bits: limits::WORK_BITS, salt: digest::base64url(&salt) });
        ToVisitor::Error { cid, code, retry, retry_ms, message: message.to_owned(), work }
    }

    pub(super) fn to_operator(self, cid: Option<Cid>) -> ToOperator {
        let Self { code, retry, retry_ms, message, work: _ } = self;
        ToOperator::Error { cid, code, retry, retry_ms, message: message.to_owned() }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a command could not be stored");
        match error {
            // The key file may come back, as a disk may.
            StoreError::Unavailable(_) | StoreError::Key(_) => {
                Self::later(ErrorCode::Unavailable, 2_000, "the database cannot be used just now")
            }
            StoreError::Corrupt(_) => Self::last_word(ErrorCode::Internal, "the database is damaged"),
        }
    }
}
