//! A conversation as rows of a log: where a day begins, where somebody starts to speak, where the time stands.

use std::sync::Arc;

use tealight_session::operator::{Entry, EntryKind};
use tealight_session::{Delivery, Millis};

use crate::moments::{local_day, millis};

/// After this long a pause the same speaker gets a name and a time again, in milliseconds.
const PAUSE: Millis = 5 * 60_000;

/// One entry, and what stands around it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// The entry.
    pub(crate) entry: Arc<Entry>,
    /// When it was, if the backend has it.
    pub(crate) at: Option<Millis>,
    /// The local day that begins with this row, counted from 1970.
    pub(crate) day: Option<i64>,
    /// Whether somebody starts to speak here.
    pub(crate) starts_run: bool,
    /// Whether the time, and how far an own message has come, stand under it.
    pub(crate) shows_state: bool,
}

/// The rows of a log. `behind_utc_min` tells the zone at a moment.
pub(crate) fn rows(entries: &[Arc<Entry>], behind_utc_min: impl Fn(Millis) -> i32) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::with_capacity(entries.len());
    let mut last_day = None;
    for entry in entries {
        let at = entry.at.as_ref().and_then(millis);
        let today = at.map(|at| local_day(at, behind_utc_min(at)));
        let day = today.filter(|_| today != last_day);
        last_day = today.or(last_day);
        let speaker = speaker(&entry.kind);
        let continues = speaker.is_some()
            && day.is_none()
            && rows.last().is_some_and(|before| {
                self::speaker(&before.entry.kind) == speaker && !is_pause(before.at, at)
            });
        if continues
            && let Some(before) = rows.last_mut()
            && delivery(&before.entry.kind) == delivery(&entry.kind)
        {
            before.shows_state = false;
        }
        rows.push(Row {
            entry: Arc::clone(entry),
            at,
            day,
            starts_run: speaker.is_some() && !continues,
            shows_state: speaker.is_some(),
        });
    }
    rows
}

#[derive(PartialEq)]
enum Speaker<'a> {
    Visitor,
    Me,
    Colleague(Option<&'a str>),
}

fn speaker(kind: &EntryKind) -> Option<Speaker<'_>> {
    match kind {
        EntryKind::Visitor(_) => Some(Speaker::Visitor),
        EntryKind::Operator { own: true, .. } | EntryKind::Offer { own: true, .. } => Some(Speaker::Me),
        EntryKind::Operator { own: false, name, .. } | EntryKind::Offer { own: false, name, .. } => {
            Some(Speaker::Colleague(name.as_deref()))
        }
        EntryKind::Started
        | EntryKind::Automatic(_)
        | EntryKind::Joined(_)
        | EntryKind::Left { .. }
        | EntryKind::Transferred { .. }
        | EntryKind::Ended(..) => None,
    }
}

fn delivery(kind: &EntryKind) -> Option<Delivery> {
    match kind {
        EntryKind::Operator { own: true, delivery, .. } | EntryKind::Offer { own: true, delivery, .. } => {
            Some(*delivery)
        }
        EntryKind::Operator { own: false, .. }
        | EntryKind::Offer { own: false, .. }
        | EntryKind::Visitor(_)
        | EntryKind::Started
        | EntryKind::Automatic(_)
        | EntryKind::Joined(_)
        | EntryKind::Left { .. }
        | EntryKind::Transferred { .. }
        | EntryKind::Ended(..) => None,
    }
}

fn is_pause(before: Option<Millis>, after: Option<Millis>) -> bool {
    matches!((before, after), (Some(before), Some(after)) if after.saturating_sub(before) >= PAUSE)
}

#[cfg(test)]
mod tests {
    use tealight_protocol::{Text, Timestamp};

    use super::*;

    #[test]
    fn a_speaker_is_named_once_until_a_pause() {
        let rows = rows_of(&[("20:00", 'v'), ("20:01", 'v'), ("20:06", 'v'), ("20:07", 'o'), ("20:08", 'v')]);
        assert_eq!(starts(&rows), [true, false, true, true, true]);
    }

    #[test]
    fn the_time_stands_at_the_end_of_a_run() {
        let rows = rows_of(&[("20:00", 'v'), ("20:01", 'v'), ("20:02", 'o')]);
        assert_eq!(rows.iter().map(|row| row.shows_state).collect::<Vec<_>>(), [false, true, true]);
    }

    #[test]
    fn a_day_begins_where_the_local_date_changes() {
        let entries = [entry("2026-11-21T22:30:00Z", 'v'), entry("2026-11-21T23:30:00Z", 'v')];
        let in_paris = rows(&entries, |_| -60);
        assert!(in_paris[0].day.is_some() && in_paris[1].day.is_some());
        let in_london = rows(&entries, |_| 0);
        assert!(in_london[0].day.is_some() && in_london[1].day.is_none());
    }

    #[test]
    fn messages_that_came_unequally_far_both_say_so() {
        let mut second = entry("2026-11-21T20:00:10Z", 'o');
        if let EntryKind::Operator { delivery, .. } = &mut Arc::make_mut(&mut second).kind {
            *delivery = Delivery::Seen;
        }
        let rows = rows(&[second, entry("2026-11-21T20:00:20Z", 'o')], |_| 0);
        assert!(rows[0].shows_state && rows[1].shows_state);
    }

    fn starts(rows: &[Row]) -> Vec<bool> {
        rows.iter().map(|row| row.starts_run).collect()
    }

    fn rows_of(said: &[(&str, char)]) -> Vec<Row> {
        let entries: Vec<_> =
            said.iter().map(|(time, who)| entry(&format!("2026-11-21T{time}:00Z"), *who)).collect();
        rows(&entries, |_| 0)
    }

    fn entry(at: &str, who: char) -> Arc<Entry> {
        let text = Text::parse("words").unwrap();
        let kind = if who == 'v' {
            EntryKind::Visitor(text)
        } else {
            let delivery = Delivery::Sent;
            EntryKind::Operator { own: true, name: None, cid: None, text, link: None, delivery }
        };
        let at = Some(Timestamp::try_from(at.to_owned()).unwrap());
        Arc::new(Entry { key: String::new(), seq: None, at, kind })
    }
}
