//! The operator's page: log in, see the waiting room, take visitors, talk with them.
//!
//! The logic of a session lives in `tealight-session`, the browser's side of it in `tealight-shell`. Here are the
//! screens (in [`page`], for a browser only) and what they calculate (tested without one).

#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "the screens that use it need a browser"))]
mod link;
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "the screens that use it need a browser"))]
mod moments;
#[cfg(target_arch = "wasm32")]
pub mod page;
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "the screens that use it need a browser"))]
mod rows;
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "the screens that use it need a browser"))]
mod shortcuts;
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "the screens that use it need a browser"))]
mod words;
