//! A visitor's frames, read and written by hand.
//!
//! A widget is downloaded by somebody on a bad connection, and what serde derives for these types, with its tags
//! and flattened fields, is a quarter of all its code. Here the same frames are read field by field from one
//! [`Node`], which compiles to a tenth of that. It is deliberately nothing else: every vector, whole and damaged,
//! is read both ways by a test, and both must agree.

mod write;

use crate::json::Node;
use crate::limits::KEEP_S;
use crate::{
    Alternative, AlternativeChannel, Answers, AreaStatus, ByeCode, Capability, Cid, ConversationId,
    ConversationSnapshot, ConversationState, EndReason, EndedBy, ErrorCode, Event, EventKind, LeftReason,
    Limits, Link, Marks, OfferChoice, OperatorId, Party, PassedTo, Person, PersonRole, PlaceUpdate, Question,
    QueueState, Reason, Route, Secret, ServiceState, ServiceStatus, Text, Timestamp, ToVisitor, VisitorReady,
    Wait, Watermark, Work,
};

/// The fields of an object.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a>(&'a [(String, Node)]);

/// Reads one thing from a value, or says that it is not there.
pub type Read<T> = fn(&Node) -> Option<T>;

pub use write::{answers as answers_to_json, from_visitor, person as person_to_json, route_name};

/// Reads a frame for a visitor. `None`: the frame is malformed.
pub fn to_visitor(text: &str) -> Option<ToVisitor> {
    let value = Node::parse(text)?;
    let f = Fields::of(&value)?;
    Some(match f.str("t")? {
        "ready" => ToVisitor::Ready(ready(f)?),
        "ack" => ToVisitor::Ack {
            cid: f.get("cid", cid)?,
            conv: f.maybe("conv", conversation_id)?,
            seq: f.maybe("seq", number)?,
        },
        "error" => ToVisitor::Error {
            cid: f.maybe("cid", cid)?,
            code: f.get("code", error_code)?,
            retry: f.get("retry", flag)?,
            retry_ms: f.maybe("retry_ms", number)?,
            message: f.get("message", string)?,
            work: f.maybe("work", work)?,
        },
        "event" => ToVisitor::Event(event(&value)?),
        "history" => ToVisitor::History {
            events: f.list("events", event)?,
            last: f.get("last", number)?,
            more: f.get("more", flag)?,
        },
        "queue" => ToVisitor::Queue(place(&value)?),
        "service" => ToVisitor::Service(service(&value)?),
        "typing" => ToVisitor::Typing { from: f.get("from", party)?, on: f.get("on", flag)? },
        "marks" => ToVisitor::Marks(marks(&value)?),
        "bye" => ToVisitor::Bye { code: f.get("code", bye_code)?, spread_ms: f.get("spread_ms", number)? },
        "ping" => ToVisitor::Ping,
        "pong" => ToVisitor::Pong,
        _ => ToVisitor::Unknown,
    })
}

impl<'a> Fields<'a> {
    /// The fields, if the value is an object.
    pub fn of(value: &'a Node) -> Option<Self> {
        match value {
            Node::Object(fields) => Some(Self(fields)),
            _ => None,
        }
    }

    /// A field, if it is there.
    fn find(self, name: &str) -> Option<&'a Node> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// A string that must be there.
    pub fn str(self, name: &str) -> Option<&'a str> {
        self.find(name)?.as_str()
    }

    /// A field that must be there.
    pub fn get<T>(self, name: &str, read: Read<T>) -> Option<T> {
        read(self.find(name)?)
    }

    /// A field that may be absent or null. Outer `None`: it is there and wrong.
    pub fn maybe<T>(self, name: &str, read: Read<T>) -> Option<Option<T>> {
        match self.find(name) {
            None | Some(Node::Null) => Some(None),
            Some(value) => read(value).map(Some),
        }
    }

    /// A field that may be absent.
    pub fn or_default<T: Default>(self, name: &str, read: Read<T>) -> Option<T> {
        self.or(name, read, T::default())
    }

    /// A field that means something when it is absent.
    pub fn or<T>(self, name: &str, read: Read<T>, absent: T) -> Option<T> {
        match self.find(name) {
            Some(value) => read(value),
            None => Some(absent),
        }
    }

    /// A list that must be there.
    pub fn list<T>(self, name: &str, read: Read<T>) -> Option<Vec<T>> {
        let Node::List(items) = self.find(name)? else { return None };
        // A loop: what an iterator makes of it is compiled anew for every type.
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            list.push(read(item)?);
        }
        Some(list)
    }

    /// A list that may be absent.
    pub fn list_or_empty<T>(self, name: &str, read: Read<T>) -> Option<Vec<T>> {
        if self.find(name).is_some() { self.list(name, read) } else { Some(Vec::new()) }
    }
}

