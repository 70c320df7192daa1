//! The plain pages, used as a browser uses them that has nothing but forms.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must stop at once")]

mod client;

use serde_json::{Value, json};
use tealight_server::desk::PLAIN_STARTS;
use tealight_server::store::SqliteStore;
use tealight_server::testing::{CONFIG, cid, operator_hello};

use crate::http_support::{Client, TestServer, get, local};
use client::{BROWSER, Form, Page};

#[tokio::test]
async fn somebody_waits_talks_ends_and_has_it_erased_with_forms_alone() {
    let server = TestServer::start().await;
    let addr = server.running.addr;
    let page = Page::first(addr).await;
    assert!(page.reads("Talk with someone.") && page.reads("Call 0808 157 0123"), "{}", page.html);

    let page = page.form("join").post(addr).await;
    assert_eq!(page.status, 200);
    for words in ["You're in the waiting room.", "You are next.", "minutes", "Look for news", "for 5 minutes"]
    {
        assert!(page.reads(words), "{words}: {}", page.html);
    }
    let page = page.form("send").with("text", "Nobody knows\nabout <b>it</b>").post(addr).await;
    assert!(page.reads("You\nNobody knows\nabout <b>it</b>"), "{}", page.html);
    assert_eq!(page.composer(), "");

    let mut volunteer = Volunteer::calls_the_next(&server).await;
    let page = page.form("look").post(addr).await;
    volunteer.is_with_them().await;
    assert_eq!(volunteer.log[1]["text"], "Nobody knows\nabout <b>it</b>");
    volunteer.says("I am with you. See https://example.org/a?b&c.").await;
    let page = page.form("look").post(addr).await;
    assert!(page.reads("Chat with Ada") && page.reads("You're now with Ada"), "{}", page.html);
    assert!(
        page.html
            .contains("href=\"https://example.org/a?b&amp;c\" target=\"_blank\" rel=\"noopener noreferrer\"")
    );
    assert!(page.html.contains("id=\"new\""), "what came since is marked");

    let page = page.form("send").with("text", "Thank you").post(addr).await;
    assert_eq!(volunteer.hears("message").await["text"], "Thank you");
    let page = page.form("end").post(addr).await;
    assert!(page.reads("End this chat?"), "{}", page.html);
    let page = page.form("end_yes").post(addr).await;
    assert_eq!(volunteer.hears("ended").await["by"], "visitor");
    for words in ["The chat has ended.", "Did you feel heard?", "Close this page", "Wipe this chat"] {
        assert!(page.reads(words), "{words}: {}", page.html);
    }
    let page = page.form("survey").with("q.better", "A little").post(addr).await;
    assert!(page.reads("Your answers help us."), "{}", page.html);

    let secret = page.form("wipe");
    let page = secret.post(addr).await;
    assert!(page.reads("You can't get them back."), "{}", page.html);
    let erase = page.form("wipe_yes");
    let page = erase.post(addr).await;
    assert!(page.status == 200 && page.reads("This chat is wiped."), "{}", page.html);
    let again = erase.post(addr).await;
    assert!(again.status == 410 && again.reads("This chat is wiped."), "{}", again.html);
    server.stop().await;
}

#[tokio::test]
async fn a_form_that_is_posted_twice_is_one_command() {
    let server = TestServer::start().await;
    let addr = server.running.addr;
    let join = Page::first(addr).await.form("join");
    join.post(addr).await;
    let page = join.post(addr).await;
    assert!(page.status == 200 && page.reads("You are next."), "{}", page.html);
    let send = page.form("send").with("text", "Only once");
    send.post(addr).await;
    let page = send.post(addr).await;
    assert_eq!(page.html.matches("Only once").count(), 1);

    // A page from before, with other words in it: they are not lost, and can be sent.
    let page = send.with("text", "Something else").post(addr).await;
    assert_eq!((page.status, page.composer().as_str()), (409, "Something else"));
    let page = page.form("send").with("text", "Something else").post(addr).await;
    assert!(page.status == 200 && page.reads("Something else"), "{}", page.html);
    let mut volunteer = Volunteer::calls_the_next(&server).await;
    page.form("look").post(addr).await;
    volunteer.is_with_them().await;
    assert_eq!(volunteer.log.iter().filter(|event| event["kind"] == "message").count(), 2);
    server.stop().await;
}

