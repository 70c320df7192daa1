//! The pages of the console: the conversations, and what concerns the helpline as a whole. The waiting room and the
//! operator's own conversations stay beside each of them, where there is room.

use leptos::html;
use leptos::prelude::*;

use super::blocks::unseen;
use super::browser::{INTO_CHAT, INTO_PAGE, focus_soon};
use super::desk::Desk;
use super::dialogs::Dialog;
use crate::words::{count, t};

/// A page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Page {
    /// The conversations.
    #[default]
    Conversations,
    /// Who means to be there, and when.
    Shifts,
    /// How long people wait.
    Waits,
    /// Who is not let in for a while.
    Blocks,
}

impl Page {
    /// The value of `data-page`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Conversations => "conversations",
            Self::Shifts => "shifts",
            Self::Waits => "waits",
            Self::Blocks => "blocks",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Conversations => t("pages.conversations"),
            Self::Shifts => t("pages.shifts"),
            Self::Waits => t("pages.waits"),
            Self::Blocks => t("pages.blocks"),
        }
    }

    fn keys(self) -> Option<&'static str> {
        match self {
            Self::Conversations | Self::Blocks => None,
            Self::Shifts => Some("Alt+S"),
            Self::Waits => Some("Alt+G"),
        }
    }
}

impl Desk {
    /// Whether the operator has this page.
    pub(crate) fn has_page(self, page: Page) -> bool {
        let abilities = self.abilities();
        match page {
            Page::Conversations => true,
            Page::Shifts => abilities.roster,
            Page::Waits => abilities.coordinate,
            Page::Blocks => abilities.coordinate && abilities.block,
        }
    }

    /// Turns to a page, if the operator has it.
    pub(crate) fn turn_to(self, page: Page) {
        if untrack(|| self.has_page(page)) {
            self.page.set(page);
            focus_soon(if page == Page::Conversations { INTO_CHAT } else { INTO_PAGE });
        }
    }
}

/// The row of pages, where there is more than one.
#[component]
pub(crate) fn Pages() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let unread = Memo::new(move |_| {
        desk.view.with(|view| view.conversations.iter().map(|one| one.unread).sum::<u32>())
    });
    let unseen = Memo::new(move |_| desk.view.with(unseen));
    let link = move |page: Page| {
        let is_here = move || desk.page.get() == page;
        let badge = move || {
            let (number, one, other) = match page {
                Page::Conversations if !is_here() => (unread.get(), "mine.unread.one", "mine.unread.other"),
                Page::Blocks => (unseen.get(), "blocks.unseen.one", "blocks.unseen.other"),
                _ => (0, "mine.unread.one", "mine.unread.other"),
            };
            (number > 0).then(|| {
                view! {
                    <span class="badge">
                        <span aria-hidden="true">{number.to_string()}</span>
                        <span class="sr">{count(one, other, number.into())}</span>
                    </span>
                }
            })
        };
        view! {
            <Show when=move || desk.has_page(page)>
                <button class="page-link" type="button" aria-current=move || is_here().then_some("page")
                    aria-keyshortcuts=page.keys() on:click=move |_| desk.turn_to(page)>
                    <span>{page.words()}</span>
                    {badge}
                </button>
            </Show>
        }
    };
    // While something is on, the line that says so leads there.
    let offers_notice = move || {
        let is_on = desk.view.with(|view| view.announcement.paused || view.announcement.notice.is_some());
        desk.abilities().coordinate && !is_on
    };
    view! {
        <Show when=move || desk.abilities().roster>
            <div class="pages">
                <nav class="page-links" aria-label=t("pages.label")>
                    {link(Page::Conversations)} {link(Page::Shifts)} {link(Page::Waits)} {link(Page::Blocks)}
                </nav>
                <Show when=offers_notice>
                    <button class="button" data-kind="quiet" type="button"
                        on:click=move |_| desk.dialog.set(Some(Dialog::Announce))>{t("announce.open")}</button>
                </Show>
            </div>
        </Show>
    }
}

/// The head of a page: its name, and what stands beside it.
#[component]
pub(super) fn PageHead(title: &'static str, children: Children) -> impl IntoView {
    let head = NodeRef::<html::H2>::new();
    view! {
        <header class="page-head">
            <h2 class="title page-title" tabindex="-1" node_ref=head>{title}</h2>
            {children()}
        </header>
    }
}
