//! A rollback from the admin address: the one write that `tollgate rollback`
//! makes.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;
use tollgate::facts::Instant;
use tollgate_engine::is_hidden;
use tollgate_live::Origin;
use tollgate_live::pins::{Audit, PinFile, Target};

use super::admin::expect;
use super::reply;
use crate::body::expect_json;
use crate::config::Role;
use crate::problem::{BAD_REQUEST, CONFLICT, INTERNAL, NOT_FOUND, Problem};
use crate::service::Service;

/// So long may a name or a reason be.
const LONGEST: usize = 4_096;

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    policy: String,
    #[serde(default)]
    to: To,
    /// The generation that whoever asks has seen.
    generation: u64,
    by: String,
    reason: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum To {
    #[default]
    Previous,
    Fallback,
}

/// `POST /admin/rollback`
pub(crate) async fn rollback(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    expect(&service, &parts, Role::Rollback)?;
    expect_json(&parts.headers)?;
    let body = service.bodies.read(&parts.headers, body).await?;
    let asked: Asked = serde_json::from_slice(&body)
        .map_err(|error| Problem::new(BAD_REQUEST, format!("the body is wrong: {error}")))?;
    let audit = Audit {
        by: readable("by", &asked.by)?,
        at: Instant::now(),
        reason: readable("reason", &asked.reason)?,
    };
    let shared = Arc::clone(&service);
    let done = tokio::task::spawn_blocking(move || rolled_back(&shared, &asked, &audit));
    let current = done.await.map_err(|_| Problem::new(INTERNAL, "the rollback failed"))??;
    Ok(reply::json(StatusCode::OK, format!("{}\n", json!({ "current": current }))))
}

/// A text that is written down, and that people can read.
pub(super) fn readable(what: &str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST || text.chars().any(is_hidden) {
        let detail = format!("`{what}` is a text that people can read, and not empty");
        return Err(Problem::new(BAD_REQUEST, detail));
    }
    Ok(text.to_owned())
}

fn rolled_back(service: &Service, asked: &Asked, audit: &Audit) -> Result<String, Problem> {
    let name = &asked.policy;
    let served = service.config.policies.get(name);
    let Some(Origin::Pinned { pins, name: other, .. }) = served.map(|served| &served.origin) else {
        return Err(Problem::new(NOT_FOUND, "there is no policy of that name that is pinned"));
    };
    let name = other.as_deref().unwrap_or(name);
    let file = PinFile::at(pins);
    // What is in the way may name files, which are no business of a caller's.
    let refused = |error: &dyn std::fmt::Display| {
        tracing::error!(policy = name, problem = %error, "no rollback");
        Problem::new(CONFLICT, "the pins were not changed; the server's log says why")
    };
    let pin = file.read().and_then(|pins| pins.pin(name)).map_err(|error| refused(&error))?;
    let pin = pin.ok_or_else(|| Problem::new(NOT_FOUND, "nothing is pinned under that name"))?;
    if pin.generation != asked.generation {
        let detail = format!(
            "the pin has generation {} by now: look at it again, and decide again",
            pin.generation
        );
        return Err(Problem::new(CONFLICT, detail));
    }
    let target = match asked.to {
        To::Previous => Target::Previous,
        To::Fallback => Target::Fallback,
    };
    let next = pin
        .rolled_back(name, target, audit)
        .map_err(|error| Problem::new(CONFLICT, error.to_string()))?;
    file.change(name, Some(&pin), &next).map_err(|error| refused(&error))?;
    service.judges.reload();
    service.judges.tell();
    Ok(next.current.to_string())
}
