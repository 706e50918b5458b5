//! Which version moves where, and whether it may.

use tollgate::facts::Instant;
use tollgate::report::GateReport;
use tollgate_sources::{Registered, Version};

use super::intent::{BAD, History, Intent};
use super::writes::{self, Move, Way};
use crate::plan::Plan;
use crate::{PromotionError, Stage};

/// Who moves a version, when and why.
#[derive(Debug, Clone)]
pub struct Audit {
    /// Who.
    pub by: String,
    /// When.
    pub at: Instant,
    /// Why, where a person said so.
    pub reason: Option<String>,
    /// Whether gates that do not pass are overridden, for that reason.
    pub overrides: bool,
}

/// The promotion of a version that its gates let pass, or that was overridden.
///
/// # Errors
/// When the plan has no place for the stage.
pub fn promote(
    plan: &Plan,
    registered: &Registered,
    candidate: &Version,
    to: Stage,
    report: &GateReport,
    audit: &Audit,
) -> Result<Move, PromotionError> {
    if let (Some(at), false) = (candidate.tags.get(BAD), audit.overrides) {
        return Err(PromotionError::Bad {
            title: format!("{} v{}", candidate.name, candidate.version),
            at: at.clone(),
            why: candidate.tags.get("rollback_reason").cloned().unwrap_or_default(),
        });
    }
    let from = stage_of(plan, registered, candidate);
    let previous = plan.serving(registered).filter(|version| *version != candidate.version);
    let version = candidate.version;
    let mut intent = intent_of("promote", from, to, audit);
    intent.previous = match to {
        Stage::Production => previous,
        to => challenged(plan, registered, version, to),
    };
    intent.report = Some(report.digests.report.to_string());
    let profiles: Vec<String> = report
        .profiles
        .iter()
        .map(|profile| format!("{} {}: {}", profile.name, profile.version, profile.verdict.name()))
        .collect();
    let mut tags = vec![
        ("promoted_by", audit.by.clone()),
        ("promotion_date", audit.at.to_string()),
        ("promoted_from", from.to_string()),
        ("promoted_to", to.to_string()),
        ("validation_verdict", report.verdict.name().to_owned()),
        ("validation_profiles", profiles.join(", ")),
        ("validation_date", report.as_of.clone()),
        ("validation_report", report.digests.report.to_string()),
        ("validation_policy", report.digests.policy.to_string()),
        ("validation_model", report.digests.model.to_string()),
    ];
    tags.extend(audit.reason.clone().map(|reason| ("promotion_reason", reason)));
    if audit.overrides {
        tags.push(("override_by", audit.by.clone()));
        tags.push(("override_reason", audit.reason.clone().unwrap_or_default()));
    }
    let way = Way { version, from, to, begun: audit.at };
    writes::up(plan, registered, &way, &intent, tags)
}

/// The promotion that brought a version to where it is asked to go, written to
/// its end by an earlier run.
#[must_use]
pub fn already(
    plan: &Plan,
    registered: &Registered,
    candidate: &Version,
    to: Stage,
) -> Option<Intent> {
    let is_there = has_moved(plan, registered, candidate, to);
    Intent::of(&candidate.tags)
        .filter(|it| is_there && it.done && it.action == "promote" && it.to == to.name())
}

/// Whether the move itself was made: the alias, where one stands for the stage.
/// MLflow's stage is written after it, and by others too.
fn has_moved(plan: &Plan, registered: &Registered, candidate: &Version, to: Stage) -> bool {
    match plan.alias_of(to) {
        Some(alias) => registered.aliases.get(alias) == Some(&candidate.version),
        None => candidate.stage == to.name(),
    }
}

