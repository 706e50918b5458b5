//! Does this payload honour the model's signature?

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use tollgate_engine::{Cause, Fault};

use super::reply;
use crate::body::expect_json;
use crate::judges::ServedCheck;
use crate::problem::{BUSY, DEADLINE, PLUGIN, Problem};
use crate::query::parameters;
use crate::service::Service;
use crate::work::{Attempt, Tried};

/// `POST /v1/check/{name}`
pub(crate) async fn check(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let check = service.check(&name)?;
    expect_json(&parts.headers)?;
    parameters(parts.uri.query(), [])?;
    let payload = service.bodies.read(&parts.headers, body).await?;
    let judge = Arc::clone(&check);
    let bytes = payload.len();
    let (passes, json) = service
        .work
        .run(&check.pace, bytes, move |attempt| judged(&judge, &name, &payload, attempt))
        .await?;
    Ok(reply::json(reply::of_verdict(passes), json))
}

/// Checks one payload, counts it, and gives whether it passes with its report.
pub(crate) fn judged(
    check: &ServedCheck,
    name: &str,
    payload: &[u8],
    attempt: Attempt,
) -> Tried<(bool, String)> {
    let start = Instant::now();
    match check.checker.check_with(payload, &attempt.options, None) {
        Ok(checked) => {
            let passes = checked.passes();
            let mut report = check.checker.report(None, checked);
            // Which file it was read from is nobody's business.
            name.clone_into(&mut report.signature);
            check.judged.record(Some(report.verdict), start.elapsed());
            Tried::Done(reply::report("check", &report).map(|json| (passes, json)))
        }
        Err(fault) if attempt.again && is_unfinished(&fault) => Tried::Unfinished,
        Err(fault) => {
            check.judged.record(None, start.elapsed());
            Tried::Done(Err(of_fault("check", name, &fault)))
        }
    }
}

/// Whether more time could do.
pub(super) fn is_unfinished(fault: &Fault) -> bool {
    matches!(fault.cause, Cause::Deadline(_) | Cause::Busy(_))
}

/// What a caller is told of a plugin that failed. The log has the rest.
pub(super) fn of_fault(kind: &str, name: &str, fault: &Fault) -> Problem {
    match fault.cause {
        Cause::Deadline(_) => Problem::new(DEADLINE, "it was not judged before the deadline"),
        Cause::Busy(_) => Problem::new(BUSY, "no instance came free in time"),
        _ => {
            tracing::warn!(kind, name, fault = %fault, "the plugin failed");
            Problem::new(PLUGIN, "the plugin failed, so nothing was judged")
        }
    }
}