/// Reads a whole number.
pub fn number(value: &Node) -> Option<u64> {
    match value {
        Node::Number(number) => Some(*number),
        _ => None,
    }
}

/// Reads `true` or `false`.
pub fn flag(value: &Node) -> Option<bool> {
    match value {
        Node::Flag(flag) => Some(*flag),
        _ => None,
    }
}

/// Reads a string.
pub fn string(value: &Node) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Reads a number of 32 bits.
pub fn small(value: &Node) -> Option<u32> {
    number(value)?.try_into().ok()
}

/// Reads a command's name.
pub fn cid(value: &Node) -> Option<Cid> {
    string(value)?.try_into().ok()
}

/// Reads a secret.
pub fn secret(value: &Node) -> Option<Secret> {
    string(value)?.try_into().ok()
}

/// Reads a text.
pub fn text(value: &Node) -> Option<Text> {
    Text::parse(value.as_str()?).ok()
}

/// Reads answers to questions.
pub fn answers(value: &Node) -> Option<Answers> {
    let mut answers = Answers::default();
    for (question, answer) in Fields::of(value)?.0 {
        answers.put(question.clone(), string(answer)?);
    }
    Some(answers)
}

/// Reads a route.
pub fn route(value: &Node) -> Option<Route> {
    Some(match value.as_str()? {
        "patient" => Route::Patient,
        _ => Route::Standard,
    })
}

/// Reads somebody a visitor talks with.
pub fn person(value: &Node) -> Option<Person> {
    let f = Fields::of(value)?;
    Some(Person {
        id: f.get("id", operator_id)?,
        name: f.get("name", string)?,
        role: match f.str("role")? {
            "operator" => PersonRole::Operator,
            _ => PersonRole::Unknown,
        },
        centre: f.maybe("centre", string)?,
    })
}

fn ready(f: Fields<'_>) -> Option<VisitorReady> {
    Some(VisitorReady {
        epoch: f.get("epoch", string)?,
        ping_s: f.get("ping_s", small)?,
        caps: f.list_or_empty("caps", capability)?,
        limits: f.or_default("limits", limits)?,
        service: f.get("service", service)?,
        conv: f.maybe("conv", snapshot)?,
    })
}

fn limits(value: &Node) -> Option<Limits> {
    let f = Fields::of(value)?;
    Some(Limits {
        frame: f.get("frame", small)?,
        text: f.get("text", small)?,
        burst: f.get("burst", small)?,
        per_s: f.get("per_s", small)?,
        keep_s: f.or("keep_s", small, KEEP_S)?,
    })
}

fn snapshot(value: &Node) -> Option<ConversationSnapshot> {
    let f = Fields::of(value)?;
    Some(ConversationSnapshot {
        id: f.get("id", conversation_id)?,
        state: f.get("state", conversation_state)?,
        last: f.get("last", number)?,
        reset: f.or_default("reset", flag)?,
        more: f.or_default("more", flag)?,
        events: f.list("events", event)?,
        marks: f.or_default("marks", marks)?,
        queue: f.maybe("queue", place)?,
        expires_at: f.maybe("expires_at", timestamp)?,
    })
}

fn service(value: &Node) -> Option<ServiceStatus> {
    let f = Fields::of(value)?;
    Some(ServiceStatus {
        name: f.get("name", string)?,
        state: match f.str("state")? {
            "open" => ServiceState::Open,
            "closed" => ServiceState::Closed,
            "full" => ServiceState::Full,
            "ending" => ServiceState::Ending,
            "blocked" => ServiceState::Blocked,
            _ => ServiceState::Unknown,
        },
        closes_at: f.maybe("closes_at", timestamp)?,
        next_open: f.maybe("next_open", timestamp)?,
        wait: f.get("wait", wait)?,
        may_close_first: f.or_default("may_close_first", flag)?,
        offered: f.or("offered", flag, true)?,
        notice: f.maybe("notice", string)?,
        areas: f.list_or_empty("areas", area)?,
        offers: f.list_or_empty("offers", alternative)?,
    })
}

