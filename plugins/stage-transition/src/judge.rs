//! Judges the move.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::given::{Given, Reading, Sought};
use gate_evidence::instant::RUN;
use gate_evidence::same::same;
use tollgate_sdk::Finding;
use tollgate_sdk::gate::Fact;

use crate::deployment;
use crate::settings::{Settings, Transition};
use crate::stage::{self, CANDIDATE};
use crate::told::Told;

const TRANSITION: &str = "stage-transition";
const REASON: &str = "transition-reason";
const NOT_PINNED: &str = "not-pinned";

/// Judges the move, and the deployments where the settings ask for that.
pub(crate) fn judge(facts: &[Fact], settings: &Settings) -> Vec<Finding> {
    let mut told = Told::new(settings);
    if !settings.transitions.is_empty()
        && let Some(transition) = judge_move(facts, settings, &mut told)
    {
        if transition.needs_reason {
            judge_reason(facts, transition, &mut told);
        }
        if transition.forbids_pinned {
            judge_pinned(facts, transition, &mut told);
        }
    }
    if settings.pinned_by_version {
        deployment::judge(facts, &mut told);
    }
    told.into_findings()
}

/// The move, where it is legal.
fn judge_move<'a>(
    facts: &[Fact],
    settings: &'a Settings,
    told: &mut Told<'_>,
) -> Option<&'a Transition> {
    let (from, mut used) = told.needed(TRANSITION, stage::current(facts, settings))?;
    let (to, of_target) = told.needed(TRANSITION, target(facts, settings))?;
    used.extend(of_target);
    if same(from, to) {
        let message = format!("the candidate is in {to} already, so there is no move to judge");
        told.doubtful(TRANSITION, message, used);
        return None;
    }
    let legal = || settings.transitions.iter().filter(|it| same(&it.from, from));
    let mut ways = legal().filter(|it| same(&it.to, to)).peekable();
    let mut action = None;
    if ways.peek().is_some_and(|way| way.action.is_some()) {
        let given = Sought::new(RUN, "action").text(facts);
        let (said, of_action) = told.needed(TRANSITION, given)?;
        used.extend(of_action);
        action = Some(said);
    }
    let by = action.map(|action| format!(" by `{action}`")).unwrap_or_default();
    let way = ways.find(|way| match (way.action, action) {
        (Some(way), Some(action)) => same(way, action),
        (way, _) => way.is_none(),
    });
    let message = match way {
        Some(_) => format!("{from} to {to}{by} is a legal move"),
        None => format!("{from} to {to}{by} is no legal move"),
    };
    let finding = told.judged(TRANSITION, way.is_some(), message, used);
    finding.actual = Some(format!("{from} to {to}{by}"));
    finding.expected = Some(from_there(from, legal()));
    way
}

/// The stage that the candidate is to have.
fn target<'a>(facts: &[Fact], settings: &'a Settings) -> Given<&'a str> {
    let Given { facts: used, reading } = Sought::new(RUN, "target").stage(facts);
    let reading = match reading {
        Reading::Sound(name) => match stage::known(name, "`target` of `run`", settings) {
            Ok(stage) => Reading::Sound(stage),
            Err(reason) => Reading::Doubtful(reason),
        },
        Reading::Missing(reason) => Reading::Missing(reason),
        Reading::Doubtful(reason) => Reading::Doubtful(reason),
    };
    Given { facts: used, reading }
}

/// What is legal from a stage.
fn from_there<'a>(from: &str, legal: impl Iterator<Item = &'a Transition>) -> String {
    let ways: Vec<String> = legal
        .map(|way| {
            let mut needs = Vec::new();
            needs.extend(way.action);
            if way.needs_reason {
                needs.push("with a reason");
            }
            if way.forbids_pinned {
                needs.push("never while pinned");
            }
            if needs.is_empty() {
                way.to.clone()
            } else {
                format!("{} ({})", way.to, needs.join(", "))
            }
        })
        .collect();
    if ways.is_empty() {
        return format!("from {from}: nothing");
    }
    format!("from {from}: {}", ways.join(", "))
}

fn judge_reason(facts: &[Fact], transition: &Transition, told: &mut Told<'_>) {
    let mut given = Sought::new(RUN, "reason").text(facts);
    if let Reading::Missing(reason) = &mut given.reading {
        *reason =
            format!("{reason}, and a move from {} to {} needs one", transition.from, transition.to);
    }
    if let Some((reason, used)) = told.needed(REASON, given) {
        told.judged(REASON, true, format!("the reason is `{reason}`"), used);
    }
}

fn judge_pinned(facts: &[Fact], transition: &Transition, told: &mut Told<'_>) {
    let given = Sought::new(CANDIDATE, "pinned").boolean(facts);
    let Some((is_pinned, mut used)) = told.needed(NOT_PINNED, given) else { return };
    let Some((aliases, of_aliases)) = told.needed(NOT_PINNED, stage::aliases(facts)) else {
        return;
    };
    used.extend(of_aliases);
    // An alias is a pin.
    if let (Some(alias), false) = (aliases.first(), is_pinned) {
        let message =
            format!("`pinned` of `candidate` is false, and the candidate has the alias `{alias}`");
        return told.doubtful(NOT_PINNED, message, used);
    }
    let message = if is_pinned {
        let (from, to) = (&transition.from, &transition.to);
        format!(
            "something serves this version, and nothing that is pinned moves from {from} to {to}"
        )
    } else {
        "nothing serves this version".into()
    };
    told.judged(NOT_PINNED, !is_pinned, message, used);
}
