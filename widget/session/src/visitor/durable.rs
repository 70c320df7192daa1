//! A visitor's durable commands, as they wait in the outbox and in the snapshot.

use tealight_protocol::json::{Node, Writer};
use tealight_protocol::lean::{self, Fields};
use tealight_protocol::{Answers, Area, Cid, Route, Secret, Start, Text, VisitorFrame};

/// A durable command.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Durable {
    /// Joins the waiting room.
    Start { area: Option<Area>, lang: String, route: Route },
    /// Says something.
    Send { text: Text },
    /// Answers the survey.
    Answer { survey: String, answers: Answers },
    /// Answers an offer.
    Choose { offer: String, taken: bool },
    /// Ends the conversation.
    End,
    /// Has everything erased.
    Erase,
}

impl Durable {
    /// Reads a command of a snapshot.
    pub(super) fn read(value: &Node) -> Option<Self> {
        let f = Fields::of(value)?;
        Some(match f.str("do")? {
            "start" => Self::Start {
                area: f.maybe("area", lean::string)?,
                lang: f.get("lang", lean::string)?,
                route: f.get("route", lean::route)?,
            },
            "send" => Self::Send { text: f.get("text", lean::text)? },
            "answer" => Self::Answer {
                survey: f.get("survey", lean::string)?,
                answers: f.get("answers", lean::answers)?,
            },
            "choose" => {
                Self::Choose { offer: f.get("offer", lean::string)?, taken: f.get("taken", lean::flag)? }
            }
            "end" => Self::End,
            "erase" => Self::Erase,
            _ => return None,
        })
    }

    /// Writes a command for a snapshot.
    pub(super) fn write(&self) -> String {
        let of = |name| Writer::new().words("do", name);
        let command = match self {
            Self::Start { area, lang, route } => of("start")
                .maybe("area", area.as_deref())
                .words("lang", lang)
                .words("route", lean::route_name(*route)),
            Self::Send { text } => of("send").words("text", text.as_str()),
            Self::Answer { survey, answers } => {
                of("answer").words("survey", survey).json("answers", &lean::answers_to_json(answers))
            }
            Self::Choose { offer, taken } => of("choose").words("offer", offer).flag("taken", *taken),
            Self::End => of("end"),
            Self::Erase => of("erase"),
        };
        command.finish()
    }

    /// Whether it answers this offer.
    pub(super) fn answers(&self, wanted: &str) -> bool {
        matches!(self, Self::Choose { offer, .. } if offer == wanted)
    }

    /// The frame that carries the command; `work` is what was done to be let in.
    pub(super) fn frame(&self, cid: Cid, secret: &Secret, work: Option<u64>) -> VisitorFrame {
        match self.clone() {
            Self::Start { area, lang, route } => {
                VisitorFrame::Start(Start { cid, secret: secret.clone(), area, lang, route, work })
            }
            Self::Send { text } => VisitorFrame::Send { cid, text },
            Self::Answer { survey, answers } => {
                VisitorFrame::Answer { cid, reference: survey, data: answers }
            }
            Self::Choose { offer, taken } => {
                let choice = if taken { "taken" } else { "declined" };
                let mut data = Answers::default();
                data.put("choice".to_owned(), choice.to_owned());
                VisitorFrame::Answer { cid, reference: offer, data }
            }
            Self::End => VisitorFrame::End { cid },
            Self::Erase => VisitorFrame::Erase { cid },
        }
    }
}
