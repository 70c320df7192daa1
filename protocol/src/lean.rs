//! Frames for a visitor, read by hand.
//!
//! A widget is downloaded by somebody on a bad connection, and what serde derives for these types, with its tags
//! and flattened fields, is a quarter of all its code. Here the same frames are read field by field from one
//! [`Value`], which compiles to a fifth of that. It is deliberately nothing else: every vector, whole and damaged,
//! is read both ways by a test, and both must agree.

use serde_json::{Map, Value};

use crate::{
    Alternative, AlternativeChannel, Answers, AreaStatus, ByeCode, Capability, Cid, ConversationId,
    ConversationSnapshot, ConversationState, EndReason, EndedBy, ErrorCode, Event, EventKind, LeftReason,
    Limits, Link, Marks, OperatorId, Party, Person, PersonRole, PlaceUpdate, Question, QueueState, Route,
    Secret, ServiceState, ServiceStatus, Text, Timestamp, ToVisitor, VisitorReady, Wait, Watermark,
};

/// The fields of an object.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a>(&'a Map<String, Value>);

/// Reads one thing from a value, or says that it is not there.
pub type Read<T> = fn(&Value) -> Option<T>;

/// Reads a frame for a visitor. `None`: the frame is malformed.
pub fn to_visitor(text: &str) -> Option<ToVisitor> {
    let value = serde_json::from_str(text).ok()?;
    let f = Fields::of(&value)?;
    Some(match f.str("t")? {
        "ready" => ToVisitor::Ready(ready(f)?),
        "ack" => ToVisitor::Ack {
            cid: f.get("cid", cid)?,
            conv: f.maybe("conv", conversation_id)?,
            seq: f.maybe("seq", Value::as_u64)?,
        },
        "error" => ToVisitor::Error {
            cid: f.maybe("cid", cid)?,
            code: f.get("code", error_code)?,
            retry: f.get("retry", Value::as_bool)?,
            retry_ms: f.maybe("retry_ms", Value::as_u64)?,
            message: f.get("message", string)?,
        },
        "event" => ToVisitor::Event(event(&value)?),
        "history" => ToVisitor::History {
            events: f.list("events", event)?,
            last: f.get("last", Value::as_u64)?,
            more: f.get("more", Value::as_bool)?,
        },
        "queue" => ToVisitor::Queue(place(&value)?),
        "service" => ToVisitor::Service(service(&value)?),
        "typing" => ToVisitor::Typing { from: f.get("from", party)?, on: f.get("on", Value::as_bool)? },
        "marks" => ToVisitor::Marks(marks(&value)?),
        "bye" => {
            ToVisitor::Bye { code: f.get("code", bye_code)?, spread_ms: f.get("spread_ms", Value::as_u64)? }
        }
        "ping" => ToVisitor::Ping,
        "pong" => ToVisitor::Pong,
        _ => ToVisitor::Unknown,
    })
}

impl<'a> Fields<'a> {
    /// The fields, if the value is an object.
    pub fn of(value: &'a Value) -> Option<Self> {
        value.as_object().map(Self)
    }

    /// A string that must be there.
    pub fn str(self, name: &str) -> Option<&'a str> {
        self.0.get(name)?.as_str()
    }

    /// A field that must be there.
    pub fn get<T>(self, name: &str, read: Read<T>) -> Option<T> {
        read(self.0.get(name)?)
    }

    /// A field that may be absent or null. Outer `None`: it is there and wrong.
    pub fn maybe<T>(self, name: &str, read: Read<T>) -> Option<Option<T>> {
        match self.0.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => read(value).map(Some),
        }
    }

    /// A field that may be absent.
    pub fn or_default<T: Default>(self, name: &str, read: Read<T>) -> Option<T> {
        self.0.get(name).map_or_else(|| Some(T::default()), read)
    }

    /// A list that must be there.
    pub fn list<T>(self, name: &str, read: Read<T>) -> Option<Vec<T>> {
        self.0.get(name)?.as_array()?.iter().map(read).collect()
    }

    /// A list that may be absent.
    pub fn list_or_empty<T>(self, name: &str, read: Read<T>) -> Option<Vec<T>> {
        if self.0.contains_key(name) { self.list(name, read) } else { Some(Vec::new()) }
    }
}

