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
use tokio::time::timeout;
use tonic::{Request, Response, Status, Streaming};

use super::exchange::{Exchange, Next, OutOfPlace, decides_on_answers};
use super::head::Head;
use super::judge::Judge;
use super::reply::{self, Name};
use crate::config::EnvoyRoute;
use crate::problem::{PROXY, Problem};

/// Answers `ext_proc`.
pub(super) struct Process(pub(super) Arc<Judge>);

#[tonic::async_trait]
impl ExternalProcessor for Process {
    type ProcessStream = BoxStream<'static, Result<ProcessingResponse, Status>>;

    async fn process(
        &self,
        request: Request<Streaming<ProcessingRequest>>,
    ) -> Result<Response<Self::ProcessStream>, Status> {
        let exchange = Exchange::new(Arc::clone(&self.0));
        let replies = unfold(Some((exchange, request.into_inner())), |open| async {
            let (mut exchange, mut parts) = open?;
            match reply_to(&mut exchange, &mut parts).await {
                Some(Ok(reply)) => Some((Ok(reply), Some((exchange, parts)))),
                Some(Err(status)) => Some((Err(status), None)),
                None => None,
            }
        });
        Ok(Response::new(replies.boxed()))
    }
}

/// The reply to the next part; none when there are no more.
async fn reply_to(
    exchange: &mut Exchange,
    parts: &mut Streaming<ProcessingRequest>,
) -> Option<Result<ProcessingResponse, Status>> {
    if exchange.is_denied() {
        return None;
    }
    let part = match within(exchange.limit(), parts.message()).await {
        Some(Ok(Some(part))) => part,
        Some(Ok(None)) => return None,
        Some(Err(status)) => return Some(Err(status)),
        None => return Some(Ok(reply::of(Name::RequestBody, exchange.late()))),
    };
    let modes = part.protocol_config;
    let Some(part) = part.request else {
        return Some(Err(Status::unimplemented("this part of an exchange is not known")));
    };
    let name = Name::of(&part);
    Some(match judged(exchange, part, modes).await {
        Ok(next) => Ok(reply::of(name, next)),
        Err(OutOfPlace) => Err(Status::failed_precondition(format!(
            "{} cannot come here, so nothing more is judged",
            name.text()
        ))),
    })
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
