//! All cases, by what they are about.

mod beginning;
mod claims;
mod colleagues;
mod contest;
mod crash;
mod delivery;
mod handshake;
mod limits;
mod resuming;
mod rich;
mod roster;
mod turn;
mod waiting;
mod work;

use super::case::Case;

/// All cases, by number.
pub fn cases() -> Vec<Case> {
    let groups = [
        handshake::CASES,
        beginning::CASES,
        delivery::CASES,
        resuming::CASES,
        limits::CASES,
        crash::CASES,
        waiting::CASES,
        turn::CASES,
        work::CASES,
        rich::CASES,
        claims::CASES,
        contest::CASES,
        colleagues::CASES,
        roster::CASES,
    ];
    let mut all: Vec<Case> = groups.into_iter().flatten().copied().collect();
    all.sort_by_key(|case| case.number);
    all
}
