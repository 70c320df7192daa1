//! The chat as plain pages at `/plain`: waiting room and conversation as forms, without scripts and without WebAssembly,
//! for browsers that run neither.
//!
//! A page is a visitor's connection to the desk like any other (`line`), so that every rule and every refusal is the
//! same. There is no cookie, and no secret in an address: the server makes the secret with the first page, and it lives
//! in hidden fields of forms that are posted. Each form names its command, so the same form posted twice is one command.
//! Where a browser shows an answer while it still comes, the answer to a form goes on for as long as the page is there
//! (`live`).

mod chat;
mod ended;
mod form;
mod line;
mod live;
mod log;
mod pages;
mod room;
mod visit;
mod words;

use std::sync::LazyLock;

use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use tealight_protocol::{Answers, ErrorCode, Text, TextError, VisitorFrame, limits};

pub(super) use words::Dictionaries;

use super::Shared;
use super::client::{ClientKey, ClientOrigin};
use super::door::Staying;
use super::frame::FrameQuery;
use crate::digest;
use chat::Part;
use form::{Act, Asked, Fields, is_ours, shows_at_once};
use pages::{Page, Trouble};
use room::{Around, conversation, not_sent, too_long};
use visit::{Outcome, PATIENCE, SURVEY, Visit, join};

/// Where the pages are.
pub(super) const PATH: &str = "/plain";

const STYLE_PATH: &str = "/plain.css";
const STYLE: &str = include_str!("plain.css");

/// The style sheet under an address that changes with it.
static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| {
    let digest = digest::base64url(&digest::of_bytes(STYLE.as_bytes()));
    format!("{STYLE_PATH}?v={}", &digest[..10])
});

/// Longest form, in bytes: far more than the longest text, so that one that is too long comes back to its writer.
const FORM_BYTES: usize = 128 * 1024;

const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route(PATH, get(first).post(act).layer(DefaultBodyLimit::max(FORM_BYTES)))
        .route(STYLE_PATH, get(style))
        .route_layer(middleware::from_fn(careful))
}

/// `GET /plain`: the first page, with a secret that nobody has used yet.
async fn first(
    State(shared): State<Shared>,
    origin: ClientOrigin,
    Query(query): Query<FrameQuery>,
) -> Response {
    if !shared.pages.config.service.plain {
        // Pages of others may still lead here; there they find the ways to get help.
        return Redirect::to("/chat").into_response();
    }
    let page = Page::new(shared, query.lang()).from(origin);
    match page.shared.desk.status_from(origin.0).await {
        Ok(service) => page.answer(StatusCode::OK, "welcome", &page.welcome(&service, None)),
        Err(_) => page.trouble(Trouble::Busy, &Fields::default()),
    }
}

async fn style() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=86400")];
    (headers, STYLE).into_response()
}

/// `POST /plain`: everything that a visitor does.
async fn act(
    State(shared): State<Shared>,
    client: ClientKey,
    origin: ClientOrigin,
    staying: Option<Extension<Staying>>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    if !shared.pages.config.service.plain {
        return StatusCode::NOT_FOUND.into_response();
    }
    let fields = match form {
        Ok(Form(pairs)) => Fields(pairs),
        Err(rejection) => {
            let is_long = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
            let trouble = if is_long { Trouble::TooMuch } else { Trouble::Incomplete };
            return Page::new(shared, None).trouble(trouble, &Fields::default());
        }
    };
    let page = Page::new(shared, fields.get("lang")).from(origin);
    if !is_ours(&page.shared.origins, &headers) {
        return page.trouble(Trouble::Foreign, &fields);
    }
    let Some(asked) = fields.asked() else { return page.trouble(Trouble::Incomplete, &fields) };
    if matches!(asked.act, Act::End | Act::Wipe) {
        let is_waiting = fields.get("at") == Some("waiting");
        return page.answer(StatusCode::OK, "question", &page.question(&asked, is_waiting));
    }
    let place = match page.shared.admit(client) {
        Ok(place) => place,
        Err(wait) => {
            let mut response = page.trouble(Trouble::TooFast, &fields);
            response.headers_mut().insert(header::RETRY_AFTER, (wait.as_secs() + 1).into());
            return response;
        }
    };
    let staying = staying.map(|Extension(staying)| staying);
    let live = shows_at_once(&headers).then_some(staying);
    let done = async {
        if asked.act == Act::Join
            && let Outcome::Refused(code) = join(&page, &asked, &fields).await?
        {
            return Ok(refused(&page, code).await);
        }
        let mut visit = Visit::begin(&page, &asked.keys, place).await?;
        let done = carry_out(&page, &asked, &fields, &mut visit).await?;
        if done.is_erased {
            let mut response = page.trouble(Trouble::Erased, &Fields::default());
            *response.status_mut() = StatusCode::OK;
            return Ok(response);
        }
        visit.catch_up().await?;
        visit.mark(true).await;
        Ok(answer(page.clone(), &asked, &fields, visit, done, live))
    };
    match tokio::time::timeout(PATIENCE, done).await {
        Ok(Ok(response)) => response,
        Ok(Err(trouble)) => page.trouble(trouble, &fields),
        Err(_) => page.trouble(Trouble::Busy, &fields),
    }
}

/// What became of what was asked.
#[derive(Debug, Default)]
struct Done {
    status: StatusCode,
    /// What went wrong, in HTML.
    note: Option<String>,
    /// Whether the words go back into the composer.
    keeps_words: bool,
    /// Whether the next message is another command than this one.
    is_new: bool,
    is_answered: bool,
    is_erased: bool,
}

