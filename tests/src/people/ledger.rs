//! What two people said to each other, kept beside what their screens and the server's log make of it.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::{Message, Visitor, Volunteer};
use crate::server::TestServer;
use crate::soak::Tally;
use crate::{Said, eventually_within};

/// How long words may be on their way after the weather has cleared: the client's longest pause between two tries,
/// and a slow machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Everything that was said in one conversation, in the order in which each side said it.
#[derive(Debug)]
pub struct Ledger {
    said: Vec<Said>,
    tally: Tally,
}

impl Ledger {
    /// Nothing was said yet.
    pub fn new(name: &str) -> Self {
        Self { said: Vec::new(), tally: Tally::new(name) }
    }

    /// The visitor types and sends.
    pub async fn visitor_says(&mut self, visitor: &Visitor, words: &str) -> Result<()> {
        self.said.push(Said::by_visitor(words));
        visitor.says(words).await
    }

    /// The volunteer sends.
    pub async fn volunteer_says(&mut self, volunteer: &Volunteer, words: &str) -> Result<()> {
        self.said.push(Said::by_operator(words));
        volunteer.says(words).await
    }

    /// A round of the test is done, with so many faults in it.
    pub fn round(&mut self, faults: u64) {
        self.tally.rounds += 1;
        self.tally.faults += faults;
    }

    /// Looks at the visitor's screen, and sees that it says of each message what is true: whatever it calls sent is
    /// in the log, and the words under a bubble are those of its state. Returns the bubbles.
    pub async fn truthful(&self, visitor: &Visitor, server: &TestServer) -> Result<Vec<Message>> {
        let messages = visitor.messages().await?;
        // The log is read after the screen: what was committed in between can only be more.
        let log = server.log()?;
        for message in messages.iter().filter(|message| message.from == "visitor") {
            let words = match message.state.as_str() {
                "sending" => "Sending",
                "failed" => "Not sent. Your words are still here.",
                "sent" => "Sent",
                "delivered" => "Delivered",
                "seen" => "Seen",
                state => anyhow::bail!("{state} is no state"),
            };
            ensure!(message.told == words, "a bubble that is {} reads {:?}", message.state, message.told);
            let is_called_sent = matches!(message.state.as_str(), "sent" | "delivered" | "seen");
            let is_in_log = log.contains(&Said::by_visitor(&message.text));
            ensure!(is_in_log || !is_called_sent, "{:?} reads {words} and is not in the log", message.text);
        }
        Ok(messages)
    }

    /// Waits until everybody has everything, in vain if need be; then counts what is missing, double or out of order
    /// in the log, on the visitor's screen and on the volunteer's, and fails if anything is.
    pub async fn settle(
        &mut self,
        visitor: &Visitor,
        volunteer: &Volunteer,
        server: &TestServer,
    ) -> Result<()> {
        let everybody_has_everything = async || {
            let messages = self.truthful(visitor, server).await?;
            let is_under_way = messages.iter().any(|m| matches!(m.state.as_str(), "sending" | "failed"));
            let least = [messages.len(), volunteer.transcript().len(), server.log()?.len()].into_iter().min();
            Ok((!is_under_way && least >= Some(self.said.len())).then_some(()))
        };
        let waited = eventually_within(PATIENCE, "everything on both sides", everybody_has_everything).await;

        let log = server.log()?;
        let screen: Vec<Said> = self.truthful(visitor, server).await?.iter().map(Said::from).collect();
        for by_visitor in [true, false] {
            self.compare(&only(&self.said, by_visitor), &only(&log, by_visitor));
        }
        // Between the two sides, the log decides what came first.
        self.compare(&log, &screen);
        self.compare(&log, &volunteer.transcript());
        self.tally.messages = log.len() as u64;
        self.tally.settle();
        waited
    }

    fn compare(&mut self, wanted: &[Said], found: &[Said]) {
        let mut times: HashMap<&str, u64> = HashMap::new();
        for said in found {
            *times.entry(&said.text).or_default() += 1;
        }
        let missing = wanted.iter().filter(|said| !times.contains_key(said.text.as_str())).count();
        self.tally.lost += missing as u64;
        self.tally.doubled += times.values().map(|times| times - 1).sum::<u64>();
        let places: Vec<_> =
            found.iter().filter_map(|said| wanted.iter().position(|wanted| wanted == said)).collect();
        self.tally.reordered += places.windows(2).filter(|pair| pair[0] > pair[1]).count() as u64;
        // Words that nobody said.
        self.tally.doubled += (found.len() - places.len()) as u64;
    }
}

impl From<&Message> for Said {
    fn from(message: &Message) -> Self {
        Self { by_visitor: message.from == "visitor", text: message.text.clone() }
    }
}

fn only(said: &[Said], by_visitor: bool) -> Vec<Said> {
    said.iter().filter(|said| said.by_visitor == by_visitor).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_double_or_out_of_order_is_counted() {
        let [a, b, c] = ["a", "b", "c"].map(Said::by_visitor);
        let counted = |found: &[&Said]| {
            let mut ledger = Ledger::new("a try");
            ledger.compare(
                &[a.clone(), b.clone(), c.clone()],
                &found.iter().map(|&said| said.clone()).collect::<Vec<_>>(),
            );
            (ledger.tally.lost, ledger.tally.doubled, ledger.tally.reordered)
        };
        assert_eq!(counted(&[&a, &b, &c]), (0, 0, 0));
        assert_eq!(counted(&[&a, &c]), (1, 0, 0));
        assert_eq!(counted(&[&a, &b, &b, &c]), (0, 1, 0));
        assert_eq!(counted(&[&b, &a, &c]), (0, 0, 1));
        assert_eq!(counted(&[&a, &b, &c, &Said::by_operator("d")]), (0, 1, 0));
    }
}
