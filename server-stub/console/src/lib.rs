//! The operator's page: log in, see the waiting room, take visitors, talk with them.
//!
//! The logic of a session lives in `tealight-session`, the browser's side of it in `tealight-shell`. Here are the
//! screens (in [`page`], for a browser only) and what they calculate (tested without one).

#![cfg_attr(not(any(target_arch = "wasm32", test)), expect(dead_code, reason = "the screens need a browser"))]

mod clock;
mod colleagues;
mod figures;
mod hours;
mod link;
mod moments;
#[cfg(target_arch = "wasm32")]
pub mod page;
mod plot;
mod rows;
mod shift_form;
mod shifts;
mod shortcuts;
mod words;
