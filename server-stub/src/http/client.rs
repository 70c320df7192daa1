//! Who asks too often, without knowing who asks.
//!
//! An address is cut to its network (/24, /56), put through HMAC with a random key that lives for a day in
//! memory, and only the result is counted. Neither the address nor the key is ever stored or logged.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use hmac::{Hmac, Mac as _};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::RngCore as _;
use sha2::Sha256;

use super::Shared;
use super::attempts::{Attempt, Failures};
use super::places::{Place, Places};
use crate::Moment;
use crate::config::LimitsConfig;
use crate::desk::Origin;

/// How long a key lives.
const KEY_MS: u64 = 24 * 60 * 60 * 1_000;

/// How many different clients are counted before the quiet ones are forgotten.
const KEPT: usize = 10_000;

/// A network, unrecognisable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClientKey([u8; 8]);

#[cfg(test)]
impl ClientKey {
    pub(super) fn of_test(n: u8) -> Self {
        Self([n; 8])
    }
}

impl FromRequestParts<Shared> for ClientKey {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Infallible> {
        Ok(shared.gate.key(shared.desk.now(), address_of(parts, shared)))
    }
}

/// Where a visitor comes from, as the desk may know it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ClientOrigin(pub(super) Option<Origin>);

impl FromRequestParts<Shared> for ClientOrigin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Infallible> {
        Ok(Self(address_of(parts, shared).map(|address| shared.gate.origin(address))))
    }
}

fn address_of(parts: &Parts, shared: &Shared) -> Option<IpAddr> {
    let forwarded = shared.client_address_header.as_ref().and_then(|name| {
        let value = parts.headers.get_all(name).iter().next_back()?.to_str().ok()?;
        // The last entry is the one our own proxy wrote; those before it are hearsay.
        value.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
    });
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    forwarded.or(peer)
}

/// Keyed limits on sockets, pages that are left, and logins.
#[derive(Debug)]
pub(super) struct Gate {
    sockets: DefaultKeyedRateLimiter<ClientKey>,
    /// Nobody leaves more often than they come, so the limit on sockets is enough for these, too.
    leaving: DefaultKeyedRateLimiter<ClientKey>,
    places: Places,
    logins: Failures,
    key: Mutex<DailyKey>,
    /// For [`Origin`]s: as long as this server runs, because a block must not end with the day.
    origins: [u8; 64],
}

#[derive(Debug)]
struct DailyKey {
    bytes: [u8; 64],
    until: Moment,
    rng: ChaCha20Rng,
}

impl Gate {
    pub(super) fn new(limits: &LimitsConfig, mut rng: ChaCha20Rng) -> Self {
        let mut origins = [0; 64];
        rng.fill_bytes(&mut origins);
        let sockets = per_minute(limits.sockets_per_minute);
        Self {
            sockets: RateLimiter::keyed(sockets),
            leaving: RateLimiter::keyed(sockets),
            places: Places::new(limits.connections_per_network),
            logins: Failures::new(limits.logins_per_minute),
            key: Mutex::new(DailyKey { bytes: [0; 64], until: Moment(0), rng }),
            origins,
        }
    }

    fn key(&self, now: Moment, address: Option<IpAddr>) -> ClientKey {
        ClientKey(self.conceal(now, |mac| match address {
            Some(IpAddr::V4(v4)) => mac.update(&v4.octets()[..3]),
            Some(IpAddr::V6(v6)) => match v6.to_ipv4_mapped() {
                Some(v4) => mac.update(&v4.octets()[..3]),
                None => mac.update(&v6.octets()[..7]),
            },
            None => {}
        }))
    }

