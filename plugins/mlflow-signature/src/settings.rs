//! What a document's `settings` hold; `settings.schema.json` describes it.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use mlflow_schema::py::{Instant, Py, instant, loads};
use serde::Deserialize;
use serde_json::value::RawValue;
use tollgate_sdk::Finding;
use tollgate_sdk::settings::{Kind, Mistakes, Object, Setting};

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
    pub fn parse(&self) -> Result<Py<'_>, Vec<Finding>> {
        loads(self.0.get().as_bytes()).map_err(|error| {
            let message =
                format!("the settings are no JSON: expected {} at byte {}", error.what, error.at);
            alloc::vec![Finding::invalid_settings(message).at("")]
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

const KEYS: [&str; 8] =
    ["signature", "mode", "part", "form", "protocol", "max_findings", "allow_empty", "today"];
const PARTS: [&str; 3] = ["inputs", "outputs", "params"];

impl<'g> Settings<'g> {
    /// Reads settings.
    ///
    /// # Errors
    /// Findings that point to what is wrong.
    pub fn read(given: &'g Py<'g>) -> Result<Self, Vec<Finding>> {
        let mut mistakes = Mistakes::default();
        let read = read(Seen(given), &mut mistakes);
        mistakes.into_result()?;
        read.ok_or_else(Vec::new)
    }
}

/// None when the settings are no object.
fn read<'g>(given: Seen<'g>, mistakes: &mut Mistakes) -> Option<Settings<'g>> {
    let map = Object::new(given, String::new(), &KEYS, mistakes)?;
    if map.get("signature").is_none() {
        mistakes.add("", "`signature` is missing");
    }
    let signature = map.object("signature", &PARTS, mistakes);
    let part = |name: &str| {
        let part = signature.as_ref().and_then(|signature| signature.get(name));
        part.map_or(NONE, |Seen(part)| part)
    };
    let mode = [("strict", Mode::Strict), ("mlflow", Mode::Mlflow)];
    let parts = [("inputs", Part::Inputs), ("outputs", Part::Outputs)];
    let form = [("request", Form::Request), ("data", Form::Data)];
    let protocol = [("mlflow", Protocol::Mlflow), ("oip", Protocol::Oip)];
    let most = map.count("max_findings", 1..=10_000, mistakes).unwrap_or(100);
    let settings = Settings {
        inputs: part("inputs"),
        outputs: part("outputs"),
        params: part("params"),
        mode: map.choice("mode", &mode, mistakes).unwrap_or_default(),
        part: map.choice("part", &parts, mistakes).unwrap_or_default(),
        form: map.choice("form", &form, mistakes).unwrap_or_default(),
        protocol: map.choice("protocol", &protocol, mistakes).unwrap_or_default(),
        max_findings: usize::try_from(most).unwrap_or(usize::MAX),
        allow_empty: map.boolean("allow_empty", mistakes).unwrap_or(false),
        today: map.get("today").and_then(|Seen(given)| today(given, mistakes)),
    };
    if settings.protocol == Protocol::Oip && settings.form == Form::Data {
        mistakes.add("/form", "`data` is a form of the protocol `mlflow` alone");
    }
    Some(settings)
}

fn today(given: &Py<'_>, mistakes: &mut Mistakes) -> Option<i64> {
    let day = match given {
        Py::None => return None,
        Py::Str(text) => instant(text),
        _ => None,
    };
    if let Some(Instant::Day(days)) = day {
        return Some(days as i64);
    }
    mistakes.add("/today", "`today` must be a date such as `2026-01-31`");
    None
}

/// Settings as Python's `json` reads them.
#[derive(Clone, Copy)]
struct Seen<'g>(&'g Py<'g>);

impl<'g> Setting<'g> for Seen<'g> {
    fn kind(self) -> Kind {
        match self.0 {
            Py::None => Kind::Null,
            Py::Bool(_) => Kind::Boolean,
            Py::Str(_) => Kind::Text,
            Py::List(_) => Kind::List,
            Py::Dict(_) => Kind::Object,
            // JSON has no others.
            _ => Kind::Number,
        }
    }

    fn boolean(self) -> Option<bool> {
        match self.0 {
            Py::Bool(value) => Some(*value),
            _ => None,
        }
    }

    fn text(self) -> Option<&'g str> {
        match self.0 {
            Py::Str(text) => text.as_str(),
            _ => None,
        }
    }

    fn whole(self) -> Option<u64> {
        match self.0 {
            Py::Int(number) => u64::try_from(*number).ok(),
            Py::Uint(number) => Some(*number),
            _ => None,
        }
    }

    fn items(self) -> Option<impl Iterator<Item = Self>> {
        match self.0 {
            Py::List(items) => Some(items.iter().map(Seen)),
            _ => None,
        }
    }

    fn members(self) -> Option<impl Iterator<Item = (&'g str, Self)>> {
        match self.0 {
            // A name that is no text is none that anybody knows.
            Py::Dict(items) => {
                Some(items.iter().map(|(name, value)| (name.as_str().unwrap_or("?"), Seen(value))))
            }
            _ => None,
        }
    }
}
