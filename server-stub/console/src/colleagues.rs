//! Colleagues as a list to choose from.

use tealight_protocol::{Availability, OperatorEntry};

/// The colleagues in the order in which they are shown. Nobody moves while the dialog is open: whoever is listed
/// already keeps the place, even when they leave, and who comes stands below. A list that sorts itself anew puts
/// another name under a finger that is already on its way.
pub(crate) fn listing(listed: &[OperatorEntry], others: &[OperatorEntry]) -> Vec<OperatorEntry> {
    let now = |known: &OperatorEntry| match others.iter().find(|one| one.id == known.id) {
        Some(one) => one.clone(),
        None => OperatorEntry { connected: false, ..known.clone() },
    };
    let mut all: Vec<_> = listed.iter().map(now).collect();
    let is_new = |one: &OperatorEntry| one.connected && !listed.iter().any(|known| known.id == one.id);
    let mut new: Vec<_> = others.iter().filter(|one| is_new(one)).cloned().collect();
    new.sort_by_key(|one| (one.status != Availability::Accepting, one.name.clone()));
    all.append(&mut new);
    all
}

#[cfg(test)]
mod tests {
    use tealight_protocol::OperatorId;

    use super::*;

    #[test]
    fn nobody_moves_while_the_dialog_is_open() {
        let (kim, robin, sam) = (entry("kim", false), entry("robin", false), entry("sam", true));
        let first = listing(&[], &[robin.clone(), kim.clone()]);
        assert_eq!(names(&first), ["kim", "robin"]);
        let accepting = OperatorEntry { status: Availability::Accepting, ..robin };
        let then = listing(&first, &[accepting.clone(), kim, sam]);
        assert_eq!(names(&then), ["kim", "robin", "sam"]);
        let without_kim = listing(&then, &[accepting]);
        assert_eq!(names(&without_kim), ["kim", "robin", "sam"]);
        assert_eq!(without_kim.iter().map(|one| one.connected).collect::<Vec<_>>(), [false, true, false]);
    }

    #[test]
    fn whoever_accepts_stands_first_when_it_opens() {
        let opened = listing(&[], &[entry("ann", false), entry("zoe", true)]);
        assert_eq!(names(&opened), ["zoe", "ann"]);
    }

    fn names(all: &[OperatorEntry]) -> Vec<&str> {
        all.iter().map(|one| one.name.as_str()).collect()
    }

    fn entry(name: &str, accepts: bool) -> OperatorEntry {
        OperatorEntry {
            id: OperatorId(format!("op:{name}")),
            name: name.to_owned(),
            status: if accepts { Availability::Accepting } else { Availability::Paused },
            capacity: 1,
            active: 0,
            last_chat: false,
            connected: true,
        }
    }
}
