//! Marks, typing, survey, offers, links, erasing, and text as text.

use std::time::Duration;

use serde_json::{Value, json};

use crate::conform::bench::http_of;
use crate::conform::case::{Case, Check, Need, Stop, case, demand, failed, trouble};
use crate::conform::ids;
use crate::conform::opening::Opening;
use crate::conform::operator::{Operator, Taken};
use crate::conform::own::{OwnServer, Profile};
use crate::conform::socket::SOON;
use crate::conform::trial::{Trial, events};
use crate::conform::visitor::{Visitor, send};

pub(super) const CASES: &[Case] = &[
    case!(
        44,
        L3,
        Anybody,
        Quick,
        "marks",
        [Need::Capability("marks")],
        "Marks only grow, never pass the last event, and are there after resuming.",
        marks_only_grow
    ),
    case!(
        45,
        L3,
        Alone,
        Slow,
        "typing",
        [Need::Capability("typing"), Need::Operator],
        "typing reaches the other side, holds for 6 s, and is neither stored nor replayed.",
        typing_expires
    ),
    case!(
        46,
        L3,
        Alone,
        Quick,
        "questions are answered once",
        [Need::Capability("survey"), Need::Operator],
        "An offer and a survey can be answered once; the same command again is acknowledged again.",
        questions_are_answered_once
    ),
    case!(
        47,
        L3,
        Alone,
        Quick,
        "links",
        [Need::Capability("links"), Need::Operator],
        "A link that is not https:, tel: or mailto: is refused, and no event comes of it.",
        strange_links_are_refused
    ),
    case!(
        49,
        L3,
        Anybody,
        Quick,
        "erasing",
        [],
        "erase is acknowledged, closes every socket with 4410, and leaves nothing; coming back closes with 4410.",
        erasing_leaves_nothing
    ),
    case!(
        50,
        L3,
        Anybody,
        Quick,
        "markup",
        [],
        "Markup in a text comes back byte for byte.",
        markup_comes_back_as_it_was
    ),
    case!(
        63,
        L3,
        Anybody,
        Quick,
        "leaving in a hurry",
        [],
        "POST /v1/leave with a secret ends the conversation as exit, and answers every secret alike.",
        leaving_ends_as_exit
    ),
];

/// A visitor and the operator who took them.
pub(super) async fn talk(t: &Trial) -> Check<(Visitor, Operator, Taken)> {
    let mut operator = t.operator(0).await?;
    let (visitor, taken) = talk_with(t, &mut operator).await?;
    Ok((visitor, operator, taken))
}

/// A visitor whom an operator took.
pub(super) async fn talk_with(t: &Trial, operator: &mut Operator) -> Check<(Visitor, Taken)> {
    let mut visitor = t.join().await?;
    let taken = operator.take(Some(&visitor.who.conv)).await?;
    visitor.socket.event("the event joined", |e| e["kind"] == "joined").await?;
    Ok((visitor, taken))
}

async fn leaving_ends_as_exit(t: &Trial) -> Check {
    let mut visitor = t.join().await?;
    let url = format!("{}/v1/leave", http_of(&t.bench.url).map_err(trouble)?);
    let leave = async |body: String| {
        let mut request = t.bench.http.post(&url).header("content-type", "text/plain;charset=UTF-8");
        if let Some(origin) = &t.bench.options.origin {
            request = request.header("origin", origin);
        }
        let response = request.body(body).send().await.map_err(trouble)?;
        let status = response.status().as_u16();
        Ok::<_, Stop>((status, response.text().await.map_err(trouble)?))
    };
    let unknown = leave(ids::secret()).await?;
    if matches!(unknown.0, 404 | 405) {
        return Err(Stop::NotOffered("the backend has no /v1/leave".to_owned()));
    }
    let nothing = (204, String::new());
    demand(unknown == nothing, "204 and nothing else for an unknown secret", format!("{unknown:?}"))?;
    let known = leave(visitor.who.secret.clone()).await?;
    demand(known == nothing, "204 and nothing else for a known secret", format!("{known:?}"))?;
    let ended = visitor.socket.event("the event ended", |e| e["kind"] == "ended").await?;
    let words = (ended["by"].as_str(), ended["reason"].as_str());
    demand(words == (Some("visitor"), Some("exit")), "by visitor, reason exit", ended.to_string())?;
    let again = leave(visitor.who.secret.clone()).await?;
    demand(again == nothing, "204 and nothing else for what is over", format!("{again:?}"))?;
    for (body, status) in [("no secret".to_owned(), 400), ("x".repeat(129), 413)] {
        let answer = leave(body).await?;
        demand(answer.0 == status, status.to_string(), answer.0.to_string())?;
    }
    let log = t.log(&visitor.who).await?;
    let ends = log.iter().filter(|event| event["kind"] == "ended").count();
    demand(ends == 1, "one event ended in the log", format!("{ends}"))
}

