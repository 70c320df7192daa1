//! The widget's own line icons. Always beside words, so a screen reader passes them by.

use crate::element::{El, drawing};

/// The outline of an icon on a grid of 24.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Icon(&'static str);

impl Icon {
    pub(crate) const DOWN: Self = Self("M6 9.5l6 6 6-6");
    pub(crate) const EXIT: Self =
        Self("M14 5h4a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1h-4M4.5 12H14M10.5 8.5 14 12l-3.5 3.5");
    pub(crate) const PHONE: Self = Self(
        "M6 4h3l1.5 4L8.4 9.6a12 12 0 0 0 6 6L16 13.5l4 1.5v3a2 2 0 0 1-2.2 2A15.5 15.5 0 0 1 4 6.2 2 2 0 0 1 6 4z",
    );
    pub(crate) const SMS: Self =
        Self("M5 5h14a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-7l-4.5 3.5V16H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z");
    pub(crate) const EMAIL: Self =
        Self("M4 7a1 1 0 0 1 1-1h14a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1zM4.5 7.5 12 13l7.5-5.5");
    pub(crate) const PAGE: Self =
        Self("M7 4h7l4 4v11a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM13.5 4v4.5H18M9 13h6M9 16.5h4");
    pub(crate) const SEND: Self = Self("M12 19V5.5M6 11.5l6-6 6 6");
    pub(crate) const CLOCK: Self = Self("M12 7.5V12l3 2M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16z");
    pub(crate) const TICK: Self = Self("M5.5 12.5l4.5 4.5 8.5-9.5");
    pub(crate) const TICKS: Self = Self("M2.5 12.5 7 17l7.5-9M11 16l1.2 1L20 8");
    pub(crate) const ALERT: Self = Self("M12 8v5M12 16.2h.01M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16z");
    pub(crate) const LOCK: Self = Self(
        "M7.5 11V8.5a4.5 4.5 0 0 1 9 0V11M6.5 11h11a1 1 0 0 1 1 1v6.5a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1V12a1 1 0 0 1 1-1z",
    );
    pub(crate) const SHIELD: Self =
        Self("M12 3.5 18.5 6v5.2c0 4.1-2.6 7.3-6.5 9-3.9-1.7-6.5-4.9-6.5-9V6zM9 11.8l2.2 2.2 3.8-4");
    pub(crate) const WIPE: Self =
        Self("M5 7h14M10 7V5a1 1 0 0 1 1-1h2a1 1 0 0 1 1 1v2M7 7l.8 12a1 1 0 0 0 1 1h6.4a1 1 0 0 0 1-1L17 7");
    pub(crate) const LAMP: Self =
        Self("M12 3.5c2.2 2.6 3.4 4.5 3.4 6.3a3.4 3.4 0 0 1-6.8 0c0-1.8 1.2-3.7 3.4-6.3zM7 16.5h10M8.5 20h7");
}

/// Draws an icon.
pub(crate) fn icon(icon: Icon) -> El {
    frame(drawing("path").attr("d", icon.0))
}

/// Draws an icon that changes.
pub(crate) fn drawn(icon: impl Fn() -> Icon + 'static) -> El {
    frame(drawing("path").live_attr("d", move || Some(icon().0)))
}

fn frame(path: El) -> El {
    drawing("svg")
        .class("icon")
        .attr("viewBox", "0 0 24 24")
        .attr("aria-hidden", "true")
        .attr("focusable", "false")
        .child(path)
}
