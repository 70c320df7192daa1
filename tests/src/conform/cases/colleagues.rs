//! What operators have among themselves: the board, notes, watching, and things to read.

use serde_json::{Value, json};

use super::rich::talk;
use crate::conform::bench::Account;
use crate::conform::case::{Case, Check, Need, Stop, case, demand};
use crate::conform::ids;
use crate::conform::operator::{Operator, has, query};
use crate::conform::socket::SOON;
use crate::conform::trial::{Trial, text};

/// Most items of one `result`.
const PAGE: usize = 50;

pub(super) const CASES: &[Case] = &[
    case!(
        55,
        L4,
        Alone,
        Quick,
        "notes",
        [Need::OperatorCapability("notes"), Need::Operator],
        "A note never reaches a visitor, and is no event of the log.",
        notes_stay_among_operators
    ),
    case!(
        56,
        L4,
        Alone,
        Quick,
        "watching",
        [Need::OperatorCapability("watch"), Need::Operator, Need::Supervisor],
        "Watching is invisible to the visitor, and a whisper reaches only operators.",
        watching_is_invisible
    ),
    case!(
        57,
        L4,
        Alone,
        Quick,
        "the board",
        [Need::Operator],
        "The board's rev grows by one, and query board answers with all of it.",
        the_board_is_whole
    ),
    case!(
        58,
        L4,
        Alone,
        Quick,
        "watching needs a right",
        [Need::OperatorCapability("watch"), Need::TwoOperators],
        "An operator without the right to watch is refused with forbidden, and hears nothing.",
        watching_needs_a_right
    ),
    case!(
        59,
        L4,
        Alone,
        Quick,
        "things to read come in pages",
        [Need::OperatorCapability("notes"), Need::Operator],
        "A query is answered in pages of at most 50 items, without a gap or a repetition.",
        queries_come_in_pages
    ),
];

pub(super) fn supervisor(t: &Trial) -> Check<Account> {
    let found = t.bench.options.accounts.iter().find(|account| account.supervisor);
    found.cloned().ok_or_else(|| Stop::NotOffered("no supervisor".to_owned()))
}

async fn notes_stay_among_operators(t: &Trial) -> Check {
    let (mut visitor, mut operator, mine) = talk(t).await?;
    let words = ids::marker();
    let note = json!({"t": "note", "cid": ids::cid(), "conv": mine.conv, "claim": mine.claim, "text": words});
    let ack = operator.socket.ack(&note).await?;
    demand(ack["n"] == 1, "ack with n 1", ack.to_string())?;
    let told = operator.socket.take("note, to its author", SOON, |f| f["t"] == "note").await?;
    demand(told["n"] == 1 && told["text"] == words.as_str(), "note 1 with its words", told.to_string())?;
    let again = operator.socket.ack(&note).await?;
    demand(again["n"] == 1, "the same ack for the same note", again.to_string())?;
    let mut ask = query("notes");
    ask["conv"] = json!(mine.conv);
    operator.socket.command(&ask).await;
    let result =
        operator.socket.take("result", SOON, |f| f["t"] == "result" && f["cid"] == ask["cid"]).await?;
    let count = result["notes"].as_array().map_or(0, Vec::len);
    demand(count == 1, "one note", result.to_string())?;
    // Nothing of it comes to the visitor, now or on coming back, and the log has no hole where it would be.
    let said = visitor.say("After the note.").await?;
    demand(said.seq == 3, "seq 3, right after joined", said.seq.to_string())?;
    visitor.socket.settle().await?;
    let (_, ready) = t.back_as(&visitor.who, &ids::instance(), None).await?;
    let heard: Vec<&Value> = visitor.socket.seen.iter().map(|(_, frame)| frame).chain([&ready]).collect();
    let leak = heard.iter().find(|frame| frame.to_string().contains(&words));
    demand(leak.is_none(), "no frame to the visitor with the note", format!("{leak:?}"))?;
    visitor.end().await?;
    operator.go().await
}

