//! What all plain pages have in common, and those that stand alone: the first, the questions, and what went wrong.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use rand_chacha::rand_core::RngCore as _;
use std::sync::PoisonError;
use tealight_protocol::links::{is_page, is_safe_address};
use tealight_protocol::{Cid, Instance, Secret, ServiceState, ServiceStatus};

use super::super::Shared;
use super::super::client::ClientOrigin;
use super::super::frame::{escape, fill};
use super::form::{Act, Asked, Fields, Keys};
use super::log::{lines, way};
use super::words::Words;
use super::{PATH, STYLE_ADDRESS};

/// Pages in one visitor's language.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) shared: Shared,
    lang: String,
    /// Where its visitor comes from.
    pub(super) origin: ClientOrigin,
}

/// What went wrong before a conversation could be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The desk or the database cannot be reached.
    Busy,
    /// Too many requests.
    TooFast,
    /// The form came from somewhere else.
    Foreign,
    /// The form cannot be understood.
    Incomplete,
    /// The form is too long to be read.
    TooMuch,
    /// Nobody is known by this secret.
    Expired,
    /// The conversation was erased.
    Erased,
    /// Not allowed.
    Forbidden,
    /// Another page of this visit took over.
    Replaced,
}

impl Page {
    pub(super) fn new(shared: Shared, wanted: Option<&str>) -> Self {
        let lang = shared.pages.language(wanted);
        Self { shared, lang, origin: ClientOrigin::default() }
    }

    /// For whoever comes from there.
    pub(super) fn from(self, origin: ClientOrigin) -> Self {
        Self { origin, ..self }
    }

    pub(super) fn lang(&self) -> &str {
        &self.lang
    }

