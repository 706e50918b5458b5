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

use mlflow_plugin::{Given, Part, Settings, finding, read};
use mlflow_schema::fault::{self, Fault};
use mlflow_schema::param::{self, Params};
use mlflow_schema::py::{Dtype, Py, Taking};
use mlflow_schema::schema::Schema;
use mlflow_schema::unjudged::{no_inputs, no_outputs, no_rows};
use tollgate_sdk::signature::{Manner, Records, TypedColumn};
use tollgate_sdk::{Finding, limited};

mod batch;
mod body;
mod cast;
mod change;
pub mod columns;
pub mod data;
mod enforce;
mod fast;
mod flat;
mod frames;
mod normal;
mod parse;
mod records;
mod response;
mod settings;
mod strict;
mod tags;
mod tensor;
mod typed;
mod unjudged;
mod words;

use body::{Body, Field, Layout, Origin};
use change::Reading;
use data::Data;
use settings::{Form, Judging, Mode};

/// The plugin: a signature, ready to judge payloads.
#[derive(Debug)]
pub struct MlflowSignature {
    settings: Settings,
    mode: Mode,
    way: Way,
    reading: Reading,
}

/// The way that payloads take.
#[derive(Debug)]
enum Way {
    /// Bodies of requests, first by a plan for clean ones.
    Request(fast::Plan),
    /// Bodies of answers.
    Response,
    /// What a program hands to `predict`, or gets from it.
    Data,
}

/// What a payload came to: the data and the parameters that the model gets.
type Accepted<'a> = (Data<'a>, Params<'a>);

/// That and warnings, or what is wrong.
type Judged<'a> = Result<(Accepted<'a>, Vec<Fault>), Vec<Fault>>;

impl tollgate_sdk::signature::Signature for MlflowSignature {
    type Settings = Given;

    const SETTINGS_SCHEMA: &'static str = include_str!("../settings.schema.json");

    fn configure(given: Given) -> Result<Self, Vec<Finding>> {
        let (settings, Judging { mode, form, today }) =
            read(&given.parse()?, &settings::KEYS, settings::read)?;
        let way = match (form, settings.part) {
            (Form::Request, Part::Inputs) => Way::Request(fast::Plan::of(&settings.signature)),
            (Form::Request, Part::Outputs) => Way::Response,
            (Form::Data, _) => Way::Data,
        };
        let reading = Reading { today, part: settings.part };
        Ok(Self { settings, mode, way, reading })
    }

    fn check(&self, payload: &[u8]) -> Vec<Finding> {
        if self.plan().is_some_and(|plan| plan.clean(payload)) {
            debug_assert!(self.looked_through(payload).is_empty(), "clean by the plan alone");
            return Vec::new();
        }
        self.looked_through(payload)
    }

    fn normalize(&self, payload: &[u8]) -> Result<Vec<u8>, Vec<Finding>> {
        match self.judge(payload) {
            Ok(((data, params), _)) => Ok(normal::document(&data, &params).into_bytes()),
            Err(faults) => Err(self.findings(faults)),
        }
    }

    fn rows(&self) -> Manner {
        Manner::Together
    }

    fn check_records(&self, records: &Records) -> Vec<Finding> {
        if self.plan().is_some_and(|plan| plan.clean_records(records.iter())) {
            debug_assert!(self.record_findings(records).is_empty(), "clean by the plan alone");
            return Vec::new();
        }
        self.record_findings(records)
    }

    fn check_columns(&self, rows: usize, columns: &[TypedColumn]) -> Vec<Finding> {
        let schema = self.settings.schema();
        let part = self.settings.part;
        if let Some(judge) = schema.and_then(|it| batch::Judge::of(it, self.mode, part)) {
            let mut faults = judge.faults(rows, columns);
            faults.extend(self.unjudged(&faults, || (rows == 0).then(no_rows)));
            return self.findings(faults);
        }
        match self.tensor_columns(rows, columns) {
            // A frame that need not be compared was not looked at for rows.
            Ok(mut faults) => {
                faults.extend(self.unjudged(&faults, || (rows == 0).then(no_rows)));
                self.findings(faults)
            }
            Err(faults) => self.findings(faults),
        }
    }
}

impl MlflowSignature {
    /// What to look for first.
    fn plan(&self) -> Option<&fast::Plan> {
        match &self.way {
            Way::Request(plan) => Some(plan),
            Way::Response | Way::Data => None,
        }
    }

    /// What the whole way finds.
    fn looked_through(&self, payload: &[u8]) -> Vec<Finding> {
        match self.judge(payload) {
            Ok((_, warnings)) => self.findings(warnings),
            Err(faults) => self.findings(faults),
        }
    }

