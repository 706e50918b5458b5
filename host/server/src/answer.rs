//! From a request to its response: its id, its route, its line in the log.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::service::Service as _;
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::service::TowerToHyperService;
use prometheus_client::metrics::counter::Counter;
use tollgate::text::visible;

use crate::metrics::Metrics;
use crate::problem::{INTERNAL, Problem};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id of a request that is taken over.
const LONGEST_ID: usize = 128;

/// What the caller calls its request, or the server; for handlers.
#[derive(Clone)]
pub(crate) struct RequestId(pub(crate) HeaderValue);

/// The routes of one port.
pub(crate) struct App {
    router: TowerToHyperService<Router>,
    port: &'static str,
    metrics: Arc<Metrics>,
    /// The counter of nearly all requests.
    succeeded: Counter,
    /// Ids of this process begin so.
    seed: u64,
    count: AtomicU64,
}

impl App {
    pub(crate) fn new(router: Router, port: &'static str, metrics: Arc<Metrics>) -> Self {
        let succeeded = metrics.requests.get_or_create_owned(&labels(port, StatusCode::OK));
        Self {
            router: TowerToHyperService::new(router),
            port,
            metrics,
            succeeded,
            // Random for each process: no two of them give one id.
            seed: RandomState::new().hash_one(std::process::id()),
            count: AtomicU64::new(0),
        }
    }

    pub(crate) async fn answer(&self, mut request: Request<Incoming>) -> Response {
        let id = self.request_id(request.headers());
        request.extensions_mut().insert(RequestId(id.clone()));
        let line = tracing::enabled!(tracing::Level::DEBUG)
            .then(|| (request.method().clone(), request.uri().path().to_owned()));
        let Ok(mut response) = self.router.call(request).await;
        if let Some(problem) = in_place_of(&response) {
            let mut told = problem.response(id.to_str().unwrap_or_default());
            if let Some(allowed) = response.headers_mut().remove(hyper::header::ALLOW) {
                told.headers_mut().insert(hyper::header::ALLOW, allowed);
            }
            response = told;
        }
        let status = response.status();
        if status == StatusCode::OK {
            self.succeeded.inc();
        } else {
            self.metrics.requests.get_or_create_owned(&labels(self.port, status)).inc();
        }
        if let Some((method, path)) = line {
            let (status, id) = (status.as_u16(), id.to_str().unwrap_or_default());
            tracing::debug!(%method, path = %visible(&path), status, id, "request");
        } else if status == INTERNAL.status {
            tracing::error!(id = id.to_str().unwrap_or_default(), "a request failed");
        }
        response.headers_mut().insert(REQUEST_ID, id);
        response
    }

    /// What the caller calls its request, or a new id.
    fn request_id(&self, headers: &HeaderMap) -> HeaderValue {
        let is_id = |value: &&HeaderValue| {
            let bytes = value.as_bytes();
            (1..=LONGEST_ID).contains(&bytes.len())
                && bytes.iter().all(|it| it.is_ascii_alphanumeric() || b"-_.:".contains(it))
        };
        if let Some(given) = headers.get(REQUEST_ID).filter(is_id) {
            return given.clone();
        }
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let id = HeaderValue::from_str(&format!("{:016x}{number:016x}", self.seed));
        id.unwrap_or_else(|_| HeaderValue::from_static("none"))
    }
}

/// The problem that a response stands for, of ours or of the router's.
fn in_place_of(response: &Response) -> Option<Problem> {
    if let Some(problem) = response.extensions().get::<Problem>() {
        return Some(problem.clone());
    }
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let form = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_ours = form.is_some_and(|form| form.starts_with(b"application/"));
    (is_error && !is_ours).then(|| Problem::of_status(status))
}

fn labels(port: &str, status: StatusCode) -> Vec<(&'static str, String)> {
    vec![("port", port.to_owned()), ("status", status.as_str().to_owned())]
}
