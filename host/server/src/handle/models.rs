//! What is served of each model.

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::{Path, State};
use axum::response::Response;
use hyper::StatusCode;
use jiff::Timestamp;
use serde::Serialize;

use super::reply;
use crate::error::Kind;
use crate::judges::ServedPolicy;
use crate::problem::{NO_REGISTRY, Problem};
use crate::service::Service;

/// A version that is served.
#[derive(Serialize)]
struct Version {
    /// The name that it is asked for.
    name: String,
    /// The document's own name and version.
    document: String,
    version: String,
    stage: &'static str,
    plugin: String,
    digest: String,
    settings: String,
    since: Option<String>,
}

#[derive(Serialize)]
struct Models {
    models: Vec<Version>,
}

#[derive(Serialize)]
struct Versions {
    name: String,
    versions: Vec<Version>,
}

fn version(service: &Service, name: &str, policy: &ServedPolicy) -> Version {
    let (document, plugin) = (policy.decider.document(), policy.decider.plugin());
    let state = service.judges.state();
    let since = state.get(&(Kind::Policy, name.to_owned())).and_then(|loading| loading.since);
    Version {
        name: name.to_owned(),
        document: document.name.clone(),
        version: document.version.to_string(),
        stage: "Production",
        plugin: plugin.name().to_owned(),
        digest: plugin.digest().to_string(),
        settings: document.settings_digest().to_string(),
        since: since.and_then(time),
    }
}

/// A time as RFC 3339, to the second.
pub(super) fn time(time: SystemTime) -> Option<String> {
    let timestamp = Timestamp::try_from(time).ok()?;
    Some(timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// `GET /models`
pub(crate) async fn models(State(service): State<Arc<Service>>) -> Result<Response, Problem> {
    let all = service.judges.policies.all();
    let models = all.iter().map(|(name, policy)| version(&service, name, policy)).collect();
    Ok(reply::json(StatusCode::OK, reply::value(&Models { models })?))
}

/// `GET /models/{name}/versions`
pub(crate) async fn versions(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let policy = service.policy(&name)?;
    let versions = vec![version(&service, &name, &policy)];
    Ok(reply::json(StatusCode::OK, reply::value(&Versions { name, versions })?))
}

/// `GET /models/{name}/production`
pub(crate) async fn production(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let policy = service.policy(&name)?;
    Ok(reply::json(StatusCode::OK, reply::value(&version(&service, &name, &policy))?))
}

/// `POST /models/{name}/versions/{version}/promote`
pub(crate) async fn promote(
    State(service): State<Arc<Service>>,
    Path((name, _version)): Path<(String, String)>,
) -> Result<Response, Problem> {
    service.policy(&name)?;
    Err(Problem::new(
        NO_REGISTRY,
        "this server has no registry, so nothing was moved: `tollgate promote` does that",
    ))
}