    pub(super) fn words(&self) -> Words<'_> {
        self.shared.pages.dictionaries.words(&self.lang, self.shared.desk.now())
    }

    pub(super) fn new_keys(&self) -> Keys {
        Keys { secret: Secret::from_bytes(self.random()), inst: Instance::from_bytes(self.random()) }
    }

    /// The beginning of a form, with a new command's name in it.
    pub(super) fn form(&self, keys: &Keys) -> String {
        self.form_for(keys, &self.new_cid(), "")
    }

    pub(super) fn new_cid(&self) -> Cid {
        Cid::from_bytes(self.random())
    }

    /// The beginning of a form for a certain command, whose answer is shown from an anchor on.
    pub(super) fn form_for(&self, keys: &Keys, cid: &Cid, anchor: &str) -> String {
        format!(
            "<form method=\"post\" action=\"{PATH}{anchor}\" autocomplete=\"off\">\n\
             <input type=\"hidden\" name=\"secret\" value=\"{}\"><input type=\"hidden\" name=\"inst\" value=\"{}\">\
             <input type=\"hidden\" name=\"cid\" value=\"{}\"><input type=\"hidden\" name=\"lang\" value=\"{}\">",
            keys.secret.as_str(),
            keys.inst.as_str(),
            cid.as_str(),
            escape(&self.lang),
        )
    }

    /// A document from its beginning to `body`, which closes it or leaves it open.
    pub(super) fn document(&self, class: &str, body: &str) -> String {
        let config = &self.shared.pages.config;
        let words = self.words();
        fill(include_str!("page.html"), |slot| match slot {
            "lang" => escape(words.lang()),
            "dir" => words.direction().to_owned(),
            "title" => words.say("bar.neutral"),
            "css" => escape(&STYLE_ADDRESS),
            "class" => class.to_owned(),
            "name" if config.service.discreet => words.say("bar.neutral"),
            "name" => escape(&config.service.name),
            "exit_url" => escape(&config.service.exit_url),
            "exit" => words.say("bar.exit"),
            "crisis" => self.crisis(),
            "body" => body.to_owned(),
            _ => String::new(),
        })
    }

    /// A whole document as an answer.
    pub(super) fn answer(&self, status: StatusCode, class: &str, body: &str) -> Response {
        (status, Html(self.document(class, body))).into_response()
    }

    /// The first page.
    pub(super) fn welcome(&self, service: &ServiceStatus, note: Option<&str>) -> String {
        let words = self.words();
        let notes = [note.map(str::to_owned), service.notice.as_deref().map(lines)];
        let mut notes: Vec<String> = notes.into_iter().flatten().collect();
        if service.state != ServiceState::Open {
            return self.shut(service, &notes);
        }
        if service.may_close_first {
            notes.push(words.closes(service, ["closes.maybe_today", "closes.maybe"]));
        }
        fill(include_str!("welcome.html"), |slot| match slot {
            "title" => words.say("welcome.title"),
            "lead" => words.say("welcome.lead"),
            "notes" => notes.iter().map(|note| noted(note)).collect(),
            "now" => match words.range(service.wait) {
                Some(range) => words.fill("welcome.now", &[("range", &format!("<strong>{range}</strong>"))]),
                None => words.say("range.unknown"),
            },
            "form" => self.form(&self.new_keys()),
            "area" => self.areas(service),
            "join" => words.say("welcome.join"),
            "limits" => words.say("welcome.limits"),
            "exit" => words.say("welcome.exit"),
            "exit_note" => self.exit_note(),
            "about" => self.about(),
            _ => String::new(),
        })
    }

    /// Asks before something is over for good.
    pub(super) fn question(&self, asked: &Asked, is_waiting: bool) -> String {
        let words = self.words();
        let (title, text, [yes, no]): (_, &[&str], _) = match asked.act {
            Act::Wipe | Act::WipeYes => {
                ("wipe.title", &["wipe.text", "wipe.read", "wipe.ends"], ["wipe.yes", "wipe.keep"])
            }
            _ if is_waiting => {
                ("confirm.leave", &["confirm.leave_text"], ["confirm.leave_yes", "confirm.stay"])
            }
            _ => ("confirm.end", &["confirm.end_text"], ["confirm.end_yes", "confirm.stay"]),
        };
        fill(include_str!("question.html"), |slot| match slot {
            "title" => words.say(title),
            "text" => text.iter().map(|text| words.say(text)).collect::<Vec<_>>().join(" "),
            "form" => self.form_for(&asked.keys, &asked.cid, ""),
            "act" => if asked.act == Act::Wipe { "wipe_yes" } else { "end_yes" }.to_owned(),
            "yes" => words.say(yes),
            "stay" => words.say(no),
            _ => String::new(),
        })
    }

    /// What went wrong, with the words that were posted.
    pub(super) fn trouble(&self, trouble: Trouble, fields: &Fields) -> Response {
        let words = self.words();
        let (status, title, lead) = match trouble {
            Trouble::Busy => (StatusCode::SERVICE_UNAVAILABLE, "state.failed", "busy"),
            Trouble::TooFast => (StatusCode::TOO_MANY_REQUESTS, "state.failed", "too_fast"),
            Trouble::Foreign => (StatusCode::FORBIDDEN, "foreign", "closed.help"),
            Trouble::Incomplete => (StatusCode::BAD_REQUEST, "incomplete", "closed.help"),
            Trouble::TooMuch => (StatusCode::PAYLOAD_TOO_LARGE, "too_much", "closed.help"),
            Trouble::Expired => (StatusCode::NOT_FOUND, "stopped.expired", "stopped.expired_lead"),
            Trouble::Erased => (StatusCode::GONE, "stopped.erased", "stopped.erased_lead"),
            Trouble::Forbidden => (StatusCode::FORBIDDEN, "stopped.forbidden", "stopped.forbidden_lead"),
            Trouble::Replaced => (StatusCode::CONFLICT, "stopped.replaced", "busy"),
        };
        let has_words = !fields.text().trim().is_empty();
        let may_try = matches!(trouble, Trouble::Busy | Trouble::TooFast | Trouble::Replaced);
        // Only words are said to be still there when there are some.
        let title = if title == "state.failed" && !has_words { lead } else { title };
        let again = match trouble {
            // What another site posted is not shown as the visitor's own.
            Trouble::Foreign => self.afresh(),
            _ if may_try => self.try_again(fields),
            _ => format!("{}{}", self.kept("kept", fields.text()), self.afresh()),
        };
        let body = fill(include_str!("trouble.html"), |slot| match slot {
            "title" => words.say(title),
            "lead" if title == lead => String::new(),
            "lead" => words.say(lead),
            "again" => again.clone(),
            "about" => self.about(),
            _ => String::new(),
        });
        self.answer(status, "trouble", &body)
    }

    /// Words for their writer to keep.
    pub(super) fn kept(&self, caption: &str, text: &str) -> String {
        if text.trim().is_empty() {
            return String::new();
        }
        format!(
            "<figure class=\"kept\"><figcaption>{}</figcaption>\n<blockquote dir=\"auto\">{}</blockquote></figure>",
            self.words().say(caption),
            lines(text)
        )
    }

    /// The way to the first page.
    pub(super) fn first(&self) -> String {
        format!("{PATH}?lang={}", escape(&self.lang))
    }

    /// What Exit does here, and what it cannot do.
    pub(super) fn exit_note(&self) -> String {
        let words = self.words();
        let safety = self.shared.pages.config.texts.safety_url.as_deref();
        format!("{} {}", words.say("welcome.exit_more"), self.reference(safety, "welcome.exit_link"))
    }

    /// What stays between us, and the other ways to get help: on every page.
    pub(super) fn about(&self) -> String {
        let words = self.words();
        let config = &self.shared.pages.config;
        let ways: String = config
            .alternatives()
            .iter()
            .filter(|alternative| !alternative.crisis && alternative.open)
            .filter_map(|alternative| {
                let hours =
                    alternative.hours.as_deref().map(|hours| format!(" <span>{}</span>", escape(hours)));
                Some(format!("<li>{}{}</li>\n", way(&words, alternative)?, hours.unwrap_or_default()))
            })
            .collect();
        let more = config.texts.confidentiality_url.as_deref();
        format!(
            "<section class=\"about\">\n<h2>{}</h2>\n<ul>\n{ways}</ul>\n<p>{} {}</p>\n</section>",
            words.say("others.heading"),
            escape(&config.texts.confidentiality),
            self.reference(more, "welcome.limits_link"),
        )
    }

    pub(super) fn hidden<'a>(&self, fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
        let field = |(name, value)| {
            format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value))
        };
        fields.map(field).collect()
    }

    fn crisis(&self) -> String {
        let words = self.words();
        let alternatives = self.shared.pages.config.alternatives();
        let ways: Vec<_> = alternatives
            .iter()
            .filter(|alternative| alternative.crisis)
            .filter_map(|alternative| way(&words, alternative))
            .collect();
        if ways.is_empty() {
            return String::new();
        }
        format!("<p class=\"crisis\">{} {}</p>", words.say("crisis"), ways.join(" "))
    }

    /// Nobody new is let in: why, when that changes, and what helps meanwhile.
    fn shut(&self, service: &ServiceStatus, notes: &[String]) -> String {
        let words = self.words();
        let opens = || format!("<p class=\"lead\"><strong>{}</strong></p>", words.opens(service));
        let (title, lead, help) = match service.state {
            ServiceState::Full => ("full.title", String::new(), "full.lead"),
            ServiceState::Ending => {
                let first = words.closes(service, ["closes.first_today", "closes.first"]);
                ("ending.title", format!("<p class=\"lead\">{first}</p>\n{}", opens()), "closed.help")
            }
            ServiceState::Blocked => ("blocked.title", self.blocked(service), "closed.help"),
            ServiceState::Open | ServiceState::Closed | ServiceState::Unknown => {
                ("closed.title", opens(), "closed.help")
            }
        };
        fill(include_str!("shut.html"), |slot| match slot {
            "title" => words.say(title),
            "lead" => lead.clone(),
            "notes" => notes.iter().map(|note| noted(note)).collect(),
            "help" => words.say(help),
            "about" => self.about(),
            _ => String::new(),
        })
    }

    /// Until when this visitor is not let in, and why.
    pub(super) fn blocked(&self, service: &ServiceStatus) -> String {
        let words = self.words();
        format!(
            "<p class=\"lead\"><strong>{}</strong></p>\n<p>{}</p>",
            words.opens(service),
            words.say("blocked.why")
        )
    }

    /// The question where there is something to choose.
    fn areas(&self, service: &ServiceStatus) -> String {
        let words = self.words();
        match service.areas.as_slice() {
            [] => String::new(),
            [only] => self.hidden([("area", only.id.as_str())].into_iter()),
            areas => {
                let options = areas.iter().map(|area| {
                    let name = escape(&area.name);
                    let label =
                        if area.open { name } else { words.fill("welcome.area_closed", &[("area", &name)]) };
                    let disabled = if area.open { "" } else { " disabled" };
                    format!("<option value=\"{}\"{disabled}>{label}</option>\n", escape(&area.id))
                });
                let options: String = options.collect();
                format!(
                    "<p><label for=\"area\">{}</label> <select id=\"area\" name=\"area\">\n{options}</select></p>",
                    words.say("welcome.area")
                )
            }
        }
    }

    /// The same form again. Words stand where they can be changed.
    fn try_again(&self, fields: &Fields) -> String {
        let words = self.words();
        let hidden = self.hidden(fields.carried());
        let text = match fields.get("act") {
            Some("send") => format!(
                "<label for=\"text\">{}</label>\n<textarea id=\"text\" name=\"text\" rows=\"4\" dir=\"auto\" autocomplete=\"off\" \
                 spellcheck=\"false\" writingsuggestions=\"false\">\n{}</textarea>\n",
                words.say("composer.label"),
                escape(fields.text())
            ),
            _ => String::new(),
        };
        format!(
            "<form method=\"post\" action=\"{PATH}\" autocomplete=\"off\">{hidden}\n{text}<p><button class=\"first\">{}</button></p></form>",
            words.say("state.try_again")
        )
    }

    fn afresh(&self) -> String {
        format!(
            "<p><a class=\"button\" href=\"{}\">{}</a></p>",
            self.first(),
            self.words().say("ended.afresh")
        )
    }

    fn reference(&self, address: Option<&str>, key: &str) -> String {
        match address.filter(|address| is_page(address) && is_safe_address(address)) {
            Some(address) => format!(
                "<a href=\"{}\" target=\"_blank\" rel=\"noopener noreferrer\">{}</a>",
                escape(address),
                self.words().say(key)
            ),
            None => String::new(),
        }
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.shared.tokens.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }
}

/// Something that deserves a second look, in HTML.
pub(super) fn noted(note: &str) -> String {
    format!("<p class=\"note\">{note}</p>\n")
}