async fn carry_out(page: &Page, asked: &Asked, fields: &Fields, visit: &mut Visit) -> Result<Done, Trouble> {
    let done = Done { is_new: true, ..Done::default() };
    let cid = asked.cid.clone();
    let outcome = match asked.act {
        Act::Join | Act::Look | Act::End | Act::Wipe => return Ok(done),
        Act::Send => return send(page, asked, fields, visit).await,
        Act::EndYes => visit.command(&VisitorFrame::End { cid }, &asked.cid).await?,
        Act::WipeYes => {
            let outcome = visit.command(&VisitorFrame::Erase { cid }, &asked.cid).await?;
            if outcome == Outcome::Done {
                return Ok(Done { is_erased: true, ..done });
            }
            outcome
        }
        Act::Survey => {
            let answers = fields.answers();
            if answers.is_empty() {
                return Ok(done);
            }
            visit.answer(&cid, SURVEY, answers).await?
        }
        Act::Offer => {
            let choice = fields.get("choice").unwrap_or_default().to_owned();
            let data: Answers = [("choice".to_owned(), choice)].into_iter().collect();
            visit.answer(&cid, fields.get("ref").unwrap_or_default(), data).await?
        }
    };
    let words = page.words();
    Ok(match outcome {
        Outcome::Done => Done { is_answered: asked.act == Act::Survey, ..done },
        // It is over, as was asked for.
        Outcome::Refused(ErrorCode::Ended) => done,
        Outcome::Refused(ErrorCode::Conflict) if asked.act != Act::EndYes => {
            let is_answered = asked.act == Act::Survey;
            Done { note: Some(words.say("answered")), is_answered, ..done }
        }
        Outcome::Refused(code) => {
            let why = if code == ErrorCode::RateLimited { "too_fast" } else { "busy" };
            Done { status: status_of(code), note: Some(words.say(why)), ..done }
        }
    })
}

async fn send(page: &Page, asked: &Asked, fields: &Fields, visit: &mut Visit) -> Result<Done, Trouble> {
    let cid = asked.cid.clone();
    let kept = Done { keeps_words: true, ..Done::default() };
    let text = match Text::parse(fields.text()) {
        Ok(text) => text,
        Err(TextError::Empty) => {
            let note = Some(page.words().say("no_words"));
            return Ok(Done { status: StatusCode::UNPROCESSABLE_ENTITY, note, ..Done::default() });
        }
        Err(TextError::TooLong { chars }) => {
            let note = Some(too_long(page, chars, limits::TEXT_CHARS));
            return Ok(Done { status: StatusCode::UNPROCESSABLE_ENTITY, note, ..kept });
        }
    };
    Ok(match visit.command(&VisitorFrame::Send { cid, text }, &asked.cid).await? {
        Outcome::Done => Done { is_new: true, ..Done::default() },
        Outcome::Refused(code) => {
            let why = match code {
                ErrorCode::RateLimited => "too_fast",
                ErrorCode::Conflict => "changed",
                _ => "busy",
            };
            let note = Some(not_sent(page, fields, why));
            // Under the old name these words would be refused for ever.
            Done { status: status_of(code), note, is_new: code == ErrorCode::Conflict, ..kept }
        }
    })
}

/// The page after a command: the end, or the conversation, which goes on where `live` says so.
fn answer(
    page: Page,
    asked: &Asked,
    fields: &Fields,
    visit: Visit,
    done: Done,
    live: Option<Option<Staying>>,
) -> Response {
    let text = if done.keeps_words { fields.text() } else { "" };
    if let Part::Ended { .. } = visit.chat.part {
        // Nothing can be sent any more; what went wrong before does not matter.
        let note = done.note.filter(|_| !done.keeps_words);
        let body = ended::ended(&page, &visit.chat, &asked.keys, note.as_deref(), text, done.is_answered);
        return page.answer(StatusCode::OK, "ended", &body);
    }
    let cid = if done.is_new { page.new_cid() } else { asked.cid.clone() };
    let around = Around {
        keys: &asked.keys,
        note: done.note,
        text,
        cid: &cid,
        seen: fields.seen(),
        is_live: live.is_some(),
    };
    let html = conversation(&page, &visit.chat, &visit.events, &around);
    match live {
        Some(staying) => {
            let body = live::body(page, asked.keys.clone(), visit, html, staying);
            let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
            (done.status, headers, body).into_response()
        }
        None => {
            tokio::spawn(visit.line.linger());
            (done.status, Html(html)).into_response()
        }
    }
}

/// Nobody is let in: the first page again, as it is now.
async fn refused(page: &Page, code: ErrorCode) -> Response {
    // Other devices work for it now; this one can only come again.
    let why = if code == ErrorCode::RateLimited { "too_fast" } else { "welcome.refused" };
    let note = page.words().say(why);
    match page.shared.desk.status_from(page.origin.0).await {
        Ok(service) => page.answer(status_of(code), "welcome", &page.welcome(&service, Some(&note))),
        Err(_) => page.trouble(Trouble::Busy, &Fields::default()),
    }
}

fn status_of(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Conflict | ErrorCode::Closed | ErrorCode::QueueFull | ErrorCode::Ended => {
            StatusCode::CONFLICT
        }
        ErrorCode::BadRequest | ErrorCode::TooLarge => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::Forbidden | ErrorCode::Unauthorized => StatusCode::FORBIDDEN,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// What plain pages carry besides what every answer does.
async fn careful(request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let own = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        // Without its own origin in a form's request, a browser would say that it came from nowhere.
        (header::REFERRER_POLICY, "same-origin"),
        // A proxy that collects an answer before it passes it on would hold back what comes later.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    for (name, value) in own {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
