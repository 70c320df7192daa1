//! From the entries of a conversation to the rows of the log: days, pauses, runs of one person, and what happened.
//! Pure; which day a moment belongs to is asked of the caller, because only the browser knows the time zone.

use std::sync::Arc;

use tealight_protocol::Party;
use tealight_session::visitor::{Entry, EntryKind};

/// A pause that is long enough to show the time again, in milliseconds.
const PAUSE_MS: f64 = 5.0 * 60.0 * 1000.0;

/// A moment, and the day it is on where the visitor is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Moment {
    /// Milliseconds of the wall clock.
    pub(crate) ms: f64,
    /// The day, counted from any origin.
    pub(crate) day: i64,
}

/// One row of the log.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// Stable while rows are added: for keyed lists.
    pub(crate) key: String,
    /// What the row is.
    pub(crate) kind: RowKind,
}

/// What a row is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RowKind {
    /// A new day begins.
    Day(f64),
    /// The time, after a pause.
    Pause(f64),
    /// Something happened, or nobody's words: one entry.
    Automatic(Arc<Entry>),
    /// One person's words in a row.
    Run(Run),
}

/// One person's words in a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Run {
    /// Whether they are the visitor's own.
    pub(crate) own: bool,
    /// The name to show once, where known.
    pub(crate) name: Option<String>,
    /// The messages.
    pub(crate) entries: Vec<Arc<Entry>>,
}

/// Who speaks in an entry.
enum Speaker<'a> {
    Visitor,
    Other(&'a Party, Option<&'a String>),
    Nobody,
}

/// Cuts the entries into rows. `moment` says when an entry was committed, if it was.
pub(crate) fn rows(entries: &[Arc<Entry>], moment: impl Fn(&Entry) -> Option<Moment>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut last: Option<Moment> = None;
    let mut last_party: Option<&Party> = None;
    for entry in entries {
        if let Some(now) = moment(entry) {
            if last.is_none_or(|last| last.day != now.day) {
                rows.push(Row { key: ["d", &entry.key].concat(), kind: RowKind::Day(now.ms) });
            } else if last.is_some_and(|last| now.ms - last.ms >= PAUSE_MS) {
                rows.push(Row { key: ["p", &entry.key].concat(), kind: RowKind::Pause(now.ms) });
            }
            last = Some(now);
        }
        let (own, name, party) = match speaker(entry) {
            Speaker::Nobody => {
                rows.push(Row {
                    key: ["a", &entry.key].concat(),
                    kind: RowKind::Automatic(Arc::clone(entry)),
                });
                continue;
            }
            Speaker::Visitor => (true, None, None),
            Speaker::Other(party, name) => (false, name.cloned(), Some(party)),
        };
        match rows.last_mut().map(|row| &mut row.kind) {
            Some(RowKind::Run(run)) if run.own == own && (own || last_party == party) => {
                run.entries.push(Arc::clone(entry));
            }
            _ => {
                let run = Run { own, name, entries: vec![Arc::clone(entry)] };
                rows.push(Row { key: ["r", &entry.key].concat(), kind: RowKind::Run(run) });
            }
        }
        last_party = party;
    }
    rows
}

