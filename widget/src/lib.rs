//! The widget: what a visitor sees. Screens and parts in Leptos around the pure session core, in one shadow root.
//!
//! - `core` and the shell crate run the session: socket, timer, storage, the page's lifecycle.
//! - `context` says what of the session's view changed; `screens` and `parts` are functions of it and know neither
//!   session nor protocol beyond the values they show.
//! - `element` and `live` are what markup and state are made of: Leptos's effects and owners, and nothing that is
//!   compiled anew for every element.
//! - `keys`, `wait_range`, `calm` and `rows` decide what is said, `kept` finds what is on the screen; they
//!   are tested on any machine.
//!
//! Everything a person wrote becomes a text node. Nothing in here is ever parsed as HTML: pages that require
//! trusted types run the widget without a policy, and a test reads the markup for what would need one.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

mod calm;
mod kept;
mod keys;
mod rows;
mod wait_range;

#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod context;
#[cfg(target_arch = "wasm32")]
mod core;
#[cfg(target_arch = "wasm32")]
mod element;
#[cfg(target_arch = "wasm32")]
mod i18n;
#[cfg(target_arch = "wasm32")]
mod live;
#[cfg(target_arch = "wasm32")]
mod mount;
#[cfg(target_arch = "wasm32")]
mod options;
#[cfg(target_arch = "wasm32")]
mod parts;
#[cfg(target_arch = "wasm32")]
mod screens;

#[cfg(target_arch = "wasm32")]
pub use mount::{Handle, mount};
