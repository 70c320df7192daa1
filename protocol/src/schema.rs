//! JSON Schema of every frame, generated from the types for the files in `schema/`. For tools and tests: no
//! client and no backend needs it to run.
//!
//! A schema here says what a *receiver of this version takes*, so it is as lenient as the types: fields it does
//! not list are allowed, and where the types read an unheard-of word as "unknown", the schema takes any string.

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{OperatorFrame, ServiceStatus, ToOperator, ToVisitor, VisitorFrame};

/// Types whose words are all there will ever be in version 1; every other list of words is open.
const CLOSED: [&str; 2] = ["Role", "ConversationState"];

/// Every schema file: its name, and what it holds.
pub fn files() -> Vec<(&'static str, Value)> {
    vec![
        ("visitor-to-server.schema.json", schema_of::<VisitorFrame>()),
        ("server-to-visitor.schema.json", schema_of::<ToVisitor>()),
        ("operator-to-server.schema.json", schema_of::<OperatorFrame>()),
        ("server-to-operator.schema.json", schema_of::<ToOperator>()),
        ("service-status.schema.json", schema_of::<ServiceStatus>()),
    ]
}

fn schema_of<T: JsonSchema>() -> Value {
    let schema: Schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    let mut schema = Value::from(schema);
    let closed_root = schema.get("title").and_then(Value::as_str).is_some_and(is_closed);
    if let Some(Value::Object(definitions)) = schema.get_mut("$defs") {
        for (name, definition) in definitions {
            open(definition, is_closed(name));
        }
    }
    open(&mut schema, closed_root);
    schema
}

fn is_closed(name: &str) -> bool {
    CLOSED.contains(&name)
}

/// Rewrites the alternatives of an enum so that words of later versions are taken too.
///
/// The generator lists the words it knows and does not know of the types' catch-all. In an enum of plain words
/// the listed ones become annotations; in an enum of objects the catch-all, listed under its own name
/// (`unknown`), becomes "any other word".
fn open(definition: &mut Value, closed: bool) {
    if let Value::Object(object) = definition
        && let Some(Value::Array(alternatives)) = object.get("oneOf")
        && alternatives.iter().all(|one| one.get("type") == Some(&json!("string")))
        && !closed
    {
        let words = examples(alternatives);
        object.remove("oneOf");
        object.insert("type".to_owned(), json!("string"));
        object.insert("examples".to_owned(), words);
    }
    open_objects(definition);
}

/// Opens the enums of objects in a schema, however deep: a flattened enum stands inside an alternative.
fn open_objects(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Array(alternatives)) = object.get_mut("oneOf") {
                open_catch_all(alternatives);
            }
            object.values_mut().for_each(open_objects);
        }
        Value::Array(items) => items.iter_mut().for_each(open_objects),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn open_catch_all(alternatives: &mut [Value]) {
    let unknown = json!("unknown");
    let words = alternatives.iter().filter_map(tag_of).map(|(_, word)| word);
    let known: Vec<Value> = words.filter(|word| *word != unknown).collect();
    for alternative in alternatives {
        if let Some((tag, word)) = tag_of(alternative)
            && word == unknown
            && let Some(properties) = alternative.get_mut("properties").and_then(Value::as_object_mut)
        {
            properties.insert(tag, json!({ "type": "string", "not": { "enum": known } }));
        }
    }
}

/// The words of an enum of plain words, in order.
fn examples(alternatives: &[Value]) -> Value {
    let words = alternatives.iter().flat_map(|one| {
        let listed = one.get("enum").and_then(Value::as_array).cloned().unwrap_or_default();
        one.get("const").cloned().into_iter().chain(listed)
    });
    Value::Array(words.filter(|word| word != &json!("unknown")).collect())
}

/// The tag of one alternative of an enum of objects, and its word.
fn tag_of(alternative: &Value) -> Option<(String, Value)> {
    let properties: &Map<String, Value> = alternative.get("properties")?.as_object()?;
    properties.iter().find_map(|(name, property)| Some((name.clone(), property.get("const")?.clone())))
}
