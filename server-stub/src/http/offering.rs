//! To which pages the chat is offered: in a pilot to a share of them, or only while the wait is short. Drawn anew for
//! each answer, so that nothing has to be kept of anybody; a page that asks once keeps to the answer it got.

use std::sync::{Mutex, PoisonError};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::RngCore as _;
use tealight_protocol::{ServiceState, ServiceStatus, Wait};

use crate::config::WaitConfig;

/// The helpline's decision, and the dice.
#[derive(Debug)]
pub(super) struct Offering {
    share: f64,
    below_s: Option<u32>,
    dice: Mutex<ChaCha20Rng>,
}

impl Offering {
    pub(super) fn new(wait: &WaitConfig, dice: ChaCha20Rng) -> Self {
        let below_s = wait.offer_below_minutes.map(|minutes| minutes * 60);
        Self { share: wait.offer_share, below_s, dice: Mutex::new(dice) }
    }

    /// Whether answers differ from page to page and from moment to moment, so that none may be used again.
    pub(super) fn is_limited(&self) -> bool {
        self.share < 1.0 || self.below_s.is_some()
    }

    /// Says to one page whether to offer the chat.
    pub(super) fn decide(&self, status: &mut ServiceStatus) {
        status.offered = self.is_in_share() && self.is_short(status);
    }

    fn is_in_share(&self) -> bool {
        if self.share >= 1.0 {
            return true;
        }
        let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        // From 0 to just below 1: a share of 0 is nobody.
        f64::from(dice.next_u32()) / (f64::from(u32::MAX) + 1.0) < self.share
    }

    /// Whether somebody who came now would be told to wait no longer than the limit. A closed chat says so itself.
    fn is_short(&self, status: &ServiceStatus) -> bool {
        let Some(below_s) = self.below_s else { return true };
        match (status.state, status.wait) {
            (
                ServiceState::Closed | ServiceState::Ending | ServiceState::Blocked | ServiceState::Unknown,
                _,
            ) => true,
            (ServiceState::Open | ServiceState::Full, Wait::Range { high_s: Some(high_s), .. }) => {
                high_s <= below_s
            }
            (ServiceState::Open | ServiceState::Full, Wait::Range { high_s: None, .. }) => false,
            // Nobody can say that it is short.
            (ServiceState::Open | ServiceState::Full, Wait::Unknown | Wait::Closed) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    #[test]
    fn a_share_of_the_pages_is_offered_the_chat() {
        for (share, least, most) in [(0.0, 0, 0), (0.2, 150, 250), (0.5, 430, 570), (1.0, 1_000, 1_000)] {
            let offering = offering(share, None);
            let offered = (0..1_000).filter(|_| is_offered(&offering, &open(30))).count();
            assert!((least..=most).contains(&offered), "{offered} of 1000 at {share}");
            assert_eq!(offering.is_limited(), share < 1.0);
        }
    }

    #[test]
    fn the_same_dice_fall_the_same_way() {
        let falls = || {
            let offering = offering(0.5, None);
            (0..50).map(|_| is_offered(&offering, &open(30))).collect::<Vec<_>>()
        };
        assert_eq!(falls(), falls());
    }

    #[test]
    fn a_long_or_unknown_wait_is_not_offered_where_the_helpline_set_a_limit() {
        let limited = offering(1.0, Some(30));
        assert!(limited.is_limited());
        assert!(is_offered(&limited, &open(30)));
        assert!(!is_offered(&limited, &open(45)));
        let with = |wait| ServiceStatus { wait, ..open(30) };
        assert!(!is_offered(&limited, &with(Wait::Range { low_s: 7_200, high_s: None })));
        assert!(!is_offered(&limited, &with(Wait::Unknown)));
        let closed = ServiceStatus { state: ServiceState::Closed, ..with(Wait::Closed) };
        assert!(is_offered(&limited, &closed), "a closed chat says so itself");
        assert!(is_offered(&offering(1.0, None), &with(Wait::Unknown)));
    }

    fn is_offered(offering: &Offering, status: &ServiceStatus) -> bool {
        let mut status = status.clone();
        offering.decide(&mut status);
        status.offered
    }

    fn offering(offer_share: f64, offer_below_minutes: Option<u32>) -> Offering {
        let wait = WaitConfig { offer_share, offer_below_minutes, ..WaitConfig::default() };
        Offering::new(&wait, ChaCha20Rng::from_seed([1; 32]))
    }

    fn open(minutes: u32) -> ServiceStatus {
        ServiceStatus {
            name: "Night Line".to_owned(),
            state: ServiceState::Open,
            closes_at: None,
            next_open: None,
            wait: Wait::Range { low_s: 0, high_s: Some(minutes * 60) },
            may_close_first: false,
            offered: true,
            notice: None,
            areas: Vec::new(),
            offers: Vec::new(),
        }
    }
}
