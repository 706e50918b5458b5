//! What comes of a comparison.

use std::collections::{BTreeMap, HashMap};

use serde::{Serialize, Serializer};
use tollgate::difference::{DecisionDifferences, Side};
use tollgate::judge::Decider;
use tollgate::report::PluginReport;
use tollgate_engine::types::Outcome;

use crate::read::Gap;

/// What another policy would have decided on what is logged.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct LogDifference {
    /// `pass`: all comes out the same. `warn`: something does not.
    /// `inconclusive`: nothing was compared, or not all that was decided.
    #[serde(serialize_with = "outcome")]
    verdict: Verdict,
    /// The file or folder.
    pub log: String,
    /// The policy whose decisions are compared.
    pub policy: String,
    /// The policy that decides anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Side>,
    /// Decisions that were read, whosoever they are.
    pub decisions_read: u64,
    /// What becomes of those that are compared.
    pub decisions: DecisionDifferences,
    /// Those on which the new policy cannot decide, by why, most first.
    pub not_judged: Vec<NotJudged>,
    /// Those that are not in the log.
    #[serde(flatten)]
    pub gap: Gap,
    /// The share of decisions that was logged, where it was not all; the least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Decisions of other policies, which are not looked at.
    pub other_policies: BTreeMap<String, u64>,
}

/// Decisions on which the new policy cannot decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotJudged {
    /// Why not.
    pub reason: String,
    /// How many.
    pub rows: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Verdict(Outcome);

impl Default for Verdict {
    fn default() -> Self {
        Self(Outcome::Inconclusive)
    }
}

impl LogDifference {
    /// What it comes to.
    #[must_use]
    pub fn verdict(&self) -> Outcome {
        self.verdict.0
    }

    /// How many decisions are not judged, for whatever reason.
    #[must_use]
    pub fn unjudged(&self) -> u64 {
        self.not_judged.iter().map(|it| it.rows).sum()
    }

    pub(super) fn finish(
        self,
        log: &str,
        policy: &str,
        new: &Decider,
        decisions: DecisionDifferences,
        not_judged: HashMap<String, u64>,
    ) -> Self {
        let mut not_judged: Vec<NotJudged> =
            not_judged.into_iter().map(|(reason, rows)| NotJudged { reason, rows }).collect();
        not_judged.sort_by(|one, other| {
            other.rows.cmp(&one.rows).then_with(|| one.reason.cmp(&other.reason))
        });
        let document = new.document();
        let side = Side {
            file: document.source().name().to_owned(),
            name: document.name.clone(),
            version: document.version.to_string(),
            plugin: PluginReport::from(new.plugin()),
        };
        let is_whole = not_judged.is_empty() && self.gap.is_none() && self.rate.is_none();
        let verdict = if is_whole { decisions.verdict() } else { Outcome::Inconclusive };
        Self {
            verdict: Verdict(verdict),
            log: log.to_owned(),
            policy: policy.to_owned(),
            new: Some(side),
            decisions,
            not_judged,
            ..self
        }
    }
}

fn outcome<S: Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verdict.0.name())
}
