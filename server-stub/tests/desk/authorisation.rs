//! Who may do what: every frame, from everybody, in every state, as `docs/authorisation.md` says it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tealight_protocol::{BlockReason, OperatorId};
use tealight_server::desk::ConnId;
use tealight_server::store::{BlockRecord, Store as _, StoreError};
use tealight_server::testing::{TestDesk, cid, hello, instance, operator_hello, secret, start};

const TABLES: &str = include_str!("../../../docs/authorisation.md");
const FROM_VISITORS: &str = include_str!("../../../protocol/schema/visitor-to-server.schema.json");
const FROM_OPERATORS: &str = include_str!("../../../protocol/schema/operator-to-server.schema.json");

const STATES: [&str; 6] = ["none", "waiting", "ready", "active", "ended", "erased"];
const OPERATORS: [&str; 5] = ["holder", "other", "former", "watcher", "coordinator"];

#[test]
fn every_frame_of_the_protocol_is_in_the_tables_for_everybody() {
    let visitors = rows("visitors");
    assert_eq!(named(&visitors), frame_types(FROM_VISITORS));
    let operators = rows("operators");
    assert_eq!(named(&operators), frame_types(FROM_OPERATORS));
    let schema: Value = serde_json::from_str(FROM_OPERATORS).unwrap();
    for kind in schema["$defs"]["QueryKind"]["examples"].as_array().unwrap() {
        let row = format!("`query` for {}", kind.as_str().unwrap());
        assert!(operators.iter().any(|cells| cells[0] == row), "{row}");
    }
    let mut who: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for cells in &operators {
        for role in roles(&cells[1]) {
            assert!(who.entry(&cells[0]).or_default().insert(role), "{} by {role} twice", cells[0]);
        }
    }
    for (frame, found) in who {
        assert_eq!(found, OPERATORS.into(), "{frame}");
    }
}

#[test]
fn whoever_has_not_said_hello_may_do_nothing() {
    for state in STATES {
        for frame in every_frame().into_iter().filter(|frame| frame["t"] != "hello") {
            let mut world = World::new(state);
            let outcome = world.tries(world.nobody, &frame);
            assert_eq!(outcome.word(), "4400", "{frame} in {state}");
            assert!(outcome.harmless, "{frame} in {state}");
        }
    }
}