async fn marks_only_grow(t: &Trial) -> Check {
    let mut visitor = t.join().await?;
    visitor.say("Event 2.").await?;
    visitor.say("Event 3.").await?;
    let is = |marks: &Value, delivered: u64, read: u64| {
        marks["visitor"]["delivered"] == delivered && marks["visitor"]["read"] == read
    };
    visitor.socket.send(&json!({"t": "mark", "delivered": 3, "read": 2})).await;
    let expected = "marks with delivered 3 and read 2";
    visitor.socket.take(expected, SOON, |f| f["t"] == "marks" && is(f, 3, 2)).await?;
    visitor.socket.send(&json!({"t": "mark", "delivered": 1, "read": 1})).await;
    visitor.socket.send(&json!({"t": "mark", "delivered": 99, "read": 2})).await;
    visitor.socket.settle().await?;
    for marks in visitor.socket.drain("marks") {
        demand(is(&marks, 3, 2), "marks that neither shrink nor pass the last event", marks.to_string())?;
    }
    visitor.socket.leave().await;
    let (socket, ready) = t.back(&visitor.who, Some(3)).await?;
    socket.leave().await;
    let marks = &ready["conv"]["marks"];
    demand(is(marks, 3, 2), "delivered 3 and read 2 after resuming", marks.to_string())
}

async fn typing_expires(t: &Trial) -> Check {
    let (mut visitor, mut operator, taken) = talk(t).await?;
    let on = |f: &Value| f["t"] == "typing" && f["on"] == true;
    visitor.socket.send(&json!({"t": "typing", "on": true})).await;
    operator.socket.take("typing from the visitor", SOON, on).await?;
    operator.socket.send(&json!({"t": "typing", "conv": taken.conv, "on": true})).await;
    let typing = visitor.socket.take("typing from the operator", SOON, on).await?;
    demand(typing["from"] == operator.id.as_str(), format!("from {}", operator.id), typing.to_string())?;
    // Who comes back in the middle of it hears nothing of it, and finds nothing in the log.
    let (mut page, ready) = t.back_as(&visitor.who, &ids::instance(), None).await?;
    page.settle().await?;
    let replayed: Vec<_> = page.drain("typing").into_iter().filter(on).collect();
    demand(replayed.is_empty(), "no typing for who comes back", json!(replayed).to_string())?;
    let kinds: Vec<_> = events(&ready["conv"]["events"]).iter().map(|e| e["kind"].clone()).collect();
    demand(!kinds.contains(&json!("typing")), "no typing in the log", json!(kinds).to_string())?;
    page.leave().await;
    // After 6 s it no longer holds. A server may say so; it must not say it again.
    visitor.socket.listen(Duration::from_secs(7)).await;
    operator.socket.settle().await?;
    for socket in [&mut visitor.socket, &mut operator.socket] {
        let again: Vec<_> = socket.drain("typing").into_iter().filter(on).collect();
        demand(again.is_empty(), "nothing more of a typing that was not repeated", json!(again).to_string())?;
    }
    let (mut page, _) = t.back_as(&visitor.who, &ids::instance(), None).await?;
    page.settle().await?;
    demand(page.drain("typing").is_empty(), "no typing after it expired", "typing")?;
    visitor.end().await?;
    operator.go().await
}

