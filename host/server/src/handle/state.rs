//! Whether the server lives, and whether it is ready.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::json;

use super::reply;
use crate::service::Service;

/// `GET /health`
pub(crate) async fn health() -> Response {
    reply::json(StatusCode::OK, "{\"status\":\"live\"}\n")
}

/// `GET /ready`
pub(crate) async fn ready(State(service): State<Arc<Service>>) -> Response {
    let missing = service.judges.missing();
    let (status, word) = match &missing {
        _ if service.is_draining() => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
        None => (StatusCode::SERVICE_UNAVAILABLE, "loading"),
        Some(missing) if missing.is_empty() => (StatusCode::OK, "ready"),
        Some(_) => (StatusCode::SERVICE_UNAVAILABLE, "not loaded"),
    };
    let mut json = json!({ "status": word });
    if let (Some(map), Some(missing)) = (json.as_object_mut(), missing)
        && !missing.is_empty()
    {
        map.insert("missing".to_owned(), missing.into());
    }
    reply::json(status, format!("{json}\n"))
}

/// `GET /openapi.json`
pub(crate) async fn openapi(State(service): State<Arc<Service>>) -> Response {
    let mut response = reply::json(StatusCode::OK, service.openapi.clone());
    let form = HeaderValue::from_static("application/vnd.oai.openapi+json;version=3.1");
    response.headers_mut().insert(CONTENT_TYPE, form);
    response
}