fn wait(value: &Node) -> Option<Wait> {
    let f = Fields::of(value)?;
    Some(match f.str("kind")? {
        "range" => Wait::Range { low_s: f.get("low_s", small)?, high_s: f.maybe("high_s", small)? },
        "closed" => Wait::Closed,
        _ => Wait::Unknown,
    })
}

fn area(value: &Node) -> Option<AreaStatus> {
    let f = Fields::of(value)?;
    Some(AreaStatus { id: f.get("id", string)?, name: f.get("name", string)?, open: f.get("open", flag)? })
}

fn alternative(value: &Node) -> Option<Alternative> {
    let f = Fields::of(value)?;
    Some(Alternative {
        id: f.get("id", string)?,
        channel: match f.str("channel")? {
            "phone" => AlternativeChannel::Phone,
            "sms" => AlternativeChannel::Sms,
            "email" => AlternativeChannel::Email,
            "page" => AlternativeChannel::Page,
            _ => AlternativeChannel::Unknown,
        },
        uri: f.get("uri", string)?,
        label: f.get("label", string)?,
        hours: f.maybe("hours", string)?,
        open: f.get("open", flag)?,
        crisis: f.or_default("crisis", flag)?,
    })
}

fn place(value: &Node) -> Option<PlaceUpdate> {
    let f = Fields::of(value)?;
    Some(PlaceUpdate {
        rev: f.get("rev", number)?,
        state: match f.str("state")? {
            "ready" => QueueState::Ready,
            "held" => QueueState::Held,
            _ => QueueState::Waiting,
        },
        place: f.maybe("place", small)?,
        wait: f.get("wait", wait)?,
        promised_by: f.maybe("promised_by", timestamp)?,
        worse: f.or_default("worse", flag)?,
        may_close_first: f.or_default("may_close_first", flag)?,
        hold_s: f.maybe("hold_s", small)?,
    })
}

fn event(value: &Node) -> Option<Event> {
    let f = Fields::of(value)?;
    let kind = match f.str("kind")? {
        "started" => EventKind::Started {
            area: f.maybe("area", string)?,
            lang: f.get("lang", string)?,
            route: f.or_default("route", route)?,
        },
        "message" => EventKind::Message {
            from: f.get("from", party)?,
            cid: f.maybe("cid", cid)?,
            text: f.get("text", text)?,
            link: f.maybe("link", link)?,
            automatic: f.or_default("automatic", flag)?,
        },
        "joined" => EventKind::Joined { who: f.get("who", person)? },
        "left" => EventKind::Left {
            who: f.get("who", operator_id)?,
            reason: match f.str("reason")? {
                "connection_lost" => LeftReason::ConnectionLost,
                "no_answer" => LeftReason::NoAnswer,
                _ => LeftReason::Unknown,
            },
            state: f.get("state", conversation_state)?,
        },
        "transferred" => EventKind::Transferred {
            from: f.get("from", operator_id)?,
            to: f.get("to", passed_to)?,
            reason: f.maybe("reason", reason)?,
            state: f.get("state", conversation_state)?,
        },
        "offer" => EventKind::Offer {
            id: f.get("id", string)?,
            from: f.get("from", operator_id)?,
            alternative: f.get("alternative", alternative)?,
        },
        "answered" => EventKind::Answered {
            reference: f.get("ref", string)?,
            choice: match f.str("choice")? {
                "taken" => OfferChoice::Taken,
                _ => OfferChoice::Declined,
            },
        },
        "survey" => EventKind::Survey { id: f.get("id", string)?, questions: f.list("questions", question)? },
        "ended" => EventKind::Ended {
            by: match f.str("by")? {
                "visitor" => EndedBy::Visitor,
                "operator" => EndedBy::Operator,
                _ => EndedBy::System,
            },
            reason: match f.str("reason")? {
                "done" => EndReason::Done,
                "left_waiting" => EndReason::LeftWaiting,
                "away" => EndReason::Away,
                "closed" => EndReason::Closed,
                "exit" => EndReason::Exit,
                "blocked" => EndReason::Blocked,
                _ => EndReason::Unknown,
            },
        },
        _ => EventKind::Unknown,
    };
    Some(Event { seq: f.get("seq", number)?, at: f.get("at", timestamp)?, kind })
}