#[test]
fn visitors_may_do_in_their_conversation_what_the_table_says() {
    let mut wrong = Vec::new();
    for cells in rows("visitors") {
        for (state, expected) in STATES.into_iter().zip(&cells[1..]) {
            let mut world = World::new(state);
            let frame = visitor_frame(&cells[0], state);
            let outcome = world.tries(world.visitor, &frame);
            compare(&mut wrong, &format!("{} in {state}", cells[0]), expected, &outcome);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn whatever_a_visitor_sends_touches_nobody_elses_conversation() {
    for state in STATES {
        for frame in every_frame() {
            let mut world = World::new(state);
            let outcome = world.tries(world.stranger, &frame);
            assert!(outcome.target_untouched, "{frame} in {state}: {:?}", outcome.told);
        }
    }
}

#[test]
fn operators_may_do_what_the_table_says() {
    let mut wrong = Vec::new();
    for cells in rows("operators") {
        for role in roles(&cells[1]) {
            for (state, expected) in STATES.into_iter().zip(&cells[2..]) {
                if expected == "–" || !exists(role, state) {
                    assert!(!exists(role, state), "{} by {role} in {state} is not said", cells[0]);
                    continue;
                }
                let mut world = World::new(state);
                let (conn, claim) = world.operator(role);
                let frame = operator_frame(&cells[0], &world.conv, claim, role);
                let outcome = world.tries(conn, &frame);
                let what = format!("{} by {role} in {state}", cells[0]);
                compare(&mut wrong, &what, expected, &outcome);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_only_the_other_side_has_is_ignored_or_malformed() {
    let (visitors, operators) = (frame_types(FROM_VISITORS), frame_types(FROM_OPERATORS));
    for frame in every_frame() {
        let t = frame["t"].as_str().unwrap();
        let mut world = World::new("active");
        if !visitors.contains(t) {
            let outcome = world.tries(world.visitor, &frame);
            assert!(outcome.word() == "ignored" && outcome.harmless, "{frame}: {:?}", outcome.told);
        }
        if !operators.contains(t) {
            let (holder, _) = world.operator("holder");
            let outcome = world.tries(holder, &frame);
            assert!(outcome.word() == "ignored" && outcome.harmless, "{frame}: {:?}", outcome.told);
        }
    }
}

/// One visitor's conversation in a state, and everybody who could want something of it.
struct World {
    desk: TestDesk,
    conv: String,
    claim: u64,
    nobody: ConnId,
    visitor: ConnId,
    stranger: ConnId,
    operators: BTreeMap<&'static str, ConnId>,
}

/// What came of a frame.
struct Outcome {
    /// What the sender was told at once.
    told: Vec<Value>,
    closed: Option<u16>,
    /// Nothing is different in the database, and nobody else heard anything.
    harmless: bool,
    /// The same, as far as the conversation in question is concerned.
    target_untouched: bool,
}

impl World {
    /// The conversation was with a former operator first, who passed it back to the waiting room.
    fn new(state: &str) -> Self {
        let mut desk = TestDesk::new();
        let mut operators = BTreeMap::new();
        for (n, role) in (10..).zip(OPERATORS) {
            let is_supervisor = matches!(role, "watcher" | "coordinator");
            let token = if is_supervisor { desk.supervisor(role, role) } else { desk.operator(role, role) };
            let conn = desk.console(&token, n);
            desk.send(conn, &json!({"t": "state", "status": "accepting", "capacity": 3}));
            operators.insert(role, conn);
        }
        let visitor = desk.visitor(1);
        let (stranger, _) = desk.waiting(2);
        let mut world = Self {
            desk,
            conv: "nowhere".to_owned(),
            claim: 1,
            nobody: ConnId(0),
            visitor,
            stranger,
            operators,
        };
        world.plan_a_shift();
        world.block_somebody();
        if state != "none" {
            world.bring_to(state);
        }
        let everybody = world.everybody();
        world.desk.advance(3_000);
        world.nobody = world.desk.connect();
        for conn in everybody {
            world.desk.take(conn);
        }
        world
    }

    /// A shift of the colleague whom nobody here is.
    fn plan_a_shift(&mut self) {
        self.desk.operator("colleague", "Colleague");
        let mut frame = shift(50, Some("op:6"), "2026-11-22T18:00:00Z");
        frame["cid"] = json!(cid(205));
        self.desk.send(self.operators["coordinator"], &frame);
    }

    /// Blocks by everybody, the first of them by the colleague: one's own are those after it, in the order of the roles.
    fn block_somebody(&mut self) {
        let block = |by: usize| BlockRecord {
            id: 0,
            conversation: None,
            reason: BlockReason::Flood,
            by: OperatorId(format!("op:{by}")),
            at: self.desk.now,
            until: self.desk.now.plus_ms(60_000),
            review: None,
        };
        let blocks: Vec<_> = [6, 1, 2, 3, 4, 5].into_iter().map(block).collect();
        let kept: Result<(), StoreError> = self
            .desk
            .desk
            .store()
            .write(|tx| blocks.iter().try_for_each(|one| tx.insert_block(one).map(drop)));
        kept.unwrap();
    }

    fn bring_to(&mut self, state: &str) {
        let former = self.operators["former"];
        self.desk.send(self.visitor, &start(1));
        self.conv = self.desk.take_one(self.visitor, "ack")["conv"].as_str().unwrap().to_owned();
        self.desk.send(former, &json!({"t": "claim", "cid": cid(201), "conv": self.conv}));
        let back = json!({"t": "transfer", "cid": cid(202), "conv": self.conv, "claim": 1, "to": {}});
        self.desk.send(former, &back);
        let watch = json!({"t": "watch", "conv": self.conv, "on": true});
        self.desk.send(self.operators["watcher"], &watch);
        if state == "waiting" {
            return;
        }
        if state == "ready" {
            self.desk.send(self.visitor, &json!({"t": "presence", "visible": false}));
        }
        let holder = self.operators["holder"];
        self.desk.send(holder, &json!({"t": "claim", "cid": cid(203), "conv": self.conv}));
        self.claim = 2;
        match state {
            "ended" => self.desk.send(self.visitor, &json!({"t": "end", "cid": cid(204)})),
            "erased" => self.desk.send(self.visitor, &json!({"t": "erase", "cid": cid(204)})),
            _ => {}
        }
    }

    /// Where somebody sits, and the claim they would name.
    fn operator(&self, role: &str) -> (ConnId, u64) {
        (self.operators[role], if role == "former" { 1 } else { self.claim })
    }

    fn everybody(&self) -> Vec<ConnId> {
        let visitors = [self.nobody, self.visitor, self.stranger];
        visitors.into_iter().chain(self.operators.values().copied()).collect()
    }

    fn tries(&mut self, conn: ConnId, frame: &Value) -> Outcome {
        let before = self.stored();
        self.desk.send(conn, frame);
        let after = self.stored();
        let told = self.desk.take(conn);
        let others: Vec<_> = self.everybody().into_iter().filter(|other| *other != conn).collect();
        let mut heard: Vec<(ConnId, Value)> = Vec::new();
        for other in others {
            heard.extend(self.desk.take(other).into_iter().map(|frame| (other, frame)));
        }
        let ours = |rows: &[String]| -> Vec<String> {
            rows.iter().filter(|row| row.contains(&self.conv)).cloned().collect()
        };
        let about_target = |(to, frame): &(ConnId, Value)| {
            *to == self.visitor || frame["t"] != "board" && frame.to_string().contains(&self.conv)
        };
        Outcome {
            told,
            closed: self.desk.closed(conn).map(|code| code.as_u16()),
            harmless: before == after && heard.is_empty(),
            target_untouched: ours(&before) == ours(&after) && !heard.iter().any(about_target),
        }
    }

    /// Every row of every table.
    fn stored(&mut self) -> Vec<String> {
        let connection = self.desk.desk.store().connection();
        let mut tables = connection.prepare("select name from sqlite_master where type = 'table'").unwrap();
        let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let mut rows = Vec::new();
        for table in tables.map(Result::unwrap) {
            let mut all = connection.prepare(&format!("select * from \"{table}\"")).unwrap();
            let columns = all.column_count();
            let found = all.query_map([], |row| {
                let cells: Vec<String> = (0..columns)
                    .map(|column| {
                        row.get_ref(column).map(|cell| match cell.as_str() {
                            Ok(text) => text.to_owned(),
                            Err(_) => format!("{cell:?}"),
                        })
                    })
                    .collect::<Result<_, _>>()?;
                Ok(format!("{table}: {}", cells.join(" | ")))
            });
            rows.extend(found.unwrap().map(Result::unwrap));
        }
        rows.sort();
        rows
    }
}

impl Outcome {
    fn word(&self) -> String {
        let error = self.told.iter().find(|frame| frame["t"] == "error");
        match (self.closed, error) {
            // A conversation that was erased takes its sockets along.
            (Some(4410), None) if !self.harmless => "ok".to_owned(),
            (Some(code), _) => code.to_string(),
            (None, Some(error)) => error["code"].as_str().unwrap().to_owned(),
            (None, None) if self.told.is_empty() && self.harmless => "ignored".to_owned(),
            (None, None) => "ok".to_owned(),
        }
    }
}

fn compare(wrong: &mut Vec<String>, what: &str, expected: &str, outcome: &Outcome) {
    let word = outcome.word();
    if word != expected {
        wrong.push(format!("{what}: {word}, where the table says {expected}"));
    } else if !matches!(expected, "ok" | "4400") && !outcome.harmless {
        wrong.push(format!("{what}: refused with {word}, and yet something is different"));
    }
}

/// Nobody holds or watches what is not there, and nobody holds what waits.
fn exists(role: &str, state: &str) -> bool {
    match role {
        "holder" => !matches!(state, "none" | "waiting"),
        "watcher" => state != "none",
        _ => true,
    }
}

fn roles(cell: &str) -> Vec<&str> {
    if cell == "everybody" { OPERATORS.to_vec() } else { cell.split(", ").collect() }
}

/// The cells of a table, line by line.
fn rows(table: &str) -> Vec<Vec<String>> {
    let after = TABLES.split(&format!("<!-- {table} -->\n")).nth(1).unwrap();
    after
        .lines()
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// The frame types that rows are about.
fn named(rows: &[Vec<String>]) -> BTreeSet<String> {
    rows.iter().map(|cells| cells[0].split('`').nth(1).unwrap().to_owned()).collect()
}

/// The frame types of a schema.
fn frame_types(schema: &str) -> BTreeSet<String> {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let variants = schema["oneOf"].as_array().unwrap();
    variants.iter().filter_map(|v| Some(v["properties"]["t"]["const"].as_str()?.to_owned())).collect()
}

/// Every frame of both sides, about the conversation in question where it can be.
fn every_frame() -> Vec<Value> {
    let world = World::new("active");
    let visitors = rows("visitors").into_iter().map(|cells| visitor_frame(&cells[0], "active"));
    let names: BTreeSet<String> = rows("operators").into_iter().map(|cells| cells[0].clone()).collect();
    let operators = names.iter().map(|name| operator_frame(name, &world.conv, 2, "holder"));
    visitors.chain(operators).collect()
}

fn visitor_frame(row: &str, state: &str) -> Value {
    match row {
        "`hello` again" => hello(1),
        "`sync`" => json!({"t": "sync", "after": 0}),
        "`start`" => json!({"t": "start", "cid": cid(240), "secret": secret(240), "lang": "en"}),
        "`send`" => json!({"t": "send", "cid": cid(240), "text": "Hello"}),
        "`answer` to the survey" => {
            json!({"t": "answer", "cid": cid(240), "ref": "survey", "data": {"heard": "Yes"}})
        }
        "`end`" => json!({"t": "end", "cid": cid(240)}),
        "`erase`" => json!({"t": "erase", "cid": cid(240)}),
        "`typing`" => json!({"t": "typing", "on": true}),
        "`mark`" => json!({"t": "mark", "delivered": 1, "read": 1}),
        "`presence`" => json!({"t": "presence", "visible": state == "ready"}),
        "`ping`" => json!({"t": "ping"}),
        "`pong`" => json!({"t": "pong"}),
        other => panic!("no frame for {other}"),
    }
}

fn operator_frame(row: &str, conv: &str, claim: u64, role: &str) -> Value {
    let own = OPERATORS.iter().position(|known| *known == role).unwrap() + 1;
    match row {
        "`hello` again" => operator_hello("no token", 10),
        "`sync`" => json!({"t": "sync", "conv": conv, "after": 0}),
        "`state`" => json!({"t": "state", "status": "paused", "capacity": 2}),
        "`claim`" => json!({"t": "claim", "cid": cid(240), "conv": conv}),
        "`send`" => json!({"t": "send", "cid": cid(240), "conv": conv, "claim": claim, "text": "Hello"}),
        "`end`" => json!({"t": "end", "cid": cid(240), "conv": conv, "claim": claim}),
        "`block`" => {
            json!({"t": "block", "cid": cid(240), "conv": conv, "claim": claim, "reason": "abuse"})
        }
        "`review` of a colleague's block" => {
            json!({"t": "review", "cid": cid(240), "block": 1, "lift": true})
        }
        "`review` of one's own block" => {
            json!({"t": "review", "cid": cid(240), "block": own + 1, "lift": true})
        }
        "`transfer`" => json!({"t": "transfer", "cid": cid(240), "conv": conv, "claim": claim, "to": {}}),
        "`offer`" => json!({"t": "offer", "cid": cid(240), "conv": conv, "claim": claim, "offer": "phone"}),
        "`note` with a claim" => {
            json!({"t": "note", "cid": cid(240), "conv": conv, "claim": claim, "text": "A note"})
        }
        "`note` as a whisper" => json!({"t": "note", "cid": cid(240), "conv": conv, "text": "A whisper"}),
        "`watch`" => json!({"t": "watch", "conv": conv, "on": true}),
        "`typing`" => json!({"t": "typing", "conv": conv, "on": true}),
        "`mark`" => json!({"t": "mark", "conv": conv, "delivered": 1, "read": 1}),
        "`announce`" => json!({"t": "announce", "cid": cid(240), "notice": "Busy tonight", "paused": true}),
        "`shift` of one's own" => shift(60, Some(&format!("op:{own}")), "2026-11-23T18:00:00Z"),
        "`shift` of a colleague" => shift(50, Some("op:6"), "2026-11-22T19:00:00Z"),
        "`unshift` of a colleague" => json!({"t": "unshift", "cid": cid(240), "id": instance(50)}),
        "`ping`" => json!({"t": "ping"}),
        "`pong`" => json!({"t": "pong"}),
        other => {
            let what = other.strip_prefix("`query` for ").unwrap_or_else(|| panic!("no frame for {other}"));
            json!({"t": "query", "cid": cid(240), "what": what, "conv": conv})
        }
    }
}

/// A shift of three hours, under an identifier by number.
fn shift(n: u8, operator: Option<&str>, from: &str) -> Value {
    let to = from.replace("T18", "T21").replace("T19", "T22");
    json!({"t": "shift", "cid": cid(241), "shift": {"id": instance(n), "operator": operator, "from": from, "to": to,
           "at_once": 1}})
}
