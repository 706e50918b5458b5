//! What a caller is told when there is no answer (RFC 9457), and nothing of
//! the inside.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};

/// The media type of a problem.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// A kind of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    /// The last part of its URI.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) status: StatusCode,
}

/// The kinds that there are, each with its one status.
pub(crate) const KINDS: [Kind; 24] = [
    BAD_REQUEST,
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    CONFLICT,
    METHOD,
    NOT_ACCEPTABLE,
    SLOW,
    TOO_LARGE,
    MEDIA,
    HEAD_TOO_LARGE,
    PLUGIN,
    INTERNAL,
    NO_REGISTRY,
    BUSY,
    NOT_LOADED,
    UNLOGGED,
    DEADLINE,
    SIGNATURE,
    ROWS,
    UNROUTED,
    ANSWER,
    REGISTRY,
    PROXY,
];

const fn kind(name: &'static str, title: &'static str, status: StatusCode) -> Kind {
    Kind { name, title, status }
}

pub(crate) const BAD_REQUEST: Kind =
    kind("bad-request", "the request cannot be read", StatusCode::BAD_REQUEST);
pub(crate) const UNAUTHORIZED: Kind =
    kind("unauthorized", "a token is needed", StatusCode::UNAUTHORIZED);
pub(crate) const FORBIDDEN: Kind =
    kind("forbidden", "the token does not allow that", StatusCode::FORBIDDEN);
pub(crate) const NOT_FOUND: Kind =
    kind("not-found", "nothing has that name", StatusCode::NOT_FOUND);
pub(crate) const CONFLICT: Kind =
    kind("conflict", "it is not as it was thought to be", StatusCode::CONFLICT);
pub(crate) const METHOD: Kind =
    kind("method", "the route has another method", StatusCode::METHOD_NOT_ALLOWED);
pub(crate) const NOT_ACCEPTABLE: Kind =
    kind("not-acceptable", "the answer has another form", StatusCode::NOT_ACCEPTABLE);
pub(crate) const SLOW: Kind =
    kind("slow", "the request took too long to come", StatusCode::REQUEST_TIMEOUT);
pub(crate) const TOO_LARGE: Kind =
    kind("too-large", "the body is too large", StatusCode::PAYLOAD_TOO_LARGE);
pub(crate) const MEDIA: Kind =
    kind("media-type", "the body has another form", StatusCode::UNSUPPORTED_MEDIA_TYPE);
pub(crate) const HEAD_TOO_LARGE: Kind = kind(
    "head-too-large",
    "the head of the request is too large",
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
);
pub(crate) const PLUGIN: Kind =
    kind("plugin", "the plugin failed", StatusCode::INTERNAL_SERVER_ERROR);
pub(crate) const INTERNAL: Kind =
    kind("internal", "the server failed", StatusCode::INTERNAL_SERVER_ERROR);
pub(crate) const NO_REGISTRY: Kind =
    kind("no-registry", "this server has no registry", StatusCode::NOT_IMPLEMENTED);
pub(crate) const BUSY: Kind = kind("busy", "the server is busy", StatusCode::SERVICE_UNAVAILABLE);
pub(crate) const NOT_LOADED: Kind =
    kind("not-loaded", "the document is not loaded", StatusCode::SERVICE_UNAVAILABLE);
pub(crate) const UNLOGGED: Kind =
    kind("unlogged", "the decision cannot be logged", StatusCode::SERVICE_UNAVAILABLE);
pub(crate) const DEADLINE: Kind =
    kind("deadline", "the deadline has passed", StatusCode::GATEWAY_TIMEOUT);
pub(crate) const SIGNATURE: Kind = kind(
    "signature",
    "the payload does not honour the model's signature",
    StatusCode::UNPROCESSABLE_ENTITY,
);
pub(crate) const ROWS: Kind =
    kind("rows", "the rows cannot be decided on", StatusCode::UNPROCESSABLE_ENTITY);
pub(crate) const UNROUTED: Kind =
    kind("unrouted", "no route is for the path", StatusCode::FORBIDDEN);
pub(crate) const ANSWER: Kind =
    kind("answer", "the model's answer cannot be decided on", StatusCode::BAD_GATEWAY);
pub(crate) const REGISTRY: Kind =
    kind("registry", "the registry does not answer as it should", StatusCode::BAD_GATEWAY);
pub(crate) const PROXY: Kind =
    kind("proxy", "the proxy does not pass on what is judged", StatusCode::INTERNAL_SERVER_ERROR);

/// A problem with one request.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    kind: Kind,
    detail: Option<String>,
    header: Option<(&'static str, &'static str)>,
}

/// Whoever was refused tries again after a second.
const AGAIN: (&str, &str) = ("retry-after", "1");

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let header = (kind.status == StatusCode::SERVICE_UNAVAILABLE).then_some(AGAIN);
        Self { kind, detail: Some(detail.into()), header }
    }

    pub(crate) fn with_header(self, name: &'static str, value: &'static str) -> Self {
        Self { header: Some((name, value)), ..self }
    }

    /// That of a response that somebody else refused the request with.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let found = KINDS.into_iter().find(|kind| kind.status == status);
        let other = if status.is_server_error() { INTERNAL } else { BAD_REQUEST };
        Self { kind: Kind { status, ..found.unwrap_or(other) }, detail: None, header: None }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn to_json(&self, request_id: Option<&str>) -> Value {
        let Kind { name, title, status } = self.kind;
        let mut json = json!({
            "type": format!("urn:tollgate:problem:{name}"),
            "title": title,
            "status": status.as_u16(),
        });
        if let Some(map) = json.as_object_mut() {
            for (key, text) in [("detail", self.detail.as_deref()), ("request_id", request_id)] {
                map.extend(text.map(|text| (key.to_owned(), text.into())));
            }
        }
        json
    }

    pub(crate) fn response(&self, request_id: &str) -> Response {
        let mut response =
            Response::new(Body::from(self.to_json(Some(request_id)).to_string() + "\n"));
        *response.status_mut() = self.kind.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some((name, value)) = self.header {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// The problem itself is kept beside it: whoever knows the request's id writes
/// it.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.kind.status;
        response.extensions_mut().insert(self);
        response
    }
}