fn passed_to(value: &Node) -> Option<PassedTo> {
    let f = Fields::of(value)?;
    Some(PassedTo {
        operator: f.maybe("operator", operator_id)?,
        area: f.maybe("area", string)?,
        name: f.maybe("name", string)?,
    })
}

fn reason(value: &Node) -> Option<Reason> {
    Reason::parse(value.as_str()?).ok()
}

fn link(value: &Node) -> Option<Link> {
    let f = Fields::of(value)?;
    Some(Link { url: f.get("url", string)?, title: f.maybe("title", string)? })
}

fn question(value: &Node) -> Option<Question> {
    let f = Fields::of(value)?;
    Some(Question {
        id: f.get("id", string)?,
        label: f.get("label", string)?,
        why: f.maybe("why", string)?,
        options: f.list("options", string)?,
    })
}

fn marks(value: &Node) -> Option<Marks> {
    let f = Fields::of(value)?;
    Some(Marks {
        visitor: f.or_default("visitor", watermark)?,
        operator: f.or_default("operator", watermark)?,
    })
}

fn watermark(value: &Node) -> Option<Watermark> {
    let f = Fields::of(value)?;
    Some(Watermark { delivered: f.or_default("delivered", number)?, read: f.or_default("read", number)? })
}

fn party(value: &Node) -> Option<Party> {
    string(value).map(Party::from)
}

fn timestamp(value: &Node) -> Option<Timestamp> {
    string(value)?.try_into().ok()
}

fn conversation_id(value: &Node) -> Option<ConversationId> {
    string(value).map(ConversationId)
}

fn operator_id(value: &Node) -> Option<OperatorId> {
    string(value).map(OperatorId)
}

fn conversation_state(value: &Node) -> Option<ConversationState> {
    match value.as_str()? {
        "waiting" => Some(ConversationState::Waiting),
        "active" => Some(ConversationState::Active),
        "ended" => Some(ConversationState::Ended),
        _ => None,
    }
}

fn capability(value: &Node) -> Option<Capability> {
    Some(match value.as_str()? {
        "typing" => Capability::Typing,
        "marks" => Capability::Marks,
        "offers" => Capability::Offers,
        "survey" => Capability::Survey,
        "links" => Capability::Links,
        "transfer" => Capability::Transfer,
        "notes" => Capability::Notes,
        "watch" => Capability::Watch,
        "roster" => Capability::Roster,
        "blocks" => Capability::Blocks,
        _ => Capability::Unknown,
    })
}

fn error_code(value: &Node) -> Option<ErrorCode> {
    Some(match value.as_str()? {
        "bad_request" => ErrorCode::BadRequest,
        "unauthorized" => ErrorCode::Unauthorized,
        "forbidden" => ErrorCode::Forbidden,
        "not_found" => ErrorCode::NotFound,
        "closed" => ErrorCode::Closed,
        "queue_full" => ErrorCode::QueueFull,
        "rate_limited" => ErrorCode::RateLimited,
        "too_large" => ErrorCode::TooLarge,
        "conflict" => ErrorCode::Conflict,
        "unsupported" => ErrorCode::Unsupported,
        "ended" => ErrorCode::Ended,
        "unavailable" => ErrorCode::Unavailable,
        "internal" => ErrorCode::Internal,
        "work_needed" => ErrorCode::WorkNeeded,
        _ => ErrorCode::Unknown,
    })
}

fn work(value: &Node) -> Option<Work> {
    let f = Fields::of(value)?;
    Some(Work { bits: f.get("bits", small)?, salt: f.get("salt", string)? })
}

fn bye_code(value: &Node) -> Option<ByeCode> {
    Some(match value.as_str()? {
        "restart" => ByeCode::Restart,
        _ => ByeCode::Unknown,
    })
}
