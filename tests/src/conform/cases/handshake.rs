//! Opening a socket and saying `hello`.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::conform::case::{Case, Check, Stop, case, demand, failed};
use crate::conform::ids;
use crate::conform::opening::Opening;
use crate::conform::socket::{SOON, Socket};
use crate::conform::trial::Trial;
use crate::conform::visitor::send;

pub(super) const CASES: &[Case] = &[
    case!(
        1,
        L1,
        Anybody,
        Quick,
        "tealight.v1 is chosen",
        [],
        "Of several subprotocols offered, in any order, the server chooses tealight.v1.",
        chooses_version_one
    ),
    case!(
        2,
        L1,
        Anybody,
        Quick,
        "an unknown version is refused",
        [],
        "A server that knows no offered version chooses the subprotocol tealight and closes with 4406.",
        refuses_unknown_versions
    ),
    case!(
        3,
        L1,
        Apart,
        Slow,
        "no hello",
        [],
        "A socket on which no hello comes within 10 s is closed with 4408, and not much sooner.",
        closes_without_hello
    ),
    case!(
        4,
        L1,
        Anybody,
        Quick,
        "a second hello",
        [],
        "A second hello on a socket closes it with 4400.",
        closes_on_second_hello
    ),
    case!(
        5,
        L1,
        Anybody,
        Quick,
        "a command before hello",
        [],
        "Any other first frame than hello closes the socket with 4400.",
        closes_on_early_command
    ),
    case!(
        6,
        L1,
        Anybody,
        Quick,
        "what is no frame",
        [],
        "A binary message, and text that is no JSON object with a type, close the socket with 4400.",
        closes_on_what_is_no_frame
    ),
    case!(
        7,
        L1,
        Anybody,
        Quick,
        "unknown types and fields",
        [],
        "Fields and frame types that the server does not know are ignored.",
        ignores_the_unknown
    ),
    case!(
        8,
        L1,
        Anybody,
        Quick,
        "a strange origin",
        [],
        "A handshake from an Origin that is not on the list is answered with 403; one that is on it is let in.",
        refuses_strange_origins
    ),
];

async fn chooses_version_one(t: &Trial) -> Check {
    for protocols in ["tealight.v1, tealight", "tealight, tealight.v1", "tealight.v9, tealight.v1, tealight"]
    {
        let chosen = chosen(t, protocols).await?.1;
        demand(
            chosen.as_deref() == Some("tealight.v1"),
            format!("tealight.v1, of “{protocols}”"),
            chosen.unwrap_or_else(|| "no subprotocol".to_owned()),
        )?;
    }
    Ok(())
}

async fn refuses_unknown_versions(t: &Trial) -> Check {
    let (mut socket, chosen) = chosen(t, "tealight.v9, tealight").await?;
    demand(
        chosen.as_deref() == Some("tealight"),
        "the subprotocol tealight",
        chosen.unwrap_or_else(|| "no subprotocol".to_owned()),
    )?;
    socket.closes(&[4406], SOON).await.map(drop)
}

async fn chosen(t: &Trial, protocols: &str) -> Check<(Socket, Option<String>)> {
    let opening = Opening { protocols: protocols.to_owned(), ..t.opening() };
    t.try_open(&opening, 'v').await.map_err(|refused| {
        failed(format!("that a socket opens with the subprotocols “{protocols}”"), refused.why)
    })
}

async fn closes_without_hello(t: &Trial) -> Check {
    // From before the handshake, so that a slow one is not held against the backend.
    let began = Instant::now();
    let mut socket = t.open().await?;
    socket.closes(&[4408], Duration::from_secs(14)).await?;
    let waited = began.elapsed().as_secs_f64();
    demand(waited >= 8.5, "a close after 10 s", format!("one after {waited:.1} s"))
}

async fn closes_on_second_hello(t: &Trial) -> Check {
    let (mut socket, _) = t.look().await?;
    socket.send(&t.hello()).await;
    socket.closes(&[4400], SOON).await.map(drop)
}

async fn closes_on_early_command(t: &Trial) -> Check {
    for frame in [send("Too early."), json!({"t": "ping"})] {
        let mut socket = t.open().await?;
        socket.send(&frame).await;
        socket.closes(&[4400], SOON).await?;
    }
    Ok(())
}

async fn closes_on_what_is_no_frame(t: &Trial) -> Check {
    let texts = ["{\"t\":", "no JSON", "[\"t\",\"ping\"]", "\"ping\"", "{\"type\":\"ping\"}", "{\"t\":5}"];
    for text in texts {
        let (mut socket, _) = t.look().await?;
        socket.send_raw(Message::text(text), text).await;
        socket.closes(&[4400], SOON).await?;
    }
    let mut socket = t.open().await?;
    socket.send_raw(Message::text("no JSON"), "no JSON, instead of hello").await;
    socket.closes(&[4400], SOON).await?;
    let (mut socket, _) = t.look().await?;
    socket.send_raw(Message::binary(b"{\"t\":\"ping\"}".to_vec()), "a binary message").await;
    socket.closes(&[4400], SOON).await.map(drop)
}

async fn ignores_the_unknown(t: &Trial) -> Check {
    let mut hello = t.hello();
    hello["caps"] = json!(["marks", "telepathy"]);
    hello["mood"] = json!({"weather": ["rain"]});
    let mut start = t.start();
    start["route"] = json!("scenic");
    let mut visitor = t.join_as(&t.opening(), &hello, &start).await?;
    visitor.socket.send(&json!({"t": "x-not-yet-invented", "cid": ids::cid(), "deep": [[{}]]})).await;
    visitor.socket.settle().await?;
    let refused = visitor.socket.drain("error");
    demand(refused.is_empty(), "no answer to a frame of an unknown type", json!(refused).to_string())?;
    let mut frame = send("With a field more.");
    frame["colour"] = json!("blue");
    visitor.socket.ack(&frame).await.map(drop)
}

async fn refuses_strange_origins(t: &Trial) -> Check {
    for origin in ["https://not-on-the-list.example", "null"] {
        let opening = Opening { origin: Some(origin.to_owned()), ..t.opening() };
        match t.try_open(&opening, 'v').await {
            Ok(_) => return Err(failed(format!("HTTP status 403 for Origin: {origin}"), "an open socket")),
            Err(refused) if refused.status == Some(403) => {}
            Err(refused) => return Err(failed("HTTP status 403", refused.why)),
        }
    }
    let Some(origin) = t.bench.options.origin.clone() else {
        t.note("that an allowed origin is let in was not asked: --origin names one");
        return Ok(());
    };
    let opening = Opening { origin: Some(origin), ..t.opening() };
    match t.try_open(&opening, 'v').await {
        Ok(_) => Ok(()),
        Err(refused) => Err::<(), Stop>(failed("that the allowed origin is let in", refused.why)),
    }
}
