//! The page after the end: thanks, what nobody has read, a survey that can be left out, and the way to have it erased.

use tealight_protocol::{EndReason, Question, ServiceState};

use super::super::frame::{escape, fill};
use super::chat::{Chat, Part};
use super::form::Keys;
use super::pages::{Page, noted};
use super::room::wipe;

/// The page. `text` was posted too late, `is_answered` says that the survey was answered just now.
pub(super) fn ended(
    page: &Page,
    chat: &Chat,
    keys: &Keys,
    note: Option<&str>,
    text: &str,
    is_answered: bool,
) -> String {
    let words = page.words();
    let Part::Ended { reason, survey } = &chat.part else { return String::new() };
    let mut unread: Vec<&str> = chat.unheard.iter().map(|text| text.as_str()).collect();
    let caption = if unread.is_empty() { "kept.caption" } else { "ended.nobody_read" };
    if !text.trim().is_empty() {
        unread.push(text);
    }
    fill(include_str!("ended.html"), |slot| match slot {
        "notes" => note.map(noted).unwrap_or_default(),
        "title" => words.say(title(*reason, chat.was_joined)),
        "thanks" if *reason == EndReason::Blocked => match chat.service.state {
            ServiceState::Blocked => page.blocked(&chat.service),
            _ => String::new(),
        },
        "thanks" if chat.was_joined => {
            format!(
                "<p class=\"lead\">{}</p>\n<p>{}</p>",
                words.say("ended.lead"),
                words.say("ended.hard_again")
            )
        }
        "kept" => page.kept(caption, &unread.join("\n\n")),
        "survey" if is_answered => noted(&words.say("survey.thanks")),
        "survey" => asked(page, keys, survey),
        "leave" => words.say("ended.leave"),
        "afresh_url" => page.first(),
        "afresh" => words.say("ended.afresh"),
        "wipe" => wipe(page, keys),
        "about" => page.about(),
        _ => String::new(),
    })
}

fn title(reason: EndReason, was_joined: bool) -> &'static str {
    match reason {
        EndReason::Away => "ended.away_title",
        EndReason::Closed => "ended.closed_title",
        EndReason::LeftWaiting => "ended.left_title",
        EndReason::Blocked => "blocked.title",
        EndReason::Done | EndReason::Exit | EndReason::Unknown if was_joined => "ended.title",
        EndReason::Done | EndReason::Exit | EndReason::Unknown => "ended.left_title",
    }
}

/// The survey, if there is one.
fn asked(page: &Page, keys: &Keys, questions: &[Question]) -> String {
    if questions.is_empty() {
        return String::new();
    }
    let words = page.words();
    let count = questions.len();
    let fields: String = questions.iter().map(question).collect();
    format!(
        "{}<p>{}</p>\n{fields}<p><button class=\"first\" name=\"act\" value=\"survey\">{}</button></p></form>",
        page.form(keys),
        words.count("survey.intro", count as f64, &count.to_string()),
        words.say("survey.send")
    )
}

fn question(question: &Question) -> String {
    let why = question.why.as_deref().map(|why| format!("<p class=\"quiet\">{}</p>\n", escape(why)));
    let options = question.options.iter().map(|option| {
        format!(
            "<label class=\"choice\"><input type=\"radio\" name=\"q.{}\" value=\"{}\"> {}</label>\n",
            escape(&question.id),
            escape(option),
            escape(option)
        )
    });
    format!(
        "<fieldset><legend>{}</legend>\n{}{}</fieldset>\n",
        escape(&question.label),
        why.unwrap_or_default(),
        options.collect::<String>()
    )
}
