//! What was seen of both versions in a stretch of time.

use std::collections::VecDeque;
use std::time::Duration;

use hdrhistogram::{CreationError, Histogram};

use crate::agreement::{Agreement, Answered};

/// Longer ones count as this: a minute.
const SLOWEST_NS: u64 = 60_000_000_000;

/// One version in a stretch of time.
#[derive(Debug, Clone)]
pub(crate) struct Answers {
    pub(crate) answers: u64,
    without_decision: u64,
    /// Nanoseconds, each within a hundredth.
    took: Histogram<u32>,
}

impl Answers {
    fn new() -> Result<Self, CreationError> {
        let took = Histogram::new_with_bounds(1_000, SLOWEST_NS, 2)?;
        Ok(Self { answers: 0, without_decision: 0, took })
    }

    fn count(&mut self, has_decision: bool, took: Duration) {
        self.answers += 1;
        self.without_decision += u64::from(!has_decision);
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.took.saturating_record(nanoseconds.clamp(1_000, SLOWEST_NS));
    }

    fn add(&mut self, other: &Self) {
        self.answers += other.answers;
        self.without_decision += other.without_decision;
        // Both have the same bounds, so that nothing can be left out.
        let _ = self.took.add(&other.took);
    }

    /// The part of the answers that are no decisions; none where there are no
    /// answers.
    pub(crate) fn error_rate(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        (self.answers > 0).then(|| self.without_decision as f64 / self.answers as f64)
    }

    /// What 99 of 100 answers stay under, in milliseconds.
    pub(crate) fn p99_ms(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a minute of nanoseconds fits")]
        (self.answers > 0).then(|| self.took.value_at_quantile(0.99) as f64 / 1e6)
    }
}

/// Both versions in a stretch of time.
#[derive(Debug, Clone)]
pub(crate) struct Sight {
    pub(crate) champion: Answers,
    pub(crate) candidate: Answers,
    pub(crate) agreement: Agreement,
}

impl Sight {
    pub(crate) fn new() -> Result<Self, CreationError> {
        Ok(Self {
            champion: Answers::new()?,
            candidate: Answers::new()?,
            agreement: Agreement::default(),
        })
    }

    pub(crate) fn count(
        &mut self,
        champion: (&Answered<'_>, Duration),
        candidate: (&Answered<'_>, Duration),
    ) {
        self.champion.count(champion.0.action.is_some(), champion.1);
        self.candidate.count(candidate.0.action.is_some(), candidate.1);
        self.agreement.count(champion.0, candidate.0);
    }

    fn add(&mut self, other: &Self) {
        self.champion.add(&other.champion);
        self.candidate.add(&other.candidate);
        self.agreement.add(&other.agreement);
    }
}

/// So many checks are looked at together: what one check saw may be little.
const RECENT: usize = 10;

/// What was seen since the last check, in the last checks, and in all of a
/// stage.
#[derive(Debug)]
pub(crate) struct Window {
    empty: Sight,
    pub(crate) now: Sight,
    recent: VecDeque<Sight>,
    stage: Sight,
}

impl Window {
    pub(crate) fn new() -> Result<Self, CreationError> {
        let empty = Sight::new()?;
        let (now, stage) = (empty.clone(), empty.clone());
        Ok(Self { empty, now, recent: VecDeque::new(), stage })
    }

    /// Ends the stretch since the last check, and gives how many answers of the
    /// candidate it holds.
    pub(crate) fn check(&mut self) -> u64 {
        let ended = std::mem::replace(&mut self.now, self.empty.clone());
        let answers = ended.candidate.answers;
        self.stage.add(&ended);
        self.recent.push_back(ended);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        answers
    }

    /// The last checks together.
    pub(crate) fn recent(&self) -> Sight {
        let mut all = self.empty.clone();
        for sight in &self.recent {
            all.add(sight);
        }
        all
    }

    /// All of the stage so far.
    pub(crate) fn stage(&self) -> &Sight {
        &self.stage
    }

    /// Begins a stage.
    pub(crate) fn begin(&mut self) {
        self.now = self.empty.clone();
        self.stage = self.empty.clone();
        self.recent.clear();
    }
}
