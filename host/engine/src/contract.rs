//! The versions of the contract `tollgate:plugin` that this host runs.
//!
//! A version is a folder: the types of its interfaces where they differ from
//! the host's own [`types`](crate::types), and the calls. Whoever judges knows
//! the traits below and no version. A new one is its folder and its line here.

mod v1_0;
mod v1_1;
mod v1_2;

use crate::error::{Fault, LoadError};
use crate::instance::{Exports, Instance};
use crate::types::{
    Batch, Column, Decision, Declaration, Fact, Finding, Info, Manner, Records, TypedColumn, Value,
};

/// All versions, oldest first.
static ALL: [&dyn Contract; 3] = [&v1_0::Contract, &v1_1::Contract, &v1_2::Contract];

/// The versions of the contract `tollgate:plugin` that this host runs.
pub const CONTRACT_VERSIONS: &[&str] = &[v1_0::VERSION, v1_1::VERSION, v1_2::VERSION];

/// The contract of a version, if this host has it.
pub(crate) fn of(version: &str) -> Option<&'static dyn Contract> {
    ALL.into_iter().find(|contract| contract.version() == version)
}

/// One version of the contract. Its functions find what a component exports,
/// and check its types.
pub(crate) trait Contract: Send + Sync {
    fn version(&self) -> &'static str;
    fn lifecycle(&self, exports: &Exports<'_>) -> Result<Box<dyn Lifecycle>, LoadError>;
    fn checker(&self, exports: &Exports<'_>) -> Result<Box<dyn Checker>, LoadError>;
    fn evaluator(&self, exports: &Exports<'_>) -> Result<Box<dyn Evaluator>, LoadError>;
    fn decider(&self, exports: &Exports<'_>) -> Result<Box<dyn Decider>, LoadError>;
}

/// What a plugin gives, or what it has against what it was given.
type Answer<T> = Result<T, Vec<Finding>>;

pub(crate) trait Lifecycle: Send + Sync {
    fn describe(&self, of: &mut Instance<'_>) -> Result<Info, Fault>;
    fn configure(&self, of: &mut Instance<'_>, settings: &str) -> Result<Answer<()>, Fault>;
    fn remarks(&self, of: &mut Instance<'_>) -> Result<Vec<Finding>, Fault>;
}

pub(crate) trait Checker: Send + Sync {
    fn rows(&self, of: &mut Instance<'_>) -> Result<Manner, Fault>;
    fn check(&self, of: &mut Instance<'_>, payload: &[u8]) -> Result<Vec<Finding>, Fault>;
    fn normalize(&self, of: &mut Instance<'_>, payload: &[u8]) -> Result<Answer<Vec<u8>>, Fault>;
    fn check_columns(
        &self,
        of: &mut Instance<'_>,
        rows: u32,
        columns: &[TypedColumn],
    ) -> Result<Vec<Finding>, Fault>;
    fn check_records(
        &self,
        of: &mut Instance<'_>,
        records: &Records,
    ) -> Result<Vec<Finding>, Fault>;
}

pub(crate) trait Evaluator: Send + Sync {
    fn evaluate(&self, of: &mut Instance<'_>, facts: &[Fact]) -> Result<Vec<Finding>, Fault>;
}

pub(crate) trait Decider: Send + Sync {
    fn surface(&self, of: &mut Instance<'_>) -> Result<Declaration, Fault>;
    fn decide(
        &self,
        of: &mut Instance<'_>,
        values: &[Value],
    ) -> Result<Result<Decision, String>, Fault>;
    fn decide_batch(
        &self,
        of: &mut Instance<'_>,
        rows: u32,
        columns: &[Column],
    ) -> Result<Result<Batch, String>, Fault>;
}

#[cfg(test)]
mod tests {
    use super::{ALL, CONTRACT_VERSIONS};

    #[test]
    fn every_version_is_there_once_and_named() {
        let named: Vec<&str> = ALL.iter().map(|contract| contract.version()).collect();
        assert_eq!(named, CONTRACT_VERSIONS);
        assert!(named.is_sorted() && named.array_windows().all(|[a, b]| a != b));
    }
}
