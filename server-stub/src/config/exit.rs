//! Where Exit may lead: to a page that shows the same to everybody, of a site that has nothing to do with this one.

use super::Config;

/// Names of search engines. What such a page shows, and suggests, follows what was searched for before.
const SEARCH_ENGINES: [&str; 8] =
    ["google", "bing", "duckduckgo", "yahoo", "baidu", "yandex", "ecosia", "qwant"];

/// What is wrong with the page that Exit leads to, and what to write instead.
pub(super) fn fault(config: &Config) -> Option<(String, &'static str)> {
    let url = &config.service.exit_url;
    let target = host(url)?;
    if target.split('.').rev().skip(1).any(|label| SEARCH_ENGINES.contains(&label)) {
        return Some((
            format!("exit_url “{url}” is a search engine, which shows what was searched for before"),
            "name a page that shows the same to everybody, such as an encyclopaedia or a weather report",
        ));
    }
    let ours = config.server.public_url.iter().chain(&config.server.allowed_origins);
    let near =
        ours.filter_map(|ours| host(ours)).find(|ours| is_part(target, ours) || is_part(ours, target))?;
    Some((
        format!("exit_url “{url}” is of the same site as “{near}”, which somebody leaves by Exit"),
        "name a neutral page of another site, such as an encyclopaedia or a weather report",
    ))
}

/// The host in an address, without the `www.` that many sites put before their name.
fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = if host.starts_with('[') { host } else { host.split(':').next()? };
    Some(host.strip_prefix("www.").unwrap_or(host))
}

/// Whether one host is the other, or below it.
fn is_part(lower: &str, upper: &str) -> bool {
    lower.strip_suffix(upper).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_leads_to_another_site_and_to_no_search_engine() {
        for (url, part) in [
            ("https://www.google.com/", "search engine"),
            ("https://www.google.co.uk/search?q=weather", "search engine"),
            ("https://duckduckgo.com", "search engine"),
            ("https://www.example.org/news", "same site"),
            ("https://weather.example.org/", "same site"),
            ("https://example.org", "same site"),
            ("https://chat.example.org:8443/", "same site"),
        ] {
            let fault = fault(&with_exit(url));
            assert!(fault.as_ref().is_some_and(|(problem, _)| problem.contains(part)), "{url}: {fault:?}");
        }
        for url in [
            "https://www.wikipedia.org/",
            "https://www.example.com/weather",
            "https://notexample.org/",
            "https://binge.example.net/",
        ] {
            assert_eq!(fault(&with_exit(url)), None, "{url}");
        }
    }

    fn with_exit(url: &str) -> Config {
        let mut config = Config::parse(
            "[server]\npublic_url = \"https://chat.example.org\"\n\
             allowed_origins = [\"https://www.example.org\"]\n[service]\nname = \"x\"\n",
            "test",
        )
        .unwrap();
        config.service.exit_url = url.to_owned();
        config
    }
}
