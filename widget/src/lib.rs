//! The widget: what a visitor sees. Screens and parts in Leptos around the pure session core.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

mod keys;
mod linkify;
mod rows;
mod wait_range;
