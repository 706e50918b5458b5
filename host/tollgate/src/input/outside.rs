//! Inputs that are not in a request's body.

use std::collections::BTreeMap;

use tollgate_engine::types::Value;

/// Headers of a request, and counters that the host keeps.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    headers: BTreeMap<String, String>,
    counters: BTreeMap<String, Value>,
    unknown: BTreeMap<String, String>,
}

impl Outside {
    /// Adds a header. Names differ by more than case only.
    pub fn header(&mut self, name: &str, value: &str) {
        self.headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }

    /// Adds a counter.
    pub fn counter(&mut self, name: &str, value: Value) {
        self.counters.insert(name.to_owned(), value);
    }

    /// Says that a counter cannot be known, and why: what keeps it is down. A
    /// case that needs it has no decision, whatever default its document gives
    /// for counters of which nothing is on record.
    pub fn unknown_counter(&mut self, name: &str, why: &str) {
        self.unknown.insert(name.to_owned(), why.to_owned());
    }

    /// The value of a header; `name` in lower case.
    pub(super) fn header_value(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(super) fn counter_value(&self, name: &str) -> Option<&Value> {
        self.counters.get(name)
    }

    pub(super) fn unknown(&self, counter: &str) -> Option<&str> {
        self.unknown.get(counter).map(String::as_str)
    }
}
