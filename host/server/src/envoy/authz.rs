//! Envoy's `ext_authz`: may this request go on?

use std::sync::Arc;

use envoy_types::pb::envoy::service::auth::v3::attribute_context::HttpRequest;
use envoy_types::pb::envoy::service::auth::v3::authorization_server::Authorization;
use envoy_types::pb::envoy::service::auth::v3::check_response::HttpResponse;
use envoy_types::pb::envoy::service::auth::v3::{
    CheckRequest, CheckResponse, DeniedHttpResponse, OkHttpResponse,
};
use envoy_types::pb::google::rpc;
use hyper::StatusCode;
use tonic::{Code, Request, Response, Status};
use tracing::Instrument as _;

use super::head::Head;
use super::judge::{Judge, Onward};
use super::message::{self, Form};
use super::told::{self, Denial, OURS, Told};
use crate::config::{DecideOn, EnvoyRoute};
use crate::problem::{BAD_REQUEST, PROXY, Problem, TOO_LARGE};
use crate::traced;

const AUTHORIZATION: &str = "envoy.service.auth.v3.Authorization";

/// Answers `ext_authz`.
pub(super) struct Authz(pub(super) Arc<Judge>);

#[tonic::async_trait]
impl Authorization for Authz {
    async fn check(
        &self,
        request: Request<CheckRequest>,
    ) -> Result<Response<CheckResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let attributes = request.attributes;
        let Some(mut http) = attributes.and_then(|it| it.request).and_then(|it| it.http) else {
            return Err(Status::invalid_argument("there is no HTTP request in it"));
        };
        let head = Head::of_request(&mut http);
        let call = metadata.into_headers();
        let span = traced::envoy(AUTHORIZATION, "Check", &call, |name| head.text(name));
        let judged = self.judged(&head, http).instrument(span.clone()).await;
        let status = judged.as_ref().err().map(|denial| denial.status);
        traced::answered(&span, status.unwrap_or(StatusCode::OK));
        self.0.count(status);
        Ok(Response::new(match judged {
            Ok(told) => passed(told),
            Err(denial) => denied(denial),
        }))
    }
}

impl Authz {
    async fn judged(&self, head: &Head, http: HttpRequest) -> Result<Option<Told>, Denial> {
        let Some(route) = self.0.route(head)? else { return Ok(None) };
        let body = whole(head, &route, http).map_err(|it| Denial::of_problem(&it, &head.id))?;
        match self.0.request(head, &route, body).await? {
            Onward::Decided(told) => Ok(told),
            Onward::Pending(_) => Err(Denial::of_problem(&answerless(), &head.id)),
        }
    }
}

fn answerless() -> Problem {
    Problem::new(PROXY, "the answer is decided on, which ext_authz does not see: use ext_proc")
}

/// The body of a request, which is all of it.
fn whole(head: &Head, route: &EnvoyRoute, http: HttpRequest) -> Result<Vec<u8>, Problem> {
    if route.decide.as_ref().is_some_and(|it| matches!(it.on, DecideOn::Exchange { .. })) {
        return Err(answerless());
    }
    let body = match http.body.is_empty() {
        true => http.raw_body,
        // Without `pack_as_bytes` each byte that is no text became this one.
        // Where there is none, it is what was sent.
        false if http.body.contains('!') => {
            let detail =
                "whether a `!` in the body was sent is not clear: set `pack_as_bytes: true`";
            return Err(Problem::new(PROXY, detail));
        }
        false => http.body.into_bytes(),
    };
    if head.has("x-envoy-auth-partial-body")
        && head.text("x-envoy-auth-partial-body") != Some("false")
    {
        return Err(Problem::new(TOO_LARGE, "the body is longer than the proxy passes on"));
    }
    let announced = head.text("content-length").and_then(|length| length.parse::<usize>().ok());
    match announced {
        Some(announced) if announced > 0 && body.is_empty() => {
            Err(Problem::new(PROXY, "no body is passed on: set `with_request_body`"))
        }
        Some(announced) if announced != body.len() => {
            Err(Problem::new(BAD_REQUEST, "the body is cut off"))
        }
        None if head.has("content-length") => {
            Err(Problem::new(BAD_REQUEST, "the length of the body is not clear"))
        }
        _ => Ok(body),
    }
}

fn passed(told: Option<Told>) -> CheckResponse {
    let headers = message::headers(Form::Text, told.iter().flat_map(Told::headers));
    // Those that are set replace what a client sent; without a decision there
    // are none.
    let headers_to_remove =
        if told.is_none() { OURS.map(str::to_owned).to_vec() } else { Vec::new() };
    let ok = OkHttpResponse { headers, headers_to_remove, ..OkHttpResponse::default() };
    CheckResponse {
        status: status(Code::Ok),
        dynamic_metadata: Some(message::metadata(told::passed(told.as_ref()))),
        http_response: Some(HttpResponse::OkResponse(ok)),
    }
}

fn denied(denial: Denial) -> CheckResponse {
    CheckResponse {
        status: status(Code::PermissionDenied),
        dynamic_metadata: Some(message::metadata(denial.metadata())),
        http_response: Some(HttpResponse::DeniedResponse(DeniedHttpResponse {
            status: message::status(denial.status),
            headers: message::headers(Form::Text, denial.headers()),
            body: denial.body,
        })),
    }
}

fn status(code: Code) -> Option<rpc::Status> {
    Some(rpc::Status { code: code as i32, ..rpc::Status::default() })
}
