//! What was said and what happened, as HTML. Every text is escaped and stands in an element of its own direction; links
//! are what they are in the widget.

use tealight_protocol::links::{Piece, is_page, is_safe_address, pieces, puzzling_host};
use tealight_protocol::{
    Alternative, Event, EventKind, Link, OfferChoice, Party, PassedTo, Reason, Timestamp,
};

use super::super::frame::escape;
use super::chat::Chat;
use super::form::Keys;
use super::pages::Page;
use super::words::Words;

/// One event, or nothing where a visitor sees nothing of it. The chat has applied it already.
pub(super) fn entry(page: &Page, keys: &Keys, chat: &Chat, event: &Event) -> String {
    let words = page.words();
    match &event.kind {
        EventKind::Message { from: Party::Visitor, text, .. } => {
            message("you", &words.say("log.you"), &lines(text.as_str()), &words, &event.at)
        }
        EventKind::Message { from: Party::Operator(id), text, link, automatic: false, .. } => {
            let name = name(&words, chat.name_of(id).as_deref());
            let card = link.as_ref().filter(|link| link.is_allowed()).map(|link| card(&words, link));
            let said = format!("{}{}", linked(text.as_str()), card.unwrap_or_default());
            message("them", &name, &said, &words, &event.at)
        }
        EventKind::Message { text, .. } => automatic(&words, &lines(text.as_str())),
        EventKind::Joined { who } => {
            let name = format!("<strong><bdi>{}</bdi></strong>", escape(&who.name));
            automatic(&words, &words.fill("log.joined", &[("name", &name)]))
        }
        EventKind::Left { who, .. } => match chat.name_of(who) {
            Some(name) => automatic(&words, &words.fill("log.left", &[("name", &isolated(&name))])),
            None => automatic(&words, &words.say("waiting.lost")),
        },
        EventKind::Transferred { from, to, reason, .. } => {
            let name = chat.name_of(from);
            automatic(&words, &passed_on(&words, name.as_deref(), to, reason.as_ref()))
        }
        EventKind::Offer { id, from, alternative } => {
            let name = name(&words, chat.name_of(from).as_deref());
            offer(page, keys, &words, id, &name, alternative)
        }
        EventKind::Answered { choice, .. } => {
            let key = if *choice == OfferChoice::Taken { "offer.taken" } else { "offer.declined" };
            automatic(&words, &words.say(key))
        }
        EventKind::Started { .. }
        | EventKind::Survey { .. }
        | EventKind::Ended { .. }
        | EventKind::Unknown => String::new(),
    }
}

/// Who passes the visitor on, to whom, and why in their own words.
pub(super) fn passed_on(
    words: &Words<'_>,
    who: Option<&str>,
    to: &PassedTo,
    reason: Option<&Reason>,
) -> String {
    let (key, to_name) = match (&to.name, &to.operator) {
        (None, _) => ("log.passed", ""),
        (Some(team), None) => ("log.passed_team", team.as_str()),
        (Some(colleague), Some(_)) => ("log.passed_to", colleague.as_str()),
    };
    let said = words.fill(key, &[("name", &name(words, who)), ("to", &isolated(to_name))]);
    match reason {
        Some(reason) => {
            let quote = words.fill("log.quote", &[("words", &isolated(reason.as_str()))]);
            format!("{said} {quote}")
        }
        None => said,
    }
}

/// A name or somebody's few words inside a sentence of ours.
pub(super) fn isolated(text: &str) -> String {
    format!("<bdi>{}</bdi>", escape(text))
}

/// Words with their line breaks, which text browsers keep as well.
pub(super) fn lines(text: &str) -> String {
    escape(text).replace('\n', "<br>\n")
}

/// A way to get help, as a link. Nothing, if its address may not be one.
pub(super) fn way(words: &Words<'_>, alternative: &Alternative) -> Option<String> {
    is_safe_address(&alternative.uri).then(|| {
        format!("{}{}</a>", opening(&alternative.uri), outward(words, &alternative.uri, &alternative.label))
    })
}

fn message(class: &str, who: &str, said: &str, words: &Words<'_>, at: &Timestamp) -> String {
    format!(
        "<div class=\"msg {class}\"><p class=\"who\">{who}</p>\n<div class=\"said\" dir=\"auto\">{said}</div>\n\
         <p class=\"when\"><time datetime=\"{}\">{}</time></p></div>\n",
        escape(at.as_str()),
        words.time(at),
    )
}

