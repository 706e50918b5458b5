//! What is served of each model.

use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::response::Response;
use hyper::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use tollgate::text::visible;
use tollgate_live::State;

use super::reply;
use crate::error::Kind;
use crate::problem::{NOT_LOADED, Problem, REGISTRY};
use crate::registry::Standing;
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

/// What is served under a name, and how the model of that name stands in the
/// registry; one of both at least.
async fn known(
    service: &Arc<Service>,
    name: &str,
) -> Result<(Option<State>, Option<Standing>), Problem> {
    let served = state(service, name);
    match (served, standing(service, name).await) {
        (Err(_), Some(Standing::Unknown { problem })) => Err(Problem::new(REGISTRY, problem)),
        (Err(problem), None) => Err(problem),
        (served, standing) => Ok((served.ok(), standing)),
    }
}

/// How the model of a name stands in the registry; none where there is no
/// registry, or no such model in it.
async fn standing(service: &Arc<Service>, name: &str) -> Option<Standing> {
    let registry = service.registry.as_ref()?;
    let Ok(_room) = registry.looks.try_acquire() else {
        return Some(Standing::Unknown { problem: "too many ask it already" });
    };
    let (shared, model) = (Arc::clone(service), name.to_owned());
    let asked = tokio::task::spawn_blocking(move || {
        shared.registry.as_ref().and_then(|registry| registry.status(&model).transpose())
    });
    match asked.await {
        Ok(status) => match status? {
            Ok(status) => Some(Standing::Known(Box::new(status))),
            Err(error) => {
                let problem = error.to_string();
                tracing::error!(model = name, problem = %visible(&problem), "the registry");
                Some(Standing::Unknown { problem: "it does not answer as it should" })
            }
        },
        Err(_) => Some(Standing::Unknown { problem: "it could not be asked" }),
    }
}

/// `GET /models/{name}/versions`
pub(crate) async fn versions(
    Shared(service): Shared<Arc<Service>>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (served, registry) = known(&service, &name).await?;
    let versions = served.map(at_hand).unwrap_or_default();
    let mut all = json!({ "name": name, "versions": versions });
    if let (Some(members), Some(registry)) = (all.as_object_mut(), registry) {
        members.insert("registry".to_owned(), json!(registry));
    }
    Ok(reply::json(StatusCode::OK, reply::value(&all)?))
}

/// The versions of what is served.
fn at_hand(state: State) -> Vec<Version> {
    let State { live, previous, fallback, bad, .. } = state;
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
    versions
}

/// `GET /models/{name}/production`
pub(crate) async fn production(
    Shared(service): Shared<Arc<Service>>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (served, registry) = known(&service, &name).await?;
    let mut live = match served.and_then(model) {
        Some(live) => json!(live),
        None if registry.is_none() => return Err(Problem::new(NOT_LOADED, "it is not loaded")),
        None => json!({ "name": name }),
    };
    if let (Some(members), Some(registry)) = (live.as_object_mut(), registry) {
        members.insert("registry".to_owned(), serving(registry));
    }
    Ok(reply::json(StatusCode::OK, reply::value(&live)?))
}

/// The version of the registry that serves; null where none does.
fn serving(registry: Standing) -> Value {
    let status = match registry {
        Standing::Known(status) => status,
        unknown @ Standing::Unknown { .. } => return json!(unknown),
    };
    let serves = status.versions.iter().find(|it| Some(it.version) == status.serving);
    json!(serves)
}
