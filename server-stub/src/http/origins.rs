//! Which pages may open a socket, and say that they are left.

use std::net::{IpAddr, Ipv6Addr};

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
        self.missing && !headers.contains_key(header::ORIGIN)
            || only_origin(headers).is_some_and(|origin| self.allowed.iter().any(|allowed| allowed == origin))
            || self.is_own(headers)
    }

    /// Whether a request comes from a page of this server.
    pub(super) fn is_own(&self, headers: &HeaderMap) -> bool {
        only_origin(headers).is_some_and(|origin| origin == self.own || is_here(origin, headers))
    }

    /// Whether a request may say that a page is left. Some browsers hide the origin of a beacon whose page sends no
    /// referrer; then their own word counts that it comes from here, which no script can write.
    pub(super) fn allows_leaving(&self, headers: &HeaderMap) -> bool {
        let is = |name: &str, value: &str| headers.get(name).is_some_and(|found| found == value);
        self.allows(headers) || is("origin", "null") && is("sec-fetch-site", "same-origin")
    }
}

/// The origin a request names, if it names one and no more.
fn only_origin(headers: &HeaderMap) -> Option<&str> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = origins.next()?.to_str().ok()?;
    origins.next().is_none().then_some(origin)
}

/// Whether a page came from the very address that is asked, by number. A name proves nothing: whoever owns one can
/// have it lead here, after its page was loaded from elsewhere. Under a name, the server has to know its own.
fn is_here(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let page = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    page.is_some() && page == host && page.is_some_and(is_number)
}

/// Whether a host, with its port or without, is an address, or the name that always means this machine.
fn is_number(host: &str) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').is_some_and(|(address, _)| address.parse::<Ipv6Addr>().is_ok());
    }
    let name = host.split(':').next().unwrap_or_default();
    name == "localhost" || name.ends_with(".localhost") || name.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_origins_and_the_servers_own_are_allowed() {
        for good in ["https://www.example.org", "https://chat.example.org", "https://shop.example:8443"] {
            assert!(allows("inner:8080", &[good]), "{good}");
        }
        for bad in [
            "",
            "null",
            "https://example.org",
            "https://www.example.org.",
            "https://www.example.org/",
            "https://www.example.org:443",
            "https://www.example.org:8443",
            "https://shop.example",
            "https://shop.example:8444",
            "http://www.example.org",
            "HTTPS://WWW.EXAMPLE.ORG",
            "https://www.example.org.evil.example",
            "https://evilwww.example.org",
            "https://www.example.org@evil.example",
            "https://www.example.org https://evil.example",
            "file://",
            "chrome-extension://www.example.org",
        ] {
            assert!(!allows("chat.example.org", &[bad]), "{bad}");
        }
        assert!(
            !allows("chat.example.org", &["https://www.example.org", "https://evil.example"]),
            "two origins"
        );
        assert!(allows("chat.example.org", &[]), "a program");
    }

    #[test]
    fn a_page_from_the_same_host_is_our_own_only_under_an_address() {
        for host in ["127.0.0.1:8080", "192.0.2.7", "[::1]:8080", "localhost:8080", "chat.localhost:8080"] {
            assert!(allows(host, &[&format!("http://{host}")]), "{host}");
            assert!(!allows("192.0.2.8", &[&format!("http://{host}")]), "{host}");
        }
        // Anybody can have a name of theirs lead here, after their page was loaded from elsewhere.
        for host in ["evil.example:8080", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example"]
        {
            assert!(!allows(host, &[&format!("http://{host}")]), "{host}");
        }
    }

    fn allows(host: &str, origins: &[&str]) -> bool {
        let list = Origins {
            allowed: vec!["https://www.example.org".to_owned(), "https://shop.example:8443".to_owned()],
            own: "https://chat.example.org".to_owned(),
            missing: true,
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        for origin in origins {
            headers.append(header::ORIGIN, origin.parse().unwrap());
        }
        list.allows(&headers)
    }
}
