//! Rows: read, judged and answered batch by batch, in flat memory however many
//! there are.

mod arrow;
mod feed;
mod out;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::channel::Channel;
use hyper::HeaderMap;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{sleep, timeout};
use tollgate::input::{Cases, Outside};
use tollgate::judge::{CheckerOptions, JudgeError};
use tollgate::rows::{Judged, RowFormat};
use tollgate_decisions::Context;
use tollgate_engine::CallOptions;
use tollgate_engine::types::Outcome;
use tollgate_frames::{FrameError, Frames};

use self::feed::Feed;
use self::out::{ARROW, Form, Out};
use super::decide::{now, trace};
use super::outside::outside;
use super::{check, reply};
use crate::body::{media_type, not_encoded};
use crate::judges::{ServedCheck, ServedPolicy};
use crate::problem::{BAD_REQUEST, BUSY, INTERNAL, MEDIA, PLUGIN, Problem};
use crate::query::{flag, parameters};
use crate::service::Service;

/// Chunks that wait for the caller to take them.
const AHEAD: usize = 4;

/// So long what was sent last may take to leave the machine.
const FLUSHED: Duration = Duration::from_millis(20);

/// What ends a response whose rows were not all decided, so that it does not
/// look whole.
#[derive(Debug, Error)]
#[error("the rows were not all decided")]
struct CutOff;

/// `POST /v1/decide/{name}/rows`
pub(crate) async fn decide(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let policy = service.policy(&name)?;
    let format = format(&parts.headers)?;
    let [timed] = parameters(parts.uri.query(), ["time"])?;
    let time = flag("time", timed)?;
    let form = Form::accepted(&parts.headers)?;
    let room = room(&service)?;
    let mut outside = outside(&policy.headers, &parts.headers);
    if let Some(counting) = &policy.counting {
        counting.unknown_of_rows(&mut outside);
    }
    let trace = trace(&parts);
    let feed = Feed::start(body, service.body_timeout());
    let (begun, start) = oneshot::channel();
    let (answers, mut ready) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        let _room = room;
        let mut out = Out::new(begun, answers);
        let wanted = Wanted { format, form, time, trace };
        let ended = all(&policy, feed, &outside, wanted, &mut out);
        out.end(ended);
    });
    start.await.unwrap_or_else(|_| Err(Problem::new(INTERNAL, "the rows were not read")))?;
    let (mut sender, channel) = Channel::<Bytes, CutOff>::new(1);
    let patience = service.body_timeout();
    tokio::spawn(async move {
        while let Some(next) = ready.recv().await {
            let Some(bytes) = next else { return };
            // Whoever takes nothing for so long takes no more.
            let Ok(Ok(())) = timeout(patience, sender.send_data(bytes)).await else { break };
        }
        // Else the line that says why is torn down with the connection.
        sleep(FLUSHED).await;
        sender.abort(CutOff);
    });
    let mut response = Response::new(Body::new(channel));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(form.media()));
    Ok(response)
}

/// What rows are read as, and answers written as.
struct Wanted {
    format: RowFormat,
    form: Form,
    time: bool,
    /// What the decision log calls the request.
    trace: Option<Box<str>>,
}

/// Decides on all rows.
fn all(
    policy: &ServedPolicy,
    feed: Feed,
    outside: &Outside,
    wanted: Wanted,
    out: &mut Out,
) -> Result<(), Problem> {
    let decider = &policy.decider;
    let rows = rows(wanted.format, Judged::Decided, feed)?;
    let cases = Cases::new(rows, decider.extractor(), outside);
    let mut cases = cases.map_err(|error| bad(&error))?;
    out.begin(wanted.form, decider)?;
    let mut warm = decider.warm();
    let context = Context { trace: wanted.trace.as_deref(), ..Context::default() };
    while let Some(rows) = cases.next_rows().map_err(|error| bad(&error))? {
        let time = wanted.time.then(now);
        let mut told = Ok(());
        let decided = warm.decide_rows_with(&rows, &CallOptions::warm(), None, |answer| {
            if let Some(log) = policy.log.as_ref().filter(|_| told.is_ok()) {
                told = log.write_row(answer, &context);
            }
            // What is not logged is not told.
            if told.is_err() {
                return;
            }
            policy.judged.record(answer, None);
            out.add(answer, time.as_deref());
            if out.is_full() {
                told = tell(policy, out);
            }
        });
        told?;
        tell(policy, out)?;
        decided.map_err(|error| {
            tracing::warn!(
                policy = %decider.document().name, fault = %error,
                "the plugin failed again and again, and the rest of the rows have no answer"
            );
            Problem::new(PLUGIN, "the plugin failed again and again")
        })?;
        if out.is_lost() {
            break;
        }
    }
    Ok(())
}

