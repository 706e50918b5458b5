//! What is where, since when, by whom, and what would be promoted next.

use serde::Serialize;
use tollgate::facts::Instant;
use tollgate_sources::{Registered, Version};

use crate::Stage;
use crate::moves::{Claim, History, Intent, history_of};
use crate::plan::Plan;

/// The state of a model.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// The model.
    pub model: String,
    /// Its versions, newest first.
    pub versions: Vec<VersionStatus>,
    /// The version that serves.
    pub serving: Option<u64>,
    /// The version that a rollback goes back to.
    pub previous: Option<u64>,
    /// The version that would be promoted next, and where to.
    pub next: Option<Next>,
    /// Moves that are under way, or whose run has died.
    pub claims: Vec<Claim>,
}

/// One version.
#[derive(Debug, Clone, Serialize)]
pub struct VersionStatus {
    /// Its number.
    pub version: u64,
    /// Its stage, by its aliases or else MLflow's own.
    pub stage: Stage,
    /// The aliases that name it.
    pub aliases: Vec<String>,
    /// Since when it is there, RFC 3339; none where nobody wrote it down.
    pub since: Option<String>,
    /// By whom.
    pub by: Option<String>,
    /// Why it must not serve again.
    pub bad: Option<String>,
    /// A move that was begun and is not done.
    pub unfinished: Option<Intent>,
}

/// What would come next.
#[derive(Debug, Clone, Serialize)]
pub struct Next {
    /// The version.
    pub version: u64,
    /// Where to.
    pub to: Stage,
}

/// The state of a model, by what the registry says of it and of all its
/// versions.
#[must_use]
pub fn status(plan: &Plan, registered: &Registered, versions: &[Version]) -> Status {
    let history = History::of(&registered.tags);
    let serves = plan.serving(registered);
    let all: Vec<VersionStatus> =
        versions.iter().map(|version| of_version(plan, registered, version, &history)).collect();
    let newer = |version: &&VersionStatus| serves.is_none_or(|serves| version.version > serves);
    let good = |version: &&VersionStatus| version.bad.is_none();
    let in_stage =
        |stage: Stage| all.iter().filter(newer).filter(good).find(|version| version.stage == stage);
    let next = in_stage(Stage::Staging)
        .map(|it| Next { version: it.version, to: Stage::Production })
        .or_else(|| {
            in_stage(Stage::None).map(|it| Next { version: it.version, to: Stage::Staging })
        });
    Status {
        model: registered.name.clone(),
        serving: serves,
        previous: history_of(registered, versions).into_iter().find(|it| Some(*it) != serves),
        next,
        claims: Claim::all(registered).into_iter().map(|(_, claim)| claim).collect(),
        versions: all,
    }
}

fn of_version(
    plan: &Plan,
    registered: &Registered,
    version: &Version,
    history: &History,
) -> VersionStatus {
    let stage = crate::moves::stage_of(plan, registered, version);
    let intent = Intent::of(&version.tags);
    let moved = intent.as_ref().filter(|intent| intent.done && intent.to == stage.name());
    let served = history.newest(version.version).filter(|_| stage == Stage::Production);
    let since = served.map(|served| served.since.clone());
    let by = served.map(|served| served.by.clone());
    let aliases = registered.aliases.iter().filter(|(_, of)| **of == version.version);
    let changed = Instant::from_milliseconds(version.created).map(|at| at.to_string());
    VersionStatus {
        version: version.version,
        stage,
        aliases: aliases.map(|(alias, _)| alias.clone()).collect(),
        since: since
            .or_else(|| moved.map(|intent| intent.at.clone()))
            .or_else(|| changed.filter(|_| stage == Stage::None)),
        by: by.or_else(|| moved.map(|intent| intent.by.clone())),
        bad: version
            .tags
            .get("rollback_reason")
            .cloned()
            .filter(|_| version.tags.contains_key("tollgate.bad")),
        unfinished: intent.filter(|intent| !intent.done),
    }
}
