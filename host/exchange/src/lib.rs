//! A model server's request and its answer, as the cases that a policy decides
//! on: what was asked of the model, with the score that it gave.
//!
//! | request | answer |
//! | --- | --- |
//! | MLflow: `dataframe_records`, `dataframe_split`, `instances` and `inputs` as lists of objects or columns | `predictions`, or the bare value: a list of scores, of lists of one, or of objects |
//! | Open Inference Protocol: `inputs` with `name` and `data` | `outputs` with `name` and `data` |
//!
//! Each case is JSON again, its values the very bytes that were sent. A request
//! of as many rows as the answer has scores gives as many cases: whoever decides
//! on them decides on all.

mod answer;
mod request;

use thiserror::Error;
use tollgate::source::Source;
use tollgate::tree::Node;

/// The most rows of one request. Each is decided on.
pub const MOST_CASES: usize = 10_000;

/// Why an exchange gives no cases. What was in it is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// Not text.
    #[error("the {0} is not UTF-8")]
    NotUtf8(Side),
    /// Not JSON, or a key is there twice.
    #[error("the {side} cannot be read: {problem}")]
    Unread {
        /// Which.
        side: Side,
        /// What is wrong, without what stands there.
        problem: String,
    },
    /// No form that is known.
    #[error("the {side} is of no known form: {expected}")]
    Form {
        /// Which.
        side: Side,
        /// What would be.
        expected: &'static str,
    },
    /// A row of another length than the columns.
    #[error("row {row} of the request has {found} values, and there are {expected} columns")]
    Ragged {
        /// The row, from 0.
        row: usize,
        /// Its values.
        found: usize,
        /// The columns.
        expected: usize,
    },
    /// Two columns of one name, or one with the name of the score.
    #[error("the request has `{0}` twice, or it is what the score is called")]
    Twice(String),
    /// Not as many scores as rows.
    #[error("the request has {rows} rows, and the answer {scores} scores")]
    Counts {
        /// The rows.
        rows: usize,
        /// The scores.
        scores: usize,
    },
    /// No rows.
    #[error("the request has no rows")]
    NoRows,
    /// Too many.
    #[error("the request has {0} rows, at most {MOST_CASES} are decided on")]
    TooMany(usize),
}

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What was asked of the model.
    Request,
    /// What it answered.
    Answer,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Request => "request",
            Self::Answer => "answer",
        })
    }
}

/// How an answer's score is called in the cases, and which of several values it
/// is.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The input of the policy that is the score: `score`.
    score: String,
    /// The member of an answer's objects, or the output, that holds it; none
    /// where there is only one.
    output: Option<String>,
}

impl Exchange {
    /// An exchange whose answer is the policy's input `score`, and which is in
    /// the member or output `output` where there are several.
    #[must_use]
    pub fn new(score: &str, output: Option<&str>) -> Self {
        Self { score: score.to_owned(), output: output.map(str::to_owned) }
    }

    /// The cases of an exchange, one a row, each an object in JSON.
    ///
    /// # Errors
    /// When either side cannot be read, is of another form, or they do not
    /// belong together. Then there is nothing to decide on.
    pub fn cases(&self, request: &[u8], answer: &[u8]) -> Result<Vec<String>, ExchangeError> {
        let request = read(Side::Request, request)?;
        let answer = read(Side::Answer, answer)?;
        let rows = request::rows(&request.tree, request.text())?;
        let scores = answer::scores(&answer.tree, answer.text(), self.output.as_deref())?;
        if rows.is_empty() {
            return Err(ExchangeError::NoRows);
        }
        if rows.len() > MOST_CASES {
            return Err(ExchangeError::TooMany(rows.len()));
        }
        if rows.len() != scores.len() {
            return Err(ExchangeError::Counts { rows: rows.len(), scores: scores.len() });
        }
        rows.iter().zip(scores).map(|(row, score)| self.case(row, score)).collect()
    }

    fn case(&self, row: &request::Row<'_>, score: &str) -> Result<String, ExchangeError> {
        let mut case = format!("{{{}:{score}", quoted(&self.score));
        for (index, (name, value)) in row.iter().enumerate() {
            // An input that a client gives under the score's name must not stand
            // in for what the model said.
            let before = row.get(..index).unwrap_or_default();
            if *name == self.score || before.iter().any(|(other, _)| other == name) {
                return Err(ExchangeError::Twice((*name).to_owned()));
            }
            case.push(',');
            case.push_str(&quoted(name));
            case.push(':');
            case.push_str(value);
        }
        case.push('}');
        Ok(case)
    }
}

struct Read {
    source: Source,
    tree: Node,
}

impl Read {
    fn text(&self) -> &str {
        self.source.text()
    }
}

fn read(side: Side, body: &[u8]) -> Result<Read, ExchangeError> {
    let text = std::str::from_utf8(body).map_err(|_| ExchangeError::NotUtf8(side))?;
    let source = Source::new(&side.to_string(), text);
    let unread = |mistake: tollgate::mistake::Mistake| {
        let place = source.place(mistake.span().start);
        let problem = format!("there is a mistake at line {} column {}", place.line, place.column);
        ExchangeError::Unread { side, problem }
    };
    let tree = Node::parse_json(&source).map_err(unread)?;
    Ok(Read { source, tree })
}

/// The bytes of a value.
fn bytes<'t>(text: &'t str, node: &Node) -> &'t str {
    text.get(node.span.start..node.span.end).unwrap_or("null")
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