fn automatic(words: &Words<'_>, said: &str) -> String {
    let tag = words.say("log.automatic");
    format!("<p class=\"auto\"><span dir=\"auto\">{said}</span> <small>{tag}</small></p>\n")
}

fn name(words: &Words<'_>, name: Option<&str>) -> String {
    name.map_or_else(|| words.say("log.someone"), isolated)
}

fn linked(text: &str) -> String {
    let pieces = pieces(text).into_iter().map(|piece| match piece {
        Piece::Plain(text) => lines(text),
        // The widget writes such a host as the browser does; here nobody could, and so it stays words.
        Piece::Link(address) if puzzling_host(address).is_some() => lines(address),
        Piece::Link(address) => {
            format!("{}<span dir=\"ltr\">{}</span></a>", opening(address), escape(address))
        }
    });
    pieces.collect()
}

/// A link that an operator attached, with its address in full.
fn card(words: &Words<'_>, link: &Link) -> String {
    let key = match link.url.get(..4).map(str::to_ascii_lowercase).as_deref() {
        Some("tel:") => "log.link_call",
        Some("mail") => "log.link_mail",
        _ => "log.link_page",
    };
    let title = link.title.as_deref().map_or_else(|| words.say(key), isolated);
    format!(
        "\n<p class=\"card\">{}{title}<br>\n<span dir=\"ltr\">{}</span></a></p>",
        opening(&link.url),
        escape(&link.url)
    )
}

fn offer(page: &Page, keys: &Keys, words: &Words<'_>, id: &str, name: &str, offered: &Alternative) -> String {
    let Some(way) = way(words, offered) else { return String::new() };
    let hours = offered.hours.as_deref().map(|hours| format!(" {}", isolated(hours))).unwrap_or_default();
    format!(
        "<div class=\"msg them offer\"><p>{}</p>\n<p class=\"card\">{way}{hours}</p>\n{}\n\
         <input type=\"hidden\" name=\"act\" value=\"offer\"><input type=\"hidden\" name=\"ref\" value=\"{}\">\n\
         <button name=\"choice\" value=\"taken\">{}</button> <button name=\"choice\" value=\"declined\">{}</button>\n\
         </form></div>\n",
        words.fill("offer.lead", &[("name", name)]),
        page.form(keys),
        escape(id),
        words.say("offer.yes"),
        words.say("offer.no"),
    )
}

/// The beginning of a link. A page opens beside the chat; a call or a text message leaves it where it is.
fn opening(address: &str) -> String {
    let target = if is_page(address) { " target=\"_blank\"" } else { "" };
    format!("<a href=\"{}\"{target} rel=\"noopener noreferrer\">", escape(address))
}

fn outward(words: &Words<'_>, address: &str, label: &str) -> String {
    let label = isolated(label);
    if is_page(address) { format!("{label} {}", words.say("others.new_window")) } else { label }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tealight_protocol::Text;

    use super::*;

    /// Some hundred texts that try to be more than text.
    const CORPUS: &str = include_str!("../../../../tests/corpus/hostile-text.json");

    #[test]
    fn whatever_somebody_wrote_comes_out_as_text() {
        let corpus: Vec<Value> = serde_json::from_str(CORPUS).unwrap();
        let texts: Vec<_> =
            corpus.iter().filter_map(|case| Text::parse(case["text"].as_str()?).ok()).collect();
        assert!(texts.len() > 100);
        for text in texts {
            let text = text.as_str();
            assert_eq!(read(&lines(text), &["br"]), text);
            assert_eq!(read(&linked(text), &["br", "a", "/a", "span", "/span"]), text);
            assert_eq!(read(&isolated(text), &["bdi", "/bdi"]), text);
        }
    }

    /// What a browser makes of it, if there is no other element in it than these.
    fn read(html: &str, allowed: &[&str]) -> String {
        let mut parts = html.split('<');
        let mut text = parts.next().unwrap().to_owned();
        for part in parts {
            let (tag, after) = part.split_once('>').unwrap();
            assert!(allowed.contains(&tag.split(' ').next().unwrap()), "<{tag}>");
            text.push_str(after);
        }
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
        entities.iter().fold(text, |text, (entity, c)| text.replace(entity, c))
    }
}
