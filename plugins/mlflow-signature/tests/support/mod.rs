//! Reads recorded MLflow cases and compares answers with them. Knows nothing
//! of how an answer was made: natively, or through the component.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// One recorded case.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// Its name.
    pub id: String,
    /// What it is about.
    pub category: String,
    /// How its payload is meant.
    pub mode: CaseMode,
    /// The signature, decoded.
    pub signature: Box<RawValue>,
    /// The payload, as it was written: a number keeps its digits.
    pub payload: Box<RawValue>,
    /// MLflow's verdict.
    pub expect: Expect,
    /// The kind of error, where MLflow refuses.
    pub error_kind: Option<String>,
    /// What the model would have got, where MLflow accepts.
    pub coerced: Option<Box<RawValue>>,
    /// How sure the record is.
    pub tier: Tier,
    /// Whether MLflow changed a value that it accepted; none where nobody
    /// looked.
    pub lossy: Option<bool>,
}

/// How a case's payload is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseMode {
    /// The JSON body of a scoring request.
    Serving,
    /// The text of such a body, JSON or not.
    Raw,
    /// Typed columns, which no JSON was cast to.
    Frame,
    /// Typed arrays.
    Tensor,
    /// A plain object handed to `predict`.
    Native,
    /// None: the signature alone is loaded.
    Signature,
}

/// MLflow's verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expect {
    /// The model gets the payload.
    Accept,
    /// It does not.
    Reject,
}

/// How sure the record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Counts.
    Core,
    /// MLflow accepts and silently changes a value.
    Quirk,
    /// MLflow's own versions disagree.
    Unstable,
}

macro_rules! shown {
    ($kind:ident { $($variant:ident $name:literal),* $(,)? }) => {
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self { $(Self::$variant => $name,)* })
            }
        }
    };
}

shown!(CaseMode {
    Serving "serving", Raw "raw", Frame "frame", Tensor "tensor", Native "native",
    Signature "signature",
});
shown!(Tier { Core "core", Quirk "quirk", Unstable "unstable" });

/// An answer to a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// What the model gets, as JSON text; none where that is not asked.
    Accepted(Option<String>),
    /// The rules and places of the findings that block, the first first.
    Refused(Vec<Refusal>),
    /// No answer at all.
    Failed(String),
}

/// A finding that blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The rule.
    pub rule: String,
    /// Where; empty for the whole.
    pub pointer: String,
}

/// Where an answer agrees with the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// On accept or reject.
    pub verdict: bool,
    /// On the kind of error.
    pub kind: bool,
    /// On what the model gets.
    pub coerced: bool,
}

impl Agreement {
    /// On everything.
    #[must_use]
    pub fn full(self) -> bool {
        self.verdict && self.kind && self.coerced
    }
}

/// Reads a file of cases, one JSON object a line.
///
/// # Errors
/// The number of the line that holds no case, and why.
pub fn read(text: &str) -> Result<Vec<Case>, (usize, String)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            let case: Case =
                serde_json::from_str(line).map_err(|error| (at + 1, of_line(&error)))?;
            case.complete().map_err(|why| (at + 1, why))?;
            Ok(case)
        })
        .collect()
}

/// Without the line, which is always the first.
fn of_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once(" at line ") {
        Some((what, _)) => format!("{what} at column {}", error.column()),
        None => text,
    }
}

impl Case {
    /// Whether it has what its verdict and its mode need.
    fn complete(&self) -> Result<(), String> {
        let lacks = |what: &str| Err(format!("case `{}` {what}", self.id));
        match (self.expect, &self.error_kind, &self.coerced) {
            (Expect::Reject, None, _) => return lacks("is a reject without `error_kind`"),
            (Expect::Accept, _, None) if self.mode != CaseMode::Signature => {
                return lacks("is an accept without `coerced`");
            }
            _ => {}
        }
        match self.mode {
            CaseMode::Raw if self.body().is_none() => lacks("has no text in `payload.raw`"),
            CaseMode::Frame if self.frame().is_none() => {
                lacks("has no columns of equal length in `payload.frame`")
            }
            _ => Ok(()),
        }
    }

    /// The settings of a plugin that answers this case in a mode. MLflow took
    /// the day of the recording for times without a date.
    #[must_use]
    pub fn settings(&self, mode: &str) -> String {
        let form = if self.body().is_some() { "request" } else { "data" };
        let signature = self.signature.get();
        format!(
            r#"{{"mode":"{mode}","form":"{form}","signature":{signature},"today":"2026-11-21"}}"#
        )
    }

    /// The request body, in modes `serving` and `raw`.
    #[must_use]
    pub fn body(&self) -> Option<Vec<u8>> {
        match self.mode {
            CaseMode::Serving => Some(self.payload.get().as_bytes().to_vec()),
            CaseMode::Raw => {
                let payload: Value = serde_json::from_str(self.payload.get()).ok()?;
                Some(payload.get("raw")?.as_str()?.as_bytes().to_vec())
            }
            _ => None,
        }
    }

