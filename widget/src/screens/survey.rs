//! At most three questions after the end. Every one can be left out, and so can all of them.

use std::collections::BTreeMap;

use leptos::attr::custom::custom_attribute;
use leptos::prelude::*;
use tealight_protocol::{Question, limits};
use tealight_session::visitor::Command;

use crate::context::Context;
use crate::keys::Key;

/// More answers than this stand below each other.
const ANSWERS_IN_A_ROW: usize = 3;

type Answers = StoredValue<BTreeMap<String, String>>;

pub(crate) fn survey(cx: Context) -> impl IntoView {
    let questions = Memo::new(move |_| {
        cx.ended.with(|ended| {
            ended.as_ref().and_then(|ended| ended.survey.as_ref()).map(|survey| survey.questions.clone())
        })
    });
    let is_sending = Memo::new(move |_| {
        cx.ended.with(|ended| {
            ended.as_ref().and_then(|ended| ended.survey.as_ref()).is_some_and(|survey| survey.sending)
        })
    });
    let answers: Answers = StoredValue::new(BTreeMap::new());
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let answers = answers.get_value();
        cx.dispatch(if answers.is_empty() { Command::SkipSurvey } else { Command::AnswerSurvey(answers) });
        request_animation_frame(move || cx.focus_heading());
    };
    let skip = move |_| {
        cx.dispatch(Command::SkipSurvey);
        request_animation_frame(move || cx.focus_heading());
    };
    move || {
        let mut questions = questions.get()?;
        questions.truncate(limits::SURVEY_QUESTIONS);
        let intro = cx.words(|words| words.count(Key::SURVEY_INTRO, questions.len() as f64));
        let questions = questions.into_iter().enumerate().map(|(index, it)| question(index, it, answers));
        Some(view! {
            <form class="survey" part="survey" on:submit=send>
                <p class="facts">{intro}</p>
                {questions.collect_view()}
                <div class="actions">
                    <button
                        class="button"
                        part="button button-primary"
                        data-kind="primary"
                        type="submit"
                        data-busy=move || is_sending.get().then_some("true")
                    >
                        {cx.say(Key::SURVEY_SEND)}
                    </button>
                    <button
                        class="button"
                        part="button button-quiet"
                        data-kind="quiet"
                        type="button"
                        on:click=skip
                    >
                        {cx.say(Key::SURVEY_SKIP)}
                    </button>
                </div>
            </form>
        })
    }
}

fn question(index: usize, question: Question, answers: Answers) -> AnyView {
    let why = question.why.map(|why| view! { <p class="facts">{why}</p> });
    let id = question.id;
    if question.options.is_empty() {
        let written = move |event| {
            let answer = event_target_value(&event);
            answers.update_value(|answers| {
                if answer.trim().is_empty() {
                    answers.remove(&id);
                } else {
                    answers.insert(id.clone(), answer.chars().take(limits::ANSWER_CHARS).collect());
                }
            });
        };
        return view! {
            <label class="field">
                <span class="field-label">{question.label}</span>
                {why}
                <textarea
                    class="field-input"
                    part="input"
                    rows="3"
                    dir="auto"
                    maxlength=limits::ANSWER_CHARS.to_string()
                    autocomplete="off"
                    spellcheck="false"
                    {..custom_attribute("writingsuggestions", "false")}
                    on:change=written
                ></textarea>
            </label>
        }
        .into_any();
    }
    let layout = if question.options.len() > ANSWERS_IN_A_ROW { "column" } else { "row" };
    let mut group = "question-".to_owned();
    group.push_str(&index.to_string());
    let choices = question.options.into_iter().map(|option| {
        let (id, answer, label) = (id.clone(), option.clone(), option);
        let chosen = move |_| {
            answers.update_value(|answers| {
                answers.insert(id.clone(), answer.clone());
            });
        };
        view! {
            <label class="choice">
                <input class="choice-input" type="radio" name=group.clone() on:change=chosen />
                <span>{label}</span>
            </label>
        }
    });
    view! {
        <fieldset class="question">
            <legend class="question-text">{question.label}</legend>
            {why}
            <div class="choices" data-layout=layout>{choices.collect_view()}</div>
        </fieldset>
    }
    .into_any()
}
