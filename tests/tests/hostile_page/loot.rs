//! What the page of `spy.js` got hold of.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tealight_tests::browser::{Page, Place};

/// Ways and things, in the order in which they came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Loot(pub(crate) Vec<(String, String)>);

impl Loot {
    /// Everything so far.
    pub(crate) async fn of(page: &Page) -> Result<Self> {
        Ok(Self(page.run(Place::Top, "return window.loot", Vec::new()).await?))
    }

    /// Everything since the last time this was asked, and what the spy can get by guessing.
    pub(crate) async fn since_last(page: &Page) -> Result<Self> {
        Ok(Self(page.run(Place::Top, "return window.loot.splice(0)", Vec::new()).await?))
    }

    /// The things that came by one way.
    pub(crate) fn by(&self, way: &str) -> Vec<Value> {
        let by_way = self.0.iter().filter(|(how, _)| how == way);
        by_way.map(|(_, thing)| serde_json::from_str(thing).unwrap_or_else(|_| json!(thing))).collect()
    }

    /// Nothing of it holds one of these words.
    pub(crate) fn has_none_of(&self, words: &[&str]) -> Result<()> {
        for (way, thing) in &self.0 {
            let found = words.iter().find(|word| thing.to_lowercase().contains(&word.to_lowercase()));
            ensure!(found.is_none(), "{found:?} by {way}: {thing}");
        }
        Ok(())
    }

    /// Without the movements of the pointer over the page: nothing was done to the chat while it was there.
    pub(crate) fn without_pointer(self) -> Self {
        let is_pointer = |way: &str, thing: &str| {
            way == "event" && ["[\"mouse", "[\"pointer"].iter().any(|start| thing.starts_with(start))
        };
        Self(self.0.into_iter().filter(|(way, thing)| !is_pointer(way, thing)).collect())
    }
}