async fn watching_is_invisible(t: &Trial) -> Check {
    let account = supervisor(t)?;
    let (mut visitor, mut operator, mine) = talk(t).await?;
    let mut watcher = Operator::arrive(t, &account, &t.opening()).await?;
    demand(
        has(&watcher.ready["rights"], "watch"),
        "ready.rights with watch",
        watcher.ready["rights"].to_string(),
    )?;
    visitor.socket.settle().await?;
    let before = visitor.socket.seen.len();
    watcher.socket.send(&json!({"t": "watch", "conv": mine.conv, "on": true})).await;
    let watching = watcher.socket.take("watching", SOON, |f| f["t"] == "watching").await?;
    demand(watching["conversation"]["id"] == mine.conv, "the conversation", watching["t"].to_string())?;
    let fits = |f: &Value| f["t"] == "watchers" && f["conv"] == mine.conv;
    let watchers = operator.socket.take("watchers, for the holder", SOON, fits).await?;
    demand(
        has(&watchers["who"], &watcher.id),
        format!("{} among the watchers", watcher.id),
        watchers.to_string(),
    )?;
    let whisper = json!({"t": "note", "cid": ids::cid(), "conv": mine.conv, "text": "A whisper."});
    watcher.socket.ack(&whisper).await?;
    let fits = |f: &Value| f["t"] == "note" && f["text"] == "A whisper.";
    let heard = operator.socket.take("the whisper, for the holder", SOON, fits).await?;
    demand(heard["from"] == watcher.id.as_str(), format!("from {}", watcher.id), heard.to_string())?;
    // What a watcher does moves nothing.
    watcher.socket.send(&json!({"t": "mark", "conv": mine.conv, "delivered": 2, "read": 2})).await;
    watcher.socket.send(&json!({"t": "typing", "conv": mine.conv, "on": true})).await;
    watcher.socket.refused(&Operator::sends(&mine, "As somebody else."), &["forbidden", "conflict"]).await?;
    visitor.socket.settle().await?;
    visitor.socket.settle().await?;
    let strange: Vec<_> = visitor.socket.seen[before..]
        .iter()
        .map(|(_, frame)| frame)
        .filter(|frame| !["pong", "service"].contains(&text(&frame["t"]).as_str()))
        .collect();
    demand(strange.is_empty(), "no frame to the visitor", json!(strange).to_string())?;
    let said = visitor.say("Said while somebody watches.").await?;
    watcher.socket.event("the visitor's message, for the watcher", |e| e["cid"] == said.cid).await?;
    demand(said.seq == 3, "seq 3, right after joined", said.seq.to_string())?;
    watcher.socket.send(&json!({"t": "watch", "conv": mine.conv, "on": false})).await;
    let fits = |f: &Value| f["t"] == "watchers" && !has(&f["who"], &watcher.id);
    operator.socket.take("watchers without the watcher", SOON, fits).await?;
    visitor.end().await?;
    watcher.socket.leave().await;
    operator.go().await
}

async fn the_board_is_whole(t: &Trial) -> Check {
    let mut operator = t.operator(0).await?;
    let board = operator.ready["board"].clone();
    demand(board["full"] == true, "a whole board in ready", board["full"].to_string())?;
    let mut rev = board["rev"].as_u64().unwrap_or_default();
    let mut visitor = t.join().await?;
    let conv = visitor.who.conv.clone();
    let listed = |board: &Value, list: &str| {
        board[list]
            .as_array()
            .is_some_and(|entries| entries.iter().any(|entry| entry["conv"] == conv.as_str()))
    };
    let mut seen = false;
    while !seen {
        let delta = operator.socket.take("board with the visitor", SOON, |f| f["t"] == "board").await?;
        demand(delta["full"] != true, "what changed, not the whole board", "full")?;
        rev += 1;
        demand(delta["rev"] == rev, format!("rev {rev}"), delta["rev"].to_string())?;
        seen = listed(&delta, "waiting");
    }
    let ask = query("board");
    operator.socket.command(&ask).await;
    let whole =
        operator.socket.take("the whole board", SOON, |f| f["t"] == "board" && f["full"] == true).await?;
    demand(listed(&whole, "waiting"), "the visitor on the whole board", whole.to_string())?;
    demand(whole["rev"].as_u64() >= Some(rev), format!("rev {rev} or above"), whole["rev"].to_string())?;
    let known = whole["operators"].as_array().cloned().unwrap_or_default();
    let me = known.iter().find(|entry| entry["id"] == operator.id.as_str());
    demand(me.is_some(), "the operator on the board", whole["operators"].to_string())?;
    let words = ids::marker();
    visitor.say(&words).await?;
    visitor.end().await?;
    let mut gone = false;
    while !gone {
        let delta = operator.socket.take("board without the visitor", SOON, |f| f["t"] == "board").await?;
        demand(!delta.to_string().contains(&words), "no text on the board", "the visitor's words")?;
        gone = has(&delta["gone"], &conv);
    }
    operator.go().await
}

