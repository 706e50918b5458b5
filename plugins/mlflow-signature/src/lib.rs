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

use alloc::vec::Vec;

use mlflow_schema::load::load;
use mlflow_schema::py::{Dtype, Py, Taking};
use mlflow_schema::schema::{Schema, Signature};
use tollgate_sdk::signature::{Manner, Records, TypedColumn};
use tollgate_sdk::{Finding, Outcome, limited};

mod batch;
mod body;
mod cast;
mod change;
pub mod columns;
pub mod data;
mod enforce;
mod fast;
pub mod fault;
mod flat;
mod frames;
mod normal;
pub mod oip;
mod params;
mod parse;
mod records;
mod response;
pub mod settings;
mod strict;
mod tags;
mod tensor;
mod typed;
mod unjudged;

use body::{Body, Field, Layout, Origin};
use data::Data;
use fault::Fault;
use params::Params;
use settings::{Form, Given, Mode, Part, Protocol, Settings};

/// The plugin: a signature, ready to judge payloads.
#[derive(Debug)]
pub struct MlflowSignature {
    signature: Signature,
    mode: Mode,
    part: Part,
    form: Form,
    protocol: Protocol,
    max_findings: usize,
    allow_empty: bool,
    today: Option<i64>,
    plan: fast::Plan,
}

/// What a payload came to: the data and the parameters that the model gets.
type Accepted<'a> = (Data<'a>, Params<'a>);

/// That and warnings, or what is wrong.
type Judged<'a> = Result<(Accepted<'a>, Vec<Fault>), Vec<Fault>>;

impl tollgate_sdk::signature::Signature for MlflowSignature {
    type Settings = Given;

    const SETTINGS_SCHEMA: &'static str = include_str!("../settings.schema.json");

    fn configure(given: Given) -> Result<Self, Vec<Finding>> {
        let given = given.parse()?;
        let settings = Settings::read(&given)?;
        let signature =
            load(settings.inputs, settings.outputs, settings.params).map_err(|refused| {
                let pointer = alloc::format!("/signature{}", refused.pointer);
                let finding = Finding::new("signature-invalid", Outcome::Fail, refused.message);
                alloc::vec![finding.at(pointer)]
            })?;
        let plan = match (settings.part, settings.form) {
            (Part::Inputs, Form::Request) => fast::Plan::of(&signature),
            _ => fast::Plan::None,
        };
        Ok(Self {
            plan,
            signature,
            mode: settings.mode,
            part: settings.part,
            form: settings.form,
            protocol: settings.protocol,
            max_findings: settings.max_findings,
            allow_empty: settings.allow_empty,
            today: settings.today,
        })
    }

    fn check(&self, payload: &[u8]) -> Vec<Finding> {
        if self.protocol == Protocol::Oip {
            return self.findings(self.oip_faults(payload));
        }
        if self.plan.clean(payload) {
            return Vec::new();
        }
        match self.judge(payload) {
            Ok((_, warnings)) => self.findings(warnings),
            Err(faults) => self.findings(faults),
        }
    }

    fn normalize(&self, payload: &[u8]) -> Result<Vec<u8>, Vec<Finding>> {
        if self.protocol == Protocol::Oip {
            // The server, not MLflow, makes data of it: it gets what was sent.
            let faults = self.oip_faults(payload);
            let passes = faults.is_empty();
            return if passes { Ok(payload.to_vec()) } else { Err(self.findings(faults)) };
        }
        match self.judge(payload) {
            Ok(((data, params), _)) => Ok(normal::document(&data, &params).into_bytes()),
            Err(faults) => Err(self.findings(faults)),
        }
    }

    fn rows(&self) -> Manner {
        match self.protocol {
            Protocol::Mlflow => Manner::Together,
            Protocol::Oip => Manner::None,
        }
    }

    fn check_records(&self, records: &Records) -> Vec<Finding> {
        if self.plan.clean_records(records.iter()) {
            return Vec::new();
        }
        self.record_findings(records)
    }

    fn check_columns(&self, rows: usize, columns: &[TypedColumn]) -> Vec<Finding> {
        if let Some(judge) = self.schema().and_then(|schema| batch::Judge::of(schema, self.mode)) {
            let mut faults = judge.faults(rows, columns);
            faults.extend(self.unjudged(&faults, || (rows == 0).then(unjudged::no_rows)));
            return self.findings(faults);
        }
        let frame = match columns::frame(rows, columns) {
            Ok(frame) => frame,
            Err(fault) => return self.findings(alloc::vec![fault]),
        };
        // Only objects can become something else than they were, and what is
        // cast to a tensor.
        let tensors = matches!(self.schema(), Some(Schema::Tensors { .. }));
        let mut columns = frame.columns.iter();
        let loose = tensors || columns.any(|column| column.dtype == Dtype::Object);
        let sent = (loose && self.mode == Mode::Strict).then(|| Body {
            field: Field::Frame,
            data: typed::of_columns(&frame),
            params: Py::None,
            ignored: Vec::new(),
            twice: None,
        });
        let origin = Origin { field: Field::Frame, layout: Layout::Frame };
        let judged = self.enforced(Data::Frame(frame), origin).and_then(|data| match &sent {
            Some(sent) => self.compared((data, None), sent, origin),
            None => Ok(((data, None), Vec::new())),
        });
        match judged {
            // A frame that need not be compared was not looked at for rows.
            Ok((_, mut faults)) => {
                let empty = || (rows == 0).then(unjudged::no_rows);
                faults.extend(self.unjudged(&faults, empty));
                self.findings(faults)
            }
            Err(faults) => self.findings(faults),
        }
    }
}

