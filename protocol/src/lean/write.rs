//! A visitor's frames, written by hand, for the reason for which they are read so.

use crate::json::{Writer, quoted};
use crate::{
    Answers, Capability, Person, PersonRole, Role, Route, Start, VisitorFrame, VisitorHello, Watermark,
};

/// Writes a visitor's frame.
pub fn from_visitor(frame: &VisitorFrame) -> String {
    let of = |name| Writer::new().words("t", name);
    let frame = match frame {
        VisitorFrame::Hello(frame) => hello(of("hello"), frame),
        VisitorFrame::Sync { after } => of("sync").number("after", *after),
        VisitorFrame::Start(frame) => start(of("start"), frame),
        VisitorFrame::Send { cid, text } => {
            of("send").words("cid", cid.as_str()).words("text", text.as_str())
        }
        VisitorFrame::Answer { cid, reference, data } => {
            of("answer").words("cid", cid.as_str()).words("ref", reference).json("data", &answers(data))
        }
        VisitorFrame::End { cid } => of("end").words("cid", cid.as_str()),
        VisitorFrame::Erase { cid } => of("erase").words("cid", cid.as_str()),
        VisitorFrame::Typing { on } => of("typing").flag("on", *on),
        VisitorFrame::Mark(Watermark { delivered, read }) => {
            of("mark").number("delivered", *delivered).number("read", *read)
        }
        VisitorFrame::Presence { visible } => of("presence").flag("visible", *visible),
        VisitorFrame::Ping => of("ping"),
        VisitorFrame::Pong => of("pong"),
        VisitorFrame::Unknown => of("unknown"),
    };
    frame.finish()
}

/// Writes answers to questions.
pub fn answers(answers: &Answers) -> String {
    answers.iter().fold(Writer::new(), |object, (question, answer)| object.words(question, answer)).finish()
}

/// Writes somebody a visitor talks with.
pub fn person(person: &Person) -> String {
    let Person { id, name, role, centre } = person;
    let role = match role {
        PersonRole::Operator => "operator",
        PersonRole::Unknown => "unknown",
    };
    let person = Writer::new().words("id", &id.0).words("name", name).words("role", role);
    person.maybe("centre", centre.as_deref()).finish()
}

/// The word for a route.
pub fn route_name(route: Route) -> &'static str {
    match route {
        Route::Patient => "patient",
        Route::Standard => "standard",
    }
}

fn hello(frame: Writer, hello: &VisitorHello) -> Writer {
    let VisitorHello { role, inst, lang, caps, visible, secret, epoch, after } = hello;
    let frame = frame
        .words("role", role_name(*role))
        .words("inst", inst.as_str())
        .words("lang", lang)
        .list("caps", caps.iter().map(|one| quoted(capability_name(*one))))
        .flag("visible", *visible)
        .maybe("secret", secret.as_ref().map(|secret| secret.as_str()))
        .maybe("epoch", epoch.as_deref());
    match after {
        Some(after) => frame.number("after", *after),
        None => frame,
    }
}

fn start(frame: Writer, start: &Start) -> Writer {
    let Start { cid, secret, area, lang, route, work } = start;
    let frame = frame
        .words("cid", cid.as_str())
        .words("secret", secret.as_str())
        .maybe("area", area.as_deref())
        .words("lang", lang)
        .words("route", route_name(*route));
    match work {
        Some(work) => frame.number("work", *work),
        None => frame,
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Visitor => "visitor",
        Role::Operator => "operator",
    }
}

fn capability_name(capability: Capability) -> &'static str {
    match capability {
        Capability::Typing => "typing",
        Capability::Marks => "marks",
        Capability::Offers => "offers",
        Capability::Survey => "survey",
        Capability::Links => "links",
        Capability::Transfer => "transfer",
        Capability::Notes => "notes",
        Capability::Watch => "watch",
        Capability::Roster => "roster",
        Capability::Blocks => "blocks",
        Capability::Unknown => "unknown",
    }
}