/// What is left of a promotion that an earlier run began: none where there is
/// none, or where it had not come to its alias, so that its gates must judge
/// again.
///
/// # Errors
/// When the plan has no place for the stage.
pub fn resume(
    plan: &Plan,
    registered: &Registered,
    candidate: &Version,
    to: Stage,
    audit: &Audit,
) -> Result<Option<Move>, PromotionError> {
    let Some(intent) = Intent::of(&candidate.tags).filter(|intent| !intent.done) else {
        return Ok(None);
    };
    let is_it = intent.action == "promote" && intent.to == to.name();
    if !is_it || !has_moved(plan, registered, candidate, to) {
        return Ok(None);
    }
    let from = intent.from.parse().unwrap_or(Stage::None);
    let way = Way { version: candidate.version, from, to, begun: audit.at };
    writes::up(plan, registered, &way, &intent, Vec::new()).map(Some)
}

/// The version that loses the alias of a stage short of Production to this one.
/// There is no way from Staging but to Production or to Archived, so that it
/// goes out of use, unless it stands elsewhere, too.
fn challenged(plan: &Plan, registered: &Registered, version: u64, to: Stage) -> Option<u64> {
    let alias = plan.alias_of(to)?;
    let named = registered.aliases.get(alias).copied().filter(|named| *named != version)?;
    let stands_elsewhere = plan
        .aliases
        .iter()
        .any(|(alias, of)| *of != to && registered.aliases.get(alias) == Some(&named));
    (!stands_elsewhere && plan.serving(registered) != Some(named)).then_some(named)
}

/// A version in Staging that is not good enough: it goes out of use, and says
/// why.
///
/// # Errors
/// When it is not in Staging.
pub fn reject(
    plan: &Plan,
    registered: &Registered,
    version: &Version,
    audit: &Audit,
) -> Result<Move, PromotionError> {
    let from = begun("reject", version).unwrap_or_else(|| stage_of(plan, registered, version));
    if from != Stage::Staging {
        return Err(PromotionError::WrongStage {
            title: format!("{} v{}", version.name, version.version),
            found: from,
            wanted: "only what is in Staging is rejected".to_owned(),
        });
    }
    let tags = [
        ("rejected_by", audit.by.clone()),
        ("rejection_date", audit.at.to_string()),
        ("rejection_reason", audit.reason.clone().unwrap_or_default()),
    ];
    Ok(out_of_use(plan, registered, version, from, "reject", audit, tags))
}

/// A version that serves nobody goes out of use.
///
/// # Errors
/// When it serves, or is out of use already.
pub fn archive(
    plan: &Plan,
    registered: &Registered,
    version: &Version,
    audit: &Audit,
) -> Result<Move, PromotionError> {
    let from = begun("archive", version).unwrap_or_else(|| stage_of(plan, registered, version));
    let title = || format!("{} v{}", version.name, version.version);
    if plan.serving(registered) == Some(version.version) {
        return Err(PromotionError::WrongStage {
            title: title(),
            found: from,
            wanted: "what serves is not archived: promote another version, or roll back".to_owned(),
        });
    }
    if from == Stage::Archived {
        return Err(PromotionError::WrongStage {
            title: title(),
            found: from,
            wanted: "there is nothing to do".to_owned(),
        });
    }
    let tags = [
        ("archived_by", audit.by.clone()),
        ("archival_date", audit.at.to_string()),
        ("archival_reason", audit.reason.clone().unwrap_or_default()),
    ];
    Ok(out_of_use(plan, registered, version, from, "archive", audit, tags))
}

/// Where a move started that an earlier run began and did not finish.
fn begun(action: &str, version: &Version) -> Option<Stage> {
    let intent = Intent::of(&version.tags).filter(|it| !it.done && it.action == action)?;
    intent.from.parse().ok()
}

fn out_of_use(
    plan: &Plan,
    registered: &Registered,
    version: &Version,
    from: Stage,
    action: &str,
    audit: &Audit,
    tags: [(&str, String); 3],
) -> Move {
    let to = Stage::Archived;
    let way = Way { version: version.version, from, to, begun: audit.at };
    writes::out(plan, registered, &way, &intent_of(action, from, to, audit), tags)
}

