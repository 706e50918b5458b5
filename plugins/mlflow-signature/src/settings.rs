//! What a document's `settings` hold; `settings.schema.json` describes it.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString as _;

use mlflow_schema::json::Text;
use mlflow_schema::py::{Instant, Py, instant, loads};
use mlflow_schema::step::escaped;
use serde::Deserialize;
use serde_json::value::RawValue;
use tollgate_sdk::Finding;

/// The settings as they are given, as JSON text. What serde derives would
/// bring tables of floats for its error messages, and recurses in larger
/// frames than a guest's stack has room for.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Given(Box<RawValue>);

impl Given {
    /// The settings as an object.
    ///
    /// # Errors
    /// A finding when they nest too deep.
    pub fn parse(&self) -> Result<Py<'_>, Box<Finding>> {
        loads(self.0.get().as_bytes()).map_err(|error| {
            wrong(
                "",
                &format!("the settings are no JSON: expected {} at byte {}", error.what, error.at),
            )
        })
    }
}

/// The settings.
#[derive(Debug)]
pub struct Settings<'g> {
    /// What the model takes.
    pub inputs: &'g Py<'g>,
    /// What it gives.
    pub outputs: &'g Py<'g>,
    /// Its parameters.
    pub params: &'g Py<'g>,
    /// How strictly the signature is enforced.
    pub mode: Mode,
    /// Which part of the signature is enforced.
    pub part: Part,
    /// How payloads are written.
    pub form: Form,
    /// What speaks to the model.
    pub protocol: Protocol,
    /// At most so many findings for one payload.
    pub max_findings: usize,
    /// Whether a payload without rows passes in mode `strict`.
    pub allow_empty: bool,
    /// The day (since 1970) that a time without a date is taken for.
    pub today: Option<i64>,
}

/// How strictly a signature is enforced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Whatever MLflow would silently change is refused too.
    #[default]
    Strict,
    /// MLflow's own verdict.
    Mlflow,
}

/// Which part of a signature is enforced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// What the model takes.
    #[default]
    Inputs,
    /// What it gives.
    Outputs,
}

/// How payloads are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As the scoring server has them: the body of a request, or of its
    /// answer.
    #[default]
    Request,
    /// What a program hands to `predict` itself, in the typed notation.
    Data,
}

/// What requests and answers are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// That of MLflow's own scoring server.
    #[default]
    Mlflow,
    /// The Open Inference Protocol v2.
    Oip,
}

const NONE: &Py<'static> = &Py::None;

impl<'g> Settings<'g> {
    /// Reads settings.
    ///
    /// # Errors
    /// A finding that points to what is wrong.
    pub fn read(given: &'g Py<'g>) -> Result<Self, Box<Finding>> {
        let mut settings = Self {
            inputs: NONE,
            outputs: NONE,
            params: NONE,
            mode: Mode::default(),
            part: Part::default(),
            form: Form::default(),
            protocol: Protocol::default(),
            max_findings: 100,
            allow_empty: false,
            today: None,
        };
        let Py::Dict(items) = given else {
            return Err(wrong("", "the settings must be an object"));
        };
        let mut signature = false;
        for (key, value) in items {
            match key.bytes() {
                b"signature" => {
                    signature = true;
                    settings.parts(value)?;
                }
                b"mode" => settings.mode = mode(value)?,
                b"part" => settings.part = part(value)?,
                b"form" => settings.form = form(value)?,
                b"protocol" => settings.protocol = protocol(value)?,
                b"max_findings" => {
                    settings.max_findings = match value {
                        Py::Int(count @ 1..=10_000) => *count as usize,
                        _ => {
                            return Err(wrong(
                                "/max_findings",
                                "`max_findings` must be 1 to 10000",
                            ));
                        }
                    }
                }
                b"allow_empty" => {
                    settings.allow_empty = match value {
                        Py::Bool(allowed) => *allowed,
                        _ => {
                            return Err(wrong(
                                "/allow_empty",
                                "`allow_empty` must be true or false",
                            ));
                        }
                    }
                }
                b"today" => settings.today = today(value)?,
                _ => return Err(unknown("", key)),
            }
        }
        if settings.protocol == Protocol::Oip && settings.form == Form::Data {
            return Err(wrong("/form", "`data` is a form of the protocol `mlflow` alone"));
        }
        if signature { Ok(settings) } else { Err(wrong("", "`signature` is missing")) }
    }

    fn parts(&mut self, value: &'g Py<'g>) -> Result<(), Box<Finding>> {
        let Py::Dict(items) = value else {
            return Err(wrong("/signature", "`signature` must be an object"));
        };
        for (key, part) in items {
            match key.bytes() {
                b"inputs" => self.inputs = part,
                b"outputs" => self.outputs = part,
                b"params" => self.params = part,
                _ => return Err(unknown("/signature", key)),
            }
        }
        Ok(())
    }
}

fn wrong(pointer: &str, message: &str) -> Box<Finding> {
    Box::new(Finding::invalid_settings(message.to_string()).at(pointer))
}

fn unknown(pointer: &str, key: &Text<'_>) -> Box<Finding> {
    let key = key.lossy();
    let pointer = format!("{pointer}/{}", escaped(&key));
    wrong(&pointer, &format!("there is no setting `{key}`"))
}

fn mode(value: &Py<'_>) -> Result<Mode, Box<Finding>> {
    match value {
        Py::Str(text) if text.is("strict") => Ok(Mode::Strict),
        Py::Str(text) if text.is("mlflow") => Ok(Mode::Mlflow),
        _ => Err(wrong("/mode", "`mode` must be `strict` or `mlflow`")),
    }
}

fn part(value: &Py<'_>) -> Result<Part, Box<Finding>> {
    match value {
        Py::Str(text) if text.is("inputs") => Ok(Part::Inputs),
        Py::Str(text) if text.is("outputs") => Ok(Part::Outputs),
        _ => Err(wrong("/part", "`part` must be `inputs` or `outputs`")),
    }
}

fn form(value: &Py<'_>) -> Result<Form, Box<Finding>> {
    match value {
        Py::Str(text) if text.is("request") => Ok(Form::Request),
        Py::Str(text) if text.is("data") => Ok(Form::Data),
        _ => Err(wrong("/form", "`form` must be `request` or `data`")),
    }
}

fn protocol(value: &Py<'_>) -> Result<Protocol, Box<Finding>> {
    match value {
        Py::Str(text) if text.is("mlflow") => Ok(Protocol::Mlflow),
        Py::Str(text) if text.is("oip") => Ok(Protocol::Oip),
        _ => Err(wrong("/protocol", "`protocol` must be `mlflow` or `oip`")),
    }
}

fn today(value: &Py<'_>) -> Result<Option<i64>, Box<Finding>> {
    match value {
        Py::None => Ok(None),
        Py::Str(text) => match instant(text) {
            Some(Instant::Day(days)) => Ok(Some(days as i64)),
            _ => Err(wrong("/today", "`today` must be a date such as `2026-01-31`")),
        },
        _ => Err(wrong("/today", "`today` must be a date such as `2026-01-31`")),
    }
}
