//! The page that tells a coordinator at a glance how long people wait, and whether what they are told is true.

mod plots;

use std::sync::Arc;

use leptos::prelude::*;
use tealight_protocol::Waits;
use tealight_session::operator::Command;
use tealight_session::{Connection, Millis};

use super::browser::time_of_day;
use super::desk::Desk;
use super::pages::PageHead;
use super::shown::duration;
use crate::figures::{self, Figure};
use crate::words::{t, tf};

/// Figures older than this say how old they are, in milliseconds.
const STALE: Millis = 15_000;

/// The page. The figures are asked for as long as it is open.
#[component]
pub(crate) fn WaitsPage() -> impl IntoView {
    let desk = expect_context::<Desk>();
    desk.send(Command::FollowWaits(true));
    on_cleanup(move || desk.send(Command::FollowWaits(false)));
    let waits =
        Memo::new(move |_| desk.view.with(|view| view.waits.as_ref().map(|heard| Arc::clone(&heard.what))));
    let heard_at = Memo::new(move |_| desk.view.with(|view| view.waits.as_ref().map(|heard| heard.at)));
    let connection = Memo::new(move |_| desk.view.with(|view| view.connection));
    let fresh = move || match (heard_at.get(), connection.get()) {
        (None, _) => t("waits.asking").to_owned(),
        (Some(at), Connection::Ready) if desk.now.get().saturating_sub(at) < STALE => {
            t("waits.fresh").to_owned()
        }
        (Some(at), _) => tf("waits.stale", &[("time", &time_of_day(at))]),
    };
    let is_here = Memo::new(move |_| waits.with(Option::is_some));
    view! {
        <section class="page-part waits" aria-label=t("pages.waits")>
            <PageHead title=t("pages.waits")>
                <p class="quiet">{fresh}</p>
            </PageHead>
            <Show when=move || is_here.get()>
                <ul class="tiles">
                    {tile(waits, t("waits.waiting"), move |waits| {
                        let longest = waits.oldest.as_ref().map(|since| duration(since, desk.now.get()));
                        figures::waiting(waits, longest)
                    })}
                    {tile(waits, t("waits.talking"), figures::talking)}
                    {tile(waits, t("waits.offered"), |waits| figures::offered(waits.offered.as_ref()))}
                    {tile(waits, t("waits.promises"), figures::promises)}
                    {tile(waits, t("waits.abandoned"), |waits| figures::abandoned(waits.abandoned))}
                    {tile(waits, t("waits.in_five"), |waits| figures::met_in_five(waits.met_in_five))}
                </ul>
                <plots::Visitors waits />
                <plots::WaitsByHour waits />
            </Show>
        </section>
    }
}

type Told = Memo<Option<Arc<Waits>>>;

fn tile(
    waits: Told,
    name: &'static str,
    figure: impl Fn(&Waits) -> Figure + Send + Sync + 'static,
) -> impl IntoView {
    let figure = Memo::new(move |_| waits.with(|waits| waits.as_deref().map(&figure)));
    let is =
        move |what: fn(&Figure) -> bool| figure.with(|figure| figure.as_ref().is_some_and(what)).to_string();
    view! {
        <li class="tile" data-alarm=move || is(|one| one.alarm) data-unknown=move || is(|one| one.unknown)>
            <h3 class="tile-name">{name}</h3>
            <p class="tile-big">{move || figure.get().map(|figure| figure.big)}</p>
            <p class="quiet small">{move || figure.get().map(|figure| figure.words)}</p>
        </li>
    }
}