    /// What the plugin is handed: the request body, or the data in the typed
    /// notation.
    #[must_use]
    pub fn handed(&self) -> Vec<u8> {
        self.body().unwrap_or_else(|| self.payload.get().as_bytes().to_vec())
    }

    /// The rows and columns of a frame, as the contract carries them; none
    /// for another payload, or a frame whose rows have labels, which the
    /// contract does not carry.
    #[must_use]
    pub fn columns(&self) -> Option<(usize, Vec<Column>)> {
        self.frame().filter(|frame| !frame.labels).map(|frame| (frame.rows, frame.columns))
    }

    fn frame(&self) -> Option<Frame> {
        #[derive(Deserialize)]
        struct Payload {
            frame: Given,
        }
        #[derive(Deserialize)]
        struct Given {
            columns: Vec<GivenColumn>,
            #[serde(default)]
            index: Value,
        }
        let given = serde_json::from_str::<Payload>(self.payload.get()).ok()?.frame;
        let rows = given.columns.first().map_or(0, |column| column.values.len());
        let columns =
            given.columns.into_iter().map(GivenColumn::carried).collect::<Option<Vec<_>>>()?;
        let whole = columns.iter().all(|column| column.cells.len() == rows);
        whole.then_some(Frame { rows, columns, labels: !given.index.is_null() })
    }

    /// Compares an answer with the record.
    #[must_use]
    pub fn compare(&self, answer: &Answer) -> Agreement {
        match answer {
            Answer::Accepted(coerced) => {
                let verdict = self.expect == Expect::Accept;
                Agreement {
                    verdict,
                    kind: verdict,
                    coerced: verdict && self.same(coerced.as_deref()),
                }
            }
            Answer::Refused(refusals) => {
                let verdict = self.expect == Expect::Reject;
                let rule = refusals.first().map(|refusal| refusal.rule.as_str());
                let kind = verdict && self.rule().as_deref() == rule;
                Agreement { verdict, kind, coerced: kind }
            }
            Answer::Failed(_) => Agreement { verdict: false, kind: false, coerced: false },
        }
    }

    /// Compares an answer in mode `strict`: MLflow's refusals stay, what is
    /// lost is refused, what is not is accepted, and nothing else than MLflow
    /// would give comes of it. Where nobody looked for losses either verdict
    /// stands; a parameter's loss was never looked for. Where the model would
    /// get nothing, nothing was judged, and nothing has passed.
    #[must_use]
    pub fn compare_strict(&self, answer: &Answer) -> Agreement {
        let refused = |fine| Agreement { verdict: fine, kind: fine, coerced: fine };
        match (self.expect, self.lossy, answer) {
            (Expect::Accept, _, Answer::Accepted(_)) if self.unjudged() => {
                // Rows without a column of the signature, or no rows at all:
                // the record does not say which.
                refused(self.without_columns())
            }
            (Expect::Accept, _, Answer::Refused(refusals)) if self.unjudged() => {
                refused(refusals.iter().all(|refusal| {
                    ["no-rows", "no-inputs"].contains(&&*refusal.rule)
                        || refusal.rule.starts_with("lossy-")
                }))
            }
            (Expect::Accept, Some(true), Answer::Accepted(_)) => refused(false),
            (Expect::Accept, Some(true) | None, Answer::Refused(refusals)) => {
                refused(refusals.iter().all(|refusal| refusal.rule.starts_with("lossy-")))
            }
            (Expect::Accept, Some(false), Answer::Refused(refusals)) => {
                refused(refusals.iter().all(|refusal| {
                    refusal.rule.starts_with("lossy-") && refusal.pointer.starts_with("/params")
                }))
            }
            _ => self.compare(answer),
        }
    }

    /// Whether MLflow hands the model a frame without columns.
    fn without_columns(&self) -> bool {
        let coerced = self.coerced.as_deref().and_then(|raw| value(raw.get()));
        coerced.is_some_and(|coerced| hollow(coerced.pointer("/data/columns")))
    }

    /// Whether MLflow hands the model a frame or an array without a cell, or
    /// whatever was sent, as the signature declares nothing.
    fn unjudged(&self) -> bool {
        let read = |raw: &RawValue| value(raw.get()).unwrap_or_default();
        let Some(coerced) = self.coerced.as_deref().map(read) else {
            return false;
        };
        let signature = read(&self.signature);
        let declares = |part| signature.get(part).is_some_and(|part| !part.is_null());
        if !declares("inputs") {
            return !declares("params");
        }
        let of_data = |pointer| coerced.pointer(pointer);
        match of_data("/data/kind").and_then(Value::as_str) {
            Some("dataframe") => hollow(of_data("/data/index")),
            Some("ndarray") => hollow(of_data("/data/data")),
            Some("dict") => {
                of_data("/data/items").and_then(Value::as_object).is_some_and(|items| {
                    items.values().any(|item| hollow(item.pointer("/$ndarray/data")))
                })
            }
            _ => false,
        }
    }

