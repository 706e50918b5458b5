//! What do we do with this score?

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use hyper::StatusCode;
use jiff::Timestamp;
use tollgate::input::{InputError, Outside};
use tollgate::judge::{Answer, NoDecision};
use tollgate_engine::{CallError, CallStats, Cause, Fault};

use super::outside::outside;
use super::reply;
use crate::body::expect_json;
use crate::judges::ServedPolicy;
use crate::problem::{BUSY, Problem};
use crate::query::{flag, parameters};
use crate::service::Service;
use crate::work::{Attempt, Tried};

/// `POST /v1/decide/{name}`
pub(crate) async fn decide(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let policy = service.policy(&name)?;
    expect_json(&parts.headers)?;
    let [timed] = parameters(parts.uri.query(), ["time"])?;
    let time = flag("time", timed)?.then(now);
    let payload = service.bodies.read(&parts.headers, body).await?;
    let outside = outside(&policy.headers, &parts.headers);
    let judge = Arc::clone(&policy);
    let bytes = payload.len();
    let (status, json) = service
        .work
        .run(&policy.pace, bytes, move |attempt| {
            judged(&judge, &payload, &outside, attempt, |answer| {
                let mut json = String::new();
                answer.write_json(time.as_deref(), &mut json);
                json.push('\n');
                (status(answer), json)
            })
        })
        .await?;
    Ok(reply::json(status, json))
}

/// The time that answers give, as the command line writes it.
pub(super) fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Whatever the decision is, it is one. What is no JSON got none, and whoever
/// sent it should see that it is at fault.
fn status(answer: &Answer<'_>) -> StatusCode {
    match answer.decision() {
        Err(NoDecision::Input(InputError::NotUtf8 { .. } | InputError::Json { .. })) => {
            StatusCode::BAD_REQUEST
        }
        _ => StatusCode::OK,
    }
}

/// Decides on one request, counts it, and gives what `shown` makes of it.
pub(crate) fn judged<T>(
    policy: &ServedPolicy,
    payload: &[u8],
    outside: &Outside,
    attempt: Attempt,
    shown: impl FnOnce(&Answer<'_>) -> T,
) -> Tried<T> {
    let start = Instant::now();
    let mut stats = CallStats::default();
    let answer = policy.decider.decide_with(payload, outside, &attempt.options, Some(&mut stats));
    if let Err(NoDecision::Call(CallError::Fault(fault))) = answer.decision() {
        match &fault.cause {
            Cause::Deadline(_) | Cause::Busy(_) if attempt.again => return Tried::Unfinished,
            Cause::Busy(_) => {
                return Tried::Done(Err(Problem::new(BUSY, "no instance came free in time")));
            }
            _ => told(policy, fault),
        }
    }
    let shown = shown(&answer);
    policy.judged.record(&answer, Some((start.elapsed(), &stats)));
    Tried::Done(Ok(shown))
}

/// A plugin that fails is worth a line, and one that fails on every request
/// not one each: metrics count them.
fn told(policy: &ServedPolicy, fault: &Fault) {
    if policy.judged.is_first_of_second() {
        let document = policy.decider.document();
        tracing::warn!(
            policy = %document.name, version = %document.version, fault = %fault,
            "the plugin failed, and the fallback applies"
        );
    }
}