#[tokio::test]
async fn where_others_must_work_few_plain_pages_a_minute_are_let_in() {
    let server = TestServer::with_config(&(local(CONFIG) + "[limits]\nwork = \"always\"\n")).await;
    let addr = server.running.addr;
    let mut pages = Vec::new();
    for _ in 0..PLAIN_STARTS {
        let page = Page::first(addr).await.form("join").post(addr).await;
        assert!(page.status == 200 && page.reads("You're in the waiting room."), "{}", page.html);
        pages.push(page);
    }
    let page = Page::first(addr).await.form("join").post(addr).await;
    assert_eq!(page.status, 429);
    for words in ["Wait a moment, then try again.", "Call 0808 157 0123"] {
        assert!(page.reads(words), "{words}: {}", page.html);
    }
    assert_eq!(page.form("join").post(addr).await.status, 429, "trying again is free");
    // Whoever is in goes on as always.
    let page = pages[0].form("send").with("text", "Is somebody there?").post(addr).await;
    assert!(page.status == 200 && page.reads("Is somebody there?"), "{}", page.html);
    server.stop().await;
}

#[tokio::test]
async fn words_that_cannot_be_sent_come_back() {
    let limited = local(CONFIG) + "[limits]\nsockets_per_minute = 4\n";
    let server = TestServer::with_config(&limited).await;
    let addr = server.running.addr;
    let page = Page::first(addr).await.form("join").post(addr).await;
    let long = format!("{}\n<end> & \"all\"", "ä".repeat(4_100));
    let page = page.form("send").with("text", &long).post(addr).await;
    assert_eq!((page.status, page.composer().as_str()), (422, long.as_str()));
    assert!(page.reads("Not sent. Your words are still here.") && page.reads("/ 4000"));
    let page = page.form("send").with("text", " \n ").post(addr).await;
    assert!(page.status == 422 && page.reads("There were no words to send."), "{}", page.html);

    // The network has had its sockets for now.
    let send = page.form("send").with("text", "Not so fast");
    send.post(addr).await;
    let page = send.post(addr).await;
    assert_eq!((page.status, page.composer().as_str()), (429, "Not so fast"));
    assert!(page.headers.iter().any(|(name, _)| name == "retry-after"));
    assert!(
        page.reads("Wait a moment, then try again.") && page.reads("Call 0808 157 0123"),
        "{}",
        page.html
    );
    assert_eq!(page.form("send").get("cid"), send.get("cid"), "trying again is the same command");
    let huge = send.with("text", &"x".repeat(200_000)).post(addr).await;
    assert!(huge.status == 413 && huge.reads("far too long"), "{}", huge.html);
    server.stop().await;
}

#[tokio::test]
async fn a_secret_that_nobody_has_opens_nothing() {
    let server = TestServer::start().await;
    let addr = server.running.addr;
    let page = Page::first(addr).await.form("join").post(addr).await;
    let send = page.form("send").with("text", "My words");
    let stranger = send.clone().with("secret", &"A".repeat(43)).post(addr).await;
    assert_eq!(stranger.status, 404);
    assert!(
        stranger.reads("This chat is no longer here.") && stranger.reads("My words"),
        "{}",
        stranger.html
    );
    for (name, value) in [("secret", "short"), ("inst", ""), ("cid", "<x>"), ("act", "other")] {
        let page = send.clone().with(name, value).post(addr).await;
        assert_eq!(page.status, 400, "{name}");
        assert!(page.reads("My words"), "{}", page.html);
    }
    server.stop().await;
}

