//! What Envoy is told of a part of an exchange.

use envoy_types::pb::envoy::config::core::v3::HeaderValueOption;
use envoy_types::pb::envoy::service::ext_proc::v3::body_mutation::Mutation;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_request::Request as Part;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_response::Response as Said;
use envoy_types::pb::envoy::service::ext_proc::v3::{
    BodyMutation, BodyResponse, CommonResponse, HeaderMutation, HeadersResponse, ImmediateResponse,
    ProcessingResponse, TrailersResponse,
};
use envoy_types::pb::google::protobuf::Struct;

use super::judge::Released;
use super::message::{self, Form};
use super::told::{Denial, Told};

/// What Envoy is told.
pub(super) enum Reply {
    /// There is more to come before the verdict, or nothing to judge.
    Go(Box<ProcessingResponse>),
    /// It was judged, and goes on.
    Judged(Box<ProcessingResponse>),
    /// It does not.
    Deny(Box<Denial>),
}

impl Reply {
    pub(super) fn deny(denial: Denial) -> Self {
        Self::Deny(Box::new(denial))
    }
}

/// The head of a request that is not judged.
pub(super) fn head_passed() -> Reply {
    Reply::Go(Box::new(heads(Said::RequestHeaders, without(message::ours()))))
}

/// The head of a request that will be. A model must answer in plain text, where
/// its answer is decided on.
pub(super) fn head_judged(plain: bool) -> Reply {
    let mut removed = message::ours();
    if plain {
        removed.push("accept-encoding".to_owned());
    }
    Reply::Go(Box::new(heads(Said::RequestHeaders, without(removed))))
}

/// A request that goes on.
pub(super) fn request_passed(told: Option<&Told>) -> Reply {
    let headers = told.map(|told| message::headers(Form::Raw, told)).unwrap_or_default();
    let said = body(Said::RequestBody, with(headers), None);
    Reply::Judged(Box::new(told_of(said, message::passed(told))))
}

/// A request that goes on, and is decided on with its answer.
pub(super) fn request_sent() -> Reply {
    Reply::Go(Box::new(body(Said::RequestBody, HeaderMutation::default(), None)))
}

/// The head of an answer that is not decided on.
pub(super) fn answer_passed() -> Reply {
    Reply::Go(Box::new(heads(Said::ResponseHeaders, without(message::ours()))))
}

/// The head of an answer that will be.
pub(super) fn answer_held() -> Reply {
    Reply::Go(Box::new(heads(Said::ResponseHeaders, HeaderMutation::default())))
}

/// An answer that goes back.
pub(super) fn answer_released(released: Released) -> Reply {
    let Released { told, body: changed } = released;
    let mut headers = message::headers(Form::Raw, &told);
    if let Some(changed) = &changed {
        headers.push(message::header(Form::Raw, "content-length", &changed.len().to_string()));
    }
    let said = body(Said::ResponseBody, with(headers), changed);
    Reply::Judged(Box::new(told_of(said, message::passed(Some(&told)))))
}

/// A part of what is not, or no longer, judged.
pub(super) fn pass(part: &Part) -> Reply {
    let none = HeaderMutation::default;
    Reply::Go(Box::new(match part {
        Part::RequestHeaders(_) => heads(Said::RequestHeaders, none()),
        // No model has anything to say in our name.
        Part::ResponseHeaders(_) => heads(Said::ResponseHeaders, without(message::ours())),
        Part::RequestBody(_) => body(Said::RequestBody, none(), None),
        Part::ResponseBody(_) => body(Said::ResponseBody, none(), None),
        Part::RequestTrailers(_) => said(Said::RequestTrailers(TrailersResponse::default())),
        Part::ResponseTrailers(_) => said(Said::ResponseTrailers(TrailersResponse::default())),
    }))
}

/// What a part is called.
pub(super) fn name(part: &Part) -> &'static str {
    match part {
        Part::RequestHeaders(_) => "the head of a request",
        Part::ResponseHeaders(_) => "the head of an answer",
        Part::RequestBody(_) => "the body of a request",
        Part::ResponseBody(_) => "the body of an answer",
        Part::RequestTrailers(_) => "the trailers of a request",
        Part::ResponseTrailers(_) => "the trailers of an answer",
    }
}

/// What a client gets in place of an answer.
pub(super) fn denied(denial: Denial) -> ProcessingResponse {
    let metadata = message::denied(&denial);
    let immediate = ImmediateResponse {
        status: message::status(denial.status),
        headers: Some(with(message::of_denial(Form::Raw, &denial))),
        body: denial.body.into_bytes(),
        grpc_status: None,
        details: format!("tollgate_{}", denial.why.replace('-', "_")),
    };
    told_of(said(Said::ImmediateResponse(immediate)), metadata)
}

fn said(response: Said) -> ProcessingResponse {
    ProcessingResponse { response: Some(response), ..ProcessingResponse::default() }
}

fn told_of(response: ProcessingResponse, metadata: Struct) -> ProcessingResponse {
    ProcessingResponse { dynamic_metadata: Some(metadata), ..response }
}

fn heads(form: fn(HeadersResponse) -> Said, headers: HeaderMutation) -> ProcessingResponse {
    said(form(HeadersResponse { response: Some(common(headers, None)) }))
}

fn body(
    form: fn(BodyResponse) -> Said,
    headers: HeaderMutation,
    changed: Option<Vec<u8>>,
) -> ProcessingResponse {
    said(form(BodyResponse { response: Some(common(headers, changed)) }))
}

fn common(headers: HeaderMutation, changed: Option<Vec<u8>>) -> CommonResponse {
    CommonResponse {
        header_mutation: Some(headers),
        body_mutation: changed.map(|it| BodyMutation { mutation: Some(Mutation::Body(it)) }),
        ..CommonResponse::default()
    }
}

fn with(set_headers: Vec<HeaderValueOption>) -> HeaderMutation {
    HeaderMutation { set_headers, remove_headers: Vec::new() }
}

fn without(remove_headers: Vec<String>) -> HeaderMutation {
    HeaderMutation { set_headers: Vec::new(), remove_headers }
}