/// Sends answers, once they are logged.
fn tell(policy: &ServedPolicy, out: &mut Out) -> Result<(), Problem> {
    policy.log.as_ref().map_or(Ok(()), |log| log.settle())?;
    out.batch()
}

/// `POST /v1/check/{name}/rows`
pub(crate) async fn check(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let check = service.check(&name)?;
    let format = format(&parts.headers)?;
    let [empty] = parameters(parts.uri.query(), ["allow_empty"])?;
    let allow_empty = flag("allow_empty", empty)?;
    let room = room(&service)?;
    let feed = Feed::start(body, service.body_timeout());
    let judged = tokio::task::spawn_blocking(move || {
        let _room = room;
        let start = Instant::now();
        let report = report(&check, &name, format, feed, allow_empty);
        let verdict = report.as_ref().ok().map(|(verdict, _)| *verdict);
        check.judged.record(verdict, start.elapsed());
        report
    });
    let judged = judged.await.map_err(|_| Problem::new(INTERNAL, "the rows were not read"))?;
    let (verdict, json) = judged?;
    Ok(reply::json(reply::of_verdict(verdict <= Outcome::Warn), json))
}

fn report(
    check: &ServedCheck,
    name: &str,
    format: RowFormat,
    feed: Feed,
    allow_empty: bool,
) -> Result<(Outcome, String), Problem> {
    let checker = &check.of_rows;
    let options = CheckerOptions { allow_empty, ..CheckerOptions::default() };
    let mut rows = rows(format, checker.judged(), feed)?;
    let checked = checker.check_rows(&mut rows, options, &mut |_| {});
    let checked = checked.map_err(|error| match error {
        JudgeError::Fault(fault) => check::of_fault("check", name, &fault),
        error => bad(&error),
    })?;
    let mut report = checker.report_rows(None, checked);
    name.clone_into(&mut report.signature);
    Ok((report.verdict, reply::report("check", &report)?))
}

/// The format that a body says it has.
fn format(headers: &HeaderMap) -> Result<RowFormat, Problem> {
    not_encoded(headers)?;
    match media_type(headers).as_deref() {
        Some("application/x-ndjson" | "application/jsonl" | "application/x-jsonlines") => {
            Ok(RowFormat::Jsonl)
        }
        Some("text/csv") => Ok(RowFormat::Csv),
        Some(ARROW) => Ok(RowFormat::Arrow),
        _ => Err(Problem::new(
            MEDIA,
            "rows are `application/x-ndjson`, `text/csv` or `application/vnd.apache.arrow.stream`",
        )),
    }
}

fn room(service: &Service) -> Result<OwnedSemaphorePermit, Problem> {
    let room = Arc::clone(&service.streams).try_acquire_owned();
    room.map_err(|_| Problem::new(BUSY, "as many requests of rows as may be are under way"))
}

fn rows(format: RowFormat, judged: Judged, feed: Feed) -> Result<Frames, Problem> {
    tollgate_frames::rows("the body", format, judged, feed).map_err(|error: FrameError| bad(&error))
}

fn bad(error: &dyn std::error::Error) -> Problem {
    Problem::new(BAD_REQUEST, error.to_string())
}
