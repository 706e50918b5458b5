//! `tollgate:plugin@1.2.0`, the newest version. Its types are the host's own.
//!
//! The version before differs from it in what a finding holds and in nothing
//! else, so that the calls of both are these.

use std::marker::PhantomData;

use wasmtime::component::Lift;

use super::{Answer, Checker, Decider, Evaluator, Lifecycle};
use crate::error::{Fault, LoadError};
use crate::instance::{Export, Exports, Function, Instance};
use crate::types::{
    Batch, Column, Decision, Declaration, Fact, Finding, Info, Manner, Records, TypedColumn, Value,
};

pub(super) const VERSION: &str = "1.2.0";

/// The version.
pub(super) struct Contract;

impl super::Contract for Contract {
    fn version(&self) -> &'static str {
        VERSION
    }

    fn lifecycle(&self, exports: &Exports<'_>) -> Result<Box<dyn Lifecycle>, LoadError> {
        lifecycle::<Finding>(exports)
    }

    fn checker(&self, exports: &Exports<'_>) -> Result<Box<dyn Checker>, LoadError> {
        checker::<Finding>(exports)
    }

    fn evaluator(&self, exports: &Exports<'_>) -> Result<Box<dyn Evaluator>, LoadError> {
        evaluator::<Finding>(exports)
    }

    fn decider(&self, exports: &Exports<'_>) -> Result<Box<dyn Decider>, LoadError> {
        decider(exports)
    }
}

/// A finding of one version, which becomes the host's.
pub(super) trait Told: Lift + Into<Finding> + 'static {}
impl<T: Lift + Into<Finding> + 'static> Told for T {}

fn findings<F: Told>(told: Vec<F>) -> Vec<Finding> {
    told.into_iter().map(Into::into).collect()
}

pub(super) fn lifecycle<F: Told>(exports: &Exports<'_>) -> Result<Box<dyn Lifecycle>, LoadError> {
    let (describe, configure) = (exports.find()?, exports.find()?);
    Ok(Box::new(Lived::<F> { describe, configure, remarks: exports.find()? }))
}

pub(super) fn checker<F: Told>(exports: &Exports<'_>) -> Result<Box<dyn Checker>, LoadError> {
    Ok(Box::new(Checking::<F> {
        rows: exports.find()?,
        check: exports.find()?,
        normalize: exports.find()?,
        check_columns: exports.find()?,
        check_records: exports.find()?,
    }))
}

pub(super) fn evaluator<F: Told>(exports: &Exports<'_>) -> Result<Box<dyn Evaluator>, LoadError> {
    Ok(Box::new(Evaluating::<F> { evaluate: exports.find()? }))
}

pub(super) fn decider(exports: &Exports<'_>) -> Result<Box<dyn Decider>, LoadError> {
    Ok(Box::new(Deciding {
        surface: exports.find()?,
        decide: exports.find()?,
        decide_batch: exports.find()?,
    }))
}

pub(super) struct Describe;
impl Function for Describe {
    const INTERFACE: &'static str = "lifecycle";
    const NAME: &'static str = "describe";
    type Params<'a> = ();
    type Results = (Info,);
}

struct Configure<F>(PhantomData<F>);
impl<F: Told> Function for Configure<F> {
    const INTERFACE: &'static str = "lifecycle";
    const NAME: &'static str = "configure";
    type Params<'a> = (&'a str,);
    type Results = (Result<(), Vec<F>>,);
}

struct Remarks<F>(PhantomData<F>);
impl<F: Told> Function for Remarks<F> {
    const INTERFACE: &'static str = "lifecycle";
    const NAME: &'static str = "remarks";
    type Params<'a> = ();
    type Results = (Vec<F>,);
}

struct Lived<F: Told> {
    describe: Export<Describe>,
    configure: Export<Configure<F>>,
    remarks: Export<Remarks<F>>,
}

impl<F: Told> Lifecycle for Lived<F> {
    fn describe(&self, of: &mut Instance<'_>) -> Result<Info, Fault> {
        Ok(of.call(&self.describe, ())?.0)
    }

    fn configure(&self, of: &mut Instance<'_>, settings: &str) -> Result<Answer<()>, Fault> {
        Ok(of.call(&self.configure, (settings,))?.0.map_err(findings))
    }

    fn remarks(&self, of: &mut Instance<'_>) -> Result<Vec<Finding>, Fault> {
        Ok(findings(of.call(&self.remarks, ())?.0))
    }
}

