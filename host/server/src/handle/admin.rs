//! What the holders of tokens see and do.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use serde_json::{Value, json};
use tollgate_live::state::Standby;

use super::reply;
use crate::config::Role;
use crate::judges::one_line;
use crate::problem::{FORBIDDEN, INTERNAL, Problem, UNAUTHORIZED};
use crate::service::Service;

const METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Lets go on who may do what this role may, and gives the caller's. Where no token is asked for,
/// everybody on this machine may read and nobody may change anything.
pub(super) fn expect(service: &Service, parts: &Parts, wanted: Role) -> Result<Role, Problem> {
    let tokens = &service.config.tokens;
    if tokens.is_empty() {
        return match wanted {
            Role::Read => Ok(Role::Read),
            Role::Rollback | Role::Promote => Err(Problem::new(
                FORBIDDEN,
                "no token is configured, so nothing can be changed from here",
            )),
        };
    }
    let given = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = given.and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    match bearer.and_then(|token| tokens.role(token)) {
        Some(role) if role >= wanted => Ok(role),
        Some(_) if wanted == Role::Promote => {
            Err(Problem::new(FORBIDDEN, "the token may not promote"))
        }
        Some(_) => Err(Problem::new(FORBIDDEN, "the token may read and not change")),
        None => Err(Problem::new(UNAUTHORIZED, "send `authorization: Bearer TOKEN`")
            .with_header("www-authenticate", "Bearer")),
    }
}

/// `GET /metrics`
pub(crate) async fn metrics(
    State(service): State<Arc<Service>>,
    parts: Parts,
) -> Result<Response, Problem> {
    expect(&service, &parts, Role::Read)?;
    service.judges.tell();
    let live = &service.metrics.live;
    live.clear();
    for (kind, state) in service.judges.state().unwrap_or_default() {
        let Some(standing) = state.live else { continue };
        let version = standing.version.map(|version| version.to_string()).unwrap_or_default();
        let kind = ("kind", kind.name().to_owned());
        let labels = vec![kind, ("name", state.name), ("version", version)];
        live.get_or_create_owned(&labels).set(1);
    }
    if let Some(log) = service.judges.log() {
        log.measure(&service.metrics);
    }
    let text = service.metrics.text();
    let text = text.map_err(|_| Problem::new(INTERNAL, "the metrics have no form"))?;
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, METRICS);
    Ok(response)
}

/// `GET /admin/state`
pub(crate) async fn state(
    State(service): State<Arc<Service>>,
    parts: Parts,
) -> Result<Response, Problem> {
    expect(&service, &parts, Role::Read)?;
    Ok(reply::json(StatusCode::OK, format!("{}\n", all(&service))))
}

/// `POST /admin/reload`
pub(crate) async fn reload(
    State(service): State<Arc<Service>>,
    parts: Parts,
) -> Result<Response, Problem> {
    expect(&service, &parts, Role::Rollback)?;
    let loader = Arc::clone(&service);
    let loaded = tokio::task::spawn_blocking(move || {
        loader.judges.reload();
        loader.judges.tell();
        loader.judges.unloaded().is_empty()
    });
    let is_whole = loaded.await.map_err(|_| Problem::new(INTERNAL, "loading failed"))?;
    let status = if is_whole { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(reply::json(status, format!("{}\n", all(&service))))
}

/// The state of each judge.
pub(super) fn all(service: &Service) -> Value {
    let state = service.judges.state();
    let judges = state.as_deref().unwrap_or_default().iter().map(|(kind, state)| {
        let standby = |standby: &Option<Standby>| {
            standby.as_ref().map(
                |it| json!({ "version": it.version.to_string(), "ready": it.problem.is_none() }),
            )
        };
        let live = state.live.as_ref().map(|live| {
            json!({
                "version": live.version.as_ref().map(ToString::to_string),
                "generation": live.generation,
                "digest": live.digest.to_string(),
                "since": live.since.to_string(),
            })
        });
        json!({
            "kind": kind.name(),
            "name": state.name,
            "live": live,
            "problem": state.refused.as_ref().map(|refused| one_line(&*refused.error)),
            "previous": standby(&state.previous),
            "fallback": standby(&state.fallback),
            "bad": state.bad.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    });
    json!({
        "loading": state.is_none(),
        "draining": service.is_draining(),
        "judges": judges.collect::<Vec<_>>(),
        "decision_log": service.judges.log().map(|log| log.shown()),
    })
}
