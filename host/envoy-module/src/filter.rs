//! One request and its answer, as Envoy shows them.
//!
//! What can be judged at once is judged on Envoy's thread, within two
//! milliseconds; the rest elsewhere, while the request waits and the thread
//! serves others.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex, PoisonError};

use tollgate_server::{Abort, Denial, Exchange, Head, Judging, Next, OURS, OutOfPlace, passed};

use crate::abi::{Direction, Stream};
use crate::settings::Module;

/// What becomes of what Envoy has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Onward {
    /// It goes on, with all that was held before.
    Go,
    /// It is held.
    Hold,
    /// It goes nowhere: there is an answer.
    Stop,
}

/// What a judgement comes to.
type Judged = (Exchange, Result<Next, OutOfPlace>);

/// One request and its answer.
pub(crate) struct Filter {
    module: Arc<Module>,
    pub(crate) stream: Stream,
    /// None while it is judged elsewhere. Never borrowed while Envoy is told
    /// something: it may show the next part before it returns.
    exchange: RefCell<Option<Exchange>>,
    elsewhere: RefCell<Option<Elsewhere>>,
    /// There is an answer that is not the model's, and nothing more to judge.
    is_settled: Cell<bool>,
}

/// What is judged elsewhere.
struct Elsewhere {
    of: Direction,
    done: Arc<Mutex<Option<Judged>>>,
    _abort: Abort,
}

impl Filter {
    pub(crate) fn new(module: Arc<Module>, stream: Stream) -> Self {
        let exchange = RefCell::new(Some(module.inside.exchange()));
        let (elsewhere, is_settled) = (RefCell::default(), Cell::new(false));
        Self { module, stream, exchange, elsewhere, is_settled }
    }

    /// The head of a request.
    pub(crate) fn request_head(&self, ends: bool) -> Onward {
        let head = Head::of_headers(self.stream.headers(Direction::Request));
        let next = self.step(|exchange| exchange.request_head(head, ends));
        self.come_to(Direction::Request, next)
    }

    /// The head of an answer, of the model's or of Envoy's own.
    pub(crate) fn answer_head(&self, ends: bool) -> Onward {
        if self.is_settled.get() {
            return Onward::Go;
        }
        let head = Head::of_headers(self.stream.headers(Direction::Answer));
        if self.elsewhere.take().is_some() {
            // Envoy itself answers, while the request is judged.
            if !head.is_error() {
                return self.broken();
            }
            self.is_settled.set(true);
            return Onward::Go;
        }
        let next = self.step(|exchange| exchange.answer_head(&head, ends));
        self.come_to(Direction::Answer, next)
    }

    /// A part of a body, and whether it is the last.
    pub(crate) fn body(&self, of: Direction, ends: bool) -> Onward {
        if let Some(onward) = self.unjudged(of) {
            return onward;
        }
        let size = self.stream.body_size(of);
        let is_longer = |exchange: &Exchange| size > exchange.most();
        if self.exchange.borrow().as_ref().is_some_and(is_longer) {
            let next = self.step(|exchange| Ok(exchange.too_large()));
            return self.come_to(of, next);
        }
        match ends {
            true => self.judge(of, Some(self.stream.body(of))),
            false => Onward::Hold,
        }
    }

    /// Trailers: a body that is judged has none.
    pub(crate) fn trailers(&self, of: Direction) -> Onward {
        self.unjudged(of).unwrap_or_else(|| self.judge(of, None))
    }

    /// What was judged elsewhere is there.
    pub(crate) fn finished(&self) -> Onward {
        let Some(Elsewhere { of, done, .. }) = self.elsewhere.take() else { return Onward::Stop };
        let judged = done.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((exchange, next)) = judged else { return self.broken() };
        self.exchange.replace(Some(exchange));
        let onward = self.come_to(of, next);
        if onward == Onward::Go {
            self.stream.go_on(of);
        }
        onward
    }

    /// Nobody waits for it any more.
    pub(crate) fn abandon(&self) {
        self.elsewhere.take();
    }