fn speaker(entry: &Entry) -> Speaker<'_> {
    match &entry.kind {
        EntryKind::Own { .. } => Speaker::Visitor,
        EntryKind::Theirs { automatic: true, .. }
        | EntryKind::Joined(_)
        | EntryKind::Left { .. }
        | EntryKind::Transferred { .. } => Speaker::Nobody,
        EntryKind::Theirs { from, name, automatic: false, .. } | EntryKind::Offer { from, name, .. } => {
            Speaker::Other(from, name.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use tealight_protocol::{Alternative, AlternativeChannel, Cid, OperatorId, PassedTo, Text};
    use tealight_session::Delivery;
    use tealight_session::visitor::OfferAnswer;

    use super::*;

    const MINUTE: f64 = 60_000.0;

    #[test]
    fn an_empty_conversation_has_no_rows() {
        assert!(shape(&[]).is_empty());
    }

    #[test]
    fn words_of_one_person_stand_together_and_others_begin_a_run() {
        let entries =
            [theirs(1, "op:1", 0.0), theirs(2, "op:1", 1.0), own(3, Some(2.0)), theirs(4, "op:2", 3.0)];
        assert_eq!(shape(&entries), ["day", "op:1 ×2", "own ×1", "op:2 ×1"]);
    }

    #[test]
    fn five_minutes_of_silence_show_the_time_and_four_do_not() {
        let entries = [own(1, Some(0.0)), own(2, Some(4.0)), own(3, Some(9.0))];
        assert_eq!(shape(&entries), ["day", "own ×2", "pause", "own ×1"]);
    }

    #[test]
    fn midnight_begins_a_day_and_no_pause() {
        let entries = [own(1, Some(0.0)), own(2, Some(24.0 * 60.0))];
        assert_eq!(shape(&entries), ["day", "own ×1", "day", "own ×1"]);
    }

    #[test]
    fn words_on_their_way_have_no_time_and_join_the_run() {
        let entries = [own(1, Some(0.0)), own(2, None)];
        assert_eq!(shape(&entries), ["day", "own ×2"]);
    }

    #[test]
    fn an_offer_stands_in_its_operators_run_and_being_passed_on_in_nobodys() {
        let name = Some("op:1".to_owned());
        let offer = entry(
            2,
            Some(1.0),
            EntryKind::Offer {
                id: "o2".to_owned(),
                from: Party::Operator(OperatorId("op:1".to_owned())),
                name: name.clone(),
                alternative: Alternative {
                    id: "tel".to_owned(),
                    channel: AlternativeChannel::Phone,
                    uri: "tel:+448081570000".to_owned(),
                    label: "Call us".to_owned(),
                    hours: None,
                    open: true,
                    crisis: false,
                },
                answer: OfferAnswer::Open,
            },
        );
        let passed = EntryKind::Transferred { name, to: PassedTo::default(), reason: None };
        let entries = [theirs(1, "op:1", 0.0), offer, entry(3, Some(2.0), passed)];
        assert_eq!(shape(&entries), ["day", "op:1 ×2", "automatic"]);
    }

    #[test]
    fn a_run_keeps_its_key_while_it_grows() {
        let one = rows(&[own(1, Some(0.0))], at);
        let two = rows(&[own(1, Some(0.0)), own(2, None)], at);
        assert_eq!(one[1].key, two[1].key);
    }

    fn shape(entries: &[Arc<Entry>]) -> Vec<String> {
        rows(entries, at)
            .into_iter()
            .map(|row| match row.kind {
                RowKind::Day(_) => "day".to_owned(),
                RowKind::Pause(_) => "pause".to_owned(),
                RowKind::Automatic(_) => "automatic".to_owned(),
                RowKind::Run(run) if run.own => format!("own ×{}", run.entries.len()),
                RowKind::Run(run) => format!("{} ×{}", run.name.unwrap_or_default(), run.entries.len()),
            })
            .collect()
    }

    /// In these tests an entry's sequence number is its identity, and its `at` is looked up from its key.
    fn at(entry: &Entry) -> Option<Moment> {
        let minutes: f64 = entry.key.split('@').nth(1)?.parse().ok()?;
        Some(Moment { ms: minutes * MINUTE, day: (minutes / (24.0 * 60.0)) as i64 })
    }

    fn own(n: u8, minute: Option<f64>) -> Arc<Entry> {
        let kind = EntryKind::Own { cid: Cid::from_bytes([n; 16]), text: text(), delivery: Delivery::Sent };
        entry(n, minute, kind)
    }

    fn theirs(n: u8, operator: &str, minute: f64) -> Arc<Entry> {
        let kind = EntryKind::Theirs {
            from: Party::Operator(OperatorId(operator.to_owned())),
            name: Some(operator.to_owned()),
            text: text(),
            link: None,
            automatic: false,
        };
        entry(n, Some(minute), kind)
    }

    fn entry(n: u8, minute: Option<f64>, kind: EntryKind) -> Arc<Entry> {
        let key = minute.map_or_else(|| n.to_string(), |minute| format!("{n}@{minute}"));
        Arc::new(Entry { key, seq: minute.map(|_| n.into()), at: None, kind })
    }

    fn text() -> Text {
        Text::parse("words").unwrap()
    }
}
