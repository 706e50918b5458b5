//! `tollgate:plugin@1.0.0`, the first version: a pointer says where in rows a
//! finding is, texts come one by one, rows of JSON are payloads, and of
//! settings that can be used there is nothing to say.

mod types;

use self::types::{Column, Finding, TypedColumn, columns, findings, of_record, of_rows, typed};
use super::v1_2::{Decide, Describe, Surface};
use super::{Answer, Checker, Decider, Evaluator, Lifecycle};
use crate::error::{Fault, LoadError};
use crate::instance::{Export, Exports, Function, Instance};
use crate::types::{self as host, Batch, Decision, Declaration, Fact, Info, Manner, Records};

pub(super) const VERSION: &str = "1.0.0";

/// The version.
pub(super) struct Contract;

impl super::Contract for Contract {
    fn version(&self) -> &'static str {
        VERSION
    }

    fn lifecycle(&self, exports: &Exports<'_>) -> Result<Box<dyn Lifecycle>, LoadError> {
        let (describe, configure) = (exports.find()?, exports.find()?);
        Ok(Box::new(Lived { describe, configure }))
    }

    fn checker(&self, exports: &Exports<'_>) -> Result<Box<dyn Checker>, LoadError> {
        Ok(Box::new(Checking {
            check: exports.find()?,
            normalize: exports.find()?,
            check_columns: exports.find()?,
        }))
    }

    fn evaluator(&self, exports: &Exports<'_>) -> Result<Box<dyn Evaluator>, LoadError> {
        Ok(Box::new(Evaluating { evaluate: exports.find()? }))
    }

    fn decider(&self, exports: &Exports<'_>) -> Result<Box<dyn Decider>, LoadError> {
        Ok(Box::new(Deciding {
            surface: exports.find()?,
            decide: exports.find()?,
            decide_batch: exports.find()?,
        }))
    }
}

struct Configure;
impl Function for Configure {
    const INTERFACE: &'static str = "lifecycle";
    const NAME: &'static str = "configure";
    type Params<'a> = (&'a str,);
    type Results = (Result<(), Vec<Finding>>,);
}

struct Lived {
    describe: Export<Describe>,
    configure: Export<Configure>,
}

impl Lifecycle for Lived {
    fn describe(&self, of: &mut Instance<'_>) -> Result<Info, Fault> {
        Ok(of.call(&self.describe, ())?.0)
    }

    fn configure(&self, of: &mut Instance<'_>, settings: &str) -> Result<Answer<()>, Fault> {
        Ok(of.call(&self.configure, (settings,))?.0.map_err(findings))
    }

    fn remarks(&self, _: &mut Instance<'_>) -> Result<Vec<host::Finding>, Fault> {
        Ok(Vec::new())
    }
}

struct Check;
impl Function for Check {
    const INTERFACE: &'static str = "checker";
    const NAME: &'static str = "check";
    type Params<'a> = (&'a [u8],);
    type Results = (Vec<Finding>,);
}

struct Normalize;
impl Function for Normalize {
    const INTERFACE: &'static str = "checker";
    const NAME: &'static str = "normalize";
    type Params<'a> = (&'a [u8],);
    type Results = (Result<Vec<u8>, Vec<Finding>>,);
}

struct CheckColumns;
impl Function for CheckColumns {
    const INTERFACE: &'static str = "checker";
    const NAME: &'static str = "check-columns";
    type Params<'a> = (u32, &'a [TypedColumn]);
    type Results = (Vec<Finding>,);
}

struct Checking {
    check: Export<Check>,
    normalize: Export<Normalize>,
    check_columns: Export<CheckColumns>,
}

impl Checker for Checking {
    /// A row of JSON can only be handed over as a payload of its own.
    fn rows(&self, _: &mut Instance<'_>) -> Result<Manner, Fault> {
        Ok(Manner::Apart)
    }

    fn check(&self, of: &mut Instance<'_>, payload: &[u8]) -> Result<Vec<host::Finding>, Fault> {
        Ok(findings(of.call(&self.check, (payload,))?.0))
    }

    fn normalize(&self, of: &mut Instance<'_>, payload: &[u8]) -> Result<Answer<Vec<u8>>, Fault> {
        Ok(of.call(&self.normalize, (payload,))?.0.map_err(findings))
    }

    fn check_columns(
        &self,
        of: &mut Instance<'_>,
        rows: u32,
        columns: &[host::TypedColumn],
    ) -> Result<Vec<host::Finding>, Fault> {
        let columns = typed(columns);
        let (found,) = of.call(&self.check_columns, (rows, columns.as_slice()))?;
        Ok(found.into_iter().map(of_rows).collect())
    }

    fn check_records(
        &self,
        of: &mut Instance<'_>,
        records: &Records,
    ) -> Result<Vec<host::Finding>, Fault> {
        let mut all = Vec::new();
        for (row, record) in (0..).zip(records.iter()) {
            let (found,) = of.call(&self.check, (record,))?;
            all.extend(found.into_iter().map(|finding| of_record(finding, row)));
        }
        Ok(all)
    }
}

struct Evaluate;
impl Function for Evaluate {
    const INTERFACE: &'static str = "evaluator";
    const NAME: &'static str = "evaluate";
    type Params<'a> = (&'a [Fact],);
    type Results = (Vec<Finding>,);
}

struct Evaluating {
    evaluate: Export<Evaluate>,
}

impl Evaluator for Evaluating {
    fn evaluate(&self, of: &mut Instance<'_>, facts: &[Fact]) -> Result<Vec<host::Finding>, Fault> {
        Ok(findings(of.call(&self.evaluate, (facts,))?.0))
    }
}

struct DecideBatch;
impl Function for DecideBatch {
    const INTERFACE: &'static str = "decider";
    const NAME: &'static str = "decide-batch";
    type Params<'a> = (u32, &'a [Column]);
    type Results = (Result<Batch, String>,);
}

struct Deciding {
    surface: Export<Surface>,
    decide: Export<Decide>,
    decide_batch: Export<DecideBatch>,
}

impl Decider for Deciding {
    fn surface(&self, of: &mut Instance<'_>) -> Result<Declaration, Fault> {
        Ok(of.call(&self.surface, ())?.0)
    }

    fn decide(
        &self,
        of: &mut Instance<'_>,
        values: &[host::Value],
    ) -> Result<Result<Decision, String>, Fault> {
        Ok(of.call(&self.decide, (values,))?.0)
    }

    fn decide_batch(
        &self,
        of: &mut Instance<'_>,
        rows: u32,
        given: &[host::Column],
    ) -> Result<Result<Batch, String>, Fault> {
        let columns = columns(given);
        Ok(of.call(&self.decide_batch, (rows, columns.as_slice()))?.0)
    }
}
