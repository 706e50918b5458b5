//! Spans of requests, which continue the traces of those who ask. A span holds
//! the route and what came of it: no path, header, body or input.

use hyper::header::HeaderMap;
use hyper::{Request, StatusCode};
use tollgate_telemetry::follow;
use tracing::field::Empty;
use tracing::{Level, Span};

use crate::route::Port;
use crate::routes::ROUTES;

/// That of an HTTP request with this id. Who asks whether the server lives, and
/// what it counts, does so all the time, and nobody looks for it.
pub(crate) fn request<B>(request: &Request<B>, id: &str) -> Span {
    if !tracing::span_enabled!(Level::INFO) {
        return Span::none();
    }
    let (method, path) = (request.method().as_str(), request.uri().path());
    let route = ROUTES.iter().find(|route| route.matches(path));
    if route.is_some_and(|route| route.port != Port::Requests) {
        return Span::none();
    }
    let route = route.map(|route| route.path);
    let name = route.map(|route| format!("{method} {route}"));
    let span = tracing::info_span!(
        "request",
        otel.name = name.as_deref().unwrap_or(method),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        id,
    );
    follow(&span, |name| once(request.headers(), name));
    span
}

/// That of one of Envoy's services. The trace is that of the call, which is
/// Envoy's own span, or else that of the request that is judged.
pub(crate) fn envoy<'h>(
    service: &'static str,
    method: &'static str,
    call: &'h HeaderMap,
    judged: impl Fn(&str) -> Option<&'h str>,
) -> Span {
    if !tracing::span_enabled!(Level::INFO) {
        return Span::none();
    }
    let span = tracing::info_span!(
        "envoy",
        otel.name = format!("{service}/{method}"),
        otel.kind = "server",
        otel.status_code = Empty,
        rpc.system = "grpc",
        rpc.service = service,
        rpc.method = method,
        http.response.status_code = Empty,
    );
    let _ = follow(&span, |name| once(call, name)) || follow(&span, judged);
    span
}

/// What came of it.
pub(crate) fn answered(span: &Span, status: StatusCode) {
    // An integer to who reads it, which an unsigned one is not.
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}

/// A header that is there once, and is text.
fn once<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let (first, None) = (values.next()?, values.next()) else { return None };
    first.to_str().ok()
}