impl MlflowSignature {
    /// The whole way of a payload: what the model gets, and warnings.
    fn judge<'a>(&self, payload: &'a [u8]) -> Judged<'a> {
        match (self.part, self.form) {
            (Part::Inputs, Form::Request) => self.judge_request(payload),
            (Part::Outputs, Form::Request) => self.judge_response(payload),
            (_, Form::Data) => self.judge_data(payload),
        }
    }

    /// The body of a request.
    fn judge_request<'a>(&self, payload: &'a [u8]) -> Judged<'a> {
        let mut body = body::read(payload, &self.signature).map_err(one)?;
        let origin = Origin::of(&body, self.schema());
        let data = parse::data(&mut body, self.taking(), self.schema(), origin, self.today)?;
        let data = self.enforced(data, origin)?;
        let params = self.taking().take(&mut body.params);
        let params = params::enforce(params, self.signature.params.as_deref(), origin.params())?;
        self.compared((data, params), &body, origin)
    }

    /// The body of an answer.
    fn judge_response<'a>(&self, payload: &'a [u8]) -> Judged<'a> {
        let schema = self.schema().ok_or_else(|| one(response::undeclared()))?;
        let mut body = response::read(payload).map_err(one)?;
        let origin = response::origin(&body, schema);
        let data = response::data(&mut body, self.taking(), schema, origin, self.today)?;
        let data = self.enforced(data, origin)?;
        self.compared((data, None), &body, origin)
    }

    /// What a program hands to `predict`, or gets from it.
    fn judge_data<'a>(&self, payload: &'a [u8]) -> Judged<'a> {
        let given = typed::read(payload).map_err(one)?;
        let sent = given.body();
        let origin = Origin::of(&sent, self.schema());
        let data = self.enforced(given.data, origin)?;
        let params = match self.part {
            Part::Inputs => {
                params::enforce(given.params, self.signature.params.as_deref(), origin.params())?
            }
            Part::Outputs => None,
        };
        self.compared((data, params), &sent, origin)
    }

    /// What is wrong with a body of the Open Inference Protocol.
    fn oip_faults(&self, payload: &[u8]) -> Vec<Fault> {
        let Signature { outputs, params, .. } = &self.signature;
        let params = params.as_deref().filter(|_| self.part == Part::Inputs);
        let mut faults = oip::faults(payload, self.part, self.schema(), outputs.as_ref(), params);
        if self.allow_empty {
            faults.retain(|fault| fault.kind != fault::Kind::NoRows);
        }
        faults
    }

    /// The part of the signature that is enforced.
    fn schema(&self) -> Option<&Schema> {
        match self.part {
            Part::Inputs => self.signature.inputs.as_ref(),
            Part::Outputs => self.signature.outputs.as_ref(),
        }
    }

    fn enforced<'a>(&self, data: Data<'a>, origin: Origin) -> Result<Data<'a>, Vec<Fault>> {
        match (self.schema(), self.part) {
            (Some(schema), _) => enforce::data(data, schema, origin),
            (None, Part::Inputs) => Ok(data),
            (None, Part::Outputs) => Err(one(response::undeclared())),
        }
    }

    /// What becomes of the values of a payload.
    fn taking(&self) -> Taking {
        match self.mode {
            Mode::Strict => Taking::Copied,
            Mode::Mlflow => Taking::Moved,
        }
    }

    /// In mode `strict`, refuses what became something else than what was
    /// sent.
    fn compared<'a>(&self, accepted: Accepted<'a>, sent: &Body<'a>, origin: Origin) -> Judged<'a> {
        if self.mode == Mode::Mlflow {
            return Ok((accepted, Vec::new()));
        }
        let comparison = strict::Comparison {
            body: sent,
            rows: sent.data_rows(),
            origin,
            schema: self.schema(),
            params: self.signature.params.as_deref().unwrap_or_default(),
            today: self.today,
        };
        let mut faults = comparison.faults(&accepted.0, &accepted.1);
        let empty = || unjudged::of_data(&accepted.0, sent, origin);
        faults.extend(self.unjudged(&faults, empty));
        if faults.iter().any(|fault| fault.kind.outcome() > Outcome::Warn) {
            Err(faults)
        } else {
            Ok((accepted, faults))
        }
    }

    /// In mode `strict`, that nothing was judged, `empty` for want of rows.
    /// Where a fault blocks already, something was.
    fn unjudged(&self, faults: &[Fault], empty: impl FnOnce() -> Option<Fault>) -> Option<Fault> {
        let blocks = |fault: &Fault| fault.kind.outcome() > Outcome::Warn;
        if self.mode == Mode::Mlflow || faults.iter().any(blocks) {
            return None;
        }
        match (self.schema(), &self.signature.params) {
            (Some(_), _) if self.allow_empty => None,
            (Some(_), _) => empty(),
            (None, None) => Some(unjudged::no_inputs()),
            (None, Some(_)) => None,
        }
    }

    /// The first faults as findings, and one that counts the rest.
    fn findings(&self, mut faults: Vec<Fault>) -> Vec<Finding> {
        faults.extend(self.doubled_input());
        let findings = faults.into_iter().map(|fault| self.finding(fault)).collect();
        limited(findings, self.max_findings)
    }

    /// In mode `strict`, that the signature itself names an input twice.
    fn doubled_input(&self) -> Option<Fault> {
        let name = self.schema().and_then(Schema::twice).filter(|_| self.mode == Mode::Strict)?;
        Some(fault::doubled_input(name))
    }

    fn finding(&self, fault: Fault) -> Finding {
        match self.part {
            Part::Inputs => fault.finding(),
            Part::Outputs => response::finding(fault),
        }
    }
}

fn one(fault: Fault) -> Vec<Fault> {
    alloc::vec![fault]
}

tollgate_sdk::export_signature!(MlflowSignature);
