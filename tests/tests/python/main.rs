//! What needs Python: the backend of `docs/examples`, with the unchanged client against it, and the runner of the
//! Autobahn cases, against our own socket.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

mod backend;
mod conformance;
#[cfg(feature = "browser")]
mod conversation;
mod killed;
mod websocket_cases;