async fn questions_are_answered_once(t: &Trial) -> Check {
    let (mut visitor, mut operator, taken) = talk(t).await?;
    if operator.can("offers") {
        answer_an_offer(t, &mut visitor, &mut operator, &taken).await?;
    } else {
        t.note("offers were not asked: `offers` is not in ready.caps");
    }
    visitor.end().await?;
    let survey =
        visitor.socket.take("the event survey", Duration::from_secs(3), |f| f["kind"] == "survey").await;
    let Ok(survey) = survey else {
        return Err(Stop::NotOffered("this helpline asks no survey".to_owned()));
    };
    let question = &survey["questions"][0];
    let answer = |data: Value| json!({"t": "answer", "cid": ids::cid(), "ref": survey["id"], "data": data});
    let id = crate::conform::trial::text(&question["id"]);
    visitor.socket.refused(&answer(json!({&id: "no such option"})), &["bad_request"]).await?;
    let mut elsewhere = answer(json!({&id: question["options"][0]}));
    elsewhere["ref"] = json!("no-such-survey");
    visitor.socket.refused(&elsewhere, &["not_found"]).await?;
    let right = answer(json!({&id: question["options"][0]}));
    visitor.socket.ack(&right).await?;
    visitor.socket.ack(&right).await?;
    visitor.socket.refused(&answer(json!({&id: question["options"][0]})), &["conflict"]).await?;
    operator.go().await
}

async fn answer_an_offer(t: &Trial, visitor: &mut Visitor, operator: &mut Operator, taken: &Taken) -> Check {
    let ready = t.bench.ready();
    let alternatives = ready["service"]["offers"].as_array().cloned().unwrap_or_default();
    let Some(alternative) = alternatives.iter().find(|offer| offer["open"] == true) else {
        t.note("offers were not asked: the service lists no open alternative");
        return Ok(());
    };
    let offer = |id: &Value| json!({"t": "offer", "cid": ids::cid(), "conv": taken.conv, "claim": taken.claim, "offer": id});
    operator.socket.refused(&offer(&json!("no-such-offer")), &["not_found"]).await?;
    operator.socket.ack(&offer(&alternative["id"])).await?;
    let event = visitor.socket.event("the event offer", |e| e["kind"] == "offer").await?;
    demand(
        event["alternative"]["uri"] == alternative["uri"],
        format!("the alternative {}", alternative["uri"]),
        event.to_string(),
    )?;
    let answer = |choice: &str| json!({"t": "answer", "cid": ids::cid(), "ref": event["id"], "data": {"choice": choice}});
    visitor.socket.refused(&answer("perhaps"), &["bad_request"]).await?;
    let taking = answer("taken");
    let ack = visitor.socket.ack(&taking).await?;
    let again = visitor.socket.ack(&taking).await?;
    demand(ack["seq"] == again["seq"], "the same ack for the same answer", again.to_string())?;
    visitor.socket.refused(&answer("declined"), &["conflict"]).await?;
    let fits = |e: &Value| e["kind"] == "answered" && e["ref"] == event["id"];
    let answered = visitor.socket.event("the event answered", fits).await?;
    demand(answered["choice"] == "taken", "choice taken", answered.to_string())?;
    operator.socket.event("the event answered, for the operator", fits).await?;
    visitor.socket.settle().await?;
    let more = visitor.socket.drain("event");
    demand(!more.iter().any(fits), "one event answered", json!(more).to_string())?;
    // A page that cannot show an offer is sent none.
    let mut hello = t.hello();
    hello["caps"] = json!(["marks"]);
    let mut plain = t.join_as(&t.opening(), &hello, &t.start()).await?;
    let theirs = operator.take(Some(&plain.who.conv)).await?;
    let offer = json!({
        "t": "offer", "cid": ids::cid(), "conv": theirs.conv, "claim": theirs.claim, "offer": alternative["id"],
    });
    operator.socket.refused(&offer, &["unsupported"]).await?;
    plain.end().await.map(drop)
}

