//! Envoy's `ext_proc`: a request and its answer, as they go by.

use std::sync::Arc;
use std::time::Duration;

use envoy_types::pb::envoy::extensions::filters::http::ext_proc::v3::processing_mode::BodySendMode;
use envoy_types::pb::envoy::service::ext_proc::v3::external_processor_server::ExternalProcessor;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_request::Request as Part;
use envoy_types::pb::envoy::service::ext_proc::v3::{
    HttpBody, HttpHeaders, ProcessingRequest, ProcessingResponse, ProtocolConfiguration,
};
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, unfold};
use hyper::{HeaderMap, StatusCode};
use tokio::time::timeout;
use tonic::{Request, Response, Status, Streaming};
use tracing::{Instrument as _, Span};

use super::head::Head;
use super::judge::{Judge, Onward, Pending};
use super::reply::{self, Reply};
use super::told::Denial;
use crate::config::{DecideOn, EnvoyRoute};
use crate::problem::{ANSWER, BAD_REQUEST, PROXY, Problem, SLOW};
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
        let (call, span) = (metadata.into_headers(), Span::none());
        let exchange = Exchange { judge: Arc::clone(&self.0), at: At::Start, call, span };
        let replies = unfold(Some((exchange, parts)), |open| async {
            let (mut exchange, mut parts) = open?;
            match exchange.next(&mut parts).await {
                Some(Ok(reply)) => Some((Ok(reply), Some((exchange, parts)))),
                Some(Err(status)) => Some((Err(status), None)),
                None => None,
            }
        });
        Ok(Response::new(replies.boxed()))
    }
}

/// One request and its answer.
struct Exchange {
    judge: Arc<Judge>,
    at: At,
    /// The headers of the call.
    call: HeaderMap,
    /// From the head of the request to the end.
    span: Span,
}

/// How far it has come.
enum At {
    /// Nothing came yet.
    Start,
    /// The head of a request that is judged by its body.
    Head { head: Head, route: Arc<EnvoyRoute> },
    /// The request went on, and its answer is decided on.
    Sent(Box<Pending>),
    /// The head of that answer.
    Answer(Box<Pending>),
    /// It goes by.
    Passed,
    /// It was denied, and there is nothing to add.
    Denied,
}

/// What comes next: where it is then, and what Envoy is told.
type Step = Result<(At, Reply), Status>;

impl Exchange {
    /// The reply to the next part; none when there are no more.
    async fn next(
        &mut self,
        parts: &mut Streaming<ProcessingRequest>,
    ) -> Option<Result<ProcessingResponse, Status>> {
        let at = std::mem::replace(&mut self.at, At::Denied);
        let (limit, head) = match &at {
            At::Denied => return None,
            At::Start => (Some(self.judge.head_timeout()), None),
            At::Head { head, .. } => (Some(self.judge.body_timeout()), Some(head)),
            // A model takes as long as Envoy lets it.
            _ => (None, None),
        };
        let part = match within(limit, parts.message()).await {
            Some(Ok(Some(part))) => part,
            Some(Ok(None)) => return None,
            Some(Err(status)) => return Some(Err(status)),
            None => {
                let problem = Problem::new(SLOW, "the body did not come in time");
                let id = head.map(|head| head.id.as_str()).unwrap_or_default();
                return Some(Ok(self.deny(Denial::of_problem(&problem, id))));
            }
        };
        let modes = part.protocol_config;
        let Some(part) = part.request else {
            return Some(Err(Status::unimplemented("this part of an exchange is not known")));
        };
        let stepped = match (at, part) {
            (At::Start, Part::RequestHeaders(headers)) => Ok(self.head(headers, modes)),
            (At::Head { head, route }, Part::RequestBody(body)) => {
                Ok(self.body(head, route, body).instrument(self.span.clone()).await)
            }
            // Envoy itself answers: the request is too long, or was given up.
            (At::Head { head, .. }, Part::ResponseHeaders(headers)) => {
                Ok(Self::own_answer(&head, headers))
            }
            (At::Sent(pending), Part::ResponseHeaders(headers)) => {
                Ok(Self::answer_head(pending, headers))
            }
            (At::Answer(pending), Part::ResponseBody(body)) => {
                Ok(self.answer_body(*pending, body).instrument(self.span.clone()).await)
            }
            (At::Passed, part) => Ok((At::Passed, reply::pass(&part))),
            (_, part) => Err(Status::failed_precondition(format!(
                "{} cannot come here, so nothing more is judged",
                reply::name(&part)
            ))),
        };
        Some(self.stepped(stepped))
    }

