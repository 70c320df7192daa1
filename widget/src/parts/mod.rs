//! The pieces that screens are made of.

pub(crate) mod alert;
pub(crate) mod announcer;
pub(crate) mod bubble;
pub(crate) mod closing;
pub(crate) mod composer;
pub(crate) mod confirm;
pub(crate) mod header;
pub(crate) mod icon;
pub(crate) mod limits;
pub(crate) mod log;
pub(crate) mod note;
pub(crate) mod others;
pub(crate) mod personal;
pub(crate) mod quick_replies;
pub(crate) mod safety;
pub(crate) mod strip;
pub(crate) mod suggestion;
pub(crate) mod typing;
