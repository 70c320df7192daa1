//! What a backend said of commands: the targets believe "sent" of what is named here, and of nothing else.

use std::collections::BTreeSet;

use serde_json::Value;

/// A frame and every `cid` in it; nothing where the text is no JSON.
pub(crate) fn frame_and_names(text: &str) -> Option<(Value, BTreeSet<String>)> {
    let frame = serde_json::from_str(text).ok()?;
    let mut found = BTreeSet::new();
    collect(&frame, &mut found);
    // Of a name that stands twice in one object a reader may take either: both count as told.
    for rest in text.split("\"cid\"").skip(1) {
        let value = rest.trim_start().strip_prefix(':').map(str::trim_start);
        let value = value.and_then(|rest| rest.strip_prefix('"')).and_then(|rest| rest.split('"').next());
        found.extend(value.map(str::to_owned));
    }
    Some((frame, found))
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("cid").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| collect(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_of_a_repeated_name_count_and_names_inside_count_too() {
        let text = r#"{"t":"event","cid":"one","cid":"two","events":[{"cid" : "three"}]}"#;
        let (_, names) = frame_and_names(text).unwrap();
        assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), ["one", "three", "two"]);
        assert!(frame_and_names("{").is_none());
    }
}
