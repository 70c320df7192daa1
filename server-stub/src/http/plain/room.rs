//! The page of a conversation: where it stands, what was said, and the place to write. It is left open where the answer
//! goes on while the page is there.
//!
//! What changes is never taken back, because nothing here can: a newer `section` makes the style sheet hide the older
//! ones, and whoever has no style sheet reads both in order.

use tealight_protocol::{Cid, Event, QueueState, Wait};

use super::super::frame::{escape, fill};
use super::chat::{Again, Chat, Part, Room};
use super::form::{Fields, Keys};
use super::log::{entry, isolated, lines, passed_on};
use super::pages::{Page, noted};

/// What a page of a conversation shows besides the conversation.
#[derive(Debug)]
pub(super) struct Around<'a> {
    pub(super) keys: &'a Keys,
    /// Something that went wrong with what was posted, in HTML.
    pub(super) note: Option<String>,
    /// What stands in the composer.
    pub(super) text: &'a str,
    /// Names the next message.
    pub(super) cid: &'a Cid,
    /// The last event that the page before showed.
    pub(super) seen: Option<u64>,
    /// Whether the page goes on by itself.
    pub(super) is_live: bool,
}

/// What is said about where a conversation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    class: &'static str,
    body: String,
}

/// The page from its beginning to the last event. A live one goes on from here.
pub(super) fn conversation(page: &Page, chat: &Chat, events: &[Event], around: &Around<'_>) -> String {
    let state = section(page, around.keys, &state(page, chat), around.is_live);
    let log = log(page, chat, events, around);
    let label = page.words().say("log.label");
    let log = format!(
        "<div class=\"scroll\"><div class=\"log\" role=\"log\" aria-label=\"{label}\">\n{state}{log}"
    );
    let (composer, more) = (composer(page, around), more(page, chat, around));
    let body = if around.is_live {
        format!("{composer}{more}{log}")
    } else {
        let note = around.note.as_deref().map(noted).unwrap_or_default();
        let look = format!("<div class=\"look\">{}</div>", look(page, around.keys, chat, true));
        format!("{note}{log}{CLOSING_LOG}{composer}{look}{more}{CLOSING}")
    };
    page.document(if around.is_live { "chat live" } else { "chat" }, &body)
}

/// The end of a live page's log.
pub(super) const CLOSING_LOG: &str = "</div></div>\n";

/// The end of a document.
pub(super) const CLOSING: &str = "</body>\n</html>\n";

/// Where it stands, in words.
pub(super) fn state(page: &Page, chat: &Chat) -> State {
    match &chat.part {
        Part::Waiting(room) => State { class: "waiting", body: waiting(page, chat, room) },
        Part::Talking(with) => {
            let heading = page.words().fill("chat.heading", &[("name", &isolated(&with.name))]);
            State { class: "talking", body: format!("<h2>{heading}</h2>\n") }
        }
        Part::Ended { .. } => {
            let words = page.words();
            let body = format!("<h2>{}</h2>\n", words.say("ended.title"));
            State { class: "over", body }
        }
    }
}

/// A state as a section of the log, with what can be done about it.
pub(super) fn section(page: &Page, keys: &Keys, state: &State, is_live: bool) -> String {
    let words = page.words();
    let (checked, key) = match state.class {
        "waiting" => (format!("<p class=\"quiet\">{}</p>\n", checked(page, is_live)), Some("waiting.leave")),
        "talking" => (String::new(), Some("chat.end")),
        _ => (String::new(), None),
    };
    let tools = match key {
        Some(key) => format!(
            "{}<input type=\"hidden\" name=\"at\" value=\"{}\">\n<button name=\"act\" value=\"end\">{}</button></form>",
            page.form(keys),
            state.class,
            words.say(key)
        ),
        None => format!(
            "{}<button class=\"first\" name=\"act\" value=\"look\">{}</button></form>",
            page.form(keys),
            words.say("on")
        ),
    };
    format!("<section class=\"{}\">\n{}{checked}{tools}</section>\n", state.class, state.body)
}

/// The button that asks for what is new. `is_plain`: the page does not change by itself.
pub(super) fn look(page: &Page, keys: &Keys, chat: &Chat, is_plain: bool) -> String {
    let words = page.words();
    let still = match &chat.part {
        _ if !is_plain => String::new(),
        Part::Waiting(_) => format!("{} {}", words.say("still"), words.say("still.place")),
        Part::Talking(_) | Part::Ended { .. } => words.say("still"),
    };
    format!(
        "{}<input type=\"hidden\" name=\"seen\" value=\"{}\">\n<p>{still} {}</p>\n\
         <p><button name=\"act\" value=\"look\">{}</button></p></form>\n",
        page.form_for(keys, &page.new_cid(), "#new"),
        chat.last,
        words.say("look.empties"),
        words.say("look"),
    )
}

/// The form that has the conversation erased, with what that means.
pub(super) fn wipe(page: &Page, keys: &Keys) -> String {
    let words = page.words();
    format!(
        "{}<p>{}</p>\n<p><button name=\"act\" value=\"wipe\">{}</button></p></form>\n",
        page.form(keys),
        words.say("wipe.text"),
        words.say("wipe.button")
    )
}