    /// The record's kind of error, as a rule.
    #[must_use]
    pub fn rule(&self) -> Option<String> {
        self.error_kind.as_ref().map(|kind| kind.to_lowercase().replace('_', "-"))
    }

    fn same(&self, coerced: Option<&str>) -> bool {
        let Some(coerced) = coerced else {
            return true;
        };
        let ours = value(coerced);
        ours.is_some() && ours == self.coerced.as_ref().and_then(|theirs| value(theirs.get()))
    }
}

/// Whether it is a list of nothing.
fn hollow(list: Option<&Value>) -> bool {
    list.and_then(Value::as_array).is_some_and(Vec::is_empty)
}

/// A JSON text, whose strings may hold surrogates without a partner: those
/// become what no other text is.
#[must_use]
pub fn value(text: &str) -> Option<Value> {
    if !text.contains("\\u") {
        return serde_json::from_str(text).ok();
    }
    let unit = |from: &str| {
        let digits = from.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let after = escape.get(6..).unwrap_or_default();
        let length = match (unit(escape), unit(after)) {
            (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => 12,
            (Some(lone @ 0xD800..0xE000), _) => {
                out.push_str(&format!("\\ufffd<{lone:x}>"));
                rest = after;
                continue;
            }
            (Some(_), _) => 6,
            (None, _) => 2,
        };
        let (taken, left) = escape.split_at_checked(length)?;
        out.push_str(taken);
        rest = left;
    }
    out.push_str(rest);
    serde_json::from_str(&out).ok()
}

/// A frame of the corpus.
struct Frame {
    rows: usize,
    columns: Vec<Column>,
    /// Whether its rows have labels of their own.
    labels: bool,
}

/// A column as the contract carries it.
#[derive(Debug)]
pub struct Column {
    /// Its name; none for one that is only numbered.
    pub name: Option<String>,
    /// Its type, in pandas' words.
    pub dtype: String,
    /// Its cells.
    pub cells: Cells,
    /// A bit for each cell that is not null; none when all are not.
    pub validity: Option<Vec<u8>>,
}

/// The cells of a column.
#[derive(Debug)]
pub enum Cells {
    /// True or false.
    Booleans(Vec<u8>),
    /// Whole numbers; the upper half of `uint64` as negative ones.
    Integers(Vec<i64>),
    /// Numbers.
    Numbers(Vec<f64>),
    /// Texts, each once a row.
    Texts(Vec<String>),
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Self::Booleans(cells) => cells.len(),
            Self::Integers(cells) => cells.len(),
            Self::Numbers(cells) => cells.len(),
            Self::Texts(cells) => cells.len(),
        }
    }
}

/// A column of the corpus.
#[derive(Deserialize)]
struct GivenColumn {
    name: Value,
    dtype: String,
    values: Vec<Box<RawValue>>,
}

impl GivenColumn {
    fn carried(self) -> Option<Column> {
        let present = |value: &RawValue| value.get() != "null";
        let mut bits = vec![0u8; self.values.len().div_ceil(8)];
        for (row, value) in self.values.iter().enumerate() {
            if let Some(byte) = bits.get_mut(row / 8) {
                *byte |= u8::from(present(value)) << (row % 8);
            }
        }
        let cells = if self.dtype.starts_with("object") {
            Cells::Texts(self.values.iter().map(|value| value.get().to_string()).collect())
        } else {
            plain(&self.values)?
        };
        Some(Column {
            name: self.name.as_str().map(String::from),
            dtype: self.dtype,
            cells,
            validity: (!self.values.iter().all(|value| present(value))).then_some(bits),
        })
    }
}

/// Cells of one primitive kind; a null is any value, its bit says so.
fn plain(values: &[Box<RawValue>]) -> Option<Cells> {
    let values: Vec<Value> =
        values.iter().map(|raw| serde_json::from_str(raw.get())).collect::<Result<_, _>>().ok()?;
    let text = |value: &Value| match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Object(tag) => Some(tag.get("$bytes")?.as_str()?.to_string()),
        _ => None,
    };
    let whole = |value: &Value| match value {
        Value::Null => Some(0),
        // As the contract has it: the bits of the upper half of `uint64`.
        other => other.as_i64().or_else(|| other.as_u64().map(u64::cast_signed)),
    };
    let number = |value: &Value| match value {
        Value::Null => Some(0.0),
        Value::Object(tag) => match tag.get("$float")?.as_str()? {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        other => other.as_f64(),
    };
    let float = |value: &Value| value.is_f64() || value.get("$float").is_some();
    Some(match values.iter().find(|value| !value.is_null()) {
        Some(Value::Bool(_)) => Cells::Booleans(
            values.iter().map(|value| u8::from(value.as_bool() == Some(true))).collect(),
        ),
        _ if values.iter().any(float) => {
            Cells::Numbers(values.iter().map(number).collect::<Option<_>>()?)
        }
        None | Some(Value::Number(_)) => {
            Cells::Integers(values.iter().map(whole).collect::<Option<_>>()?)
        }
        Some(_) => Cells::Texts(values.iter().map(text).collect::<Option<_>>()?),
    })
}
