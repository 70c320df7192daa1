//! A browser without scripts, made of forms: it reads a page's fields and posts them.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::http_support::{Response, exchange, get};

/// How long a page may take to say something.
const PATIENCE: Duration = Duration::from_secs(10);

/// What browsers say that show an answer while it still comes.
pub(crate) const BROWSER: [(&str, &str); 2] =
    [("sec-fetch-site", "same-origin"), ("sec-fetch-dest", "document")];

/// A page that is whole.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) html: String,
}

/// A form as it would be posted.
#[derive(Clone, Debug)]
pub(crate) struct Form(pub(crate) Vec<(String, String)>);

/// A page that goes on.
pub(crate) struct LivePage {
    stream: TcpStream,
    pub(crate) html: String,
}

impl Page {
    /// The first page.
    pub(crate) async fn first(addr: SocketAddr) -> Self {
        Self::of(get(addr, "/plain", &[]).await)
    }

    pub(crate) fn of(response: Response) -> Self {
        Self { status: response.status, html: response.text(), headers: response.headers }
    }

    /// Whether the page says so. Tags are no words.
    pub(crate) fn reads(&self, words: &str) -> bool {
        text_of(&self.html).contains(words)
    }

    pub(crate) fn form(&self, act: &str) -> Form {
        Form::of(&self.html, act)
    }

    /// What stands in the composer.
    pub(crate) fn composer(&self) -> String {
        let area = self.html.split("<textarea").nth(1).expect("a composer");
        let text = area.split_once('>').unwrap().1.split("</textarea>").next().unwrap();
        unescape(text.strip_prefix('\n').unwrap())
    }
}

impl Form {
    /// The fields of the form that asks for `act`, as they are when its button is pressed.
    pub(crate) fn of(html: &str, act: &str) -> Self {
        let wanted = format!("name=\"act\" value=\"{act}\"");
        let form = html
            .split("<form ")
            .skip(1)
            .map(|form| form.split("</form>").next().unwrap())
            .find(|form| form.contains(&wanted))
            .unwrap_or_else(|| panic!("no form for {act} in {html}"));
        assert!(form.starts_with("method=\"post\" action=\"/plain"), "{form}");
        let inputs = form.split("<input type=\"hidden\" ").skip(1).map(|input| {
            let value_of = |name: &str| {
                let value = input.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap();
                unescape(value)
            };
            (value_of("name"), value_of("value"))
        });
        Self(inputs.collect()).with("act", act)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        &self.0.iter().find(|(known, _)| known == name).unwrap().1
    }

    pub(crate) async fn post(&self, addr: SocketAddr) -> Page {
        self.post_with(addr, &[]).await
    }

    pub(crate) async fn post_with(&self, addr: SocketAddr, headers: &[(&str, &str)]) -> Page {
        Page::of(exchange(addr, &self.request(headers)).await)
    }

    /// Posts it as a browser does that shows the answer while it still comes.
    pub(crate) async fn post_live(&self, addr: SocketAddr) -> LivePage {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(self.request(&BROWSER).as_bytes()).await.unwrap();
        LivePage { stream, html: String::new() }
    }

    fn request(&self, headers: &[(&str, &str)]) -> String {
        let pairs: Vec<_> =
            self.0.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let body = pairs.join("&");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!(
            "POST /plain HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}

impl LivePage {
    /// Waits until the page says so.
    pub(crate) async fn reads(&mut self, words: &str) {
        let read = async {
            while !text_of(&self.html).contains(words) {
                assert!(self.more().await, "the page ended without {words}: {}", self.html);
            }
        };
        let waited = tokio::time::timeout(PATIENCE, read).await;
        assert!(waited.is_ok(), "no {words} in time: {}", self.html);
    }

    /// Waits until the page is whole.
    pub(crate) async fn ends(&mut self) {
        let read = async { while self.more().await {} };
        tokio::time::timeout(PATIENCE, read).await.expect("an end in time");
        assert!(self.html.contains("</html>"), "{}", self.html);
    }

    async fn more(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let count = self.stream.read(&mut bytes).await.unwrap();
        self.html.push_str(&String::from_utf8_lossy(&bytes[..count]));
        count > 0
    }
}

/// The words of a page, without its tags.
fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        rest = after.split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    unescape(&text)
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
        // What a browser makes of a line's end.
        .replace("\r\n", "\n")
}

/// As a browser writes a form's fields, line ends included.
fn encoded(text: &str) -> String {
    text.replace('\n', "\r\n")
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