/// Words that cannot be sent, and why not.
pub(super) fn too_long(page: &Page, chars: usize, limit: usize) -> String {
    let words = page.words();
    format!(
        "<strong>{}</strong> {} {}",
        words.say("state.failed"),
        words.say("composer.over"),
        words.fill("composer.counter", &[("chars", &chars.to_string()), ("limit", &limit.to_string())])
    )
}

/// The fields' words were not sent: why.
pub(super) fn not_sent(page: &Page, fields: &Fields, why: &str) -> String {
    let words = page.words();
    if fields.text().trim().is_empty() {
        return words.say(why);
    }
    format!("<strong>{}</strong> {}", words.say("state.failed"), words.say(why))
}

fn log(page: &Page, chat: &Chat, events: &[Event], around: &Around<'_>) -> String {
    let mut html = String::new();
    let mut is_new_marked = false;
    for event in events {
        let entry = entry(page, around.keys, chat, event);
        let is_new = around.seen.is_some_and(|seen| event.seq > seen);
        if is_new && !is_new_marked && !entry.is_empty() {
            html.push_str(&format!("<p class=\"new\" id=\"new\">{}</p>\n", page.words().say("log.new")));
            is_new_marked = true;
        }
        html.push_str(&entry);
    }
    html
}

fn composer(page: &Page, around: &Around<'_>) -> String {
    let words = page.words();
    let note = around.note.as_deref().filter(|_| around.is_live).map(noted).unwrap_or_default();
    fill(include_str!("composer.html"), |slot| match slot {
        "notes" => note.clone(),
        "form" => page.form_for(around.keys, around.cid, ""),
        "label" => words.say("composer.label"),
        "invalid" if around.note.is_some() => " aria-invalid=\"true\"".to_owned(),
        "text" => escape(around.text),
        "send" => words.say("composer.send"),
        "hint" => words.say("composer.hint"),
        _ => String::new(),
    })
}

fn more(page: &Page, chat: &Chat, around: &Around<'_>) -> String {
    let words = page.words();
    fill(include_str!("more.html"), |slot| match slot {
        "summary" => words.say("more"),
        "look" if around.is_live => look(page, around.keys, chat, false),
        "about" => page.about(),
        "exit" => words.say("welcome.exit"),
        "exit_note" => page.exit_note(),
        "wipe" => wipe(page, around.keys),
        _ => String::new(),
    })
}

fn waiting(page: &Page, chat: &Chat, room: &Room) -> String {
    let words = page.words();
    let range = words.range(room.wait());
    let is_ready = room.turn() == QueueState::Ready;
    let (lead, range) = match (room.wait(), range) {
        _ if is_ready => (String::new(), words.say("waiting.ready")),
        (Wait::Closed, _) => (String::new(), words.say("closed.title")),
        (_, Some(range)) => (words.say("waiting.lead"), range),
        (_, None) => (String::new(), words.say("range.unknown")),
    };
    let place = match room.place.as_ref().and_then(|place| place.place).filter(|_| !is_ready) {
        Some(1) => words.say("waiting.next"),
        Some(place) => words.fill("waiting.place", &[("place", &place.to_string())]),
        None => String::new(),
    };
    let minutes = (chat.keep_s / 60).max(1);
    fill(include_str!("waiting.html"), |slot| match slot {
        "title" => words.say("waiting.title"),
        "notes" => notes(page, chat, room).iter().map(|note| noted(note)).collect(),
        "lead" => lead.clone(),
        "range" => range.clone(),
        "place" => place.clone(),
        "kept" => words.count("waiting.kept", f64::from(minutes), &minutes.to_string()),
        "closes" if !room.may_close_first() => {
            words.closing(&chat.service).map(|(when, _)| when).unwrap_or_default()
        }
        _ => String::new(),
    })
}

/// What deserves a second look, the most important first.
fn notes(page: &Page, chat: &Chat, room: &Room) -> Vec<String> {
    let words = page.words();
    let mut notes = Vec::new();
    if room.turn() == QueueState::Held {
        notes.push(words.say("waiting.held"));
    }
    match &room.again {
        Some(Again::Lost(Some(name))) => {
            notes.push(words.fill("waiting.lost_named", &[("name", &isolated(name))]));
        }
        Some(Again::Lost(None)) => notes.push(words.say("waiting.lost")),
        Some(Again::Passed { name, to, reason }) => {
            let who = passed_on(&words, name.as_deref(), to, reason.as_ref());
            notes.push(format!("{who} {}", words.say("waiting.passed")));
        }
        None => {}
    }
    let mut advice = Vec::new();
    if room.is_worse {
        advice.push(words.say("waiting.worse"));
    }
    if room.may_close_first() {
        advice.push(words.closes(&chat.service, ["closes.maybe_today", "closes.maybe"]));
    }
    let is_unknown = words.range(room.wait()).is_none();
    if room.turn() != QueueState::Ready && (is_unknown || !advice.is_empty()) {
        advice.push(words.say("waiting.choice"));
        notes.push(advice.join(" "));
    }
    notes.extend(chat.service.notice.as_deref().map(lines));
    notes
}

/// When that was so, and whether it changes by itself.
fn checked(page: &Page, is_live: bool) -> String {
    let words = page.words();
    let at = words.fill("checked", &[("time", &words.clock())]);
    if is_live { format!("{at} {}", words.say("live")) } else { at }
}
