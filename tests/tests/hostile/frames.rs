//! Frames that are too big, too many to a message, not UTF-8, not JSON, or JSON of the worst kind.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tealight_tests::client::{HOME, hello, new_cid, new_secret, start, stream};
use tealight_tests::soak::rounds;
use tokio::io::AsyncReadExt;

use crate::Target;
use crate::raw::{BINARY, CONTINUATION, PING, Raw, TEXT, fragments, frame};

#[tokio::test]
async fn what_cannot_be_read_closes_its_own_socket_and_no_other() -> Result<()> {
    let target = Target::start().await?;
    let deep = |brackets: usize| format!("{{\"t\":\"ping\",\"x\":{}", "[".repeat(brackets));
    let mut unmasked = frame(true, TEXT, b"{}");
    unmasked[1] &= 0x7F;
    let mut endless = frame(true, TEXT, b"");
    endless[1] = 0x80 | 127;
    endless.splice(2..2, (1_u64 << 62).to_be_bytes());
    let text = |text: &str| frame(true, TEXT, text.as_bytes());
    let array = format!("{{\"t\":\"ping\",\"x\":[{}0]}}", "0,".repeat(1_000_000));
    for (what, bytes, codes) in [
        ("a frame over the limit", text(&"x".repeat(17_000)), &[1009][..]),
        ("a frame far over the limit", text(&"x".repeat(1_000_000)), &[1009]),
        ("a frame that says it has 2^62 bytes", endless, &[1009]),
        ("a message over the limit in small fragments", fragments(&[b' '; 100_000], 1), &[1009]),
        ("a message over the limit in big fragments", fragments(&[b' '; 100_000], 10_000), &[1009]),
        ("an array of a million elements", text(&array), &[1009]),
        ("a hundred thousand brackets", text(&deep(100_000)), &[1009]),
        ("as many brackets as fit", text(&deep(16_000)), &[4400]),
        ("bytes that are no UTF-8", frame(true, TEXT, &[0x7B, 0xFF, 0xFE, 0x7D]), &[1007]),
        ("half a character", frame(true, TEXT, &[0xE2, 0x82]), &[1007]),
        ("half a pair of surrogates", text(r#"{"t":"ping","x":"\ud800"}"#), &[4400]),
        ("a number beyond all numbers", text(r#"{"t":"sync","after":1e999}"#), &[4400]),
        ("no JSON", text("hello"), &[4400]),
        ("nothing", text(""), &[4400]),
        ("an array", text("[]"), &[4400]),
        ("a type that is no word", text(r#"{"t":{"t":"ping"}}"#), &[4400]),
        ("bytes", frame(true, BINARY, b"{}"), &[4400]),
        ("a frame without a mask", unmasked, &[1002, 1006]),
        ("a reserved opcode", frame(true, 0x3, b"x"), &[1002, 1006]),
        (
            "a reserved bit",
            {
                let mut f = text("{}");
                f[0] |= 0x40;
                f
            },
            &[1002, 1006],
        ),
        ("a ping in fragments", frame(false, PING, b"x"), &[1002, 1006]),
        ("a ping that is too long", frame(true, PING, &[0; 200]), &[1002, 1006]),
        ("the rest of nothing", frame(true, CONTINUATION, b"x"), &[1002, 1006]),
        ("a message inside another", [frame(false, TEXT, b"{"), text("{}")].concat(), &[1002, 1006]),
    ] {
        let mut raw = Raw::visitor(target.server.addr()).await?;
        // It may close before it has read everything: that is as good.
        let _ = raw.send(&bytes).await;
        let code = raw.close_code().await?;
        ensure!(codes.contains(&code), "{what}: closed with {code}");
    }
    target.still_serves().await
}

#[tokio::test]
async fn what_is_only_strange_is_answered() -> Result<()> {
    let target = Target::start().await?;
    let mut raw = Raw::visitor(target.server.addr()).await?;
    let list = format!("{{\"t\":\"ping\",\"x\":[{}0]}}", "0,".repeat(8_000));
    let deep = format!("{{\"t\":\"ping\",\"x\":{}{}}}", "[".repeat(100), "]".repeat(100));
    for (what, bytes) in [
        ("an array as long as fits", frame(true, TEXT, list.as_bytes())),
        ("a hundred brackets", frame(true, TEXT, deep.as_bytes())),
        ("a key twice", frame(true, TEXT, br#"{"t":"pong","t":"ping"}"#)),
        (
            "a big number nobody asked for",
            frame(true, TEXT, br#"{"t":"ping","x":123456789012345678901234567890}"#),
        ),
        (
            "a name of thousands of letters",
            frame(true, TEXT, format!(r#"{{"t":"ping","{}":1}}"#, "k".repeat(9_000)).as_bytes()),
        ),
        ("a character in two fragments", fragments("{\"t\":\"ping\",\"x\":\"ü€𝄞\"}".as_bytes(), 1)),
        (
            "empty fragments",
            [
                frame(false, TEXT, b""),
                frame(false, CONTINUATION, br#"{"t":"ping"}"#),
                frame(true, CONTINUATION, b""),
            ]
            .concat(),
        ),
        (
            "a ping of the transport inside a message",
            [
                frame(false, TEXT, br#"{"t":"#),
                frame(true, PING, b"x"),
                frame(true, CONTINUATION, br#""ping"}"#),
            ]
            .concat(),
        ),
    ] {
        raw.send(&bytes).await?;
        ensure!(raw.next("pong").await.is_ok(), "{what} has no answer");
    }
    let (cid, secret) = (new_cid(), new_secret());
    raw.say(&start(&cid, &secret, None).to_string()).await?;
    raw.next("ack").await?;
    for number in ["-1", "1.5", "1e30", "18446744073709551616", "null", "\"2\"", "{}"] {
        raw.say(&format!(r#"{{"t":"sync","after":{number}}}"#)).await?;
        let error = raw.next("error").await?;
        ensure!(error["code"] == "bad_request", "{number}: {error}");
    }
    raw.say(r#"{"t":"sync","after":18446744073709551615}"#).await?;
    ensure!(raw.next("history").await?["events"] == json!([]));
    raw.say(r#"{"t":"mark","delivered":18446744073709551615,"read":18446744073709551615}"#).await?;
    let marks = raw.next("marks").await?;
    ensure!(marks["visitor"]["read"] == 1, "nobody has read what is not there: {marks}");
    target.still_serves().await
}

#[tokio::test]
async fn a_message_of_the_greatest_length_may_come_byte_by_byte() -> Result<()> {
    let target = Target::start().await?;
    let mut raw = Raw::visitor(target.server.addr()).await?;
    raw.say(&start(&new_cid(), &new_secret(), None).to_string()).await?;
    raw.next("ack").await?;
    let mut send = json!({"t": "send", "cid": new_cid(), "text": "Hello", "padding": ""});
    send["padding"] = Value::from("x".repeat(16 * 1_024 - send.to_string().len()));
    let bytes = send.to_string();
    ensure!(bytes.len() == 16 * 1_024);
    raw.send(&fragments(bytes.as_bytes(), 1)).await?;
    ensure!(raw.next("ack").await?["seq"] == 2);
    target.still_serves().await
}

#[tokio::test]
async fn a_message_that_never_ends_is_bounded_in_size_and_in_time() -> Result<()> {
    let target = Target::start().await?;
    let before = target.server.resident_kib()?;
    let mut raw = Raw::visitor(target.server.addr()).await?;
    // Fragments of nothing grow to nothing; there are only more and more of them.
    raw.send(&frame(false, TEXT, b"")).await?;
    let nothing = frame(false, CONTINUATION, b"").repeat(10_000);
    for _ in 0..100 {
        raw.send(&nothing).await?;
    }
    target.still_serves().await?;
    let grown = target.server.resident_kib()?.saturating_sub(before);
    ensure!(grown < 8 * 1_024, "{grown} KiB for nothing at all");
    if rounds(0, 1) == 1 {
        // No message in three times the time of a ping: the socket is given up, however busy it looks.
        let began = std::time::Instant::now();
        while raw.send(&frame(false, CONTINUATION, b"")).await.is_ok() {
            ensure!(began.elapsed() < Duration::from_secs(120), "it goes on for ever");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        println!("a message that never ends was given up after {:?}", began.elapsed());
    }
    target.still_serves().await
}

#[tokio::test]
async fn what_is_no_request_is_cut_off() -> Result<()> {
    let target = Target::start().await?;
    let mut cases = vec![
        ("noise", (0..=255).cycle().take(50_000).collect::<Vec<u8>>()),
        ("a head that is too long", format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(100_000)).into_bytes()),
        ("too many headers", format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(2_000)).into_bytes()),
        ("a body that is too long", b"POST /v1/operator/login HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n".to_vec()),
    ];
    cases.last_mut().unwrap().1.extend([b' '; 100_000]);
    for (what, bytes) in cases {
        let mut raw = Raw { stream: stream(target.server.addr(), HOME, None).await? };
        let _ = raw.send(&bytes).await;
        let mut answer = Vec::new();
        let read = raw.stream.read_to_end(&mut answer);
        let cut = tokio::time::timeout(Duration::from_secs(8), read).await;
        ensure!(cut.is_ok(), "{what}: the connection stays open");
        ensure!(!answer.starts_with(b"HTTP/1.1 2"), "{what}: {}", String::from_utf8_lossy(&answer));
    }
    let mut raw = Raw::open(target.server.addr(), HOME, None).await?;
    raw.say(&json!({"t": "send", "cid": new_cid(), "text": "before hello"}).to_string()).await?;
    ensure!(raw.close_code().await? == 4400);
    let mut raw = Raw::visitor(target.server.addr()).await?;
    raw.say(&hello().to_string()).await?;
    ensure!(raw.close_code().await? == 4400);
    target.still_serves().await
}
