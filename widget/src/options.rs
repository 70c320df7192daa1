//! What the page around the widget asks for: one small JSON object, read by the browser's own parser.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// The options of `mount`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Address of the backend's socket.
    pub(crate) socket: String,
    /// The visitor's language, as a BCP 47 tag.
    pub(crate) lang: String,
    /// The helpline's name, until the backend says it.
    pub(crate) name: String,
    /// Where the limits of confidentiality are explained.
    pub(crate) confidentiality_url: Option<String>,
    /// Where it is explained how to stay safe on a shared device.
    pub(crate) safety_url: Option<String>,
    /// Whether the header shows neutral words in place of the name.
    pub(crate) discreet: bool,
    /// The key that leaves when it is struck three times, by the browser's name for it.
    pub(crate) exit_key: String,
    /// Whether the panel can be minimised.
    pub(crate) minimisable: bool,
    /// Whether personal details in the composer are hinted at.
    pub(crate) detail_hint: bool,
}

impl Options {
    /// Reads the options. What is missing or of another type has its plain default.
    pub(crate) fn parse(json: &str) -> Self {
        let value = js_sys::JSON::parse(json).unwrap_or(JsValue::NULL);
        let field = |name: &str| Reflect::get(&value, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let text = |name: &str| field(name).as_string().filter(|text| !text.is_empty());
        Self {
            socket: text("socket").unwrap_or_default(),
            lang: text("lang").unwrap_or_else(|| "en".to_owned()),
            name: text("name").unwrap_or_default(),
            confidentiality_url: text("confidentiality_url"),
            safety_url: text("safety_url"),
            discreet: field("discreet").is_truthy(),
            exit_key: text("exit_key").unwrap_or_else(|| "Shift".to_owned()),
            minimisable: field("minimisable").is_truthy(),
            // On, unless it is said to be off.
            detail_hint: field("detail_hint") != JsValue::FALSE,
        }
    }
}
