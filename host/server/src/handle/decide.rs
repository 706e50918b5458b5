//! What do we do with this score?

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use hyper::StatusCode;
use hyper::http::request::Parts;
use jiff::Timestamp;
use tollgate::input::{InputError, Outside};
use tollgate::judge::{Answer, NoDecision};
use tollgate_decisions::Context;
use tollgate_engine::{CallError, CallStats, Cause, Fault};
use tollgate_rollout::Arm;

use super::outside::outside;
use super::reply;
use crate::answer::RequestId;
use crate::body::expect_json;
use crate::judges::ServedPolicy;
use crate::problem::{BUSY, Problem};
use crate::query::{flag, parameters};
use crate::rolling::Answering;
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
    let bytes = if policy.waits() { usize::MAX } else { payload.len() };
    let trace = trace(&parts);
    let (status, json) = service
        .work
        .run(&policy.pace, bytes, move |attempt| {
            let asked = Asked { payload: &payload, outside: &outside, trace: trace.as_deref() };
            judged(&judge, &asked, attempt, |answer| {
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

/// What the decision log calls a request.
pub(crate) fn trace(parts: &Parts) -> Option<Box<str>> {
    let RequestId(id) = parts.extensions.get()?;
    id.to_str().ok().map(Box::from)
}

/// A request that is decided on.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'r> {
    pub(crate) payload: &'r [u8],
    pub(crate) outside: &'r Outside,
    /// What the decision log calls it.
    pub(crate) trace: Option<&'r str>,
}

/// Decides on one request, logs and counts it, and gives what `shown` makes of
/// it.
pub(crate) fn judged<T>(
    policy: &ServedPolicy,
    asked: &Asked<'_>,
    attempt: Attempt,
    shown: impl FnOnce(&Answer<'_>) -> T,
) -> Tried<T> {
    let Asked { payload, outside, trace } = *asked;
    let start = Instant::now();
    let mut stats = CallStats::default();
    let mut outside = Cow::Borrowed(outside);
    let counted = policy
        .counting
        .as_deref()
        .and_then(|counting| counting.tell(payload, outside.to_mut()).map(|key| (counting, key)));
    let rolling = policy.rolling.as_deref();
    let rolled = rolling.map(|rolling| (rolling, rolling.arm(payload)));
    let decider = rolled.as_ref().map_or(&policy.decider, |(_, answering)| &answering.decider);
    let answer = decider.decide_with(payload, &outside, &attempt.options, Some(&mut stats));
    if let Err(NoDecision::Call(CallError::Fault(fault))) = answer.decision() {
        match &fault.cause {
            Cause::Deadline(_) | Cause::Busy(_) if attempt.again => return Tried::Unfinished,
            Cause::Busy(_) => {
                return Tried::Done(Err(Problem::new(BUSY, "no instance came free in time")));
            }
            _ => told(policy, fault),
        }
    }
    if let Some(log) = &policy.log {
        let assignment = rolled.as_ref().and_then(|(_, answering)| answering.assignment);
        let context = Context { trace, assignment, ..Context::default() };
        match log.write(&answer, &context, !attempt.again) {
            Some(Ok(())) => {}
            // Nothing is done that is not logged.
            Some(Err(problem)) => return Tried::Done(Err(problem)),
            None => return Tried::Unfinished,
        }
    }
    let shown = shown(&answer);
    let took = start.elapsed();
    let judged = match &rolled {
        Some((rolling, Answering { arm: Arm::Candidate, .. })) => &rolling.judged,
        _ => &policy.judged,
    };
    judged.record(&answer, Some((took, &stats)));
    if let (Some((counting, key)), Some(action)) = (counted, answer.action()) {
        counting.count(&key, action);
    }
    if let Some((rolling, answering)) = &rolled {
        rolling.compare(payload, &outside, answering.arm, &answer, took);
    }
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
