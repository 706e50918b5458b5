//! One engine under one measure.

use std::hint::black_box;
use std::time::Duration;

use anyhow::Result;
use cpu_time::ThreadTime;
use serde_json::Value;

use crate::fraud::REQUESTS;

type Answers = Box<dyn FnMut() -> Result<Vec<Value>>>;
type Run = Box<dyn FnMut(u64) -> Result<Duration>>;

/// A way to have the fraud policy decided.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    answers: Answers,
    run: Run,
}

impl Case {
    /// `step` decides on the request of that number and is what is timed;
    /// `read` turns what it gave into an action, or an action and its reasons.
    pub(crate) fn new<R: 'static>(
        name: &'static str,
        step: impl FnMut(usize) -> Result<R> + Clone + 'static,
        read: impl Fn(R) -> Result<Value> + 'static,
    ) -> Self {
        let mut answering = step.clone();
        let mut timed = step;
        Self {
            name,
            answers: Box::new(move || {
                (0..REQUESTS).map(|request| read(answering(request)?)).collect()
            }),
            run: run(move |turn| timed(turn % REQUESTS)),
        }
    }

    /// As [`Case::new`], for work whose answers are found otherwise.
    pub(crate) fn with_answers<R: 'static>(
        name: &'static str,
        step: impl FnMut(usize) -> Result<R> + 'static,
        answers: impl FnMut() -> Result<Vec<Value>> + 'static,
    ) -> Self {
        Self { name, answers: Box::new(answers), run: run(step) }
    }

    /// The answer to each request.
    pub(crate) fn answers(&mut self) -> Result<Vec<Value>> {
        (self.answers)()
    }

    /// Decides `times` times, on the requests in turn.
    pub(crate) fn run(&mut self, times: u64) -> Result<Duration> {
        (self.run)(times)
    }
}

fn run<R: 'static>(mut step: impl FnMut(usize) -> Result<R> + 'static) -> Run {
    Box::new(move |times| {
        let start = ThreadTime::try_now()?;
        for turn in 0..times {
            black_box(step(turn as usize)?);
        }
        Ok(start.try_elapsed()?)
    })
}
