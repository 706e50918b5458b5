//! The distinct decisions of a batch, and which keys lead to them.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use tollgate_sdk::policy::Decision;

use super::columns::RowAt;
use super::{GROUP, ODD};
use crate::policy::{Fault, Outcome, ThresholdPolicy};

/// Up to so many bits of key, a table leads to the decisions: 16 KiB at most.
const TABLE_BITS: u32 = 12;

/// A key that has not been met.
const UNMET: u32 = u32::MAX;

/// What the table does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Met {
    Key(u64),
    Outcome(Outcome),
    Fault(Fault),
}

pub(super) struct Seen<'a> {
    policy: &'a ThresholdPolicy,
    /// In the order in which rows met them.
    pub(super) decisions: Vec<Result<Decision, String>>,
    /// The decision of each key, where keys are small.
    table: Vec<u32>,
    others: BTreeMap<Met, u32>,
}

impl<'a> Seen<'a> {
    pub(super) fn new(policy: &'a ThresholdPolicy) -> Self {
        let (_, rung_bit) = policy.shifts();
        let rungs = policy.rungs.len();
        let keys = if rung_bit + rungs.ilog2() < TABLE_BITS { rungs << rung_bit } else { 0 };
        Self { policy, decisions: Vec::new(), table: vec![UNMET; keys], others: BTreeMap::new() }
    }

    /// The decisions of keys that earlier rows had, if that is all of them.
    #[inline(always)]
    pub(super) fn all_known(&self, keys: &[u64], decisions: &mut [u32]) -> bool {
        let mut known = true;
        let mut look_up = |key: u64, decision: &mut u32| {
            *decision = self.known(key).unwrap_or(UNMET);
            known &= *decision != UNMET;
        };
        match (keys.as_array::<GROUP>(), decisions.as_mut_array::<GROUP>()) {
            (Some(keys), Some(decisions)) => {
                keys.iter().zip(decisions).for_each(|(key, decision)| look_up(*key, decision));
            }
            _ => keys.iter().zip(decisions).for_each(|(key, decision)| look_up(*key, decision)),
        }
        known
    }

    #[inline(always)]
    fn known(&self, key: u64) -> Option<u32> {
        // On a 32-bit target a key could wrap around into the table.
        let place = usize::try_from(key).unwrap_or(usize::MAX);
        let decision = self.table.get(place).copied();
        decision.filter(|decision| *decision != UNMET)
    }

    /// The decision on `row`, whose key the table may not know.
    #[inline(never)]
    pub(super) fn decide(&mut self, key: u64, row: &RowAt<'_>) -> u32 {
        if key & ODD == 0 {
            return self.by_key(key);
        }
        let cells = row.views.iter().map(|view| view.cell(row.row));
        match self.policy.key(cells, row) {
            Ok(key) => self.by_key(key),
            Err(fault) => {
                if let Some(decision) = self.others.get(&Met::Fault(fault)) {
                    return *decision;
                }
                self.decisions.push(Err(self.policy.explain(fault)));
                let decision = self.decisions.len() as u32 - 1;
                self.others.insert(Met::Fault(fault), decision);
                decision
            }
        }
    }

    fn by_key(&mut self, key: u64) -> u32 {
        let met = self.known(key);
        if let Some(decision) = met.or_else(|| self.others.get(&Met::Key(key)).copied()) {
            return decision;
        }
        let outcome = self.policy.outcome(key);
        let decision = match self.others.get(&Met::Outcome(outcome)) {
            Some(decision) => *decision,
            None => {
                self.decisions.push(Ok(self.policy.decision(outcome)));
                let decision = self.decisions.len() as u32 - 1;
                self.others.insert(Met::Outcome(outcome), decision);
                decision
            }
        };
        match usize::try_from(key).ok().and_then(|key| self.table.get_mut(key)) {
            Some(slot) => *slot = decision,
            None => {
                self.others.insert(Met::Key(key), decision);
            }
        }
        decision
    }
}
