//! What Envoy's services ask for: may this request go on, and may this answer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::StatusCode;
use prometheus_client::metrics::counter::Counter;
use serde::de::IgnoredAny;
use tokio::time::timeout;
use tollgate::input::Outside;
use tollgate::judge::Answer;
use tollgate_exchange::{Exchange, ExchangeError, Side};

use super::head::Head;
use super::route::Routes;
use super::told::{Denial, Header, Told, member};
use crate::body::Payload;
use crate::config::{DecideOn, Envoy, EnvoyDecide, EnvoyRoute};
use crate::handle::check;
use crate::handle::decide::{self, Asked};
use crate::judges::ServedPolicy;
use crate::problem::{ANSWER, BAD_REQUEST, DEADLINE, Problem, ROWS, SIGNATURE};
use crate::service::Service;
use crate::work::{GRACE, QUICK, Tried};

/// More rows are for a worker: each may take its two milliseconds.
const FEW_ROWS: usize = 16;

/// A body that is judged several times.
#[derive(Clone)]
struct Shared(Arc<Payload>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// What a judged request leaves to be decided on with its answer.
pub(super) struct Pending {
    route: Arc<EnvoyRoute>,
    exchange: Exchange,
    request: Shared,
    outside: Outside,
    id: String,
}

impl Pending {
    /// The id of the request.
    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

/// What becomes of a request that goes on.
pub(super) enum Onward {
    /// It was decided on, or only checked.
    Decided(Option<Told>),
    /// It is decided on with its answer.
    Pending(Box<Pending>),
}

/// What becomes of an answer that goes on.
#[derive(Debug)]
pub struct Released {
    /// What was decided.
    pub told: Told,
    /// The answer with what was decided, where it is told and has room for it.
    pub body: Option<Vec<u8>>,
}

impl Released {
    /// The headers that it goes on with, each in the place of those of its name.
    #[must_use]
    pub fn headers(&self) -> Vec<Header> {
        let mut headers = self.told.headers().to_vec();
        headers.extend(self.body.iter().map(|it| ("content-length", it.len().to_string())));
        headers
    }
}

/// Judges what Envoys ask about.
pub(crate) struct Judge {
    service: Arc<Service>,
    routes: Routes,
    /// The counter of nearly all verdicts.
    passed: Counter,
}

impl Judge {
    pub(crate) fn new(service: Arc<Service>, envoy: &Envoy) -> Self {
        let requests = &service.metrics.requests;
        let passed = requests.get_or_create_owned(&labels(StatusCode::OK));
        Self { routes: Routes::new(envoy), passed, service }
    }

    /// The longest body.
    pub(super) fn most(&self) -> usize {
        self.service.config.limits.body
    }

    /// How long a body may take.
    pub(super) fn body_timeout(&self) -> Duration {
        self.service.config.limits.body_timeout
    }

    pub(super) fn head_timeout(&self) -> Duration {
        self.service.config.limits.head_timeout
    }

    /// The route of a request; none where it goes on unjudged.
    pub(super) fn route(&self, head: &Head) -> Result<Option<Arc<EnvoyRoute>>, Denial> {
        let found = self.routes.find(&head.target);
        found.map_err(|problem| Denial::of_problem(&problem, &head.id))
    }

    /// Counts a verdict.
    pub(super) fn count(&self, denied: Option<StatusCode>) {
        match denied {
            None => self.passed.inc(),
            Some(status) => {
                self.service.metrics.requests.get_or_create_owned(&labels(status)).inc()
            }
        };
    }

    /// Whether a request may go on.
    pub(super) async fn request(
        &self,
        head: &Head,
        route: &Arc<EnvoyRoute>,
        body: Vec<u8>,
    ) -> Result<Onward, Denial> {
        let judged = self.judged_request(head, route, body);
        match timeout(self.patience(), judged).await {
            Ok(judged) => judged,
            Err(_) => Err(Denial::of_problem(&too_late(), &head.id)),
        }
    }

    async fn judged_request(
        &self,
        head: &Head,
        route: &Arc<EnvoyRoute>,
        body: Vec<u8>,
    ) -> Result<Onward, Denial> {
        let problem = |problem: Problem| Denial::of_problem(&problem, &head.id);
        if body.is_empty() {
            let detail = "requests to this path are judged by their bodies, and this one has none";
            return Err(problem(Problem::new(BAD_REQUEST, detail)));
        }
        head.expect_json().map_err(problem)?;
        let payload = self.hold(body).map_err(problem)?;
        if let Some(name) = &route.check {
            self.check(name, payload.clone(), &head.id).await?;
        }
        let Some(rule) = &route.decide else { return Ok(Onward::Decided(None)) };
        let policy = self.service.policy(&rule.policy).map_err(problem)?;
        let outside = head.outside(&policy.headers);
        match &rule.on {
            DecideOn::Request => {
                let cases = vec![payload];
                let decided = self.decide(&policy, rule, cases, outside, &head.id).await?;
                Ok(Onward::Decided(Some(decided.told)))
            }
            DecideOn::Exchange { score, output, .. } => Ok(Onward::Pending(Box::new(Pending {
                route: Arc::clone(route),
                exchange: Exchange::new(score, output.as_deref()),
                request: payload,
                outside,
                id: head.id.clone(),
            }))),
        }
    }

    /// Whether the answer to a request may go back.
    pub(super) async fn answer(&self, pending: Pending, body: Vec<u8>) -> Result<Released, Denial> {
        let id = pending.id.clone();
        match timeout(self.patience(), self.judged_answer(pending, body)).await {
            Ok(judged) => judged,
            Err(_) => Err(Denial::of_problem(&too_late(), &id)),
        }
    }

    async fn judged_answer(&self, pending: Pending, body: Vec<u8>) -> Result<Released, Denial> {
        let Pending { route, exchange, request, outside, id } = pending;
        let problem = |problem: Problem| Denial::of_problem(&problem, &id);
        let Some(rule) = &route.decide else {
            return Err(problem(Problem::new(ANSWER, "nothing decides on it")));
        };
        // Of the route when it went on; what is live now decides.
        let policy = self.service.policy(&rule.policy).map_err(problem)?;
        if body.len() > self.most() {
            let detail = format!("it is longer than {} bytes", self.most());
            return Err(problem(Problem::new(ANSWER, detail)));
        }
        let answer = self.hold(body).map_err(problem)?;
        let of_answer = answer.clone();
        let bytes = request.as_ref().len() + answer.as_ref().len();
        let read = self.service.work.run(&policy.pace, bytes, move |_| {
            let cases = exchange
                .cases(request.as_ref(), of_answer.as_ref())
                .map_err(|error| undecidable(&error));
            Tried::Done(cases)
        });
        let cases = read.await.map_err(problem)?;
        let Decided { told, answers } = self.decide(&policy, rule, cases, outside, &id).await?;
        let body = match answers {
            Some(answers) => {
                with_member(answer.as_ref(), &member(&told, &answers)).map_err(problem)?
            }
            None => None,
        };
        Ok(Released { told, body })
    }

    /// Why a body is not judged that is longer.
    pub(super) fn too_large(&self) -> Problem {
        self.service.bodies.too_large()
    }

    fn hold(&self, body: Vec<u8>) -> Result<Shared, Problem> {
        self.service.bodies.hold(body).map(|payload| Shared(Arc::new(payload)))
    }

    async fn check(&self, name: &str, payload: Shared, id: &str) -> Result<(), Denial> {
        let problem = |problem: Problem| Denial::of_problem(&problem, id);
        let check = self.service.check(name).map_err(problem)?;
        let (judge, name, bytes) = (Arc::clone(&check), name.to_owned(), payload.as_ref().len());
        let judged = payload.clone();
        let (passes, report) = self
            .service
            .work
            .run(&check.pace, bytes, move |attempt| {
                check::judged(&judge, &name, judged.as_ref(), attempt)
            })
            .await
            .map_err(problem)?;
        if passes {
            return Ok(());
        }
        let problem = match serde_json::from_slice::<IgnoredAny>(payload.as_ref()) {
            Ok(_) => Problem::new(SIGNATURE, "see `findings`"),
            Err(_) => Problem::new(BAD_REQUEST, "the body is no JSON"),
        };
        Err(Denial::of_report(&problem, id, &report))
    }

    /// Decides on every case; the strictest action counts.
    async fn decide<C: AsRef<[u8]> + Send + 'static>(
        &self,
        policy: &Arc<ServedPolicy>,
        rule: &EnvoyDecide,
        cases: Vec<C>,
        outside: Outside,
        id: &str,
    ) -> Result<Decided, Denial> {
        let bytes = match cases.len() {
            // No thread that serves others waits for a store.
            _ if policy.waits() => usize::MAX,
            0..=FEW_ROWS => cases.iter().map(|case| case.as_ref().len()).sum(),
            _ => usize::MAX,
        };
        let (judge, most) = (Arc::clone(policy), self.patience());
        // Of a first attempt that ran out of time: what was decided is logged and
        // counted, and is not decided again.
        let so_far = Mutex::new((0, Strictest::new(rule, cases.len())));
        let trace: Option<Box<str>> = (!id.is_empty()).then(|| id.into());
        let strictest = self.service.work.run(&policy.pace, bytes, move |attempt| {
            let start = Instant::now();
            // Each row has a deadline; all of them together are as quick.
            let most = if attempt.again { QUICK } else { most };
            let mut so_far = so_far.lock().unwrap_or_else(PoisonError::into_inner);
            let (done, strictest) = &mut *so_far;
            for case in cases.iter().skip(*done) {
                if start.elapsed() > most {
                    return Tried::Unfinished;
                }
                let (payload, trace) = (case.as_ref(), trace.as_deref());
                let asked = Asked { payload, outside: &outside, trace };
                match decide::judged(&judge, &asked, attempt, |answer| strictest.take(answer)) {
                    Tried::Done(Ok(())) => *done += 1,
                    Tried::Done(Err(problem)) => return Tried::Done(Err(problem)),
                    Tried::Unfinished => return Tried::Unfinished,
                }
            }
            Tried::Done(Ok(strictest.verdict()))
        });
        strictest.await.map_err(|problem| Denial::of_problem(&problem, id))?
    }

    /// The longest that a request or an answer is judged.
    fn patience(&self) -> Duration {
        self.service.config.limits.deadline + GRACE
    }
}

/// What was decided on all cases.
struct Decided {
    told: Told,
    /// All answers in JSON, where they are told.
    answers: Option<String>,
}

/// The strictest of the decisions on some cases.
struct Strictest {
    allow: Vec<String>,
    rows: usize,
    /// Whether it is let through, how strict its action is, and what it was.
    found: Option<((bool, usize), Told)>,
    /// The answer of one that is not let through.
    denied: String,
    answers: Option<String>,
}

impl Strictest {
    fn new(rule: &EnvoyDecide, rows: usize) -> Self {
        let is_told = matches!(rule.on, DecideOn::Exchange { body: true, .. });
        Self {
            allow: rule.allow.clone(),
            rows,
            found: None,
            denied: String::new(),
            answers: is_told.then(String::new),
        }
    }

    fn take(&mut self, answer: &Answer<'_>) {
        if let Some(answers) = &mut self.answers {
            if !answers.is_empty() {
                answers.push(',');
            }
            answer.write_json(None, answers);
        }
        let action = answer.action();
        let actions = &answer.decider().policy().surface().actions;
        let place = action.and_then(|action| actions.iter().position(|known| known == action));
        let is_denied = action.is_none_or(|action| !self.allow.iter().any(|it| it == action));
        // What is no action is stricter than each.
        let rank = (is_denied, place.unwrap_or(usize::MAX));
        if self.found.as_ref().is_some_and(|(found, _)| *found >= rank) {
            return;
        }
        if is_denied {
            self.denied.clear();
            answer.write_json(None, &mut self.denied);
            self.denied.push('\n');
        }
        self.found = Some((rank, Told { rows: self.rows, ..Told::of(answer) }));
    }

    fn verdict(&mut self) -> Result<Decided, Denial> {
        match self.found.take() {
            Some(((false, _), told)) => Ok(Decided { told, answers: self.answers.take() }),
            Some(((true, _), told)) => {
                Err(Denial::of_decision(told, std::mem::take(&mut self.denied)))
            }
            None => Err(Denial::of_problem(&Problem::new(ROWS, "there are no rows"), "")),
        }
    }
}

/// Why there are no cases: for a client's rows its own doing, for an answer the
/// model's.
fn undecidable(error: &ExchangeError) -> Problem {
    let kind = match error {
        ExchangeError::NotUtf8(Side::Answer)
        | ExchangeError::Unread { side: Side::Answer, .. }
        | ExchangeError::Form { side: Side::Answer, .. }
        | ExchangeError::Counts { .. } => ANSWER,
        _ => ROWS,
    };
    Problem::new(kind, error.to_string())
}

/// An answer with one member more; none where it is no object. It was read, and
/// is JSON.
fn with_member(answer: &[u8], member: &str) -> Result<Option<Vec<u8>>, Problem> {
    let Some(inner) = answer.trim_ascii().strip_suffix(b"}") else { return Ok(None) };
    let names: Result<std::collections::BTreeMap<String, IgnoredAny>, _> =
        serde_json::from_slice(answer);
    let names = names.map_err(|_| Problem::new(ANSWER, "it is no JSON"))?;
    if names.contains_key("tollgate") {
        return Err(Problem::new(ANSWER, "it has a member `tollgate` already"));
    }
    let mut whole = inner.to_vec();
    if !names.is_empty() {
        whole.push(b',');
    }
    whole.extend_from_slice(b"\"tollgate\":");
    whole.extend_from_slice(member.as_bytes());
    whole.push(b'}');
    Ok(Some(whole))
}

fn too_late() -> Problem {
    Problem::new(DEADLINE, "it was not judged before the deadline")
}

fn labels(status: StatusCode) -> Vec<(&'static str, String)> {
    vec![("port", "envoy".to_owned()), ("status", status.as_str().to_owned())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(answer: &str) -> Option<String> {
        let whole = with_member(answer.as_bytes(), "1").ok()?;
        Some(whole.map_or("as it was".to_owned(), |it| String::from_utf8_lossy(&it).into_owned()))
    }

    #[test]
    fn an_object_gets_one_member_more() {
        for (answer, expected) in [
            (r#"{"predictions": [0.1]}"#, Some(r#"{"predictions": [0.1],"tollgate":1}"#)),
            ("{\"a\": 1 }\n", Some("{\"a\": 1 ,\"tollgate\":1}")),
            (" {} ", Some("{\"tollgate\":1}")),
            ("[0.1]", Some("as it was")),
            (r#"{"tollgate": 1}"#, None),
            (r#"{"\u0074ollgate": 1}"#, None),
            ("a}", None),
        ] {
            assert_eq!(with(answer).as_deref(), expected, "{answer}");
        }
    }
}
