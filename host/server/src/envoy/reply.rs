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

use super::exchange::Next;
use super::judge::Released;
use super::message::{self, Form};
use super::told::{self, Denial, OURS, Told};

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    RequestHeaders,
    ResponseHeaders,
    RequestBody,
    ResponseBody,
    RequestTrailers,
    ResponseTrailers,
}

impl Name {
    pub(super) fn of(part: &Part) -> Self {
        match part {
            Part::RequestHeaders(_) => Self::RequestHeaders,
            Part::ResponseHeaders(_) => Self::ResponseHeaders,
            Part::RequestBody(_) => Self::RequestBody,
            Part::ResponseBody(_) => Self::ResponseBody,
            Part::RequestTrailers(_) => Self::RequestTrailers,
            Part::ResponseTrailers(_) => Self::ResponseTrailers,
        }
    }

    /// What it is called.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::RequestHeaders => "the head of a request",
            Self::ResponseHeaders => "the head of an answer",
            Self::RequestBody => "the body of a request",
            Self::ResponseBody => "the body of an answer",
            Self::RequestTrailers => "the trailers of a request",
            Self::ResponseTrailers => "the trailers of an answer",
        }
    }
}

/// What Envoy is told of a part.
pub(super) fn of(part: Name, next: Next) -> ProcessingResponse {
    match next {
        // Nobody but us says anything in our name.
        Next::Pass if matches!(part, Name::RequestHeaders | Name::ResponseHeaders) => {
            changed(part, without(ours()), None)
        }
        Next::Hold { plain } if part == Name::RequestHeaders => request_held(plain),
        Next::Pass | Next::Hold { .. } | Next::Sent => {
            changed(part, HeaderMutation::default(), None)
        }
        Next::Request(told) => request_passed(told.as_ref()),
        Next::Answer(released) => answer_released(released),
        Next::Deny(denial) => denied(*denial),
    }
}

/// The head of a request that is judged with its body. A model must answer in
/// plain text, where its answer is decided on.
fn request_held(plain: bool) -> ProcessingResponse {
    let mut removed = ours();
    if plain {
        removed.push("accept-encoding".to_owned());
    }
    changed(Name::RequestHeaders, without(removed), None)
}

fn request_passed(told: Option<&Told>) -> ProcessingResponse {
    let headers = message::headers(Form::Raw, told.into_iter().flat_map(Told::headers));
    let said = changed(Name::RequestBody, with(headers), None);
    told_of(said, message::metadata(told::passed(told)))
}

fn answer_released(released: Released) -> ProcessingResponse {
    let metadata = message::metadata(told::passed(Some(&released.told)));
    let headers = message::headers(Form::Raw, released.headers());
    told_of(changed(Name::ResponseBody, with(headers), released.body), metadata)
}

/// What a client gets in place of an answer.
fn denied(denial: Denial) -> ProcessingResponse {
    let metadata = message::metadata(denial.metadata());
    let immediate = ImmediateResponse {
        status: message::status(denial.status),
        headers: Some(with(message::headers(Form::Raw, denial.headers()))),
        details: denial.details(),
        body: denial.body.into_bytes(),
        grpc_status: None,
    };
    told_of(said(Said::ImmediateResponse(immediate)), metadata)
}

fn said(response: Said) -> ProcessingResponse {
    ProcessingResponse { response: Some(response), ..ProcessingResponse::default() }
}

fn told_of(response: ProcessingResponse, metadata: Struct) -> ProcessingResponse {
    ProcessingResponse { dynamic_metadata: Some(metadata), ..response }
}

/// A part with other headers, or another body.
fn changed(part: Name, headers: HeaderMutation, body: Option<Vec<u8>>) -> ProcessingResponse {
    let common = CommonResponse {
        header_mutation: Some(headers),
        body_mutation: body.map(|it| BodyMutation { mutation: Some(Mutation::Body(it)) }),
        ..CommonResponse::default()
    };
    let head = |response| HeadersResponse { response: Some(response) };
    let body = |response| BodyResponse { response: Some(response) };
    said(match part {
        Name::RequestHeaders => Said::RequestHeaders(head(common)),
        Name::ResponseHeaders => Said::ResponseHeaders(head(common)),
        Name::RequestBody => Said::RequestBody(body(common)),
        Name::ResponseBody => Said::ResponseBody(body(common)),
        Name::RequestTrailers => Said::RequestTrailers(TrailersResponse::default()),
        Name::ResponseTrailers => Said::ResponseTrailers(TrailersResponse::default()),
    })
}

fn ours() -> Vec<String> {
    OURS.map(str::to_owned).to_vec()
}

fn with(set_headers: Vec<HeaderValueOption>) -> HeaderMutation {
    HeaderMutation { set_headers, remove_headers: Vec::new() }
}

fn without(remove_headers: Vec<String>) -> HeaderMutation {
    HeaderMutation { set_headers: Vec::new(), remove_headers }
}
