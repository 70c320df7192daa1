//! What a page posts: who, which command, and the words. Nothing of it is ever in an address.

use axum::http::HeaderMap;
use tealight_protocol::{Answers, Cid, Instance, Secret, Seq};

use super::super::origins::Origins;

/// Fields that a page may bring again when its command could not be carried out. Words are shown instead of hidden.
const CARRIED: [&str; 9] = ["secret", "inst", "cid", "lang", "act", "area", "ref", "choice", "seen"];

/// What the names of survey answers begin with.
const QUESTION: &str = "q.";

/// Everything that was posted.
#[derive(Clone, Default)]
pub(super) struct Fields(pub(super) Vec<(String, String)>);

/// What the visitor's page is known by.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    /// Opens the conversation; made here, kept by the page alone.
    pub(super) secret: Secret,
    /// The page instance: every page of one visit is the same, so that the newer replaces the older.
    pub(super) inst: Instance,
}

/// What a button asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Join,
    Send,
    Look,
    /// Ask whether to end, or to leave the waiting room.
    End,
    EndYes,
    /// Ask whether to erase.
    Wipe,
    WipeYes,
    Survey,
    Offer,
}

/// A request that can be understood.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) keys: Keys,
    pub(super) act: Act,
    /// Names the command: the same page posted again is the same command again.
    pub(super) cid: Cid,
}

impl Fields {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The words in the composer.
    pub(super) fn text(&self) -> &str {
        self.get("text").unwrap_or_default()
    }

    /// The last event that the page showed.
    pub(super) fn seen(&self) -> Option<Seq> {
        self.get("seen")?.parse().ok()
    }

    /// The answers to a survey. What was not answered is not among them.
    pub(super) fn answers(&self) -> Answers {
        let answers = self.0.iter().filter(|(_, answer)| !answer.is_empty());
        answers
            .filter_map(|(name, answer)| Some((name.strip_prefix(QUESTION)?.to_owned(), answer.clone())))
            .collect()
    }

    /// What another page must post to ask for the same.
    pub(super) fn carried(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_carried = |name: &str| CARRIED.contains(&name) || name.starts_with(QUESTION);
        self.0
            .iter()
            .filter(move |(name, _)| is_carried(name))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Nothing, if something is missing or misshapen.
    pub(super) fn asked(&self) -> Option<Asked> {
        let act = match self.get("act")? {
            "join" => Act::Join,
            "send" => Act::Send,
            "look" => Act::Look,
            "end" => Act::End,
            "end_yes" => Act::EndYes,
            "wipe" => Act::Wipe,
            "wipe_yes" => Act::WipeYes,
            "survey" => Act::Survey,
            "offer" => Act::Offer,
            _ => return None,
        };
        let secret = self.get("secret")?.to_owned().try_into().ok()?;
        let inst = self.get("inst")?.to_owned().try_into().ok()?;
        let cid = self.get("cid")?.to_owned().try_into().ok()?;
        Some(Asked { keys: Keys { secret, inst }, act, cid })
    }
}

/// Never shows what was posted.
impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fields(… {})", self.0.len())
    }
}

/// Whether a form came from a page of ours. Browsers say so; a program that says nothing brings no authority but the
/// secret in the form, and is let in where programs without an origin are.
pub(super) fn is_ours(origins: &Origins, headers: &HeaderMap) -> bool {
    let says = |name: &str| headers.get(name).map(|value| value.as_bytes());
    match (says("sec-fetch-site"), says("origin")) {
        // Some browsers hide where a form comes from, but not whether that is here.
        (Some(b"same-origin" | b"none"), None | Some(b"null")) => true,
        (None | Some(b"same-origin" | b"none"), Some(_)) => origins.is_own(headers),
        (Some(_), _) => false,
        (None, None) => origins.missing,
    }
}

/// Whether the answer is shown while it still comes: browsers that name what a request is for do so. Text browsers show
/// a page when it is whole, and must not be kept waiting.
pub(super) fn shows_at_once(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-dest").is_some_and(|dest| dest.as_bytes() == b"document")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_may_post() {
        let origins = Origins {
            allowed: vec!["https://www.example.org".to_owned()],
            own: "https://chat.example.org".to_owned(),
            missing: true,
        };
        let ours = |headers: &[(&'static str, &str)]| {
            let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            is_ours(&origins, &headers.collect())
        };
        assert!(ours(&[("sec-fetch-site", "same-origin")]));
        assert!(ours(&[("origin", "https://chat.example.org")]));
        assert!(ours(&[]), "a text browser says nothing");
        for bad in [
            [("sec-fetch-site", "cross-site")],
            [("sec-fetch-site", "same-site")],
            [("origin", "https://evil.example")],
            [("origin", "https://www.example.org")],
            [("origin", "null")],
        ] {
            assert!(!ours(&bad), "{bad:?}");
        }
        assert!(ours(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(!ours(&[("sec-fetch-site", "same-origin"), ("origin", "https://leads-here.example")]));
        assert!(!ours(&[("sec-fetch-site", "cross-site"), ("origin", "https://chat.example.org")]));
    }

    #[test]
    fn a_form_that_lacks_something_asks_for_nothing() {
        let whole = || {
            let pairs = [
                ("act", "look".to_owned()),
                ("secret", "s".repeat(43)),
                ("inst", "i".repeat(22)),
                ("cid", "c".repeat(22)),
            ];
            Fields(pairs.map(|(name, value)| (name.to_owned(), value)).to_vec())
        };
        assert!(whole().asked().is_some());
        for at in 0..4 {
            let mut lacking = whole();
            lacking.0.remove(at);
            assert!(lacking.asked().is_none());
            let mut misshapen = whole();
            misshapen.0[at].1 = "x y".to_owned();
            assert!(misshapen.asked().is_none());
        }
    }

    #[test]
    fn words_are_not_carried_in_hidden_fields() {
        let fields =
            Fields(vec![("text".to_owned(), "words".to_owned()), ("q.better".to_owned(), "Yes".to_owned())]);
        assert_eq!(fields.carried().collect::<Vec<_>>(), [("q.better", "Yes")]);
        assert_eq!(fields.answers().get("better"), Some("Yes"));
        assert!(!format!("{fields:?}").contains("words"));
    }
}
