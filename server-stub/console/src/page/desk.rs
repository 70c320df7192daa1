//! The desk: what an operator has in sight once logged in, and the session behind it.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tealight_protocol::{AreaStatus, Availability, ConversationId, ConversationState, OperatorId};
use tealight_session::operator::{self, Abilities, Command, ConversationView, Session, View};
use tealight_session::{Connection, Millis, StopReason};
use tealight_shell::{Driver, Listener, Timer, WebEntropy};
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;

use super::Config;
use super::about::About;
use super::account::{Account, areas, log_out, log_out_everywhere};
use super::blocks::BlocksPage;
use super::browser::{INTO_CHAT, INTO_PAGE, focus_first, focus_soon, is_in_sight, with_press};
use super::chat::Chat;
use super::dialogs::{Dialog, DialogLayer};
use super::mine::Mine;
use super::news::keep_order;
use super::pages::{Page, Pages};
use super::reminders::Reminders;
use super::running::Running;
use super::shifts::Shifts;
use super::shown::{letter, named};
use super::top_bar::{Strip, TopBar};
use super::waiting::WaitingRoom;
use super::waits::WaitsPage;
use crate::shortcuts::{Shortcut, shortcut};
use crate::words::t;

/// How often "12 min" is looked at again, in milliseconds.
const CLOCK_EVERY: Millis = 10_000;

/// What every part of the desk can reach: the view, what is open, and where commands go.
#[derive(Clone, Copy)]
pub(crate) struct Desk {
    /// The session's view.
    pub(crate) view: RwSignal<View>,
    /// The page that is open.
    pub(crate) page: RwSignal<Page>,
    /// The conversation that is open.
    pub(crate) open: RwSignal<Option<ConversationId>>,
    /// The time, for durations.
    pub(crate) now: RwSignal<Millis>,
    /// Whether the page is in sight.
    pub(crate) in_sight: RwSignal<bool>,
    /// The dialog that is open.
    pub(crate) dialog: RwSignal<Option<Dialog>>,
    areas: RwSignal<Vec<AreaStatus>>,
    pub(super) letters: RwSignal<BTreeMap<ConversationId, usize>>,
    /// A visitor was asked for here, and is to be opened when they come.
    pub(super) wanted: RwSignal<bool>,
    driver: StoredValue<Option<Driver<Session>>, LocalStorage>,
}

impl Desk {
    /// Hands a command to the session.
    pub(crate) fn send(self, command: Command) {
        // Cloned out: whatever the command makes happen may ask for the driver again.
        let driver = self.driver.try_with_value(Clone::clone).flatten();
        if let Some(driver) = driver {
            driver.dispatch(command);
        }
    }

    /// Takes the next visitor, or this one.
    pub(crate) fn claim(self, who: Option<ConversationId>) {
        self.wanted.set(true);
        self.send(Command::Claim(who));
    }

    /// Opens a conversation and goes to its composer.
    pub(crate) fn go_to(self, id: ConversationId) {
        self.open.set(Some(id));
        self.page.set(Page::Conversations);
        focus_soon(INTO_CHAT);
    }

    /// One conversation, as it changes; `None` when it is off the list.
    pub(crate) fn conversation(self, id: ConversationId) -> Memo<Option<Arc<ConversationView>>> {
        Memo::new(move |_| self.view.with(|view| find(view, &id)))
    }

    /// What the console calls a visitor: "Visitor B".
    pub(crate) fn name_of(self, id: &ConversationId) -> String {
        let place = self.letters.with(|letters| letters.get(id).copied()).unwrap_or(0);
        named(&letter(place))
    }

    /// What a colleague is called.
    pub(crate) fn colleague(self, id: &OperatorId) -> String {
        let name = self.view.with(|view| {
            let there = view.board.operators.iter().find(|one| one.id == *id).map(|one| one.name.clone());
            there.or_else(|| planned_name(view, id))
        });
        name.unwrap_or_else(|| t("log.colleague").to_owned())
    }

    /// The areas of the helpline.
    pub(crate) fn areas(self) -> Vec<AreaStatus> {
        self.areas.get()
    }

    /// What can be done here.
    pub(crate) fn abilities(self) -> Abilities {
        self.view.with(|view| view.abilities)
    }

    /// What an area is called.
    pub(crate) fn area_name(self, id: &str) -> String {
        self.areas.with(|areas| {
            areas.iter().find(|area| area.id == id).map_or_else(|| id.to_owned(), |area| area.name.clone())
        })
    }

    /// Whether another visitor can be taken now.
    pub(crate) fn has_room(self) -> bool {
        self.view.with(|view| running(view) < usize::from(view.capacity))
    }
}

