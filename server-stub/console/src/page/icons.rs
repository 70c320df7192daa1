//! Line icons, 24 by 24. They say nothing alone: a word or a name stands beside each.

use leptos::prelude::*;

/// A line icon.
#[derive(Clone, Copy)]
pub(crate) enum Icon {
    /// Goes to the end of the log.
    Down,
    /// A link.
    Link,
    /// Takes something away.
    Close,
    /// A page that opens.
    Page,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Self::Down => "M12 5v14M6 13l6 6 6-6",
            Self::Link => {
                "M10 13.5a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.7-5.7L12 6.6\
                 M14 10.5a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.7 5.7L12 17.4"
            }
            Self::Close => "M6 6l12 12M18 6 6 18",
            Self::Page => "M14 5h5v5M19 5l-8 8M11 6H7a2 2 0 0 0-2 2v9a2 2 0 0 0 2 2h9a2 2 0 0 0 2-2v-4",
        }
    }

    /// The icon as an element.
    pub(crate) fn draw(self) -> impl IntoView {
        view! {
            <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                <path d=self.path() />
            </svg>
        }
    }
}

const FLAME: &str = "M12 3c2.2 2.6 3.3 4.5 3.3 6.1a3.3 3.3 0 0 1-6.6 0C8.7 7.5 9.8 5.6 12 3Z";
const BOWL: &str = "M4.5 14.5h15v2.5a3.5 3.5 0 0 1-3.5 3.5H8a3.5 3.5 0 0 1-3.5-3.5v-2.5Z";

/// The small lamp of the first screen.
#[component]
pub(crate) fn Lamp() -> impl IntoView {
    view! {
        <svg class="lamp" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path class="lamp-flame" d=FLAME />
            <path d=BOWL />
        </svg>
    }
}
