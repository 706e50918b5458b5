//! Which keys a map has already.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;
use std::hash::{BuildHasher as _, RandomState};

use super::Entry;
use crate::mistake::Span;

/// Up to so many keys are compared one after the other.
const FEW: usize = 16;

/// Finds keys that come twice, without a copy of the keys.
#[derive(Default)]
pub(super) struct Keys {
    /// Of many keys, where the one with a hash stands.
    places: HashMap<u64, u32>,
    /// Where others with the same hash stand.
    others: Vec<u32>,
    state: RandomState,
}

impl Keys {
    /// The place of the same key among the `entries` before; it is known from
    /// now on as the next entry's.
    pub(super) fn add(&mut self, entries: &[Entry], key: &str) -> Option<Span> {
        if entries.len() < FEW {
            return entries.iter().find(|entry| entry.key == key).map(|entry| entry.key_span);
        }
        if self.places.is_empty() {
            for (at, entry) in entries.iter().enumerate() {
                self.insert(&entry.key, at);
            }
        }
        let first = self.places.get(&self.state.hash_one(key));
        let known = first
            .into_iter()
            .chain(&self.others)
            .filter_map(|at| entries.get(*at as usize))
            .find(|entry| entry.key == key)
            .map(|entry| entry.key_span);
        self.insert(key, entries.len());
        known
    }

    fn insert(&mut self, key: &str, at: usize) {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        match self.places.entry(self.state.hash_one(key)) {
            Place::Vacant(place) => {
                place.insert(at);
            }
            Place::Occupied(_) => self.others.push(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::source::Source;
    use crate::tree::{Node, NonFinite};

    #[test]
    fn a_key_that_comes_twice_is_found_among_few_and_many() {
        for (count, twice) in [(2, 0), (15, 14), (16, 0), (17, 16), (1_000, 0), (1_000, 999)] {
            let mut json: Vec<String> = (0..count).map(|at| format!("\"k{at}\": {at}")).collect();
            let source = Source::new("a.json", &format!("{{{}}}", json.join(",\n")));
            assert!(Node::parse(&source, NonFinite::Refused).is_ok(), "{count}");
            json.push(format!("\"k{twice}\": 0"));
            for name in ["a.json", "a.yaml"] {
                let source = Source::new(name, &format!("{{{}}}", json.join(",\n")));
                let mistake = Node::parse(&source, NonFinite::Refused).unwrap_err();
                assert_eq!(mistake.message(), format!("key `k{twice}` is given twice"), "{count}");
                assert_eq!(mistake.place().line, count + 1);
            }
        }
    }
}
