//! `tollgate:plugin@1.1.0`: a finding does not say yet which number was judged.

mod types;

use self::types::Finding;
use super::v1_2;
use super::{Checker, Decider, Evaluator, Lifecycle};
use crate::error::LoadError;
use crate::instance::Exports;

pub(super) const VERSION: &str = "1.1.0";

/// The version.
pub(super) struct Contract;

impl super::Contract for Contract {
    fn version(&self) -> &'static str {
        VERSION
    }

    fn lifecycle(&self, exports: &Exports<'_>) -> Result<Box<dyn Lifecycle>, LoadError> {
        v1_2::lifecycle::<Finding>(exports)
    }

    fn checker(&self, exports: &Exports<'_>) -> Result<Box<dyn Checker>, LoadError> {
        v1_2::checker::<Finding>(exports)
    }

    fn evaluator(&self, exports: &Exports<'_>) -> Result<Box<dyn Evaluator>, LoadError> {
        v1_2::evaluator::<Finding>(exports)
    }

    fn decider(&self, exports: &Exports<'_>) -> Result<Box<dyn Decider>, LoadError> {
        v1_2::decider(exports)
    }
}
