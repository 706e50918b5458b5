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

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(request: &str, answer: &str) -> Result<Vec<String>, String> {
        let exchange = Exchange::new("score", None);
        exchange.cases(request.as_bytes(), answer.as_bytes()).map_err(|error| error.to_string())
    }

    const ONE: &str = r#"{"predictions": [0.73]}"#;

    #[test]
    fn each_form_of_a_request_gives_its_rows() {
        let expected = Ok(vec![r#"{"score":0.73,"amount":1.50,"country":"US"}"#.to_owned()]);
        for request in [
            r#"{"dataframe_records": [{"amount": 1.50, "country": "US"}]}"#,
            r#"{"dataframe_split": {"index": [0], "columns": ["amount", "country"], "data": [[1.50, "US"]]}}"#,
            r#"{"dataframe_split": {"columns": ["amount", "country"], "data": [[1.50, "US"]]}, "params": {"x": 1}}"#,
            r#"{"instances": [{"amount": 1.50, "country": "US"}]}"#,
            r#"{"inputs": [{"amount": 1.50, "country": "US"}]}"#,
            r#"{"inputs": {"amount": [1.50], "country": ["US"]}}"#,
        ] {
            assert_eq!(cases(request, ONE), expected, "{request}");
        }
        let oip = r#"{"inputs": [
            {"name": "amount", "shape": [1], "datatype": "FP64", "data": [1.50]},
            {"name": "country", "shape": [1, 1], "datatype": "BYTES", "data": ["US"]}]}"#;
        let answer = r#"{"model_name": "m", "outputs": [
            {"name": "score", "shape": [1], "datatype": "FP64", "data": [0.73]}]}"#;
        assert_eq!(cases(oip, answer), expected);
    }

    #[test]
    fn each_form_of_an_answer_gives_its_scores() {
        let request = r#"{"dataframe_records": [{"a": 1}, {"a": 2}]}"#;
        let expected = Ok(vec![
            r#"{"score":0.1,"a":1}"#.to_owned(),
            r#"{"score":0.9,"a":2}"#.to_owned(),
        ]);
        for answer in [
            r#"{"predictions": [0.1, 0.9]}"#,
            r#"{"predictions": [[0.1], [0.9]]}"#,
            r#"{"predictions": [{"score": 0.1}, {"score": 0.9}]}"#,
            "[0.1, 0.9]",
            r#"{"outputs": [{"name": "predict", "shape": [2], "datatype": "FP64", "data": [0.1, 0.9]}]}"#,
        ] {
            assert_eq!(cases(request, answer), expected, "{answer}");
        }
        let exchange = Exchange::new("score", Some("fraud"));
        let answer = br#"{"predictions": [{"fraud": 0.1, "other": 1}, {"other": 2, "fraud": 0.9}]}"#;
        assert_eq!(exchange.cases(request.as_bytes(), answer), expected.map_err(|_| ExchangeError::NoRows));
    }

    /// Every way to be decided on without what was sent, or without what the
    /// model said.
    #[test]
    fn nothing_is_left_out_or_put_in() {
        let told = |request: &str, answer: &str| cases(request, answer).unwrap_err();
        let one = r#"{"dataframe_records": [{"a": 1}]}"#;
        for (request, answer, part) in [
            (r#"{"dataframe_records": [{"a": 1, "score": 0.0}]}"#, ONE, "`score` twice"),
            (r#"{"dataframe_records": [{"a": 1, "a": 2}]}"#, ONE, "cannot be read"),
            (r#"{"dataframe_records": [{"a": 1, "\u0061": 2}]}"#, ONE, "cannot be read"),
            (r#"{"dataframe_split": {"columns": ["a", "a"], "data": [[1, 2]]}}"#, ONE, "twice"),
            (r#"{"dataframe_split": {"columns": ["a"], "data": [[1, 2]]}}"#, ONE, "has 2 values"),
            (r#"{"dataframe_split": {"columns": ["a", "b"], "data": [[1]]}}"#, ONE, "has 1 values"),
            (r#"{"dataframe_records": [{"a": 1}, {"a": 2}]}"#, ONE, "2 rows, and the answer 1"),
            (one, r#"{"predictions": [0.1, 0.9]}"#, "1 rows, and the answer 2"),
            (one, r#"{"predictions": []}"#, "and the answer 0"),
            (r#"{"dataframe_records": []}"#, r#"{"predictions": []}"#, "no rows"),
            (r#"{"dataframe_records": [{"a": 1}], "instances": [{"a": 2}]}"#, ONE, "no known form"),
            (r#"{"instances": [[1, 2]]}"#, ONE, "no known form"),
            ("[]", ONE, "no known form"),
            ("", ONE, "cannot be read"),
            (r#"{"dataframe_records": [{"a": 1}]} {}"#, ONE, "cannot be read"),
            (one, r#"{"predictions": [0.1], "predictions": [0.0]}"#, "cannot be read"),
            (one, r#"{"predictions": {"a": 0.1}}"#, "no known form"),
            (one, r#"{"predictions": [{"a": 0.1, "b": 0.2}]}"#, "no known form"),
            (one, r#"{"predictions": [[0.1, 0.9]]}"#, "no known form"),
            (one, r#"{"error_code": "BAD_REQUEST"}"#, "no known form"),
            (one, "NaN", "cannot be read"),
            (r#"{"inputs": {"a": [1], "b": [1, 2]}}"#, ONE, "has 1 values"),
            (
                r#"{"inputs": [{"name": "a", "shape": [1], "data": [1]}, {"name": "a", "shape": [1], "data": [2]}]}"#,
                ONE,
                "twice",
            ),
            (r#"{"inputs": [{"name": "a", "shape": [2, 2], "data": [1, 2, 3, 4]}]}"#, ONE, "no known form"),
        ] {
            let told = told(request, answer);
            assert!(told.contains(part), "{part}: {told} of {request} {answer}");
        }
        let error = Exchange::new("score", None).cases(b"\xff", ONE.as_bytes());
        assert_eq!(error, Err(ExchangeError::NotUtf8(Side::Request)));
    }

    #[test]
    fn the_bytes_are_those_that_were_sent() {
        let request = r#"{"dataframe_records": [{"big": 12345678901234567, "small": 1e-300, "text": "\u00e4", "list": [1, 2]}]}"#;
        let expected = r#"{"score":-0.0,"big":12345678901234567,"small":1e-300,"text":"\u00e4","list":[1, 2]}"#;
        assert_eq!(cases(request, "[-0.0]"), Ok(vec![expected.to_owned()]));
    }
}
