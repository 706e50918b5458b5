//! The counters of one case.

use tollgate_engine::types::Value;

/// The counters of one case: the number of each counter, and its value.
#[derive(Debug, Clone, Default)]
pub(super) struct CaseCounters(Box<[(u32, Value)]>);

impl CaseCounters {
    pub(super) fn new(values: Vec<(u32, Value)>) -> Self {
        Self(values.into())
    }

    pub(super) fn get(&self, counter: u32) -> Option<&Value> {
        let mut values = self.0.iter();
        values.find(|(number, _)| *number == counter).map(|(_, value)| value)
    }
}