struct Rows;
impl Function for Rows {
    const INTERFACE: &'static str = "checker";
    const NAME: &'static str = "rows";
    type Params<'a> = ();
    type Results = (Manner,);
}

struct Check<F>(PhantomData<F>);
impl<F: Told> Function for Check<F> {
    const INTERFACE: &'static str = "checker";
    const NAME: &'static str = "check";
    type Params<'a> = (&'a [u8],);
    type Results = (Vec<F>,);
}

struct Normalize<F>(PhantomData<F>);
impl<F: Told> Function for Normalize<F> {
    const INTERFACE: &'static str = "checker";
    const NAME: &'static str = "normalize";
    type Params<'a> = (&'a [u8],);
    type Results = (Result<Vec<u8>, Vec<F>>,);
}

struct CheckColumns<F>(PhantomData<F>);
impl<F: Told> Function for CheckColumns<F> {
    const INTERFACE: &'static str = "checker";
    const NAME: &'static str = "check-columns";
    type Params<'a> = (u32, &'a [TypedColumn]);
    type Results = (Vec<F>,);
}

struct CheckRecords<F>(PhantomData<F>);
impl<F: Told> Function for CheckRecords<F> {
    const INTERFACE: &'static str = "checker";
    const NAME: &'static str = "check-records";
    type Params<'a> = (&'a Records,);
    type Results = (Vec<F>,);
}

struct Checking<F: Told> {
    rows: Export<Rows>,
    check: Export<Check<F>>,
    normalize: Export<Normalize<F>>,
    check_columns: Export<CheckColumns<F>>,
    check_records: Export<CheckRecords<F>>,
}

impl<F: Told> Checker for Checking<F> {
    fn rows(&self, of: &mut Instance<'_>) -> Result<Manner, Fault> {
        Ok(of.call(&self.rows, ())?.0)
    }

    fn check(&self, of: &mut Instance<'_>, payload: &[u8]) -> Result<Vec<Finding>, Fault> {
        Ok(findings(of.call(&self.check, (payload,))?.0))
    }

    fn normalize(&self, of: &mut Instance<'_>, payload: &[u8]) -> Result<Answer<Vec<u8>>, Fault> {
        Ok(of.call(&self.normalize, (payload,))?.0.map_err(findings))
    }

    fn check_columns(
        &self,
        of: &mut Instance<'_>,
        rows: u32,
        columns: &[TypedColumn],
    ) -> Result<Vec<Finding>, Fault> {
        Ok(findings(of.call(&self.check_columns, (rows, columns))?.0))
    }

    fn check_records(
        &self,
        of: &mut Instance<'_>,
        records: &Records,
    ) -> Result<Vec<Finding>, Fault> {
        Ok(findings(of.call(&self.check_records, (records,))?.0))
    }
}

struct Evaluate<F>(PhantomData<F>);
impl<F: Told> Function for Evaluate<F> {
    const INTERFACE: &'static str = "evaluator";
    const NAME: &'static str = "evaluate";
    type Params<'a> = (&'a [Fact],);
    type Results = (Vec<F>,);
}

struct Evaluating<F: Told> {
    evaluate: Export<Evaluate<F>>,
}

impl<F: Told> Evaluator for Evaluating<F> {
    fn evaluate(&self, of: &mut Instance<'_>, facts: &[Fact]) -> Result<Vec<Finding>, Fault> {
        Ok(findings(of.call(&self.evaluate, (facts,))?.0))
    }
}

pub(super) struct Surface;
impl Function for Surface {
    const INTERFACE: &'static str = "decider";
    const NAME: &'static str = "surface";
    type Params<'a> = ();
    type Results = (Declaration,);
}

pub(super) struct Decide;
impl Function for Decide {
    const INTERFACE: &'static str = "decider";
    const NAME: &'static str = "decide";
    type Params<'a> = (&'a [Value],);
    type Results = (Result<Decision, String>,);
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
        values: &[Value],
    ) -> Result<Result<Decision, String>, Fault> {
        Ok(of.call(&self.decide, (values,))?.0)
    }

    fn decide_batch(
        &self,
        of: &mut Instance<'_>,
        rows: u32,
        columns: &[Column],
    ) -> Result<Result<Batch, String>, Fault> {
        Ok(of.call(&self.decide_batch, (rows, columns))?.0)
    }
}