/// Back to the version that served before, or to `back_to`; the one that
/// serves now is marked as bad, and is never gone back to.
///
/// # Errors
/// When there is no such version.
pub fn rollback(
    plan: &Plan,
    registered: &Registered,
    versions: &[Version],
    back_to: Option<u64>,
    audit: &Audit,
) -> Result<Move, PromotionError> {
    let none = |why: &str| PromotionError::NoPrevious {
        model: registered.name.clone(),
        why: why.to_owned(),
    };
    let serves = plan.serving(registered);
    let (target, bad, mut intent) = match unfinished_rollback(versions) {
        // To roll back anew would mark the version as bad that was gone back to.
        Some((target, bad, intent)) => (target, bad, intent),
        None => {
            let bad = serves.ok_or_else(|| none("nothing serves"))?;
            let target = target_of(registered, versions, bad, back_to).map_err(|why| none(&why))?;
            let from = versions.iter().find(|version| version.version == target);
            let from = from.map_or(Stage::None, |from| stage_of(plan, registered, from));
            let intent = intent_of("rollback", from, Stage::Production, audit);
            (target, bad, intent)
        }
    };
    intent.previous = Some(bad);
    let from = intent.from.parse().unwrap_or(Stage::None);
    let way = Way { version: target, from, to: Stage::Production, begun: audit.at };
    Ok(writes::back(plan, registered, &way, bad, &intent))
}

/// A rollback that an earlier run began: to which version, from which, and how.
fn unfinished_rollback(versions: &[Version]) -> Option<(u64, u64, Intent)> {
    versions.iter().find_map(|version| {
        let intent = Intent::of(&version.tags)?;
        let is_begun = !intent.done && intent.action == "rollback";
        let bad = intent.previous.filter(|_| is_begun)?;
        Some((version.version, bad, intent))
    })
}

/// The version to go back to, or why there is none.
fn target_of(
    registered: &Registered,
    versions: &[Version],
    bad: u64,
    back_to: Option<u64>,
) -> Result<u64, String> {
    let Some(number) = back_to else {
        let good = history_of(registered, versions).into_iter().find(|number| *number != bad);
        return good
            .ok_or_else(|| "no other version has served that was not marked as bad".to_owned());
    };
    if number == bad {
        return Err(format!("version {number} serves now"));
    }
    match versions.iter().find(|version| version.version == number) {
        None => Err(format!("it has no version {number}")),
        Some(version) if version.tags.contains_key(BAD) => {
            Err(format!("version {number} was marked as bad when it was rolled back"))
        }
        // What never served was judged by nobody.
        Some(_) if !history_of(registered, versions).contains(&number) => Err(format!(
            "version {number} has never served; `tollgate promote` lets its gates judge it"
        )),
        Some(_) => Ok(number),
    }
}

/// The versions that served and may serve again, newest first.
#[must_use]
pub fn history_of(registered: &Registered, versions: &[Version]) -> Vec<u64> {
    let may = |number: &u64| {
        versions.iter().any(|it| it.version == *number && !it.tags.contains_key(BAD))
    };
    History::of(&registered.tags).0.iter().map(|served| served.version).filter(may).collect()
}

fn intent_of(action: &str, from: Stage, to: Stage, audit: &Audit) -> Intent {
    Intent {
        action: action.to_owned(),
        from: from.to_string(),
        to: to.to_string(),
        previous: None,
        by: audit.by.clone(),
        at: audit.at.to_string(),
        reason: audit.reason.clone(),
        report: None,
        done: false,
    }
}

/// The stage that a version has by its aliases, else MLflow's own.
#[must_use]
pub fn stage_of(plan: &Plan, registered: &Registered, version: &Version) -> Stage {
    let by_alias = plan
        .aliases
        .iter()
        .filter(|(alias, _)| registered.aliases.get(*alias) == Some(&version.version))
        .map(|(_, stage)| *stage);
    by_alias.max().unwrap_or_else(|| version.stage.parse().unwrap_or(Stage::None))
}
