//! Two operators who want the same visitor at the same moment, many times over.

use serde_json::{Value, json};

use crate::conform::bench::Account;
use crate::conform::case::{Case, Check, Need, case, demand, trouble};
use crate::conform::ids;
use crate::conform::opening::Opening;
use crate::conform::operator::{Operator, taken};
use crate::conform::own::{OwnServer, Profile};
use crate::conform::socket::SOON;
use crate::conform::trial::Trial;

/// How many rounds a pair of sockets plays: its burst of commands lasts no longer, and a new one is quicker than
/// waiting.
const ROUNDS_OF_A_PAIR: usize = 8;

pub(super) const CASES: &[Case] = &[case!(
    51,
    L4,
    Private,
    Quick,
    "two claims at once",
    [Need::TwoOperators],
    "When two operators claim a conversation at once, one gets ack and the other conflict.",
    one_of_two_claims_wins
)];

/// Where the rounds are played.
struct Ring<'a> {
    t: &'a Trial,
    opening: Opening,
    accounts: Vec<Account>,
    own: bool,
}

async fn one_of_two_claims_wins(t: &Trial) -> Check {
    let server = match t.bench.binary() {
        Ok(binary) => Some(OwnServer::start(binary, Profile::Victim).await.map_err(trouble)?),
        Err(_) => None,
    };
    let ring = match &server {
        Some(server) => Ring {
            t,
            opening: Opening { url: server.url.clone(), ..t.opening() },
            accounts: server.accounts.clone(),
            own: true,
        },
        None => Ring {
            t,
            opening: t.opening(),
            accounts: t.bench.plain_accounts().cloned().collect(),
            own: false,
        },
    };
    let rounds = t.bench.options.rounds.unwrap_or(if ring.own { 1_000 } else { 25 });
    let mut first_wins = 0;
    let mut played = 0;
    while played < rounds {
        let mut one = Operator::arrive(t, &ring.accounts[0], &ring.opening).await?;
        let mut two = Operator::arrive(t, &ring.accounts[1], &ring.opening).await?;
        one.clear().await?;
        two.clear().await?;
        for _ in 0..ROUNDS_OF_A_PAIR.min(rounds - played) {
            first_wins += usize::from(ring.round(played, &mut one, &mut two).await?);
            played += 1;
        }
        one.go().await?;
        two.go().await?;
    }
    t.note(format!("{rounds} rounds; the first operator won {first_wins}"));
    Ok(())
}

impl Ring<'_> {
    /// One visitor, two claims. Whether the first operator won.
    async fn round(&self, round: usize, one: &mut Operator, two: &mut Operator) -> Check<bool> {
        let start = if self.own {
            json!({"t": "start", "cid": ids::cid(), "secret": ids::secret(), "lang": "en"})
        } else {
            self.t.start()
        };
        let mut visitor = self.t.join_as(&self.opening, &self.t.hello(), &start).await?;
        let claims = [Operator::claim(Some(&visitor.who.conv)), Operator::claim(Some(&visitor.who.conv))];
        if round.is_multiple_of(2) {
            one.socket.command(&claims[0]).await;
            two.socket.command(&claims[1]).await;
        } else {
            two.socket.command(&claims[1]).await;
            one.socket.command(&claims[0]).await;
        }
        let mut answers = Vec::new();
        for (operator, claim) in [(&mut *one, &claims[0]), (&mut *two, &claims[1])] {
            let fits = |f: &Value| (f["t"] == "ack" || f["t"] == "error") && f["cid"] == claim["cid"];
            answers.push(operator.socket.take("ack or error for the claim", SOON, fits).await?);
        }
        let won: Vec<bool> = answers.iter().map(|answer| answer["t"] == "ack").collect();
        let fair = won[0] != won[1] && answers.iter().any(|answer| answer["code"] == "conflict");
        let came = || format!("{} and {}, in round {}", answers[0], answers[1], round + 1);
        demand(fair, "one ack and one conflict", came())?;
        let (winner, loser, ack) = if won[0] { (one, two, &answers[0]) } else { (two, one, &answers[1]) };
        let theirs = taken(ack)?;
        let fits = |f: &Value| f["t"] == "assigned" && f["conversation"]["id"] == theirs.conv;
        winner.socket.take("assigned for the winner", SOON, fits).await?;
        let joined = visitor.socket.event("joined", |e| e["kind"] == "joined").await?;
        demand(
            joined["who"]["id"] == winner.id.as_str(),
            format!("{} joined", winner.id),
            joined.to_string(),
        )?;
        if round.is_multiple_of(ROUNDS_OF_A_PAIR) {
            let stolen = Operator::sends(&theirs, "Not mine.");
            loser.socket.refused(&stolen, &["conflict", "forbidden"]).await?;
        }
        visitor.end().await?;
        visitor.socket.leave().await;
        loser.socket.settle().await?;
        let both = loser.socket.drain("assigned");
        demand(both.is_empty(), "nothing assigned to the loser", json!(both).to_string())?;
        Ok(won[0])
    }
}
