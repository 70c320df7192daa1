//! The corpus: what is typed, why it is there, and what of it must come out.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// One case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// For whoever reads the corpus.
    #[allow(dead_code)]
    pub(crate) why: String,
    #[serde(default)]
    text: String,
    /// How often the text is repeated, and what is expected with it.
    #[serde(default)]
    times: Option<usize>,
    /// A JSON string as it stands in a frame, for what is no text at all.
    #[serde(default)]
    pub(crate) raw: Option<String>,
    /// What comes out; without it, exactly what went in.
    #[serde(default)]
    expect: Option<String>,
    /// Whether nothing of it may come out.
    #[serde(default)]
    pub(crate) refused: bool,
    /// What of it leads somewhere when an operator writes it.
    #[serde(default)]
    #[cfg_attr(not(feature = "browser"), allow(dead_code))]
    pub(crate) links: Vec<String>,
    /// How an operator's text is shown, if not as it was written.
    #[serde(default)]
    #[cfg_attr(not(feature = "browser"), allow(dead_code))]
    shown: Option<String>,
}

impl Case {
    /// What is typed.
    pub(crate) fn typed(&self) -> String {
        self.text.repeat(self.times.unwrap_or(1))
    }

    /// What must come out, where something may.
    pub(crate) fn expected(&self) -> String {
        self.expect.clone().unwrap_or_else(|| self.typed())
    }

    /// What an operator's words look like.
    #[cfg(feature = "browser")]
    pub(crate) fn shown(&self) -> String {
        self.shown.clone().unwrap_or_else(|| self.expected())
    }
}

/// All cases.
pub(crate) fn cases() -> Result<Vec<Case>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/hostile-text.json");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_str(&text)?)
}
