//! What the run says of itself, and where that ends the judging.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::given::{Given, Reading, Sought, as_of};
use gate_evidence::instant::{Instant, RUN};
use gate_evidence::missing::OnMissing;
use tollgate_sdk::gate::Fact;
use tollgate_sdk::{Finding, Outcome};

use crate::settings::{Asked, Demand, STAGES, Settings};

/// The rule that the number of approvals is judged by.
pub(crate) const QUORUM: &str = "approval-quorum";

const NOTHING_JUDGED: &str = "nothing-judged";

/// What approvals are bound to: the label of a vote, and the fact of the run.
pub(crate) const BOUND_TO: [(&str, &str); 3] =
    [("model", "model_digest"), ("policy", "policy_digest"), ("report", "report_digest")];

/// The run that is judged.
pub(crate) struct Run<'a> {
    /// The stage that the candidate is to have.
    pub target: &'a str,
    /// What that asks for.
    pub demand: &'a Demand,
    /// The facts that say so.
    pub facts: Vec<u32>,
}

/// When the run judges, and what of.
pub(crate) struct Moment<'a> {
    /// As of when.
    pub as_of: Instant,
    /// The digests of model, policy and report, in the order of [`BOUND_TO`].
    pub digests: Vec<&'a str>,
    /// The facts that say so.
    pub facts: Vec<u32>,
}

/// That there is nothing to count.
pub(crate) struct Stop(pub Vec<Finding>);

impl Stop {
    /// Evidence that cannot be judged.
    pub(crate) fn doubtful(rule: &str, reason: String, facts: Vec<u32>) -> Self {
        let mut finding = Finding::new(rule, Outcome::Inconclusive, reason);
        finding.facts = facts;
        Self([finding].into())
    }

    /// Evidence that is missing.
    pub(crate) fn missing(rule: &str, mut reason: String, settings: &Settings) -> Self {
        let mut findings = Vec::new();
        if settings.on_missing == OnMissing::Skip {
            reason.insert_str(0, "skipped: ");
        }
        findings.push(Finding::new(rule, settings.on_missing.outcome(), reason));
        if settings.on_missing == OnMissing::Skip {
            let message = "the approvals were skipped, so nothing was judged";
            findings.push(Finding::new(NOTHING_JUDGED, Outcome::Inconclusive, message));
        }
        Self(findings)
    }
}

impl<'a> Run<'a> {
    /// The target, and what it asks for.
    pub(crate) fn read(facts: &'a [Fact], settings: &'a Settings) -> Result<Self, Stop> {
        let given = Sought::new(RUN, "target").stage(facts);
        let target = match given.reading {
            Reading::Sound(target) => target,
            Reading::Missing(reason) => return Err(Stop::missing(QUORUM, reason, settings)),
            Reading::Doubtful(reason) => return Err(Stop::doubtful(QUORUM, reason, given.facts)),
        };
        let reason = match settings.asked(target) {
            Asked::Demand(demand) => return Ok(Self { target, demand, facts: given.facts }),
            Asked::NoStage => format!(
                "`target` of `run` is `{target}`, which is no stage: there are {}, and those that \
                 `stages` names",
                STAGES.join(", ")
            ),
            Asked::Nothing => {
                let reason = format!(
                    "the settings do not say how many approvals {target} needs, so nothing was \
                     judged: name it under `stages`, or give a `default`"
                );
                return Err(Stop::doubtful(NOTHING_JUDGED, reason, given.facts));
            }
        };
        Err(Stop::doubtful(QUORUM, reason, given.facts))
    }
}

impl<'a> Moment<'a> {
    /// When, and which digests.
    pub(crate) fn read(facts: &'a [Fact]) -> Result<Self, Stop> {
        let mut used = Vec::new();
        let as_of = sound(as_of(facts), "whether an approval stands hangs on it", &mut used)?;
        let mut digests = Vec::with_capacity(BOUND_TO.len());
        for (_, name) in BOUND_TO {
            let given = Sought::new(RUN, name).text(facts);
            digests.push(sound(given, "approvals are bound to it", &mut used)?);
        }
        Ok(Self { as_of, digests, facts: used })
    }
}

/// What must be there for any vote to count.
fn sound<T>(given: Given<T>, why: &str, used: &mut Vec<u32>) -> Result<T, Stop> {
    let reason = match given.reading {
        Reading::Sound(value) => {
            used.extend(given.facts);
            return Ok(value);
        }
        Reading::Missing(reason) => format!("{reason}, and {why}"),
        Reading::Doubtful(reason) => reason,
    };
    Err(Stop::doubtful(QUORUM, reason, given.facts))
}