/// What somebody is called who is not there, as far as the roster says.
fn planned_name(view: &View, id: &OperatorId) -> Option<String> {
    let roster = &view.roster.as_ref()?.what;
    let known = roster.people.iter().find(|one| one.id == *id).map(|one| one.name.clone());
    known.or_else(|| roster.shifts.iter().find(|one| one.shift.operator.as_ref() == Some(id))?.name.clone())
}

/// How many conversations count against the capacity.
pub(crate) fn running(view: &View) -> usize {
    view.conversations.iter().filter(|one| is_running(one)).count()
}

/// Whether a conversation still is the operator's.
pub(crate) fn is_running(conversation: &ConversationView) -> bool {
    is_mine(conversation) && conversation.state != ConversationState::Ended
}

/// Whether the operator talks with somebody in it now.
pub(crate) fn is_active(conversation: &ConversationView) -> bool {
    is_mine(conversation) && conversation.state == ConversationState::Active
}

fn is_mine(conversation: &ConversationView) -> bool {
    conversation.released.is_none() && !conversation.watched
}

pub(super) fn find(view: &View, id: &ConversationId) -> Option<Arc<ConversationView>> {
    view.conversations.iter().find(|one| one.id == *id).map(Arc::clone)
}

/// The desk of one operator. `left` hears when they are logged out, and whether it was the server's doing.
#[component]
pub(crate) fn DeskScreen(config: Config, account: Account, left: Callback<bool>) -> impl IntoView {
    let Ok(entropy) = WebEntropy::new() else {
        return view! { <main class="login"><p class="login-card">{t("stopped.other")}</p></main> }
            .into_any();
    };
    let session = Session::new(operator::Config { token: account.token.clone() }, Box::new(entropy));
    let desk = Desk {
        view: RwSignal::new(session.view()),
        page: RwSignal::default(),
        open: RwSignal::new(None),
        now: RwSignal::new(tealight_shell::now()),
        in_sight: RwSignal::new(is_in_sight()),
        dialog: RwSignal::new(None),
        areas: RwSignal::default(),
        letters: RwSignal::default(),
        wanted: RwSignal::new(false),
        driver: StoredValue::new_local(None),
    };
    provide_context(desk);
    provide_context(config.clone());
    let show = desk.view;
    let driver = Driver::start(session, config.socket.clone(), None, move |view| {
        show.try_set(view);
    });
    desk.driver.set_value(Some(driver));
    desk.send(Command::Open);
    let server = config.server.clone();
    spawn_local(async move {
        let areas = areas(server).await;
        desk.areas.try_set(areas);
    });

    let said = RwSignal::new(String::new());
    keep_order(desk, said);
    keep_title(desk, config.name.clone());
    keep_clock(desk);
    StoredValue::new_local(listen(desk));
    Effect::new(move |_| {
        if desk.view.with(|view| view.connection) == Connection::Stopped(StopReason::LoggedOut) {
            left.run(true);
        }
    });

    let everywhere = (config.server.clone(), account.clone());
    let leave = Callback::new(move |()| {
        desk.send(Command::Close);
        spawn_local(log_out(config.server.clone(), account.clone()));
        left.run(false);
    });
    let leave_everywhere = Callback::new(move |has_failed: RwSignal<bool>| {
        let (server, account) = everywhere.clone();
        spawn_local(async move {
            if log_out_everywhere(server, account).await {
                desk.send(Command::Close);
                left.run(false);
            } else {
                has_failed.try_set(true);
            }
        });
    });
    let ask_to_leave = Callback::new(move |()| match desk.view.with_untracked(running) {
        0 => leave.run(()),
        _ => desk.dialog.set(Some(Dialog::LogOut)),
    });
    // A right that is withdrawn takes its page along.
    let page = Memo::new(move |_| {
        let page = desk.page.get();
        if desk.has_page(page) { page } else { Page::default() }
    });
    let behind = move || desk.dialog.with(Option::is_some);

    view! {
        <div class="desk" inert=behind>
            <a class="skip" href="#composer" on:click=move |event| {
                event.prevent_default();
                focus_first(if desk.page.get_untracked() == Page::Conversations { INTO_CHAT } else { INTO_PAGE });
            }>{t("page.skip")}</a>
            <TopBar name=config.name.clone() ask_to_leave />
            <Pages />
            <Strip />
            <Reminders />
            <div class="columns" data-page=move || page.get().name()>
                <nav class="side" aria-label=t("mine.title")>
                    <Mine />
                    <WaitingRoom />
                    <Show when=move || desk.abilities().watch>
                        <Running />
                    </Show>
                </nav>
                {move || match page.get() {
                    Page::Conversations => view! { <Conversations /> }.into_any(),
                    Page::Shifts => view! { <main class="page"><Shifts /></main> }.into_any(),
                    Page::Blocks => view! { <main class="page"><BlocksPage /></main> }.into_any(),
                    Page::Waits => view! { <main class="page"><WaitsPage /></main> }.into_any(),
                }}
            </div>
            <p class="sr" role="status">{said}</p>
        </div>
        <DialogLayer leave leave_everywhere />
    }
    .into_any()
}

