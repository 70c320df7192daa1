//! What all cases share: the address, the accounts, what the backend said it can do, and our own server if asked.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::case::{Check, Need, Stop, failed, trouble};
use super::operator::has;
use super::own::{Binary, OwnServer, Profile};
use super::trial::Trial;

/// What the runner was told.
#[derive(Clone, Debug)]
pub struct Options {
    /// Only these cases; none: all.
    pub only: Vec<u8>,
    /// Leave out what must wait for long.
    pub quick: bool,
    /// An origin that the backend allows.
    pub origin: Option<String>,
    /// Operators to log in as.
    pub accounts: Vec<Account>,
    /// An instance outside its opening hours.
    pub closed: Option<String>,
    /// An instance whose waiting room holds few.
    pub small: Option<String>,
    /// An instance that always asks for work before the door.
    pub work: Option<String>,
    /// A second node of the same backend.
    pub second_node: Option<String>,
    /// Where to ask for an operator who takes a visitor, for backends without level 4.
    pub operator_hook: Option<String>,
    /// How often two operators claim at once; none: as many as suits.
    pub rounds: Option<usize>,
    /// How long holds and leases may take to be waited for.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            only: Vec::new(),
            quick: false,
            origin: None,
            accounts: Vec::new(),
            closed: None,
            small: None,
            work: None,
            second_node: None,
            operator_hook: None,
            rounds: None,
            patience: Duration::from_secs(30),
        }
    }
}

/// An operator's account.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The name to log in with.
    pub name: String,
    /// The password.
    pub password: String,
    /// The areas the operator takes visitors of; none: all.
    #[serde(default)]
    pub areas: Vec<String>,
    /// The languages the operator takes as the next; none: all.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Whether the operator may watch.
    #[serde(default)]
    pub supervisor: bool,
}

/// Never shows the password.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({})", self.name)
    }
}

/// What all cases share.
#[derive(Debug)]
pub struct Bench {
    /// The address of the socket.
    pub(crate) url: String,
    /// What the runner was told.
    pub(crate) options: Options,
    /// For everything over HTTP.
    pub(crate) http: reqwest::Client,
    tokens: Mutex<HashMap<(String, String), String>>,
    ready: OnceLock<Value>,
    operator_ready: OnceLock<Value>,
    own: Option<OwnServers>,
}

/// Our own server, several times.
#[derive(Debug)]
struct OwnServers {
    binary: Binary,
    /// Kept for as long as the run lasts.
    _running: Vec<OwnServer>,
}

impl Bench {
    /// A bench for a backend at an address.
    pub async fn at(url: &str, options: Options) -> Result<Arc<Self>> {
        Self::set(url.to_owned(), options, None).await
    }

    /// A bench for our own server, which is started here.
    pub async fn own(program: &std::path::Path, mut options: Options) -> Result<Arc<Self>> {
        let binary = Binary::new(program)?;
        let main = OwnServer::start(&binary, Profile::Main).await?;
        let closed = OwnServer::start(&binary, Profile::Closed).await?;
        let small = OwnServer::start(&binary, Profile::Small).await?;
        let work = OwnServer::start(&binary, Profile::Work).await?;
        options.work = Some(work.url.clone());
        options.closed = Some(closed.url.clone());
        options.small = Some(small.url.clone());
        options.accounts = main.accounts.clone();
        options.origin = Some(super::own::ORIGIN.to_owned());
        let url = main.url.clone();
        Self::set(url, options, Some(OwnServers { binary, _running: vec![main, closed, small, work] })).await
    }