    /// What broke denies.
    pub(crate) fn broken(&self) -> Onward {
        if self.is_settled.get() {
            return Onward::Stop;
        }
        self.abandon();
        self.deny(&Denial::broken())
    }

    fn step(
        &self,
        step: impl FnOnce(&mut Exchange) -> Result<Next, OutOfPlace>,
    ) -> Result<Next, OutOfPlace> {
        self.exchange.borrow_mut().as_mut().map_or(Err(OutOfPlace), step)
    }

    /// What becomes of a part that is not judged.
    fn unjudged(&self, of: Direction) -> Option<Onward> {
        if self.is_settled.get() {
            return Some(match of {
                Direction::Request => Onward::Stop,
                Direction::Answer => Onward::Go,
            });
        }
        let exchange = self.exchange.borrow();
        // While it is judged elsewhere nothing goes on.
        let Some(exchange) = exchange.as_ref() else { return Some(Onward::Hold) };
        let is_judged = match of {
            Direction::Request => exchange.awaits_request(),
            Direction::Answer => exchange.awaits_answer(),
        };
        (!is_judged).then_some(Onward::Go)
    }

    /// Judges a body; none where it has trailers.
    fn judge(&self, of: Direction, body: Option<Vec<u8>>) -> Onward {
        let Some(mut exchange) = self.exchange.take() else { return self.broken() };
        let work = async move {
            let is_whole = body.is_some();
            let body = body.unwrap_or_default();
            let next = match of {
                Direction::Request => exchange.request_body(body, is_whole).await,
                Direction::Answer => exchange.answer_body(body, is_whole).await,
            };
            (exchange, next)
        };
        let rest = match self.module.inside.judge(work) {
            Judging::Done((exchange, next)) => {
                self.exchange.replace(Some(exchange));
                return self.come_to(of, next);
            }
            Judging::Later(rest) => rest,
            Judging::Broken => return self.broken(),
        };
        let Some(scheduler) = self.stream.scheduler() else { return self.broken() };
        let done = Arc::new(Mutex::new(None));
        let kept = Arc::clone(&done);
        let abort = rest.finish(move |judged| {
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = judged;
            scheduler.wake();
        });
        self.elsewhere.replace(Some(Elsewhere { of, done, _abort: abort }));
        Onward::Hold
    }

    fn come_to(&self, of: Direction, next: Result<Next, OutOfPlace>) -> Onward {
        match next {
            Ok(Next::Pass) => {
                self.take_away(of, &OURS);
                Onward::Go
            }
            Ok(Next::Hold { plain }) => {
                if of == Direction::Request {
                    self.take_away(of, &OURS);
                    self.take_away(of, if plain { &["accept-encoding"] } else { &[] });
                }
                Onward::Hold
            }
            Ok(Next::Sent) => Onward::Go,
            Ok(Next::Request(told)) => {
                self.set(of, told.iter().flat_map(|told| told.headers()));
                self.stream.keep(&passed(told.as_ref()));
                Onward::Go
            }
            Ok(Next::Answer(released)) => {
                self.set(of, released.headers());
                self.stream.keep(&passed(Some(&released.told)));
                if let Some(body) = &released.body {
                    self.stream.replace_answer(body);
                }
                Onward::Go
            }
            Ok(Next::Deny(denial)) => self.deny(&denial),
            Err(OutOfPlace) => self.broken(),
        }
    }

    fn deny(&self, denial: &Denial) -> Onward {
        self.is_settled.set(true);
        self.stream.keep(&denial.metadata());
        let (headers, details) = (denial.headers(), denial.details());
        self.stream.answer(denial.status(), &headers, &denial.body, &details);
        Onward::Stop
    }

    fn take_away(&self, of: Direction, names: &[&str]) {
        for name in names {
            self.stream.set_header(of, name, None);
        }
    }

    fn set(&self, of: Direction, headers: impl IntoIterator<Item = (&'static str, String)>) {
        for (name, value) in headers {
            self.stream.set_header(of, name, Some(&value));
        }
    }
}
