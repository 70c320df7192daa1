//! One look at a conversation: comes back to it, says one command, and hears what that made of it.

use std::time::Duration;

use tealight_protocol::{
    Answers, Capability, Cid, CloseCode, ErrorCode, Event, Role, Route, Start, ToVisitor, VisitorFrame,
    VisitorHello, Watermark,
};

use super::super::places::Place;
use super::chat::{Chat, is_ended};
use super::form::{Asked, Fields, Keys};
use super::line::{Heard, Line};
use super::pages::{Page, Trouble};

/// How long the desk may take to answer. The words that were posted must come back before the request is given up.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The name of the survey in `answer.ref`.
pub(super) const SURVEY: &str = "survey";

/// A connection with the conversation that it follows.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) line: Line,
    pub(super) chat: Chat,
    /// All events so far.
    pub(super) events: Vec<Event>,
}

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is stored, or was before.
    Done,
    /// It was refused.
    Refused(ErrorCode),
}

/// Joins the waiting room. The same page posted again joins nothing new.
pub(super) async fn join(page: &Page, asked: &Asked, fields: &Fields) -> Result<Outcome, Trouble> {
    let mut line = Line::open(&page.shared, page.origin, None);
    line.say(&hello(page, &asked.keys, false)).await;
    until(&mut line, |frame| matches!(frame, ToVisitor::Ready(_))).await?;
    let start = Start {
        cid: asked.cid.clone(),
        secret: asked.keys.secret.clone(),
        area: fields.get("area").filter(|area| !area.is_empty()).map(str::to_owned),
        lang: page.lang().to_owned(),
        route: Route::Standard,
        work: None,
    };
    line.say(&VisitorFrame::Start(start)).await;
    let answer = until(&mut line, |frame| answers(frame, &asked.cid).is_some()).await?;
    Ok(answers(&answer, &asked.cid).unwrap_or(Outcome::Done))
}

impl Visit {
    /// Comes back to a conversation, with all that was said in it.
    pub(super) async fn begin(page: &Page, keys: &Keys, place: Option<Place>) -> Result<Self, Trouble> {
        let mut line = Line::open(&page.shared, page.origin, place);
        line.say(&hello(page, keys, true)).await;
        let ready = until(&mut line, |frame| matches!(frame, ToVisitor::Ready(_))).await?;
        let ToVisitor::Ready(mut ready) = ready else { return Err(Trouble::Busy) };
        let Some(snapshot) = ready.conv.take() else { return Err(Trouble::Expired) };
        let mut visit = Self { line, chat: Chat::new(ready, &snapshot), events: Vec::new() };
        snapshot.events.iter().for_each(|event| visit.apply(event));
        let mut more = snapshot.more;
        while more {
            visit.line.say(&VisitorFrame::Sync { after: visit.chat.last }).await;
            let page = visit.until(|frame| matches!(frame, ToVisitor::History { .. })).await?;
            more = matches!(page, ToVisitor::History { more: true, .. });
        }
        if is_ended(&snapshot) && !visit.chat.is_over() {
            return Err(Trouble::Busy);
        }
        Ok(visit)
    }

    /// Says a command and waits for what becomes of it.
    pub(super) async fn command(&mut self, frame: &VisitorFrame, cid: &Cid) -> Result<Outcome, Trouble> {
        self.line.say(frame).await;
        let answer = self.until(|frame| answers(frame, cid).is_some()).await?;
        Ok(answers(&answer, cid).unwrap_or(Outcome::Done))
    }

    /// Answers a survey or an offer.
    pub(super) async fn answer(
        &mut self,
        cid: &Cid,
        reference: &str,
        data: Answers,
    ) -> Result<Outcome, Trouble> {
        let frame = VisitorFrame::Answer { cid: cid.clone(), reference: reference.to_owned(), data };
        self.command(&frame, cid).await
    }

    /// Hears everything that the desk had to say until now: it answers in order.
    pub(super) async fn catch_up(&mut self) -> Result<(), Trouble> {
        self.line.say(&VisitorFrame::Ping).await;
        self.until(|frame| matches!(frame, ToVisitor::Pong)).await.map(|_| ())
    }

    /// Tells how far the page has come. What somebody asked for is also read.
    pub(super) async fn mark(&self, is_read: bool) {
        if !self.chat.is_over() {
            let (delivered, read) = (self.chat.last, if is_read { self.chat.last } else { 0 });
            self.line.say(&VisitorFrame::Mark(Watermark { delivered, read })).await;
        }
    }

    /// Takes what a frame says. Events that are missing before it are asked for.
    pub(super) async fn take(&mut self, frame: &ToVisitor) {
        match frame {
            ToVisitor::Event(event) if event.seq > self.chat.last + 1 => {
                self.line.say(&VisitorFrame::Sync { after: self.chat.last }).await;
            }
            ToVisitor::Event(event) => self.apply(event),
            ToVisitor::History { events, .. } => events.iter().for_each(|event| self.apply(event)),
            other => self.chat.hear(other),
        }
    }

    fn apply(&mut self, event: &Event) {
        if self.chat.apply(event) {
            self.events.push(event.clone());
        }
    }

    async fn until(&mut self, is_it: impl Fn(&ToVisitor) -> bool) -> Result<ToVisitor, Trouble> {
        loop {
            let frame = heard(&mut self.line).await?;
            self.take(&frame).await;
            if is_it(&frame) {
                return Ok(frame);
            }
        }
    }
}

/// What to tell about a connection that the desk closed.
pub(super) fn trouble_of(code: CloseCode) -> Trouble {
    match code {
        CloseCode::UnknownSecret => Trouble::Expired,
        CloseCode::Erased => Trouble::Erased,
        CloseCode::Forbidden => Trouble::Forbidden,
        CloseCode::TooMany => Trouble::TooFast,
        CloseCode::Replaced => Trouble::Replaced,
        _ => Trouble::Busy,
    }
}

async fn until(line: &mut Line, is_it: impl Fn(&ToVisitor) -> bool) -> Result<ToVisitor, Trouble> {
    loop {
        let frame = heard(line).await?;
        if is_it(&frame) {
            return Ok(frame);
        }
    }
}

async fn heard(line: &mut Line) -> Result<ToVisitor, Trouble> {
    match line.hear().await {
        Heard::Frame(frame) => Ok(*frame),
        Heard::Closed(code) => Err(trouble_of(code)),
    }
}

fn answers(frame: &ToVisitor, wanted: &Cid) -> Option<Outcome> {
    match frame {
        ToVisitor::Ack { cid, .. } if cid == wanted => Some(Outcome::Done),
        ToVisitor::Error { cid: Some(cid), code, .. } if cid == wanted => Some(Outcome::Refused(*code)),
        // One command at a time: a refusal without a name can only be about this one.
        ToVisitor::Error { cid: None, code, .. } => Some(Outcome::Refused(*code)),
        _ => None,
    }
}

fn hello(page: &Page, keys: &Keys, comes_back: bool) -> VisitorFrame {
    VisitorFrame::Hello(VisitorHello {
        role: Role::Visitor,
        inst: keys.inst.clone(),
        lang: page.lang().to_owned(),
        caps: vec![Capability::Marks, Capability::Offers, Capability::Survey, Capability::Links],
        visible: true,
        secret: comes_back.then(|| keys.secret.clone()),
        epoch: None,
        after: None,
    })
}
