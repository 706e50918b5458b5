//! A request and its answer, as they go by, whoever shows them.

use std::sync::Arc;
use std::time::Duration;

use super::head::Head;
use super::judge::{Judge, Onward, Pending, Released};
use super::told::{Denial, Told};
use crate::config::{DecideOn, EnvoyRoute};
use crate::problem::{ANSWER, BAD_REQUEST, Problem, SLOW};

/// One request and its answer, part by part.
pub struct Exchange {
    judge: Arc<Judge>,
    at: At,
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

/// What becomes of a part.
#[derive(Debug)]
pub enum Next {
    /// It goes on; of a head, without what it says in Tollgate's name.
    Pass,
    /// A head that waits until its body was judged; of a request, without what
    /// it says in Tollgate's name.
    Hold {
        /// Whether the model must answer in plain text: without
        /// `accept-encoding`.
        plain: bool,
    },
    /// A request that was judged goes on, with what was decided.
    Request(Option<Told>),
    /// A request goes on, and is decided on with its answer.
    Sent,
    /// An answer goes back, with what was decided.
    Answer(Released),
    /// Nothing goes on, and this is the answer.
    Deny(Box<Denial>),
}

/// A part that cannot come here, so that nothing more is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfPlace;

/// Where it is then, and what becomes of the part.
type Step = (At, Next);

impl Exchange {
    pub(crate) fn new(judge: Arc<Judge>) -> Self {
        Self { judge, at: At::Start }
    }

    /// The longest body.
    #[must_use]
    pub fn most(&self) -> usize {
        self.judge.most()
    }

    /// Whether it was denied: what follows is the answer that says so.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(self.at, At::Denied)
    }

    /// Whether the body of the request is judged.
    #[must_use]
    pub fn awaits_request(&self) -> bool {
        matches!(self.at, At::Head { .. })
    }

    /// Whether the body of the answer is judged.
    #[must_use]
    pub fn awaits_answer(&self) -> bool {
        matches!(self.at, At::Answer(_))
    }

    /// How long the next part may take to come. A model takes as long as the
    /// proxy lets it.
    pub(super) fn limit(&self) -> Option<Duration> {
        match &self.at {
            At::Start => Some(self.judge.head_timeout()),
            At::Head { .. } => Some(self.judge.body_timeout()),
            _ => None,
        }
    }

    /// The next part did not come in time.
    pub(super) fn late(&mut self) -> Next {
        self.deny(&Problem::new(SLOW, "the body did not come in time"))
    }

    /// The head of a request.
    ///
    /// # Errors
    /// When it is not the first part.
    pub fn request_head(&mut self, head: Head, ends: bool) -> Result<Next, OutOfPlace> {
        self.request_head_if(head, ends, |_| Ok(()))
    }

    /// The head of a request, which is judged if that can be done at all.
    pub(super) fn request_head_if(
        &mut self,
        head: Head,
        ends: bool,
        can_be_judged: impl FnOnce(&EnvoyRoute) -> Result<(), Problem>,
    ) -> Result<Next, OutOfPlace> {
        let step = match self.take() {
            At::Start => self.head(head, ends, can_be_judged),
            _ => return Err(OutOfPlace),
        };
        Ok(self.stepped(step))
    }

    /// The body of a request, and whether that is all that comes.
    ///
    /// # Errors
    /// When it cannot come here.
    pub async fn request_body(
        &mut self,
        body: Vec<u8>,
        is_whole: bool,
    ) -> Result<Next, OutOfPlace> {
        let step = match self.take() {
            At::Head { head, route } => self.body(head, route, body, is_whole).await,
            At::Passed => (At::Passed, Next::Pass),
            _ => return Err(OutOfPlace),
        };
        Ok(self.stepped(step))
    }

    /// The head of an answer.
    ///
    /// # Errors
    /// When it cannot come here.
    pub fn answer_head(&mut self, head: &Head, ends: bool) -> Result<Next, OutOfPlace> {
        let step = match self.take() {
            // The proxy itself answers: the request is too long, or was given up.
            At::Head { head: asked, .. } => own_answer(&asked, head),
            At::Sent(pending) => model_answer(pending, head, ends),
            At::Passed => (At::Passed, Next::Pass),
            _ => return Err(OutOfPlace),
        };
        Ok(self.stepped(step))
    }

    /// The body of an answer, and whether that is all that comes.
    ///
    /// # Errors
    /// When it cannot come here.
    pub async fn answer_body(&mut self, body: Vec<u8>, is_whole: bool) -> Result<Next, OutOfPlace> {
        let step = match self.take() {
            At::Answer(pending) => self.answer(*pending, body, is_whole).await,
            At::Passed => (At::Passed, Next::Pass),
            _ => return Err(OutOfPlace),
        };
        Ok(self.stepped(step))
    }