/// The open conversation, and what there is to know beside it.
#[component]
fn Conversations() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let open = Memo::new(move |_| desk.open.get());
    view! {
        <main class="middle">
            {move || match open.get() {
                Some(id) => view! { <Chat id /> }.into_any(),
                None => view! { <NothingOpen /> }.into_any(),
            }}
        </main>
        <aside class="about" aria-label=t("about.title")>
            <About />
        </aside>
    }
}

#[component]
fn NothingOpen() -> impl IntoView {
    let title = NodeRef::<html::H2>::new();
    view! {
        <section class="nothing">
            <h2 class="title chat-title" tabindex="-1" node_ref=title>{t("chat.none")}</h2>
            <p class="quiet">{t("chat.none_hint")}</p>
            <p class="quiet">
                <kbd>{t("keys.alt")}</kbd>" + "<kbd>{KEY_NEXT}</kbd>" "{t("chat.none_key")}
            </p>
        </section>
    }
}

/// What is printed on the key that takes the next visitor.
pub(crate) const KEY_NEXT: &str = "N";

/// The title counts what has not been read. Operators only: a visitor's page never changes its title.
fn keep_title(desk: Desk, name: String) {
    let unread = Memo::new(move |_| {
        desk.view.with(|view| view.conversations.iter().map(|one| one.unread).sum::<u32>())
    });
    Effect::new(move |_| {
        let title = if name.is_empty() {
            t("page.title").to_owned()
        } else {
            format!("{} · {name}", t("page.title"))
        };
        match unread.get() {
            0 => document().set_title(&title),
            unread => document().set_title(&format!("({unread}) {title}")),
        }
    });
}

fn keep_clock(desk: Desk) {
    let timer = StoredValue::new_local(None::<Timer>);
    let again = move || {
        let now = tealight_shell::now();
        timer.try_with_value(|timer| {
            if let Some(timer) = timer {
                timer.set(now, Some(now + CLOCK_EVERY));
            }
        });
        desk.now.try_set(now);
    };
    timer.set_value(Some(Timer::new(again)));
    again();
}

/// Keys and visibility, for as long as the desk is there.
fn listen(desk: Desk) -> Vec<Listener> {
    let document: &web_sys::EventTarget = &document();
    vec![
        Listener::on(document, "visibilitychange", move |_| {
            desk.in_sight.try_set(is_in_sight());
        }),
        Listener::on(document, "keydown", move |event| {
            let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
            if desk.dialog.try_with_untracked(Option::is_some) != Some(false) {
                return;
            }
            if let Some(shortcut) = with_press(event, shortcut) {
                event.prevent_default();
                act_on(desk, shortcut);
            }
        }),
    ]
}

fn act_on(desk: Desk, shortcut: Shortcut) {
    match shortcut {
        Shortcut::TakeNext => {
            let can_take = untrack(|| desk.has_room())
                && desk.view.with_untracked(|view| !view.board.waiting.is_empty());
            if can_take {
                desk.claim(None);
            } else {
                focus_first(&["#waiting-next"]);
            }
        }
        Shortcut::Conversation(place) => {
            let id = desk.view.with_untracked(|view| view.conversations.get(place).map(|one| one.id.clone()));
            if let Some(id) = id {
                desk.go_to(id);
            }
        }
        Shortcut::TogglePause => {
            let (status, capacity, last_chat) =
                desk.view.with_untracked(|view| (view.status, view.capacity, view.last_chat));
            let status = match status {
                Availability::Accepting => Availability::Paused,
                Availability::Paused => Availability::Accepting,
            };
            desk.send(Command::Avail { status, capacity, last_chat });
        }
        Shortcut::Composer => desk.turn_to(Page::Conversations),
        Shortcut::Shifts => desk.turn_to(Page::Shifts),
        Shortcut::Waits => desk.turn_to(Page::Waits),
        Shortcut::WaitingRoom => focus_first(&["#waiting-next"]),
        Shortcut::Prewritten => focus_first(&["[data-canned][tabindex='0']"]),
        Shortcut::Help => desk.dialog.set(Some(Dialog::Keys)),
    }
}