    async fn set(url: String, options: Options, own: Option<OwnServers>) -> Result<Arc<Self>> {
        address_of(&url)?;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(20)).build()?;
        let bench = Arc::new(Self {
            url,
            options,
            http,
            tokens: Mutex::default(),
            ready: OnceLock::new(),
            operator_ready: OnceLock::new(),
            own,
        });
        bench.clone().probe().await?;
        Ok(bench)
    }

    /// Asks once what there is. Without a socket nothing can be asked; without `ready` the cases will say so.
    async fn probe(self: Arc<Self>) -> Result<()> {
        let trial = Trial::new(self.clone());
        if let Err(refused) = trial.try_open(&trial.opening(), 'v').await
            && refused.status.is_none()
        {
            bail!("no socket can be opened: {}", refused.why);
        }
        let Ok((socket, ready)) = trial.look().await else { return Ok(()) };
        socket.leave().await;
        let _ = self.ready.set(ready);
        if let Some(account) = self.options.accounts.first() {
            let arrived = super::operator::Operator::arrive(&trial, account, &trial.opening()).await;
            let operator = arrived.map_err(|stop| anyhow!("operator {}: {stop}", account.name))?;
            let _ = self.operator_ready.set(operator.ready.clone());
            operator.socket.leave().await;
        }
        Ok(())
    }

    /// The `ready` of somebody who looks around.
    pub(crate) fn ready(&self) -> &Value {
        self.ready.get().unwrap_or(&Value::Null)
    }

    /// The open areas, where visitors must choose one.
    pub(crate) fn areas(&self) -> Vec<String> {
        let areas = self.ready()["service"]["areas"].as_array().cloned().unwrap_or_default();
        let open = areas.iter().filter(|area| area["open"] == true);
        open.filter_map(|area| area["id"].as_str().map(str::to_owned)).collect()
    }

    /// Operators who take everybody.
    pub(crate) fn plain_accounts(&self) -> impl Iterator<Item = &Account> {
        let restricted = |account: &&Account| {
            account.areas.is_empty() && account.languages.is_empty() && !account.supervisor
        };
        self.options.accounts.iter().filter(restricted)
    }

    /// The program of our own server.
    pub(crate) fn binary(&self) -> Check<&Binary> {
        self.own.as_ref().map(|own| &own.binary).ok_or_else(|| not_offered(Need::OwnServer))
    }

    /// Why a case cannot be asked here, if it cannot.
    pub(crate) fn lacks(&self, need: Need) -> Option<Stop> {
        let given = match need {
            Need::Capability(word) => has(&self.ready()["caps"], word),
            Need::OperatorCapability(word) => {
                self.operator_ready.get().is_some_and(|ready| has(&ready["caps"], word))
            }
            Need::Operator => self.plain_accounts().next().is_some(),
            Need::TwoOperators => self.plain_accounts().nth(1).is_some(),
            Need::AreaOperator => {
                self.areas().len() > 1 && self.options.accounts.iter().any(|a| !a.areas.is_empty())
            }
            Need::Supervisor => self.options.accounts.iter().any(|account| account.supervisor),
            Need::Taker => self.plain_accounts().next().is_some() || self.options.operator_hook.is_some(),
            Need::Closed => self.options.closed.is_some(),
            Need::Small => self.options.small.is_some(),
            Need::Work => self.options.work.is_some(),
            Need::SecondNode => self.options.second_node.is_some(),
            Need::OwnServer => self.own.is_some(),
        };
        (!given).then(|| not_offered(need))
    }

    /// A token for an account, from logging in once.
    pub(crate) async fn token(&self, account: &Account, url: &str) -> Check<String> {
        let mut tokens = self.tokens.lock().await;
        let key = (http_of(url).map_err(trouble)?, account.name.clone());
        if let Some(token) = tokens.get(&key) {
            return Ok(token.clone());
        }
        let body = json!({"name": account.name, "password": account.password});
        let (status, answer) = self.post(&format!("{}/v1/operator/login", key.0), &body).await?;
        let token = answer["token"].as_str().map(str::to_owned);
        match token {
            Some(token) if status == 200 => {
                tokens.insert(key, token.clone());
                Ok(token)
            }
            _ => Err(failed("200 with a token from logging in", format!("HTTP status {status}"))),
        }
    }

    /// Asks the hook for an operator who does something.
    pub(crate) async fn hook(&self, body: &Value) -> Check {
        let hook = self.options.operator_hook.as_deref().ok_or_else(|| not_offered(Need::Taker))?;
        let (status, _) = self.post(hook, body).await?;
        if (200..300).contains(&status) {
            Ok(())
        } else {
            Err(failed("that the operator hook obeys", format!("HTTP status {status}")))
        }
    }

    async fn post(&self, url: &str, body: &Value) -> Check<(u16, Value)> {
        let sent = self
            .http
            .post(url)
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .map_err(trouble)?;
        let status = sent.status().as_u16();
        let text = sent.text().await.map_err(trouble)?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }
}

fn not_offered(need: Need) -> Stop {
    Stop::NotOffered(match need {
        Need::Capability(word) => format!("`{word}` is not in ready.caps"),
        Need::OperatorCapability(word) => format!("`{word}` is not in an operator's ready.caps"),
        _ => format!("the runner was given no {}", need.what()),
    })
}

impl Need {
    /// What it is, in the words of the documentation.
    pub fn what(self) -> String {
        match self {
            Self::Capability(word) | Self::OperatorCapability(word) => format!("`{word}` in `caps`"),
            Self::Operator => "operator (`--accounts`)".to_owned(),
            Self::TwoOperators => "two operators (`--accounts`)".to_owned(),
            Self::AreaOperator => "operator of one area among several (`--accounts`)".to_owned(),
            Self::Supervisor => "supervisor (`--accounts`)".to_owned(),
            Self::Taker => "operator (`--accounts` or `--operator-hook`)".to_owned(),
            Self::Closed => "closed instance (`--closed`)".to_owned(),
            Self::Small => "instance with a small waiting room (`--small`)".to_owned(),
            Self::Work => "instance that always asks for work (`--work`)".to_owned(),
            Self::SecondNode => "second node (`--second-node`)".to_owned(),
            Self::OwnServer => "program of our own server (`--own-server`)".to_owned(),
        }
    }
}

/// Host and port of an address.
pub(crate) fn address_of(url: &str) -> Result<String> {
    let rest = url.strip_prefix("ws://").ok_or_else(|| {
        anyhow!("“{url}” does not begin with ws://; run beside the backend, behind its TLS")
    })?;
    let authority = rest.split('/').next().unwrap_or_default();
    let has_port = authority.rsplit(']').next().is_some_and(|tail| tail.contains(':'));
    Ok(if has_port { authority.to_owned() } else { format!("{authority}:80") })
}

/// Where the same backend answers over HTTP.
pub(crate) fn http_of(url: &str) -> Result<String> {
    let rest = url.strip_prefix("ws://").context("the address begins with ws://")?;
    let base = rest.strip_suffix("/v1/ws").unwrap_or_else(|| rest.split('/').next().unwrap_or_default());
    Ok(format!("http://{base}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_a_port_and_a_place_for_http() -> Result<()> {
        assert_eq!(address_of("ws://example.org/v1/ws")?, "example.org:80");
        assert_eq!(address_of("ws://[::1]:8080/v1/ws")?, "[::1]:8080");
        assert_eq!(http_of("ws://127.0.0.1:8080/chat/v1/ws")?, "http://127.0.0.1:8080/chat");
        assert!(address_of("wss://example.org/v1/ws").is_err());
        Ok(())
    }
}
