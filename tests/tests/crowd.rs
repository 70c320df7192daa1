//! The rehearsal, quickened, against the real server: made-up people come, meet, and go.

use std::sync::Arc;

use anyhow::{Result, ensure};
use tealight_tests::crowd::{Config, Tally, run};
use tealight_tests::eventually;
use tealight_tests::server::{OPERATOR, SECOND_OPERATOR, TestServer};

#[tokio::test(flavor = "multi_thread")]
async fn made_up_visitors_wait_talk_and_leave() -> Result<()> {
    let server = TestServer::start().await?;
    let tally = Arc::new(Tally::default());
    let accounts = [OPERATOR, SECOND_OPERATOR];
    let config = Config {
        socket: server.socket(),
        login: server.login(),
        visitors: 6,
        operators: accounts.iter().map(|a| (a.login.to_owned(), a.password.to_owned())).collect(),
        seed: 7,
        pace_percent: 1,
    };
    let mut rehearsal = tokio::spawn(run(config, tally.clone()));
    eventually("three whole chats", async || {
        ensure!(!rehearsal.is_finished(), "the rehearsal stopped: {:?}", (&mut rehearsal).await);
        let count = tally.count();
        Ok((count.ended >= 3 && count.said >= 12).then_some(()))
    })
    .await?;
    let count = tally.count();
    ensure!(count.joined >= count.met + count.left, "{count:?}");
    ensure!(count.met >= count.ended, "{count:?}");
    rehearsal.abort();
    Ok(())
}