    fn stepped(&mut self, stepped: Step) -> Result<ProcessingResponse, Status> {
        let (at, reply) = stepped?;
        self.at = at;
        match reply {
            Reply::Go(response) => Ok(*response),
            Reply::Judged(response) => {
                self.judge.count(None);
                traced::answered(&self.span, StatusCode::OK);
                Ok(*response)
            }
            Reply::Deny(denial) => Ok(self.deny(*denial)),
        }
    }

    fn deny(&mut self, denial: Denial) -> ProcessingResponse {
        self.at = At::Denied;
        self.judge.count(Some(denial.status));
        traced::answered(&self.span, denial.status);
        reply::denied(denial)
    }

    fn head(&mut self, headers: HttpHeaders, modes: Option<ProtocolConfiguration>) -> (At, Reply) {
        let head = Head::of_message(headers.headers);
        self.span = traced::envoy(PROCESSOR, "Process", &self.call, |name| head.text(name));
        let route = match self.judge.route(&head) {
            Ok(Some(route)) => route,
            Ok(None) => return (At::Passed, reply::head_passed()),
            Err(denial) => return (At::Denied, Reply::deny(denial)),
        };
        if let Err(problem) = can_be_judged(&route, modes) {
            return denied(&problem, &head.id);
        }
        if headers.end_of_stream {
            let detail = "requests to this path are judged by their bodies, and this one has none";
            return denied(&Problem::new(BAD_REQUEST, detail), &head.id);
        }
        let plain = decides_on_answers(&route);
        (At::Head { head, route }, reply::head_judged(plain))
    }

    async fn body(&self, head: Head, route: Arc<EnvoyRoute>, body: HttpBody) -> (At, Reply) {
        if !body.end_of_stream {
            let detail = "the body is not whole, or has trailers";
            return denied(&Problem::new(BAD_REQUEST, detail), &head.id);
        }
        match self.judge.request(&head, &route, body.body).await {
            Ok(Onward::Decided(told)) => (At::Passed, reply::request_passed(told.as_ref())),
            Ok(Onward::Pending(pending)) => (At::Sent(pending), reply::request_sent()),
            Err(denial) => (At::Denied, Reply::deny(denial)),
        }
    }

    fn own_answer(head: &Head, headers: HttpHeaders) -> (At, Reply) {
        match is_error(&Head::of_message(headers.headers)) {
            true => (At::Passed, reply::answer_passed()),
            false => denied(&Problem::new(ANSWER, "the request was not judged"), &head.id),
        }
    }

    fn answer_head(pending: Box<Pending>, headers: HttpHeaders) -> (At, Reply) {
        let head = Head::of_message(headers.headers);
        if is_error(&head) {
            // There is no score in it, and nobody takes it for one.
            return (At::Passed, reply::answer_passed());
        }
        let problem = if head.text(":status") != Some("200") {
            "its status is not 200"
        } else if headers.end_of_stream {
            "it has no body"
        } else if head.expect_json().is_err() {
            "it is not plain JSON"
        } else {
            return (At::Answer(pending), reply::answer_held());
        };
        denied(&Problem::new(ANSWER, problem), pending.id())
    }

    async fn answer_body(&self, pending: Pending, body: HttpBody) -> (At, Reply) {
        if !body.end_of_stream {
            let problem = Problem::new(ANSWER, "it is not whole, or has trailers");
            return denied(&problem, pending.id());
        }
        match self.judge.answer(pending, body.body).await {
            Ok(released) => (At::Passed, reply::answer_released(released)),
            Err(denial) => (At::Denied, Reply::deny(denial)),
        }
    }
}

async fn within<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => timeout(limit, work).await.ok(),
        None => Some(work.await),
    }
}

fn denied(problem: &Problem, id: &str) -> (At, Reply) {
    (At::Denied, Reply::deny(Denial::of_problem(problem, id)))
}

fn decides_on_answers(route: &EnvoyRoute) -> bool {
    route.decide.as_ref().is_some_and(|rule| matches!(rule.on, DecideOn::Exchange { .. }))
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

/// Whether an answer says of itself that it is none.
fn is_error(head: &Head) -> bool {
    let status =
        head.text(":status").and_then(|status| StatusCode::from_bytes(status.as_bytes()).ok());
    status.is_some_and(|status| status.is_client_error() || status.is_server_error())
}