    /// The whole way of a payload: what the model gets, and warnings.
    fn judge<'a>(&self, payload: &'a [u8]) -> Judged<'a> {
        match self.way {
            Way::Request(_) => self.judge_request(payload),
            Way::Response => self.judge_response(payload),
            Way::Data => self.judge_data(payload),
        }
    }

    /// The body of a request.
    fn judge_request<'a>(&self, payload: &'a [u8]) -> Judged<'a> {
        let body = body::read(payload, &self.settings.signature).map_err(one)?;
        let origin = Origin::of(&body, self.settings.schema(), Part::Inputs);
        self.judge_body(body, origin)
    }

    /// What a request came to when it was taken apart.
    fn judge_body<'a>(&self, mut body: Body<'a>, origin: Origin) -> Judged<'a> {
        let (schema, today) = (self.settings.schema(), self.reading.today);
        let data = parse::data(&mut body, self.taking(), schema, origin, today)?;
        let data = self.enforced(data, origin)?;
        let params = self.taking().take(&mut body.params);
        let params = self.params(params, origin)?;
        self.compared((data, params), &body, origin)
    }

    /// The body of an answer.
    fn judge_response<'a>(&self, payload: &'a [u8]) -> Judged<'a> {
        let schema = self.settings.schema().ok_or_else(|| one(no_outputs()))?;
        let mut body = response::read(payload).map_err(one)?;
        let origin = response::origin(&body, schema);
        let data = response::data(&mut body, self.taking(), schema, origin, self.reading.today)?;
        let data = self.enforced(data, origin)?;
        self.compared((data, None), &body, origin)
    }

    /// What a program hands to `predict`, or gets from it.
    fn judge_data<'a>(&self, payload: &'a [u8]) -> Judged<'a> {
        let given = typed::read(payload).map_err(one)?;
        let sent = given.body();
        let origin = Origin::of(&sent, self.settings.schema(), self.settings.part);
        let data = self.enforced(given.data, origin)?;
        let params = match self.settings.part {
            Part::Inputs => self.params(given.params, origin)?,
            Part::Outputs => None,
        };
        self.compared((data, params), &sent, origin)
    }

    /// Columns of a file for a signature of tensors, or of nothing: what is
    /// wrong, or warnings.
    fn tensor_columns(
        &self,
        rows: usize,
        columns: &[TypedColumn],
    ) -> Result<Vec<Fault>, Vec<Fault>> {
        let frame = columns::frame(rows, columns).map_err(one)?;
        let part = self.settings.part;
        let origin = Origin { field: Field::Frame, layout: Layout::Frame, part };
        // Only objects can become something else than they were, and what is
        // cast to a tensor.
        let tensors = self.settings.schema().is_some();
        let loose = tensors || frame.columns.iter().any(|it| it.dtype == Dtype::Object);
        let sent = (loose && self.mode == Mode::Strict).then(|| Body {
            field: Field::Frame,
            data: typed::of_columns(&frame),
            params: Py::None,
            ignored: Vec::new(),
            twice: None,
        });
        let data = self.enforced(Data::Frame(frame), origin)?;
        match &sent {
            Some(sent) => Ok(self.compared((data, None), sent, origin)?.1),
            None => Ok(Vec::new()),
        }
    }

    fn params<'a>(&self, given: Py<'a>, origin: Origin) -> Result<Params<'a>, Vec<Fault>> {
        param::enforce(given, self.settings.signature.params.as_deref(), origin.params())
    }

    fn enforced<'a>(&self, data: Data<'a>, origin: Origin) -> Result<Data<'a>, Vec<Fault>> {
        match (self.settings.schema(), self.settings.part) {
            (Some(schema), _) => enforce::data(data, schema, origin),
            (None, Part::Inputs) => Ok(data),
            (None, Part::Outputs) => Err(one(no_outputs())),
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
            schema: self.settings.schema(),
            params: self.settings.signature.params.as_deref().unwrap_or_default(),
            reading: self.reading,
        };
        let mut faults = comparison.faults(&accepted.0, &accepted.1);
        let empty = || unjudged::of_data(&accepted.0, sent, origin);
        faults.extend(self.unjudged(&faults, empty));
        if faults.iter().any(|fault| fault.kind.blocks()) {
            Err(faults)
        } else {
            Ok((accepted, faults))
        }
    }

    /// In mode `strict`, that nothing was judged, `empty` for want of rows.
    /// Where a fault blocks already, something was.
    fn unjudged(&self, faults: &[Fault], empty: impl FnOnce() -> Option<Fault>) -> Option<Fault> {
        if self.mode == Mode::Mlflow || faults.iter().any(|fault| fault.kind.blocks()) {
            return None;
        }
        match (self.settings.schema(), &self.settings.signature.params) {
            (Some(_), _) if self.settings.allow_empty => None,
            (Some(_), _) => empty(),
            (None, None) => Some(no_inputs()),
            (None, Some(_)) => None,
        }
    }

    /// The first faults as findings, and one that counts the rest.
    fn findings(&self, mut faults: Vec<Fault>) -> Vec<Finding> {
        faults.extend(self.doubled_input());
        limited(faults.into_iter().map(finding).collect(), self.settings.max_findings)
    }

    /// In mode `strict`, that the signature itself names an input twice.
    fn doubled_input(&self) -> Option<Fault> {
        let name = self.settings.schema().and_then(Schema::twice);
        name.filter(|_| self.mode == Mode::Strict).map(fault::doubled_input)
    }
}

fn one(fault: Fault) -> Vec<Fault> {
    alloc::vec![fault]
}

tollgate_sdk::export_signature!(MlflowSignature);