#[tokio::test]
async fn other_sites_cannot_post_for_a_visitor() {
    let server = TestServer::start().await;
    let addr = server.running.addr;
    let join = Page::first(addr).await.form("join");
    for foreign in [
        [("origin", "https://evil.example")],
        [("origin", "https://www.example.org")],
        [("origin", "null")],
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
    ] {
        let page = join.post_with(addr, &foreign).await;
        assert!(page.status == 403 && page.reads("We did nothing with it."), "{foreign:?}: {}", page.html);
    }
    assert_eq!(join.post_with(addr, &[("origin", &server.running.url)]).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn nothing_is_kept_and_no_secret_is_in_an_address() {
    let server = TestServer::start().await;
    let addr = server.running.addr;
    let first = Page::first(addr).await;
    let page = first.form("join").post(addr).await;
    let secret = page.form("send").get("secret").to_owned();
    assert_ne!(secret, Page::first(addr).await.form("join").get("secret"), "each first page has its own");
    for page in [&first, &page] {
        let header = |name: &str| {
            page.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        assert_eq!(header("cache-control"), Some("no-store"));
        assert_eq!(header("set-cookie"), None);
        assert_eq!(header("referrer-policy"), Some("same-origin"));
        assert_eq!(
            header("content-security-policy"),
            Some(
                "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
            )
        );
        assert!(!page.html.contains("<script") && !page.html.contains(" onclick"), "no script");
        let exit = "<a class=\"exit\" href=\"https://www.wikipedia.org/\" target=\"_top\" rel=\"noreferrer\">Exit</a>";
        let order =
            ["<h1>", exit, "<main"].map(|part| page.html.find(part).unwrap_or_else(|| panic!("{part}")));
        assert!(order.is_sorted(), "{order:?}");
        assert!(page.html.contains("<title>Message</title>"));
        for (at, _) in page.html.match_indices(&secret) {
            assert!(page.html[..at].ends_with("name=\"secret\" value=\""));
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn who_waits_is_still_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let open = || SqliteStore::open(&directory.path().join("tealight.db")).unwrap();
    let server = TestServer::over(open(), &local(CONFIG)).await;
    let page = Page::first(server.running.addr).await.form("join").post(server.running.addr).await;
    let page = page.form("send").with("text", "Before").post(server.running.addr).await;
    let mut live = page.form("look").post_live(server.running.addr).await;
    live.reads("Before").await;
    let stopping = tokio::spawn(server.stop());
    live.reads("We can't reach the chat just now.").await;
    live.ends().await;
    stopping.await.unwrap();

    let server = TestServer::over(open(), &local(CONFIG)).await;
    let send = Form::of(&live.html, "send").with("text", "After");
    let page = send.post(server.running.addr).await;
    assert!(page.reads("Before") && page.reads("After") && page.reads("You are next."), "{}", page.html);
    server.stop().await;
}

#[tokio::test]
async fn whoever_cannot_join_reads_why_and_what_else_helps() {
    let full = local(CONFIG).replace("[wait]", "[wait]\ncapacity = 1");
    let server = TestServer::with_config(&full).await;
    let addr = server.running.addr;
    let late = Page::first(addr).await;
    Page::first(addr).await.form("join").post(addr).await;
    let page = late.form("join").post(addr).await;
    assert_eq!(page.status, 409);
    assert!(page.reads("The waiting room is full now.") && page.reads("Call 0808 157 0123"), "{}", page.html);
    server.stop().await;

    let closed = local(CONFIG).replace("[service]", "[service]\nswitched_off = true");
    let server = TestServer::with_config(&closed).await;
    let page = Page::first(server.running.addr).await;
    assert!(page.reads("Chat is closed now.") && !page.html.contains("value=\"join\""), "{}", page.html);
    server.stop().await;
}

#[tokio::test]
async fn a_page_goes_on_while_it_is_there_and_the_volunteer_sees_that() {
    let server = TestServer::start().await;
    let addr = server.running.addr;
    let page = Page::first(addr).await.form("join").post(addr).await;
    let mut live = page.form("look").post_live(addr).await;
    live.reads("You are next.").await;
    let composer = live.html.find("<textarea").unwrap();
    assert!(
        composer < live.html.find("role=\"log\"").unwrap(),
        "the composer is there from the first moment"
    );

    let mut volunteer = Volunteer::calls_the_next(&server).await;
    volunteer.is_with_them().await;
    live.reads("You're now with Ada").await;
    volunteer.says("<script>alert(1)</script> hello").await;
    live.reads("<script>alert(1)</script> hello").await;
    assert!(!live.html.contains("<script"), "text is text");

    let mut newer = Form::of(&live.html, "send").with("text", "And me").post_live(addr).await;
    newer.reads("And me").await;
    live.ends().await;
    drop(live);
    drop(newer);
    let presence = volunteer.console.next("presence").await;
    assert_eq!(presence["presence"], "gone", "{presence}");
    server.stop().await;
}

#[tokio::test]
async fn a_page_that_goes_on_tells_the_end_and_then_stops() {
    let server = TestServer::start().await;
    let addr = server.running.addr;
    let page = Page::first(addr).await.form("join").post(addr).await;
    let mut live = page.form("look").post_live(addr).await;
    live.reads("You are next.").await;
    let mut volunteer = Volunteer::calls_the_next(&server).await;
    volunteer.is_with_them().await;
    live.reads("Chat with Ada").await;
    volunteer.ends().await;
    live.reads("The chat has ended.").await;
    live.ends().await;
    // What was being written is not lost.
    let page = Form::of(&live.html, "send").with("text", "Too late").post_with(addr, &BROWSER).await;
    assert!(
        page.reads("Nobody has read your message. It was not sent.") && page.reads("Too late"),
        "{}",
        page.html
    );
    assert!(page.reads("Thank you for talking."), "{}", page.html);
    server.stop().await;
}

#[tokio::test]
async fn whoever_is_blocked_reads_until_when_and_every_other_way_to_get_help() {
    let server = TestServer::start().await;
    let addr = server.running.addr;
    let join = Page::first(addr).await.form("join");
    let waiting = Page::first(addr).await.form("join").post(addr).await;
    let mut volunteer = Volunteer::calls_the_next(&server).await;
    let page = waiting.form("look").post(addr).await;
    volunteer.is_with_them().await;
    volunteer.blocks().await;
    volunteer.hears("ended").await;
    let refused = join.post(addr).await;
    assert_eq!(refused.status, 409);
    for page in [page.form("look").post(addr).await, Page::first(addr).await, refused] {
        for words in ["Chat is closed for you now.", "It opens tomorrow at", "Call 0808 157 0123"] {
            assert!(page.reads(words), "{words}: {}", page.html);
        }
        assert!(
            !page.reads("Thank you for talking.") && !page.reads("Join the waiting room"),
            "{}",
            page.html
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn a_helpline_can_do_without_plain_pages() {
    let server = TestServer::start().await;
    let frame = server.get("/frame", &[]).await.text();
    assert!(frame.contains("href=\"/plain?lang=en\" target=\"_top\""), "{frame}");
    server.stop().await;
    let without = local(CONFIG).replace("[service]", "[service]\nplain = false");
    let server = TestServer::with_config(&without).await;
    let response = get(server.running.addr, "/plain", &[]).await;
    assert_eq!((response.status, response.header("location")), (303, Some("/chat")));
    assert!(!server.get("/frame", &[]).await.text().contains("/plain"));
    let form = Form(vec![("act".to_owned(), "join".to_owned())]);
    assert_eq!(form.post(server.running.addr).await.status, 404);
    server.stop().await;
}

/// A volunteer with one visitor.
struct Volunteer {
    console: Client,
    conv: Value,
    claim: Value,
    /// What was said before.
    log: Vec<Value>,
    next: u8,
}

impl Volunteer {
    async fn calls_the_next(server: &TestServer) -> Self {
        let token = server.log_in("ada").await;
        let mut console = Client::connect(server).await;
        console.send(&operator_hello(&token, 9)).await;
        console.next("ready").await;
        console.send(&json!({"t": "state", "status": "accepting", "capacity": 1})).await;
        console.send(&json!({"t": "claim", "cid": cid(200)})).await;
        let claim = console.next("ack").await["claim"].clone();
        Self { console, conv: Value::Null, claim, log: Vec::new(), next: 201 }
    }

    /// Waits until the visitor has looked.
    async fn is_with_them(&mut self) {
        let conversation = loop {
            let assigned = self.console.next("assigned").await;
            if assigned["conversation"]["state"] == "active" {
                break assigned["conversation"].clone();
            }
        };
        assert_eq!(conversation["presence"], "here");
        self.conv = conversation["id"].clone();
        self.log = conversation["events"].as_array().unwrap().clone();
    }

    async fn says(&mut self, text: &str) {
        self.next += 1;
        let frame =
            json!({"t": "send", "cid": cid(self.next), "conv": self.conv, "claim": self.claim, "text": text});
        self.console.send(&frame).await;
        self.console.next("ack").await;
        assert_eq!(self.hears("message").await["text"], text);
    }

    async fn ends(&mut self) {
        self.next += 1;
        let frame = json!({"t": "end", "cid": cid(self.next), "conv": self.conv, "claim": self.claim});
        self.console.send(&frame).await;
    }

    async fn blocks(&mut self) {
        let frame =
            json!({"t": "block", "cid": cid(220), "conv": self.conv, "claim": self.claim, "reason": "abuse"});
        self.console.send(&frame).await;
    }

    async fn hears(&mut self, kind: &str) -> Value {
        self.console.next_event(kind).await
    }
}
