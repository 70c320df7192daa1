//! At most three questions after the end. Every one can be left out, and so can all of them.

use std::cell::RefCell;
use std::rc::Rc;

use tealight_protocol::json::digits;
use tealight_protocol::{Question, limits};
use tealight_session::visitor::{Command, Phase, SurveyView};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlTextAreaElement};

use crate::context::Context;
use crate::element::{El, el, side_by_side};
use crate::keys::Key;

/// More answers than this stand below each other.
const ANSWERS_IN_A_ROW: usize = 3;

/// Answers by question, at most one for each. So few need no tree.
type Answers = Rc<RefCell<Vec<(String, String)>>>;

fn put(answers: &Answers, question: &str, answer: String) {
    let mut answers = answers.borrow_mut();
    answers.retain(|(answered, _)| answered != question);
    if !answer.trim().is_empty() {
        answers.push((question.to_owned(), answer));
    }
}

pub(crate) fn survey(cx: Context) -> El {
    let is_asked = move || cx.ended(|ended| ended.survey.is_some()) == Some(true);
    side_by_side().when(is_asked, move || match &cx.now().phase {
        Phase::Ended(ended) => ended.survey.as_ref().map_or_else(side_by_side, |survey| form(cx, survey)),
        _ => side_by_side(),
    })
}

fn form(cx: Context, survey: &SurveyView) -> El {
    let answers = Answers::default();
    let given = Rc::clone(&answers);
    let send = move |event: Event| {
        event.prevent_default();
        let is_empty = given.borrow().is_empty();
        let answers = given.borrow().iter().cloned().collect();
        cx.dispatch(if is_empty { Command::SkipSurvey } else { Command::AnswerSurvey(answers) });
        cx.before_paint(move || cx.focus_heading());
    };
    let skip = move |_| {
        cx.dispatch(Command::SkipSurvey);
        cx.before_paint(move || cx.focus_heading());
    };
    let is_sending = move || {
        cx.ended(|ended| ended.survey.as_ref().is_some_and(|survey| survey.sending))
            .unwrap_or_default()
            .then_some("true")
    };
    let send_button = el("button")
        .class("button")
        .part("button button-primary")
        .attr("data-kind", "primary")
        .attr("type", "submit")
        .live_attr("data-busy", is_sending)
        .text(&cx.say(Key::SURVEY_SEND));
    let skip_button = el("button")
        .class("button")
        .part("button button-quiet")
        .attr("data-kind", "quiet")
        .attr("type", "button")
        .on("click", skip)
        .text(&cx.say(Key::SURVEY_SKIP));
    let count = survey.questions.len().min(limits::SURVEY_QUESTIONS);
    let intro = cx.words(|words| words.count(Key::SURVEY_INTRO, count as f64));
    let mut form = el("form")
        .class("survey")
        .part("survey")
        .on("submit", send)
        .child(el("p").class("facts").text(&intro));
    for (index, it) in survey.questions.iter().take(count).enumerate() {
        form = form.child(question(index, it, &answers));
    }
    form.child(el("div").class("actions").child(send_button).child(skip_button))
}

fn question(index: usize, question: &Question, answers: &Answers) -> El {
    let why = question.why.as_deref().map(|why| el("p").class("facts").text(why));
    if question.options.is_empty() {
        written(question, why, answers)
    } else {
        chosen(index, question, why, answers)
    }
}

/// A question that is answered in the visitor's own words.
fn written(question: &Question, why: Option<El>, answers: &Answers) -> El {
    let (id, answers) = (question.id.clone(), Rc::clone(answers));
    let area = el("textarea");
    let field: HtmlTextAreaElement = area.element().unchecked_into();
    let changed = move |_| {
        put(&answers, &id, field.value().chars().take(limits::ANSWER_CHARS).collect());
    };
    let area = area
        .class("field-input")
        .part("input")
        .attr("rows", "3")
        .attr("dir", "auto")
        .attr("maxlength", &digits(limits::ANSWER_CHARS as u64))
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .attr("writingsuggestions", "false")
        .on("change", changed);
    el("label")
        .class("field")
        .child(el("span").class("field-label").text(&question.label))
        .maybe(why)
        .child(area)
}

/// A question with answers to choose from.
fn chosen(index: usize, question: &Question, why: Option<El>, answers: &Answers) -> El {
    let layout = if question.options.len() > ANSWERS_IN_A_ROW { "column" } else { "row" };
    let mut group = "question-".to_owned();
    group.push_str(&digits(index as u64));
    let mut choices = el("div").class("choices").attr("data-layout", layout);
    for option in &question.options {
        let (id, answer, answers) = (question.id.clone(), option.clone(), Rc::clone(answers));
        let chosen = move |_| {
            put(&answers, &id, answer.clone());
        };
        let input =
            el("input").class("choice-input").attr("type", "radio").attr("name", &group).on("change", chosen);
        choices = choices.child(el("label").class("choice").child(input).child(el("span").text(option)));
    }
    el("fieldset")
        .class("question")
        .child(el("legend").class("question-text").text(&question.label))
        .maybe(why)
        .child(choices)
}
