//! What a rule comes to, and how that is reported.

use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use tollgate_sdk::gate::Measure;
use tollgate_sdk::settings::{self, Mistakes, Object, Setting};
use tollgate_sdk::{Finding, Outcome};

use crate::given::{Given, Reading};
use crate::missing::{OnMissing, SEVERITIES};

/// What every rule says, whatever it asks.
#[derive(Debug, PartialEq, Eq)]
pub struct Terms {
    /// What the rule is when it does not hold.
    pub severity: Outcome,
    /// What it is when evidence is missing.
    pub on_missing: OnMissing,
    /// Tags of the controls that the rule serves.
    pub controls: Vec<String>,
}

/// Broken or without evidence it fails.
impl Default for Terms {
    fn default() -> Self {
        Self { severity: Outcome::Fail, on_missing: OnMissing::Fail, controls: Vec::new() }
    }
}

impl Terms {
    /// Reads them off a rule of the settings.
    pub fn read<'a, V: Setting<'a>>(rule: &Object<V>, mistakes: &mut Mistakes) -> Self {
        let severity = rule.choice("severity", &SEVERITIES, mistakes);
        let on_missing = rule.choice("on_missing", &OnMissing::CHOICES, mistakes);
        let controls = rule.items("controls", mistakes).into_iter();
        Self {
            severity: severity.unwrap_or(Outcome::Fail),
            on_missing: on_missing.unwrap_or_default(),
            controls: controls
                .filter_map(|(pointer, item)| settings::text(item, &pointer, mistakes))
                .map(str::to_owned)
                .collect(),
        }
    }
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judged {
    /// It holds.
    Holds,
    /// It does not.
    Broken,
    /// There is no evidence.
    Missing,
    /// The evidence rests on too few samples.
    Thin,
    /// The evidence cannot be judged.
    Doubtful,
    /// It was left out, as the rule says.
    Skipped,
    /// It is not asked on the way to the candidate's stage.
    NotAsked,
    /// Whatever the rule's severity, this.
    Is(Outcome),
}

impl Judged {
    /// Whether it holds.
    #[must_use]
    pub fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Broken }
    }
}

/// What a check comes to, as a whole or in one slice.
#[derive(Debug)]
pub struct Verdict {
    /// How it came out.
    pub judged: Judged,
    /// One sentence.
    pub message: String,
    /// What would have been right.
    pub expected: Option<String>,
    /// What was there.
    pub actual: Option<String>,
    /// The facts that it rests on.
    pub facts: Vec<u32>,
    /// The number that was judged, where it was one.
    pub measured: Option<Box<Measure>>,
}

impl Verdict {
    /// It came out so, and why.
    #[must_use]
    pub fn new(judged: Judged, message: String) -> Self {
        Self { judged, message, expected: None, actual: None, facts: Vec::new(), measured: None }
    }

    /// It cannot be judged, and why.
    #[must_use]
    pub fn doubtful(reason: String) -> Self {
        Self::new(Judged::Doubtful, reason)
    }

    /// There is no evidence, and of what.
    #[must_use]
    pub fn missing(reason: String) -> Self {
        Self::new(Judged::Missing, reason)
    }

    /// What would have been right.
    #[must_use]
    pub fn expecting(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// What was there.
    #[must_use]
    pub fn finding(mut self, actual: impl Into<String>) -> Self {
        self.actual = Some(actual.into());
        self
    }

    /// It rests on these facts too.
    #[must_use]
    pub fn on(mut self, facts: &[u32]) -> Self {
        self.facts.extend(facts);
        self.facts.sort_unstable();
        self.facts.dedup();
        self
    }

    /// Whether something was judged, or the rule at least insists that it
    /// should have been.
    #[must_use]
    pub fn counts(&self, terms: &Terms) -> bool {
        match self.judged {
            Judged::Skipped | Judged::NotAsked => false,
            Judged::Missing => terms.on_missing != OnMissing::Skip,
            _ => true,
        }
    }

    /// As a rule of this name and these terms reports it.
    #[must_use]
    pub fn into_finding(self, rule: &str, terms: &Terms) -> Finding {
        let mut message = self.message;
        let outcome = match self.judged {
            Judged::Holds | Judged::NotAsked => Outcome::Pass,
            Judged::Broken => terms.severity,
            Judged::Thin | Judged::Doubtful => Outcome::Inconclusive,
            Judged::Skipped => Outcome::Warn,
            Judged::Is(outcome) => outcome,
            Judged::Missing => {
                if terms.on_missing == OnMissing::Skip {
                    message.insert_str(0, "skipped: ");
                }
                terms.on_missing.outcome()
            }
        };
        if !terms.controls.is_empty() {
            message = format!("{message} [controls: {}]", terms.controls.join(", "));
        }
        let mut finding = Finding::new(rule, outcome, message);
        finding.expected = self.expected;
        finding.actual = self.actual;
        finding.facts = self.facts;
        finding.measured(self.measured.map(|measured| *measured))
    }
}

/// The value, or the verdict that there is none.
///
/// # Errors
/// That verdict.
pub fn sound<T>(given: Given<T>) -> Result<(T, Vec<u32>), Verdict> {
    let Given { facts, reading } = given;
    match reading {
        Reading::Sound(value) => Ok((value, facts)),
        Reading::Missing(reason) => Err(Verdict::missing(reason).on(&facts)),
        Reading::Doubtful(reason) => Err(Verdict::doubtful(reason).on(&facts)),
    }
}
