//! Which pages may open a socket.

use axum::http::{HeaderMap, header};

/// The allow-list: exact origins, no wildcards.
#[derive(Clone, Debug)]
pub(super) struct Origins {
    pub(super) allowed: Vec<String>,
    pub(super) own: String,
    pub(super) missing: bool,
}

impl Origins {
    /// Whether a request may open a socket. The server's own pages always may; programs without an origin
    /// may unless that was forbidden, because they bring no authority but the secret in their first frame.
    pub(super) fn allows(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return self.missing };
        let Ok(origin) = origin.to_str() else { return false };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let same_host = host.is_some_and(|host| {
            origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")) == Some(host)
        });
        same_host || origin == self.own || self.allowed.iter().any(|allowed| allowed == origin)
    }

    /// Whether a request may say that a page is left. Some browsers hide the origin of a beacon whose page sends no
    /// referrer; then their own word counts that it comes from here, which no script can write.
    pub(super) fn allows_leaving(&self, headers: &HeaderMap) -> bool {
        let is = |name: &str, value: &str| headers.get(name).is_some_and(|found| found == value);
        self.allows(headers) || is("origin", "null") && is("sec-fetch-site", "same-origin")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_origins_and_the_servers_own_are_allowed() {
        let origins = Origins {
            allowed: vec!["https://www.example.org".to_owned()],
            own: "https://chat.example.org".to_owned(),
            missing: true,
        };
        let allows = |origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "inner:8080".parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            origins.allows(&headers)
        };
        for good in ["https://www.example.org", "https://chat.example.org", "http://inner:8080"] {
            assert!(allows(Some(good)), "{good}");
        }
        for bad in [
            "https://example.org",
            "https://www.example.org.evil.example",
            "null",
            "https://www.example.org:8443",
        ] {
            assert!(!allows(Some(bad)), "{bad}");
        }
        assert!(allows(None));
    }
}
