//! Does a scoring payload honour the signature of its MLflow model?
//!
//! The plugin answers as MLflow 3 does, without Python: it reads a request
//! body as `json.loads` would, builds the data frame or array that pandas and
//! NumPy would build, casts it as the scoring server casts it, and enforces
//! the signature as `mlflow.pyfunc` enforces it. In mode `strict`, the
//! default, it also refuses what MLflow would have changed without a word.
//!
//! A payload takes that way, which builds Python's objects, only when one pass
//! over its bytes (module `fast`) cannot tell that nothing is wrong.
//!
//! Source of the rules: MLflow 3.17 with pandas 3.1 and NumPy 2.4, and the
//! recorded cases under `tests/conformance`.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use tollgate_sdk::signature::TypedColumn;
use tollgate_sdk::{Finding, Outcome};

mod body;
mod cast;
mod change;
pub mod columns;
pub mod data;
mod datatype;
mod enforce;
mod fast;
pub mod fault;
mod frames;
pub mod json;
mod load;
mod nested;
mod normal;
mod params;
mod parse;
pub mod py;
pub mod schema;
pub mod settings;
mod strict;
mod tensor;

use body::{Body, Layout, Origin};
use data::Data;
use fault::Fault;
use params::Params;
use py::Py;
use settings::{Given, Mode, Settings};

/// The plugin: a signature, ready to judge payloads.
#[derive(Debug)]
pub struct MlflowSignature {
    signature: schema::Signature,
    mode: Mode,
    max_findings: usize,
    today: Option<i64>,
    plan: fast::Plan,
}

/// What a payload came to: the data and the parameters that the model gets.
type Accepted<'a> = (Data<'a>, Params<'a>);

impl tollgate_sdk::signature::Signature for MlflowSignature {
    type Settings = Given;

    const SETTINGS_SCHEMA: &'static str = include_str!("../settings.schema.json");

    fn configure(given: Given) -> Result<Self, Vec<Finding>> {
        let one = |finding: Box<Finding>| alloc::vec![*finding];
        let given = given.parse().map_err(one)?;
        let settings = Settings::read(&given).map_err(one)?;
        let signature =
            load::load(settings.inputs, settings.outputs, settings.params).map_err(|refused| {
                let pointer = alloc::format!("/signature{}", refused.pointer);
                let finding = Finding::new("signature-invalid", Outcome::Fail, refused.message);
                alloc::vec![finding.at(pointer)]
            })?;
        Ok(Self {
            plan: fast::Plan::of(&signature),
            signature,
            mode: settings.mode,
            max_findings: settings.max_findings,
            today: settings.today,
        })
    }

    fn check(&self, payload: &[u8]) -> Vec<Finding> {
        if self.plan.clean(payload) {
            return Vec::new();
        }
        match self.judge(payload) {
            Ok((_, warnings)) => self.findings(warnings),
            Err(faults) => self.findings(faults),
        }
    }

    fn normalize(&self, payload: &[u8]) -> Result<Vec<u8>, Vec<Finding>> {
        match self.judge(payload) {
            Ok((accepted, _)) => Ok(Self::document(&accepted).into_bytes()),
            Err(faults) => Err(self.findings(faults)),
        }
    }

    fn check_columns(&self, rows: usize, columns: &[TypedColumn]) -> Vec<Finding> {
        let frame = match columns::frame(rows, columns) {
            Ok(frame) => frame,
            Err(fault) => return self.findings(alloc::vec![fault]),
        };
        match self.enforce(Data::Frame(frame)) {
            Ok(_) => Vec::new(),
            Err(faults) => self.findings(faults),
        }
    }
}

impl MlflowSignature {
    /// The whole way of a request body: what the model gets, and warnings.
    fn judge<'a>(&self, payload: &'a [u8]) -> Result<(Accepted<'a>, Vec<Fault>), Vec<Fault>> {
        let one = |fault: Fault| alloc::vec![fault];
        let body = body::read(payload, &self.signature).map_err(one)?;
        let origin = Origin::of(&body);
        let params = body.params.clone();
        let data = self.parsed(body, origin)?;
        let data = self.enforced(data, origin)?;
        let params = params::enforce(params, self.signature.params.as_deref(), origin.params())?;
        if self.mode == Mode::Mlflow {
            return Ok(((data, params), Vec::new()));
        }
        // The body was taken apart on its way; it is read again to compare.
        let body = body::read(payload, &self.signature).map_err(one)?;
        let comparison = strict::Comparison {
            body: &body,
            origin,
            signature: &self.signature,
            today: self.today,
        };
        let faults = comparison.faults(&data, &params);
        if faults.iter().any(|fault| fault.kind.outcome() > Outcome::Warn) {
            Err(faults)
        } else {
            Ok(((data, params), faults))
        }
    }

    fn parsed<'a>(&self, body: Body<'a>, origin: Origin) -> Result<Data<'a>, Vec<Fault>> {
        parse::data(body, self.signature.inputs.as_ref(), origin, self.today)
    }

    fn enforced<'a>(&self, data: Data<'a>, origin: Origin) -> Result<Data<'a>, Vec<Fault>> {
        match &self.signature.inputs {
            Some(schema) => enforce::data(data, schema, origin),
            None => Ok(data),
        }
    }

    /// Enforces the signature on data that comes from no request body: what
    /// `pyfunc.predict` does with a frame, arrays, or Python objects.
    ///
    /// # Errors
    /// The faults, MLflow's own first.
    pub fn enforce<'a>(&self, data: Data<'a>) -> Result<Accepted<'a>, Vec<Fault>> {
        let origin = Origin { field: body::Field::Unified, layout: Layout::Frame };
        let data = self.enforced(data, origin)?;
        let params = params::enforce(Py::None, self.signature.params.as_deref(), "")?;
        Ok((data, params))
    }

    /// What the model gets, as [`Signature::normalize`] writes it.
    ///
    /// [`Signature::normalize`]: tollgate_sdk::signature::Signature::normalize
    #[must_use]
    pub fn document(accepted: &Accepted<'_>) -> String {
        normal::document(&accepted.0, &accepted.1)
    }

    fn findings(&self, faults: Vec<Fault>) -> Vec<Finding> {
        faults.into_iter().take(self.max_findings).map(Fault::finding).collect()
    }
}

tollgate_sdk::export_signature!(MlflowSignature);