async fn strange_links_are_refused(t: &Trial) -> Check {
    let (mut visitor, mut operator, taken) = talk(t).await?;
    let with = |url: &str| {
        let mut frame = Operator::sends(&taken, "Look at this:");
        frame["link"] = json!({"url": url, "title": "A page"});
        frame
    };
    let strange = [
        "javascript:alert(1)",
        "http://www.example.org/",
        "data:text/html,hello",
        "JavaScript:alert(1)",
        "//www.example.org/",
        "https://www.example.org/ and more",
    ];
    for url in strange {
        operator.socket.refused(&with(url), &["bad_request"]).await?;
    }
    for url in ["https://www.example.org/plan", "tel:08081570199", "mailto:help@example.org"] {
        let frame = with(url);
        operator.socket.ack(&frame).await?;
        let event = visitor.socket.event("the message with the link", |e| e["cid"] == frame["cid"]).await?;
        demand(event["link"]["url"] == url, format!("the link {url}"), event.to_string())?;
    }
    visitor.socket.settle().await?;
    let more = visitor.socket.drain("event");
    demand(more.is_empty(), "no event of a refused link", json!(more).to_string())?;
    visitor.end().await?;
    operator.go().await
}

async fn erasing_leaves_nothing(t: &Trial) -> Check {
    let server = match t.bench.binary() {
        Ok(binary) => Some(OwnServer::start(binary, Profile::Victim).await.map_err(trouble)?),
        Err(_) => {
            t.note("database and logs were not looked into: only --own-server lets us");
            None
        }
    };
    let mut start = t.start();
    let mut opening = t.opening();
    if let Some(server) = &server {
        opening = Opening { url: server.url.clone(), ..opening };
        start = json!({"t": "start", "cid": ids::cid(), "secret": ids::secret(), "lang": "en"});
    }
    let mut visitor = t.join_as(&opening, &t.hello(), &start).await?;
    let words = ids::marker();
    visitor.say(&format!("Words to forget: {words}")).await?;
    let found = server.as_ref().map(|server| server.files_with(&words)).transpose().map_err(trouble)?;
    if found.is_some_and(|files| files.is_empty()) {
        t.note("the words stand in no file even before: the backend encrypts them, or keeps them elsewhere");
    }
    let (mut other, _) = t.back_as(&visitor.who, &ids::instance(), None).await?;
    let erase = json!({"t": "erase", "cid": ids::cid()});
    visitor.socket.ack(&erase).await?;
    visitor.socket.closes(&[4410], SOON).await?;
    other.closes(&[4410], SOON).await?;
    let mut hello = t.hello();
    hello["secret"] = json!(visitor.who.secret);
    let mut back = t.open_as(&opening, 'v').await?;
    back.send(&hello).await;
    back.closes(&[4410], SOON).await?;
    let (mut again, _) = t.greet_at(&opening, &t.hello()).await?;
    again.send(&start).await;
    again.closes(&[4410], SOON).await?;
    if let Some(server) = &server {
        for words in [&words, &visitor.who.secret, &visitor.who.conv] {
            let files = server.files_with(words).map_err(trouble)?;
            demand(
                files.is_empty(),
                "nothing in database, journal and logs",
                format!("traces in {files:?}"),
            )?;
        }
    }
    Ok(())
}

async fn markup_comes_back_as_it_was(t: &Trial) -> Check {
    let texts = [
        "<script>alert(1)</script> &amp; <b>bold</b>",
        "**stars** _lines_ `code` [a](https://www.example.org) \\ \" ' end",
        "Zwei\n\nZeilen\tmit Tab",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} e\u{301} \u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{645}\u{631}\u{62d}\u{628}\u{627}",
        "'; drop table events; --",
    ];
    let mut visitor = t.join().await?;
    for words in texts {
        let frame = send(words);
        visitor.socket.ack(&frame).await?;
        let event = visitor.socket.event("the echo", |e| e["cid"] == frame["cid"]).await?;
        demand(event["text"] == words, format!("{words:?}"), event["text"].to_string())?;
    }
    let log = t.log(&visitor.who).await?;
    let kept: Vec<_> = log.iter().filter_map(|event| event["text"].as_str()).collect();
    let expected = failed(format!("{texts:?}"), format!("{kept:?}"));
    if kept == texts { Ok(()) } else { Err(expected) }
}
