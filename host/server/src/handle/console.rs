//! The console: one page that asks the server what it is doing, and nothing from
//! elsewhere.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use hyper::StatusCode;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
};
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};
use tollgate_live::pins::{PinFile, PinnedVersion};
use tollgate_live::{Origin, Served};

use super::admin::{all, expect};
use super::reply;
use crate::config::Role;
use crate::problem::Problem;
use crate::service::Service;

const PAGE: &str = include_str!("../console/console.html");
const SCRIPT: &str = include_str!("../console/console.js");

/// The page runs its own script and asks its own server.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// `GET /`
pub(crate) async fn page() -> Response {
    file(PAGE, "text/html; charset=utf-8")
}

/// `GET /console.js`
pub(crate) async fn script() -> Response {
    file(SCRIPT, "text/javascript; charset=utf-8")
}

fn file(text: &'static str, media: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let sniff = HeaderName::from_static("x-content-type-options");
    headers.insert(sniff, HeaderValue::from_static("nosniff"));
    response
}

/// `GET /admin/overview`
pub(crate) async fn overview(
    State(service): State<Arc<Service>>,
    parts: Parts,
) -> Result<Response, Problem> {
    let role = expect(&service, &parts, Role::Read)?;
    let mut overview = all(&service);
    let mut policies = Map::new();
    for (name, served) in &service.config.policies {
        let Some(policy) = service.judges.policy(name) else { continue };
        let mut shown = policy.judged.hour.shown();
        if let Value::Object(members) = &mut shown {
            let version = policy.decider.document().version.to_string();
            members.insert("version".to_owned(), version.into());
            members.insert("reasons".to_owned(), policy.judged.reasons().into());
            if let Some(rolling) = &policy.rolling {
                let status = serde_json::to_value(rolling.status()).unwrap_or_default();
                members.insert("rollout".to_owned(), status);
            }
            if let Some(pins) = pins(name, served) {
                members.insert("pins".to_owned(), pins);
            }
        }
        policies.insert(name.clone(), shown);
    }
    if let Value::Object(members) = &mut overview {
        members.insert("role".to_owned(), json!(role.name()));
        members.insert("policies".to_owned(), policies.into());
    }
    Ok(reply::json(StatusCode::OK, format!("{overview}\n")))
}

/// How a policy is pinned, and what was changed last; none where it is not, or
/// the pins cannot be read now.
fn pins(name: &str, served: &Served) -> Option<Value> {
    let Origin::Pinned { pins, name: other, .. } = &served.origin else { return None };
    let pin = PinFile::at(pins).read().ok()?.pin(other.as_deref().unwrap_or(name)).ok()??;
    let text = |version: &Option<PinnedVersion>| version.as_ref().map(ToString::to_string);
    let history = pin.history.iter().rev().take(10).map(|change| {
        let from = change.from.as_ref().map(|from| format!(" in place of {from}"));
        json!({
            "at": change.at.to_string(),
            "what": format!("{} {}{}", change.action.name(), change.to, from.unwrap_or_default()),
            "by": change.by,
            "reason": change.reason,
        })
    });
    Some(json!({
        "current": pin.current.to_string(),
        "previous": text(&pin.previous),
        "fallback": text(&pin.fallback),
        "bad": pin.bad.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "generation": pin.generation,
        "history": history.collect::<Vec<_>>(),
    }))
}
