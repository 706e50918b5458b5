//! What a move writes, in its order.

use serde::Serialize;
use tollgate::facts::Instant;
use tollgate_sources::{Mlflow, Registered};

use super::claim::{Claim, Dead, still_serves};
use super::intent::{BAD, HISTORY, History, INTENT, Intent, Served};
use super::list::{Planned, Write};
use crate::plan::Plan;
use crate::{PromotionError, Stage};

/// A move: what is to be written, and what must still be so before it is.
#[derive(Debug, Clone, Serialize)]
pub struct Move {
    /// The model.
    pub model: String,
    /// The version that moves.
    pub version: u64,
    /// Where it stands.
    pub from: Stage,
    /// Where it goes.
    pub to: Stage,
    /// The version that served when this was made.
    pub previous: Option<u64>,
    /// The writes, in their order.
    pub writes: Vec<Write>,
    #[serde(skip)]
    serving_alias: Option<String>,
    #[serde(skip)]
    by: String,
    /// When this run began, which an earlier one of the same move did not.
    #[serde(skip)]
    begun: Instant,
}

/// Which version goes where, and when this run began.
pub(super) struct Way {
    pub(super) version: u64,
    pub(super) from: Stage,
    pub(super) to: Stage,
    pub(super) begun: Instant,
}

/// A move to Staging or Production. `intent` says what it replaces.
///
/// # Errors
/// When the plan has no place for the stage.
pub(super) fn up(
    plan: &Plan,
    registered: &Registered,
    way: &Way,
    intent: &Intent,
    tags: Vec<(&str, String)>,
) -> Result<Move, PromotionError> {
    let Way { version, to, .. } = *way;
    let alias = plan.alias_of(to);
    if alias.is_none() && !plan.writes_stages {
        return Err(PromotionError::NoPlace { plan: plan.name.clone(), stage: to });
    }
    let mut writes = vec![Write::version_tag(version, INTENT, intent.text())];
    writes.extend(tags.into_iter().map(|(key, value)| Write::version_tag(version, key, value)));
    if let Some(alias) = alias {
        writes.push(Write::Alias { alias: alias.to_owned(), version });
    }
    if plan.writes_stages {
        writes.push(Write::Stage { version, stage: to });
    }
    if to == Stage::Production {
        writes.push(served(registered, version, intent));
    }
    if let Some(previous) = intent.previous {
        if plan.writes_stages {
            writes.push(Write::Stage { version: previous, stage: Stage::Archived });
        }
        writes.extend(
            [
                ("demoted_by", intent.by.clone()),
                ("demotion_date", intent.at.clone()),
                ("replaced_by", version.to_string()),
            ]
            .map(|(key, value)| Write::version_tag(previous, key, value)),
        );
    }
    writes.extend(freed(plan, registered, version, to));
    let done = Intent { done: true, ..intent.clone() };
    writes.push(Write::version_tag(version, INTENT, done.text()));
    Ok(of(plan, registered, way, writes, intent))
}

/// Out of use, with these tags as far as they say something.
pub(super) fn out(
    plan: &Plan,
    registered: &Registered,
    way: &Way,
    intent: &Intent,
    tags: [(&str, String); 3],
) -> Move {
    let Way { version, to, .. } = *way;
    let mut writes = vec![Write::version_tag(version, INTENT, intent.text())];
    writes.extend(
        tags.into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| Write::version_tag(version, key, value)),
    );
    writes.extend(freed(plan, registered, version, to));
    // A version without an alias is out of use; older readers go by the stage.
    writes.push(Write::Stage { version, stage: to });
    let done = Intent { done: true, ..intent.clone() };
    writes.push(Write::version_tag(version, INTENT, done.text()));
    of(plan, registered, way, writes, intent)
}

/// Back to Production, from a version that is marked as bad.
pub(super) fn back(
    plan: &Plan,
    registered: &Registered,
    way: &Way,
    bad: u64,
    intent: &Intent,
) -> Move {
    let Way { version, to, .. } = *way;
    let reason = intent.reason.clone().unwrap_or_default();
    let mut writes = vec![
        Write::version_tag(version, INTENT, intent.text()),
        // Before the alias: whoever dies in between has not lost the mark.
        Write::version_tag(bad, BAD, intent.at.clone()),
        Write::version_tag(bad, "rollback_reason", reason),
        Write::version_tag(bad, "rolled_back_by", intent.by.clone()),
        Write::version_tag(bad, "rollback_date", intent.at.clone()),
        Write::version_tag(bad, "replaced_by", version.to_string()),
    ];
    if let Some(alias) = plan.champion_alias() {
        writes.push(Write::Alias { alias: alias.to_owned(), version });
    }
    if plan.writes_stages || plan.champion_alias().is_none() {
        writes.push(Write::Stage { version, stage: to });
        writes.push(Write::Stage { version: bad, stage: Stage::Staging });
    }
    writes.push(served(registered, version, intent));
    let done = Intent { done: true, ..intent.clone() };
    writes.push(Write::version_tag(version, INTENT, done.text()));
    of(plan, registered, way, writes, intent)
}

/// That a version serves from now on.
fn served(registered: &Registered, version: u64, intent: &Intent) -> Write {
    let served = Served { version, since: intent.at.clone(), by: intent.by.clone() };
    let value = History::of(&registered.tags).with(served).text();
    Write::ModelTag { key: HISTORY.to_owned(), value }
}

/// The aliases of other stages that name the version and do so no longer.
fn freed(plan: &Plan, registered: &Registered, version: u64, to: Stage) -> Vec<Write> {
    let others = plan.aliases.iter().filter(|(_, stage)| **stage != to);
    others
        .filter(|(alias, _)| registered.aliases.get(*alias) == Some(&version))
        .map(|(alias, _)| Write::NoAlias { alias: alias.clone() })
        .collect()
}

fn of(
    plan: &Plan,
    registered: &Registered,
    way: &Way,
    writes: Vec<Write>,
    intent: &Intent,
) -> Move {
    let Way { version, from, to, begun } = *way;
    Move {
        model: registered.name.clone(),
        version,
        from,
        to,
        previous: plan.serving(registered),
        writes,
        serving_alias: plan.champion_alias().map(str::to_owned),
        by: intent.by.clone(),
        begun,
    }
}

impl Planned for Move {
    fn title(&self, is_done: bool) -> String {
        let Self { model, version, from, to, .. } = self;
        let verb = if is_done { "moved" } else { "would move" };
        format!("{verb} {model} v{version} from {from} to {to}")
    }

    fn lines(&self) -> Vec<String> {
        self.writes.iter().map(ToString::to_string).collect()
    }

    fn make(
        &self,
        mlflow: &Mlflow,
        take_over: bool,
        tell: &mut dyn FnMut(usize),
    ) -> Result<(), PromotionError> {
        let claim = Claim {
            version: self.version,
            to: self.to.to_string(),
            by: self.by.clone(),
            at: self.begun.to_string(),
        };
        let dead = if take_over { Dead::All } else { Dead::OfTheSame };
        let held = claim.hold(mlflow, &self.model, dead, |registered| {
            let alias = self.serving_alias.as_deref();
            still_serves(registered, alias, self.previous)
        })?;
        held.write(self.writes.iter().map(|write| (&*self.model, write)), tell)
    }
}
