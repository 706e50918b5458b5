//! The forward-auth contract of NGINX (`auth_request`) and Traefik
//! (`ForwardAuth`): a request about a request, answered by 200, 401 or 403 and
//! nothing else.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use hyper::header::{CACHE_CONTROL, CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::http::uri::PathAndQuery;
use hyper::{HeaderMap, StatusCode};
use tollgate::input::Outside;

use super::decide::{Asked, judged, trace};
use super::outside;
use super::reply;
use crate::config::{ForwardAuth, OriginalIn};
use crate::problem::{NOT_FOUND, Problem};
use crate::service::Service;

/// What a policy may read of the original request, wherever a proxy said it.
pub(crate) const METHOD: &str = "x-original-method";
pub(crate) const URI: &str = "x-original-uri";

const ACTION: HeaderName = HeaderName::from_static("x-tollgate-action");
const REASON: HeaderName = HeaderName::from_static("x-tollgate-reason");
const DECISION_ID: HeaderName = HeaderName::from_static("x-tollgate-decision-id");

/// What was decided on the original request.
struct Decided {
    status: StatusCode,
    action: Option<String>,
    reason: String,
    id: String,
    json: String,
}

/// `GET|POST /auth/{name}`
pub(crate) async fn auth(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    match decided(&service, &name, request).await {
        Ok(Decided { status, action, reason, id, json }) => {
            let mut response = reply::json(status, json);
            let headers = response.headers_mut();
            for (name, text) in [
                (ACTION, action.unwrap_or_else(|| "none".into())),
                (REASON, reason),
                (DECISION_ID, id),
            ] {
                if let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) {
                    headers.insert(name, value);
                }
            }
            not_kept(response)
        }
        Err(problem) => {
            // Another status would be a failure to NGINX, and pages of it.
            let reason = HeaderValue::from_static(problem.kind().name);
            let mut response = reply::json(
                StatusCode::FORBIDDEN,
                format!("{{\"action\":null,\"reason\":\"{}\"}}\n", problem.kind().name),
            );
            response.headers_mut().insert(REASON, reason);
            not_kept(response)
        }
    }
}

/// A decision is about one request.
fn not_kept(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn decided(service: &Service, name: &str, request: Request) -> Result<Decided, Problem> {
    let (parts, body) = request.into_parts();
    let Some(rule) = service.config.auth.get(name).cloned() else {
        return Err(Problem::new(NOT_FOUND, "there is no such policy"));
    };
    let policy = service.policy(&rule.policy)?;
    let mut outside = Outside::default();
    // What a caller says of these two itself does not count.
    let others = policy.headers.iter().map(String::as_str).filter(|it| ![METHOD, URI].contains(it));
    outside::add(others, &parts.headers, &mut outside);
    if !say_original(&rule, &parts, &mut outside) {
        return Ok(Decided {
            status: StatusCode::FORBIDDEN,
            action: None,
            reason: "ambiguous-original".to_owned(),
            id: String::new(),
            json: "{\"action\":null,\"reason\":\"ambiguous-original\"}\n".to_owned(),
        });
    }
    let payload = if has_body(&parts.headers) {
        Some(service.bodies.read(&parts.headers, body).await?)
    } else {
        drop::<Body>(body);
        None
    };
    let judge = Arc::clone(&policy);
    let bytes = payload.as_ref().map_or(0, |payload| payload.len());
    let bytes = if policy.waits() { usize::MAX } else { bytes };
    let trace = trace(&parts);
    service
        .work
        .run(&policy.pace, bytes, move |attempt| {
            // Without a body everything is in headers.
            let request = payload.as_deref().filter(|bytes| !bytes.is_empty()).unwrap_or(b"{}");
            let asked = Asked { payload: request, outside: &outside, trace: trace.as_deref() };
            judged(&judge, &asked, attempt, |answer| {
                let mut json = String::new();
                answer.write_json(None, &mut json);
                json.push('\n');
                let reasons: Vec<&str> = answer.reasons().collect();
                Decided {
                    status: rule.status(answer.action()),
                    action: answer.action().map(str::to_owned),
                    reason: if answer.is_fallback() {
                        "no-decision".to_owned()
                    } else {
                        reasons.join("+")
                    },
                    id: answer.id().to_string(),
                    json,
                }
            })
        })
        .await
}

impl ForwardAuth {
    /// What an action is to a proxy: only those that are listed let through.
    fn status(&self, action: Option<&str>) -> StatusCode {
        let is_in = |list: &[String]| action.is_some_and(|it| list.iter().any(|one| one == it));
        if is_in(&self.allow) {
            StatusCode::OK
        } else if is_in(&self.unauthorized) {
            StatusCode::UNAUTHORIZED
        } else {
            StatusCode::FORBIDDEN
        }
    }
}

fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(TRANSFER_ENCODING)
        || headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0")
}

/// Says what the original request was: by one family of headers, or by the
/// request line. False where that is not clear: a caller behind Traefik can
/// send NGINX's headers along, and would choose what is judged.
fn say_original(rule: &ForwardAuth, parts: &Parts, outside: &mut Outside) -> bool {
    let mut is_clear = true;
    let mut one = |name: &str| -> Option<String> {
        let mut values = parts.headers.get_all(name).iter();
        let first = values.next()?;
        is_clear &= values.next().is_none();
        let text = first.to_str();
        is_clear &= text.is_ok();
        text.ok().map(str::to_owned)
    };
    let original = (one(METHOD), one(URI));
    let forwarded = (one("x-forwarded-method"), one("x-forwarded-uri"));
    let is_said =
        |(method, uri): &(Option<String>, Option<String>)| method.is_some() || uri.is_some();
    let (method, uri) = match rule.from {
        Some(OriginalIn::Original) => original,
        Some(OriginalIn::Forwarded) => forwarded,
        None if is_said(&original) && is_said(&forwarded) => {
            is_clear &= original == forwarded;
            original
        }
        None if is_said(&original) => original,
        None if is_said(&forwarded) => forwarded,
        None => {
            // In HTTP/2 the URI has a host too, which is no part of it here.
            let target = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
            (Some(parts.method.to_string()), Some(target.to_owned()))
        }
    };
    for (name, value) in [(METHOD, method), (URI, uri)] {
        if let Some(value) = value {
            outside.header(name, &value);
        }
    }
    is_clear
}