/// Reads a string.
pub fn string(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Reads a number of 32 bits.
pub fn small(value: &Value) -> Option<u32> {
    value.as_u64()?.try_into().ok()
}

/// Reads a command's name.
pub fn cid(value: &Value) -> Option<Cid> {
    string(value)?.try_into().ok()
}

/// Reads a secret.
pub fn secret(value: &Value) -> Option<Secret> {
    string(value)?.try_into().ok()
}

/// Reads a text.
pub fn text(value: &Value) -> Option<Text> {
    Text::parse(value.as_str()?).ok()
}

/// Reads answers to questions.
pub fn answers(value: &Value) -> Option<Answers> {
    let answered = value.as_object()?.iter();
    answered.map(|(name, value)| Some((name.clone(), string(value)?))).collect::<Option<_>>().map(Answers)
}

/// Reads a route.
pub fn route(value: &Value) -> Option<Route> {
    Some(match value.as_str()? {
        "patient" => Route::Patient,
        _ => Route::Standard,
    })
}

/// Reads somebody a visitor talks with.
pub fn person(value: &Value) -> Option<Person> {
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

fn limits(value: &Value) -> Option<Limits> {
    let f = Fields::of(value)?;
    Some(Limits {
        frame: f.get("frame", small)?,
        text: f.get("text", small)?,
        burst: f.get("burst", small)?,
        per_s: f.get("per_s", small)?,
    })
}

fn snapshot(value: &Value) -> Option<ConversationSnapshot> {
    let f = Fields::of(value)?;
    Some(ConversationSnapshot {
        id: f.get("id", conversation_id)?,
        state: f.get("state", conversation_state)?,
        last: f.get("last", Value::as_u64)?,
        reset: f.or_default("reset", Value::as_bool)?,
        more: f.or_default("more", Value::as_bool)?,
        events: f.list("events", event)?,
        marks: f.or_default("marks", marks)?,
        queue: f.maybe("queue", place)?,
        expires_at: f.maybe("expires_at", timestamp)?,
    })
}

fn service(value: &Value) -> Option<ServiceStatus> {
    let f = Fields::of(value)?;
    Some(ServiceStatus {
        name: f.get("name", string)?,
        state: match f.str("state")? {
            "open" => ServiceState::Open,
            "closed" => ServiceState::Closed,
            "full" => ServiceState::Full,
            _ => ServiceState::Unknown,
        },
        closes_at: f.maybe("closes_at", timestamp)?,
        next_open: f.maybe("next_open", timestamp)?,
        wait: f.get("wait", wait)?,
        notice: f.maybe("notice", string)?,
        areas: f.list_or_empty("areas", area)?,
        offers: f.list_or_empty("offers", alternative)?,
    })
}

fn wait(value: &Value) -> Option<Wait> {
    let f = Fields::of(value)?;
    Some(match f.str("kind")? {
        "range" => Wait::Range { low_s: f.get("low_s", small)?, high_s: f.maybe("high_s", small)? },
        "closed" => Wait::Closed,
        _ => Wait::Unknown,
    })
}

fn area(value: &Value) -> Option<AreaStatus> {
    let f = Fields::of(value)?;
    Some(AreaStatus {
        id: f.get("id", string)?,
        name: f.get("name", string)?,
        open: f.get("open", Value::as_bool)?,
    })
}

fn alternative(value: &Value) -> Option<Alternative> {
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
        open: f.get("open", Value::as_bool)?,
        crisis: f.or_default("crisis", Value::as_bool)?,
    })
}

fn place(value: &Value) -> Option<PlaceUpdate> {
    let f = Fields::of(value)?;
    Some(PlaceUpdate {
        rev: f.get("rev", Value::as_u64)?,
        state: match f.str("state")? {
            "ready" => QueueState::Ready,
            "held" => QueueState::Held,
            _ => QueueState::Waiting,
        },
        place: f.maybe("place", small)?,
        wait: f.get("wait", wait)?,
        promised_by: f.maybe("promised_by", timestamp)?,
        worse: f.or_default("worse", Value::as_bool)?,
        hold_s: f.maybe("hold_s", small)?,
    })
}

fn event(value: &Value) -> Option<Event> {
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
            automatic: f.or_default("automatic", Value::as_bool)?,
        },
        "joined" => EventKind::Joined { who: f.get("who", person)? },
        "left" => EventKind::Left {
            who: f.get("who", operator_id)?,
            reason: match f.str("reason")? {
                "connection_lost" => LeftReason::ConnectionLost,
                _ => LeftReason::Unknown,
            },
            state: f.get("state", conversation_state)?,
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
                _ => EndReason::Unknown,
            },
        },
        _ => EventKind::Unknown,
    };
    Some(Event { seq: f.get("seq", Value::as_u64)?, at: f.get("at", timestamp)?, kind })
}

fn link(value: &Value) -> Option<Link> {
    let f = Fields::of(value)?;
    Some(Link { url: f.get("url", string)?, title: f.maybe("title", string)? })
}

fn question(value: &Value) -> Option<Question> {
    let f = Fields::of(value)?;
    Some(Question {
        id: f.get("id", string)?,
        label: f.get("label", string)?,
        why: f.maybe("why", string)?,
        options: f.list("options", string)?,
    })
}

fn marks(value: &Value) -> Option<Marks> {
    let f = Fields::of(value)?;
    Some(Marks {
        visitor: f.or_default("visitor", watermark)?,
        operator: f.or_default("operator", watermark)?,
    })
}

fn watermark(value: &Value) -> Option<Watermark> {
    let f = Fields::of(value)?;
    Some(Watermark {
        delivered: f.or_default("delivered", Value::as_u64)?,
        read: f.or_default("read", Value::as_u64)?,
    })
}

fn party(value: &Value) -> Option<Party> {
    string(value).map(Party::from)
}

fn timestamp(value: &Value) -> Option<Timestamp> {
    string(value)?.try_into().ok()
}

fn conversation_id(value: &Value) -> Option<ConversationId> {
    string(value).map(ConversationId)
}

fn operator_id(value: &Value) -> Option<OperatorId> {
    string(value).map(OperatorId)
}

fn conversation_state(value: &Value) -> Option<ConversationState> {
    match value.as_str()? {
        "waiting" => Some(ConversationState::Waiting),
        "active" => Some(ConversationState::Active),
        "ended" => Some(ConversationState::Ended),
        _ => None,
    }
}

fn capability(value: &Value) -> Option<Capability> {
    Some(match value.as_str()? {
        "typing" => Capability::Typing,
        "marks" => Capability::Marks,
        "offers" => Capability::Offers,
        "survey" => Capability::Survey,
        "links" => Capability::Links,
        _ => Capability::Unknown,
    })
}

fn error_code(value: &Value) -> Option<ErrorCode> {
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
        _ => ErrorCode::Unknown,
    })
}

fn bye_code(value: &Value) -> Option<ByeCode> {
    Some(match value.as_str()? {
        "restart" => ByeCode::Restart,
        _ => ByeCode::Unknown,
    })
}
