//! From a request to its response: its id, its route, its line in the log.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::service::Service as _;
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use prometheus_client::metrics::counter::Counter;
use tollgate::text::visible;
use tracing::Instrument as _;

use crate::config::Limits;
use crate::door::Behind;
use crate::metrics::Metrics;
use crate::problem::{HEAD_TOO_LARGE, INTERNAL, Problem};
use crate::traced;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id of a request that is taken over.
const LONGEST_ID: usize = 128;

/// What the caller calls its request, or the server; for handlers.
#[derive(Clone)]
pub(crate) struct RequestId(pub(crate) HeaderValue);
/// Requests of one HTTP/2 connection at a time, as NGINX has it.
const STREAMS: u32 = 128;

/// What may be on its way unread, of one request and of all of an HTTP/2
/// connection: some more than a socket holds, since there may be thousands.
const WINDOWS: (u32, u32) = (64 << 10, 256 << 10);

/// The routes of one port.
pub(crate) struct App {
    router: TowerToHyperService<Router>,
    port: &'static str,
    metrics: Arc<Metrics>,
    /// The most headers of a request.
    headers: usize,
    /// The counter of nearly all requests.
    succeeded: Counter,
    /// Ids of this process begin so.
    seed: u64,
    count: AtomicU64,
}

impl App {
    pub(crate) fn new(
        router: Router,
        port: &'static str,
        limits: &Limits,
        metrics: Arc<Metrics>,
    ) -> Self {
        let succeeded = metrics.requests.get_or_create_owned(&labels(port, StatusCode::OK));
        Self {
            router: TowerToHyperService::new(router),
            port,
            metrics,
            headers: limits.headers,
            succeeded,
            // Random for each process: no two of them give one id.
            seed: RandomState::new().hash_one(std::process::id()),
            count: AtomicU64::new(0),
        }
    }

    /// The routes behind a door, asked in HTTP/1.1 or HTTP/2.
    pub(crate) fn behind(self, limits: &Limits) -> Behind {
        let mut http = Builder::new(TokioExecutor::new());
        http.http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            .max_headers(limits.headers)
            .max_buf_size(limits.header_bytes.max(8 << 10));
        http.http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
            .initial_stream_window_size(WINDOWS.0)
            .initial_connection_window_size(WINDOWS.1);
        let app = Arc::new(self);
        let answer = move |request| {
            let app = Arc::clone(&app);
            async move { app.answer(request).await }.boxed()
        };
        Behind { answer: Arc::new(answer), http, rest: Some(limits.head_timeout) }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response {
        let id = self.request_id(request.headers());
        let span = traced::request(&request, id.to_str().unwrap_or_default());
        let response = self.told(request, id).instrument(span.clone()).await;
        traced::answered(&span, response.status());
        response
    }

    async fn told(&self, mut request: Request<Incoming>, id: HeaderValue) -> Response {
        request.extensions_mut().insert(RequestId(id.clone()));
        let line = tracing::enabled!(tracing::Level::DEBUG)
            .then(|| (request.method().clone(), request.uri().path().to_owned()));
        // HTTP/2 counts bytes only.
        let mut response = if request.headers().len() > self.headers {
            Problem::new(HEAD_TOO_LARGE, "it has too many headers").into_response()
        } else {
            let Ok(response) = self.router.call(request).await;
            response
        };
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
