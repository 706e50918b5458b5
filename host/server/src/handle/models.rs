//! What is served of each model.

use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::response::Response;
use hyper::StatusCode;
use serde::Serialize;
use serde_json::json;
use tollgate_live::State;

use super::reply;
use crate::error::Kind;
use crate::problem::{NO_REGISTRY, NOT_LOADED, Problem};
use crate::service::Service;

/// A version of a model's policy.
#[derive(Serialize)]
struct Version {
    version: String,
    /// `current`, `previous`, `fallback` or `bad`.
    role: &'static str,
    /// Whether it answers, or could at once.
    ready: bool,
}

/// What answers to a name.
#[derive(Serialize)]
struct Model {
    name: String,
    version: Option<String>,
    generation: u64,
    digest: String,
    since: String,
}

fn model(state: State) -> Option<Model> {
    let live = state.live?;
    Some(Model {
        name: state.name,
        version: live.version.map(|version| version.to_string()),
        generation: live.generation,
        digest: live.digest.to_string(),
        since: live.since.to_string(),
    })
}

fn states(service: &Service) -> impl Iterator<Item = State> {
    let all = service.judges.state().unwrap_or_default().into_iter();
    all.filter_map(|(kind, state)| (kind == Kind::Policy).then_some(state))
}

/// The state of one that answers.
fn state(service: &Service, name: &str) -> Result<State, Problem> {
    service.policy(name)?;
    let found = states(service).find(|state| state.name == name);
    found.ok_or_else(|| Problem::new(NOT_LOADED, "it is not loaded"))
}

/// `GET /models`
pub(crate) async fn models(Shared(service): Shared<Arc<Service>>) -> Result<Response, Problem> {
    let models: Vec<Model> = states(&service).filter_map(model).collect();
    Ok(reply::json(StatusCode::OK, reply::value(&json!({ "models": models }))?))
}

/// `GET /models/{name}/versions`
pub(crate) async fn versions(
    Shared(service): Shared<Arc<Service>>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let State { live, previous, fallback, bad, .. } = state(&service, &name)?;
    let current = live.and_then(|live| live.version);
    let mut versions: Vec<Version> = current
        .map(|version| Version { version: version.to_string(), role: "current", ready: true })
        .into_iter()
        .collect();
    for (role, standby) in [("previous", previous), ("fallback", fallback)] {
        versions.extend(standby.map(|standby| Version {
            version: standby.version.to_string(),
            role,
            ready: standby.problem.is_none(),
        }));
    }
    let bad = bad.iter();
    versions.extend(bad.map(|it| Version { version: it.to_string(), role: "bad", ready: false }));
    Ok(reply::json(StatusCode::OK, reply::value(&json!({ "name": name, "versions": versions }))?))
}

/// `GET /models/{name}/production`
pub(crate) async fn production(
    Shared(service): Shared<Arc<Service>>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let state = state(&service, &name)?;
    let live = model(state).ok_or_else(|| Problem::new(NOT_LOADED, "it is not loaded"))?;
    Ok(reply::json(StatusCode::OK, reply::value(&live)?))
}

/// `POST /models/{name}/versions/{version}/promote`
pub(crate) async fn promote(
    Shared(service): Shared<Arc<Service>>,
    Path((name, _version)): Path<(String, String)>,
) -> Result<Response, Problem> {
    service.policy(&name)?;
    Err(Problem::new(
        NO_REGISTRY,
        "this server has no registry, so nothing was moved: `tollgate promote` does that",
    ))
}
