//! Answers of routes.

use axum::body::Body;
use axum::response::Response;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;

use crate::problem::{INTERNAL, Problem};

/// Names its command first, as the command line does.
#[derive(Serialize)]
struct Report<'a, R> {
    command: &'a str,
    #[serde(flatten)]
    report: &'a R,
}

/// JSON that is written already.
pub(super) fn json(status: StatusCode, text: impl Into<Body>) -> Response {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A report as one line of JSON.
pub(super) fn report(command: &str, report: &impl Serialize) -> Result<String, Problem> {
    value(&Report { command, report })
}

pub(super) fn value(value: &impl Serialize) -> Result<String, Problem> {
    let text = serde_json::to_string(value);
    text.map(|text| text + "\n").map_err(|_| Problem::new(INTERNAL, "the answer has no form"))
}

/// 200 for what passed and nothing else, so that whoever looks at no more than
/// the status lets nothing through.
pub(super) fn of_verdict(passes: bool) -> StatusCode {
    if passes { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}
