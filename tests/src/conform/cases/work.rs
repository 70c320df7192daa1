//! Work before the door: asked for, checked once, and for one socket only.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tealight_protocol::limits::WORK_MOST_BITS;
use tealight_protocol::{is_worked, work_text};

use super::waiting::start_in;
use crate::conform::case::{Case, Check, Need, case, demand, failed};
use crate::conform::opening::Opening;
use crate::conform::socket::Socket;
use crate::conform::trial::Trial;

pub(super) const CASES: &[Case] = &[case!(
    64,
    L1,
    Apart,
    Quick,
    "work before the door",
    [Need::Work],
    "Where work is asked for, start without it, with wrong work or with that of another socket gets work_needed and a fresh salt; with it, start is taken, and again without any.",
    work_is_checked
)];

async fn work_is_checked(t: &Trial) -> Check {
    let Some(url) = t.bench.options.work.clone() else { return Ok(()) };
    let opening = Opening { url: url.clone(), ..t.opening() };
    let (mut socket, ready) = t.greet_at(&opening, &t.hello()).await?;
    let start = start_in(t, &ready["service"]);
    t.expect_guest(&start, &url);
    let first = asked(&mut socket, &start).await?;
    let number = solved(&first)?;
    let wrong = unsolved(&first)?;

    // Another socket gets a salt of its own, for which this number is wrong.
    let (mut other, ready) = t.greet_at(&opening, &t.hello()).await?;
    let theirs = start_in(t, &ready["service"]);
    let salt = asked(&mut other, &theirs).await?;
    demand(salt["salt"] != first["salt"], "a salt of its own for each socket", salt.to_string())?;
    if !does(&salt, number)? {
        asked(&mut other, &with(&theirs, number)).await?;
    }
    other.leave().await;

    let second = asked(&mut socket, &with(&start, wrong)).await?;
    demand(second["salt"] != first["salt"], "a fresh salt", second.to_string())?;
    let ack = socket.ack(&with(&start, solved(&second)?)).await?;
    socket.secret = start["secret"].as_str().map(str::to_owned);

    // The answer could have been lost: the same start, on a socket that knows of no work.
    let (mut again, _) = t.greet_at(&opening, &t.hello()).await?;
    again.secret.clone_from(&socket.secret);
    let known = again.ack(&start).await?;
    demand(known["conv"] == ack["conv"], ack["conv"].to_string(), known["conv"].to_string())
}

/// Starts, must be asked for work, and tells which.
async fn asked(socket: &mut Socket, start: &Value) -> Check<Value> {
    let error = socket.refused(start, &["work_needed"]).await?;
    demand(error["retry"] == false, "retry: false", error.to_string())?;
    let work = &error["work"];
    let bits = work["bits"].as_u64().unwrap_or(u64::MAX);
    demand(bits <= u64::from(WORK_MOST_BITS), format!("at most {WORK_MOST_BITS} bits"), error.to_string())?;
    let salt = work["salt"].as_str().unwrap_or_default();
    demand(salt.len() == 22, "a salt of 22 characters", error.to_string())?;
    Ok(work.clone())
}

fn with(start: &Value, number: u64) -> Value {
    let mut start = start.clone();
    start["work"] = json!(number);
    start
}

/// A number that does.
fn solved(work: &Value) -> Check<u64> {
    for number in 0.. {
        if does(work, number)? {
            return Ok(number);
        }
    }
    Err(failed("a number that does", "none"))
}

/// A number that does not.
fn unsolved(work: &Value) -> Check<u64> {
    for number in 0..1_000 {
        if !does(work, number)? {
            return Ok(number);
        }
    }
    Err(failed("work that is some work", work.to_string()))
}

fn does(work: &Value, number: u64) -> Check<bool> {
    let bits = work["bits"].as_u64().and_then(|bits| bits.try_into().ok());
    let (Some(bits), Some(salt)) = (bits, work["salt"].as_str()) else {
        return Err(failed("bits and salt", work.to_string()));
    };
    Ok(is_worked(&Sha256::digest(work_text(salt, number)).into(), bits))
}
