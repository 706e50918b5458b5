//! May this model version move on?

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use tollgate::facts::{CANDIDATE, Evidence, FactsError, Instant};
use tollgate::judge::{GateCase, JudgeError};
use tollgate::model::Model;
use tollgate::source::Source;
use tollgate_engine::types::Outcome;

use super::{check, reply};
use crate::body::media_type;
use crate::judges::ServedGate;
use crate::problem::{BAD_REQUEST, MEDIA, PLUGIN, Problem};
use crate::query::parameters;
use crate::service::Service;
use crate::work::Tried;

/// `POST /v1/gate/{name}`
pub(crate) async fn gate(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let gate = service.gate(&name)?;
    let form = match media_type(&parts.headers).as_deref() {
        None | Some("application/json") => "facts.json",
        Some("application/yaml" | "application/x-yaml" | "text/yaml") => "facts.yaml",
        Some(_) => {
            return Err(Problem::new(MEDIA, "facts are `application/json` or `application/yaml`"));
        }
    };
    let [as_of] = parameters(parts.uri.query(), ["as_of"])?;
    let as_of = match as_of {
        None => Instant::now(),
        Some(text) => text
            .parse()
            .map_err(|problem| Problem::new(BAD_REQUEST, format!("`as_of`: {problem}")))?,
    };
    let payload = service.bodies.read(&parts.headers, body).await?;
    let facts = payload.to_vec();
    drop(payload);
    let judge = Arc::clone(&gate);
    // Facts are read in a worker, however few.
    let (passes, json) = service
        .work
        .run(&gate.pace, usize::MAX, move |_| {
            let start = std::time::Instant::now();
            let judged = judged(&judge, &name, form, &facts, as_of);
            let verdict = judged.as_ref().ok().map(|(verdict, _)| *verdict);
            judge.judged.record(verdict, start.elapsed());
            Tried::Done(judged.map(|(verdict, json)| (verdict <= Outcome::Warn, json)))
        })
        .await?;
    Ok(reply::json(reply::of_verdict(passes), json))
}

fn judged(
    gate: &ServedGate,
    name: &str,
    form: &str,
    facts: &[u8],
    as_of: Instant,
) -> Result<(Outcome, String), Problem> {
    let source =
        Source::from_bytes(form, facts.to_vec()).map_err(|error| refused(&error.into()))?;
    let mut evidence = Evidence::new();
    evidence.parse(&source, CANDIDATE).map_err(|error| refused(&error))?;
    let mut candidate = Model::default();
    CANDIDATE.clone_into(&mut candidate.title);
    let case = GateCase::new(candidate, None, evidence, as_of);
    let mut report = case.judge(&gate.profiles).map_err(|error| match error {
        JudgeError::Fault(fault) => check::of_fault("gate", name, &fault),
        error => {
            tracing::warn!(gate = name, problem = %error, "the gate could not judge");
            Problem::new(PLUGIN, "nothing was judged")
        }
    })?;
    for profile in &mut report.profiles {
        // Which file it was read from is nobody's business.
        profile.document.clone_from(&profile.name);
    }
    Ok((report.verdict, reply::report("gate", &report)?))
}

/// What is wrong with facts that somebody sent, each mistake with its line.
fn refused(error: &FactsError) -> Problem {
    let detail = match error {
        FactsError::Mistakes(mistakes) => mistakes.lines().take(10).collect::<Vec<_>>().join("; "),
        error => error.to_string(),
    };
    Problem::new(BAD_REQUEST, detail)
}