async fn watching_needs_a_right(t: &Trial) -> Check {
    let mut nosy = t.operator(1).await?;
    let (mut visitor, mut operator, mine) = talk(t).await?;
    demand(!has(&nosy.ready["rights"], "watch"), "no right to watch", nosy.ready["rights"].to_string())?;
    nosy.socket.command(&json!({"t": "watch", "conv": mine.conv, "on": true})).await;
    let error =
        nosy.socket.take("error forbidden", SOON, |f| f["t"] == "error" || f["t"] == "watching").await?;
    demand(error["code"] == "forbidden", "forbidden", error.to_string())?;
    nosy.socket.command(&json!({"t": "sync", "conv": mine.conv, "after": 0})).await;
    let error =
        nosy.socket.take("error forbidden", SOON, |f| f["t"] == "error" || f["t"] == "history").await?;
    demand(error["code"] == "forbidden", "forbidden for sync", error.to_string())?;
    let words = ids::marker();
    visitor.say(&words).await?;
    nosy.socket.settle().await?;
    let leak = nosy.socket.seen.iter().find(|(_, frame)| frame.to_string().contains(&words));
    demand(leak.is_none(), "nothing of the conversation", format!("{leak:?}"))?;
    visitor.end().await?;
    nosy.go().await?;
    operator.socket.settle().await?;
    operator.go().await
}

async fn queries_come_in_pages(t: &Trial) -> Check {
    let mut operator = t.operator(0).await?;
    let (mut after, mut ids_seen, mut pages) = (0, Vec::new(), 0);
    loop {
        let mut ask = query("canned");
        ask["after"] = json!(after);
        operator.socket.command(&ask).await;
        let result =
            operator.socket.take("result", SOON, |f| f["t"] == "result" && f["cid"] == ask["cid"]).await?;
        let items = result["items"].as_array().cloned().unwrap_or_default();
        demand(items.len() <= PAGE, format!("at most {PAGE} items"), format!("{}", items.len()))?;
        let more = result["more"] == true;
        demand(!(more && items.is_empty()), "items in a page that says more", "none")?;
        after += items.len();
        pages += 1;
        ids_seen.extend(items.iter().map(|item| text(&item["id"])));
        if !more {
            break;
        }
        demand(pages < 100, "an end", "more, a hundred times")?;
    }
    let mut once = ids_seen.clone();
    once.sort();
    once.dedup();
    demand(once.len() == ids_seen.len(), "every item once", format!("{} of {}", once.len(), ids_seen.len()))?;
    let mut ask = query("canned");
    ask["after"] = json!(after);
    operator.socket.command(&ask).await;
    let result =
        operator.socket.take("result", SOON, |f| f["t"] == "result" && f["cid"] == ask["cid"]).await?;
    let rest = result["items"].as_array().map_or(0, Vec::len);
    demand(rest == 0, "nothing after the last item", format!("{rest} items"))?;
    if pages == 1 {
        t.note(format!("one page held all {} items: a second was not seen", ids_seen.len()));
    } else {
        t.note(format!("{} items in {pages} pages", ids_seen.len()));
    }
    operator.go().await
}
