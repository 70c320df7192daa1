//! How many connections each network has open, without knowing which network it is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::client::ClientKey;

/// Counts places, and gives no more to one network than it may have.
#[derive(Clone, Debug)]
pub(super) struct Places {
    most: usize,
    taken: Arc<Mutex<HashMap<ClientKey, usize>>>,
}

/// The right to one connection. It goes back when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    client: ClientKey,
    taken: Arc<Mutex<HashMap<ClientKey, usize>>>,
}

impl Places {
    pub(super) fn new(most: usize) -> Self {
        Self { most, taken: Arc::default() }
    }

    /// One more, if this network may have one more.
    pub(super) fn take(&self, client: ClientKey) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(client).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        drop(taken);
        Some(Place { client, taken: self.taken.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                // Nobody is remembered who has gone.
                taken.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_so_many_places_and_gets_back_what_it_left() {
        let places = Places::new(2);
        let (one, other) = (ClientKey::of_test(1), ClientKey::of_test(2));
        let first = places.take(one);
        let second = places.take(one);
        assert!(first.is_some() && second.is_some());
        assert!(places.take(one).is_none());
        assert!(places.take(other).is_some());
        drop(first);
        assert!(places.take(one).is_some());
        drop(second);
        assert!(places.taken.lock().unwrap().is_empty(), "who has gone is forgotten");
    }
}
