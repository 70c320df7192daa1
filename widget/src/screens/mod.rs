//! The screens: what stands between the bar and the end of the panel.

pub(crate) mod chat;
pub(crate) mod conversation;
pub(crate) mod ended;
pub(crate) mod stopped;
pub(crate) mod survey;
pub(crate) mod waiting;
pub(crate) mod welcome;
pub(crate) mod wiping;