    /// Trailers of either.
    ///
    /// # Errors
    /// When they cannot come here.
    pub fn trailers(&mut self) -> Result<Next, OutOfPlace> {
        match self.at {
            At::Passed => Ok(Next::Pass),
            _ => Err(OutOfPlace),
        }
    }

    /// What is longer than is judged denies, before it has come whole.
    pub fn too_large(&mut self) -> Next {
        let most = self.most();
        if self.awaits_answer() {
            return self.deny(&Problem::new(ANSWER, format!("it is longer than {most} bytes")));
        }
        self.deny(&self.judge.too_large())
    }

    fn deny(&mut self, problem: &Problem) -> Next {
        let id = match &self.at {
            At::Head { head, .. } => head.id.clone(),
            At::Sent(pending) | At::Answer(pending) => pending.id().to_owned(),
            At::Start | At::Passed | At::Denied => String::new(),
        };
        self.stepped(denied(problem, &id))
    }

    /// Whatever is not finished denies.
    fn take(&mut self) -> At {
        std::mem::replace(&mut self.at, At::Denied)
    }

    fn stepped(&mut self, (at, next): Step) -> Next {
        self.at = at;
        match &next {
            Next::Request(_) | Next::Answer(_) => self.judge.count(None),
            Next::Deny(denial) => self.judge.count(Some(denial.status)),
            Next::Pass | Next::Hold { .. } | Next::Sent => {}
        }
        next
    }

    fn head(
        &self,
        head: Head,
        ends: bool,
        can_be_judged: impl FnOnce(&EnvoyRoute) -> Result<(), Problem>,
    ) -> Step {
        let route = match self.judge.route(&head) {
            Ok(Some(route)) => route,
            Ok(None) => return (At::Passed, Next::Pass),
            Err(denial) => return (At::Denied, Next::Deny(Box::new(denial))),
        };
        if let Err(problem) = can_be_judged(&route) {
            return denied(&problem, &head.id);
        }
        if ends {
            let detail = "requests to this path are judged by their bodies, and this one has none";
            return denied(&Problem::new(BAD_REQUEST, detail), &head.id);
        }
        let plain = decides_on_answers(&route);
        (At::Head { head, route }, Next::Hold { plain })
    }

    async fn body(
        &self,
        head: Head,
        route: Arc<EnvoyRoute>,
        body: Vec<u8>,
        is_whole: bool,
    ) -> Step {
        if !is_whole {
            let detail = "the body is not whole, or has trailers";
            return denied(&Problem::new(BAD_REQUEST, detail), &head.id);
        }
        match self.judge.request(&head, &route, body).await {
            Ok(Onward::Decided(told)) => (At::Passed, Next::Request(told)),
            Ok(Onward::Pending(pending)) => (At::Sent(pending), Next::Sent),
            Err(denial) => (At::Denied, Next::Deny(Box::new(denial))),
        }
    }

    async fn answer(&self, pending: Pending, body: Vec<u8>, is_whole: bool) -> Step {
        if !is_whole {
            let problem = Problem::new(ANSWER, "it is not whole, or has trailers");
            return denied(&problem, pending.id());
        }
        match self.judge.answer(pending, body).await {
            Ok(released) => (At::Passed, Next::Answer(released)),
            Err(denial) => (At::Denied, Next::Deny(Box::new(denial))),
        }
    }
}

fn own_answer(asked: &Head, answer: &Head) -> Step {
    match answer.is_error() {
        true => (At::Passed, Next::Pass),
        false => denied(&Problem::new(ANSWER, "the request was not judged"), &asked.id),
    }
}

fn model_answer(pending: Box<Pending>, head: &Head, ends: bool) -> Step {
    if head.is_error() {
        // There is no score in it, and nobody takes it for one.
        return (At::Passed, Next::Pass);
    }
    let problem = if head.text(":status") != Some("200") {
        "its status is not 200"
    } else if ends {
        "it has no body"
    } else if head.expect_json().is_err() {
        "it is not plain JSON"
    } else {
        return (At::Answer(pending), Next::Hold { plain: false });
    };
    denied(&Problem::new(ANSWER, problem), pending.id())
}

fn denied(problem: &Problem, id: &str) -> Step {
    (At::Denied, Next::Deny(Box::new(Denial::of_problem(problem, id))))
}

pub(super) fn decides_on_answers(route: &EnvoyRoute) -> bool {
    route.decide.as_ref().is_some_and(|rule| matches!(rule.on, DecideOn::Exchange { .. }))
}
