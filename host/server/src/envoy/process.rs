//! Envoy's `ext_proc`: requests and their answers, over gRPC.

use std::sync::Arc;
use std::time::Duration;

use envoy_types::pb::envoy::extensions::filters::http::ext_proc::v3::processing_mode::BodySendMode;
use envoy_types::pb::envoy::service::ext_proc::v3::external_processor_server::ExternalProcessor;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_request::Request as Part;
use envoy_types::pb::envoy::service::ext_proc::v3::{
    ProcessingRequest, ProcessingResponse, ProtocolConfiguration,
};
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, unfold};
use hyper::{HeaderMap, StatusCode};
use tokio::time::timeout;
use tonic::{Request, Response, Status, Streaming};
use tracing::{Instrument as _, Span};

use super::exchange::{Exchange, Next, OutOfPlace, decides_on_answers};
use super::head::Head;
use super::judge::Judge;
use super::reply::{self, Name};
use crate::config::EnvoyRoute;
use crate::problem::{PROXY, Problem};
use crate::traced;

const PROCESSOR: &str = "envoy.service.ext_proc.v3.ExternalProcessor";

/// Answers `ext_proc`.
pub(super) struct Process(pub(super) Arc<Judge>);

#[tonic::async_trait]
impl ExternalProcessor for Process {
    type ProcessStream = BoxStream<'static, Result<ProcessingResponse, Status>>;

    async fn process(
        &self,
        request: Request<Streaming<ProcessingRequest>>,
    ) -> Result<Response<Self::ProcessStream>, Status> {
        let (metadata, _, parts) = request.into_parts();
        let call = Call {
            exchange: Exchange::new(Arc::clone(&self.0)),
            headers: metadata.into_headers(),
            span: Span::none(),
        };
        let replies = unfold(Some((call, parts)), |open| async {
            let (mut call, mut parts) = open?;
            match reply_to(&mut call, &mut parts).await {
                Some(Ok(reply)) => Some((Ok(reply), Some((call, parts)))),
                Some(Err(status)) => Some((Err(status), None)),
                None => None,
            }
        });
        Ok(Response::new(replies.boxed()))
    }
}

/// One request and its answer.
struct Call {
    exchange: Exchange,
    headers: HeaderMap,
    /// From the head of the request to the end.
    span: Span,
}

/// The reply to the next part; none when there are no more.
async fn reply_to(
    call: &mut Call,
    parts: &mut Streaming<ProcessingRequest>,
) -> Option<Result<ProcessingResponse, Status>> {
    let Call { exchange, headers, span } = call;
    if exchange.is_denied() {
        return None;
    }
    let part = match within(exchange.limit(), parts.message()).await {
        Some(Ok(Some(part))) => part,
        Some(Ok(None)) => return None,
        Some(Err(status)) => return Some(Err(status)),
        None => {
            let late = exchange.late();
            answered(span, &late);
            return Some(Ok(reply::of(Name::RequestBody, late)));
        }
    };
    let modes = part.protocol_config;
    let Some(part) = part.request else {
        return Some(Err(Status::unimplemented("this part of an exchange is not known")));
    };
    let name = Name::of(&part);
    // One that follows nobody's trace begins its own with the head.
    if let Part::RequestHeaders(head) = &part {
        let head = Head::of_message(head.headers.clone());
        *span = traced::envoy(PROCESSOR, "Process", headers, |name| head.text(name));
    }
    Some(match judged(exchange, part, modes).instrument(span.clone()).await {
        Ok(next) => {
            answered(span, &next);
            Ok(reply::of(name, next))
        }
        Err(OutOfPlace) => Err(Status::failed_precondition(format!(
            "{} cannot come here, so nothing more is judged",
            name.text()
        ))),
    })
}

/// Notes what came of a request, where this says so.
fn answered(span: &Span, next: &Next) {
    match next {
        Next::Request(_) | Next::Answer(_) => traced::answered(span, StatusCode::OK),
        Next::Deny(denial) => traced::answered(span, denial.status),
        Next::Pass | Next::Hold { .. } | Next::Sent => {}
    }
}

async fn judged(
    exchange: &mut Exchange,
    part: Part,
    modes: Option<ProtocolConfiguration>,
) -> Result<Next, OutOfPlace> {
    match part {
        Part::RequestHeaders(headers) => {
            let can = |route: &EnvoyRoute| can_be_judged(route, modes);
            let head = Head::of_message(headers.headers);
            exchange.request_head_if(head, headers.end_of_stream, can)
        }
        Part::RequestBody(body) => exchange.request_body(body.body, body.end_of_stream).await,
        Part::ResponseHeaders(headers) => {
            exchange.answer_head(&Head::of_message(headers.headers), headers.end_of_stream)
        }
        Part::ResponseBody(body) => exchange.answer_body(body.body, body.end_of_stream).await,
        Part::RequestTrailers(_) | Part::ResponseTrailers(_) => exchange.trailers(),
    }
}

async fn within<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => timeout(limit, work).await.ok(),
        None => Some(work.await),
    }
}

/// Whether Envoy will show what is judged, and hold it until it was: of parts
/// that do not come nobody would know.
fn can_be_judged(route: &EnvoyRoute, modes: Option<ProtocolConfiguration>) -> Result<(), Problem> {
    let Some(modes) = modes else {
        return Err(Problem::new(PROXY, "it does not say which parts it shows: 1.34 and later do"));
    };
    let is_whole = |mode: i32| mode == BodySendMode::Buffered as i32;
    if !is_whole(modes.request_body_mode) {
        return Err(Problem::new(PROXY, "set `request_body_mode: BUFFERED`"));
    }
    if decides_on_answers(route) && !is_whole(modes.response_body_mode) {
        return Err(Problem::new(PROXY, "set `response_body_mode: BUFFERED`"));
    }
    Ok(())
}