    /// Who it is that comes back: a whole address, or what one connection has of IPv6, so that no neighbour is taken for
    /// them.
    fn origin(&self, address: IpAddr) -> Origin {
        let mut mac = <Hmac<Sha256> as hmac::Mac>::new(&self.origins.into());
        match address {
            IpAddr::V4(v4) => mac.update(&v4.octets()),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => mac.update(&v4.octets()),
                None => mac.update(&v6.octets()[..8]),
            },
        }
        let digest = mac.finalize().into_bytes();
        Origin(std::array::from_fn(|i| digest[i]))
    }

    /// Eight bytes that stand for something until the day's key is thrown away.
    fn conceal(&self, now: Moment, write: impl FnOnce(&mut Hmac<Sha256>)) -> [u8; 8] {
        let mut key = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if key.until <= now {
            let DailyKey { bytes, rng, .. } = &mut *key;
            rng.fill_bytes(bytes);
            key.until = now.plus_ms(KEY_MS);
            self.forget_the_quiet(now);
        }
        let mut mac = <Hmac<Sha256> as hmac::Mac>::new(&key.bytes.into());
        write(&mut mac);
        let digest = mac.finalize().into_bytes();
        std::array::from_fn(|i| digest[i])
    }

    /// Nobody is remembered for longer than a limit needs, at most until the next day's first request.
    fn forget_the_quiet(&self, now: Moment) {
        self.sockets.retain_recent();
        self.leaving.retain_recent();
        self.logins.forget_the_quiet(now);
    }

    /// Lets a socket in, or says how long to wait.
    pub(super) fn admit_socket(&self, client: ClientKey) -> Result<(), Duration> {
        check(&self.sockets, &client)
    }

    /// Takes the word of a page that it is left, or says how long to wait.
    pub(super) fn admit_leaving(&self, client: ClientKey) -> Result<(), Duration> {
        check(&self.leaving, &client)
    }

    /// Keeps a connection of an address that is known before anything is asked for. Nothing: it has too many.
    pub(super) fn admit_connection(&self, now: Moment, address: IpAddr) -> Option<Place> {
        self.places.take(self.key(now, Some(address)))
    }

    /// Keeps a connection of a client that a proxy names.
    pub(super) fn keep(&self, client: ClientKey) -> Option<Place> {
        self.places.take(client)
    }

    /// Lets an attempt to log in through, or says how long to wait.
    pub(super) fn admit_login(
        &self,
        now: Moment,
        client: ClientKey,
        name: &str,
    ) -> Result<Attempt, Duration> {
        let name = self.conceal(now, |mac| {
            mac.update(b"name ");
            mac.update(name.to_lowercase().as_bytes());
        });
        let attempt = Attempt { network: client.0, name };
        self.logins.admit(now, attempt).map(|()| attempt)
    }

    /// Takes back an attempt to log in of which nobody could say whether it was right.
    pub(super) fn take_back(&self, attempt: Attempt) {
        self.logins.take_back(attempt);
    }

    /// An attempt to log in was right.
    pub(super) fn logged_in(&self, now: Moment, attempt: Attempt) {
        self.logins.succeeded(now, attempt);
    }
}

fn per_minute(count: u32) -> Quota {
    Quota::per_minute(NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN))
}

fn check<K: Clone + Eq + std::hash::Hash>(
    limiter: &DefaultKeyedRateLimiter<K>,
    key: &K,
) -> Result<(), Duration> {
    if limiter.len() > KEPT {
        limiter.retain_recent();
    }
    limiter.check_key(key).map_err(|until| until.wait_time_from(DefaultClock::default().now()))
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    #[test]
    fn a_network_has_one_key_for_a_day_and_another_on_the_next() {
        let gate = Gate::new(&LimitsConfig::default(), ChaCha20Rng::from_seed([1; 32]));
        let key = |now: u64, address: &str| gate.key(Moment(now), Some(address.parse().unwrap()));
        let first = key(1, "192.0.2.1");
        assert_eq!(first, key(2, "192.0.2.200"));
        assert_eq!(first, key(2, "::ffff:192.0.2.7"));
        assert_ne!(first, key(2, "198.51.100.1"));
        assert_eq!(key(2, "2001:db8:0:1::1"), key(2, "2001:db8:0:2::1"));
        assert_ne!(first, key(2 + KEY_MS, "192.0.2.1"));
    }

    #[test]
    fn an_origin_is_one_address_and_no_neighbour_and_another_after_a_restart() {
        let gate = |seed| Gate::new(&LimitsConfig::default(), ChaCha20Rng::from_seed([seed; 32]));
        let first = gate(1);
        let origin = |gate: &Gate, address: &str| gate.origin(address.parse().unwrap());
        let home = origin(&first, "192.0.2.1");
        assert_eq!(home, origin(&first, "::ffff:192.0.2.1"));
        assert_ne!(home, origin(&first, "192.0.2.2"), "the same /24");
        assert_eq!(origin(&first, "2001:db8:0:1::1"), origin(&first, "2001:db8:0:1:ffff::9"));
        assert_ne!(origin(&first, "2001:db8:0:1::1"), origin(&first, "2001:db8:0:2::1"));
        assert_ne!(home, origin(&gate(2), "192.0.2.1"));
        assert_eq!(format!("{home:?}"), "Origin(…)");
    }

    #[test]
    fn a_name_is_the_same_in_capitals_and_its_failures_stay_in_their_network() {
        let limits = LimitsConfig { logins_per_minute: 2, ..LimitsConfig::default() };
        let gate = Gate::new(&limits, ChaCha20Rng::from_seed([1; 32]));
        let try_as = |network: u8, name: &str| gate.admit_login(Moment(1), ClientKey([network; 8]), name);
        assert!(try_as(1, "ada").is_ok());
        assert!(try_as(1, "ADA").is_ok());
        assert!(try_as(1, "Ada").is_err());
        assert!(try_as(2, "ada").is_ok());
        assert!(try_as(1, "ben").is_ok());
    }
}
