//! What takes an evening, in real browsers and by a clock that is put forward.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod clock;
mod evening;
mod notice;
mod offering;
mod town;
mod turn;
