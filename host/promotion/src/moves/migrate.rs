//! A model under a new name: its versions with their lineage, both names served
//! until the traffic has moved, then the old one on its way out.
//!
//! A registry cannot rename and keep who reads the old name, so the new name
//! gets copies: the same files, the same run, the tags, the history, and where
//! each came from. A copy is made with its tags in one write and found again by
//! them, so that a run that died made each once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tollgate::facts::Instant;
use tollgate_sources::{Mlflow, MlflowError, Registered, Version};

use super::claim::{Claim, Dead, is_claim, still_serves};
use super::deprecate::{Sunset, in_future, model_on_the_way_out, on_the_way_out};
use super::intent::{BAD, HISTORY, History, INTENT, Intent};
use super::list::{Planned, Write};
use super::run::{Audit, stage_of};
use crate::plan::Plan;
use crate::{PromotionError, Stage};

/// The tag of both models that says how far it is.
const MIGRATION: &str = "tollgate.migration";

/// The tag of a copy that says what it is one of: `models:/churn/8`.
const MIGRATED_FROM: &str = "migrated_from";

/// How far a migration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reached {
    /// Some is written, and some is not.
    Begun,
    /// Both names serve.
    BothServe,
    /// The old name is on its way out.
    Finished,
}

/// A migration, as both models remember it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// The old name.
    pub from: String,
    /// The new one.
    pub to: String,
    /// Who.
    pub by: String,
    /// When it began, RFC 3339.
    pub at: String,
    /// Why, where a person said so.
    pub reason: Option<String>,
    /// How far it is.
    pub reached: Reached,
}

impl Passage {
    /// The migration that the tags of a model speak of.
    #[must_use]
    pub fn of(registered: &Registered) -> Option<Self> {
        serde_json::from_str(registered.tags.get(MIGRATION)?).ok()
    }

    fn written(&self, model: &str, reached: Reached) -> Step {
        let state = Self { reached, ..self.clone() };
        let value = serde_json::to_string(&state).unwrap_or_default();
        Step::of(model, Write::ModelTag { key: MIGRATION.to_owned(), value })
    }
}

/// A model with all its versions.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'a> {
    /// The model.
    pub registered: &'a Registered,
    /// Its versions.
    pub versions: &'a [Version],
}

/// A write to one of both models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The model.
    pub model: String,
    /// The write.
    #[serde(flatten)]
    pub write: Write,
}

impl Step {
    fn of(model: &str, write: Write) -> Self {
        Self { model: model.to_owned(), write }
    }
}

/// A step of a migration: what is to be written, and what must still be so
/// before it is.
#[derive(Debug, Clone, Serialize)]
pub struct Migration {
    /// The old name.
    pub from: String,
    /// The new name.
    pub to: String,
    /// How far it is when all is written.
    pub reached: Reached,
    /// The number that each old version has under the new name.
    pub versions: BTreeMap<u64, u64>,
    /// The writes, in their order.
    pub writes: Vec<Step>,
    #[serde(skip)]
    serving_alias: Option<String>,
    #[serde(skip)]
    serving: Option<u64>,
    /// How far it was when this was made.
    #[serde(skip)]
    known: Option<Passage>,
    #[serde(skip)]
    by: String,
    #[serde(skip)]
    begun: Instant,
}

/// Lets a new name serve what an old one serves; none where it does already.
/// `new` is what there is of the new name: nothing, or what an earlier run made.
///
/// # Errors
/// When the new name is another model's, the old one is on another way, or a
/// version is not whole or in the middle of a move.
pub fn migrate(
    plan: &Plan,
    old: Whole<'_>,
    name: &str,
    new: Option<Whole<'_>>,
    audit: &Audit,
) -> Result<Option<Migration>, PromotionError> {
    let from = &old.registered.name;
    let known = on_this_way(old.registered, name, new.map(|new| new.registered))?;
    if known.as_ref().is_some_and(|known| known.reached != Reached::Begun) {
        return Ok(None);
    }
    may_be_copied(old)?;
    let passage = known.unwrap_or_else(|| Passage {
        from: from.clone(),
        to: name.to_owned(),
        by: audit.by.clone(),
        at: audit.at.to_string(),
        reason: audit.reason.clone(),
        reached: Reached::Begun,
    });
    let made = new.map(|new| copies(from, new.versions)).unwrap_or_default();
    let numbers = numbered(old.versions, &made, new.map_or(&[], |new| new.versions));

    let mut writes = Vec::new();
    // First, since of two who want the name one gets it, and the other has
    // written nothing.
    if new.is_none() {
        writes.push(Step::of(name, new_model(old, &numbers, &passage)));
    }
    writes.push(passage.written(from, Reached::Begun));
    let ascending = || old.versions.iter().rev();
    for version in ascending().filter(|version| !made.contains_key(&version.version)) {
        writes.extend(new_version(version, &numbers, &passage).map(|it| Step::of(name, it)));
    }
    for version in ascending() {
        let stage = version.stage.parse().unwrap_or(Stage::None);
        if let (Some(number), true) = (numbers.get(&version.version), stage != Stage::None) {
            writes.push(Step::of(name, Write::Stage { version: *number, stage }));
        }
    }
    writes.extend(aliases(plan, old.registered, &numbers).map(|it| Step::of(name, it)));
    writes.push(passage.written(name, Reached::BothServe));
    writes.push(passage.written(from, Reached::BothServe));
    Ok(Some(of(plan, old.registered, name, Reached::BothServe, numbers, writes, audit)))
}

/// Lets an old name go, once a new one serves what it served; none where it is
/// on its way out already.
///
/// # Errors
/// When the new name does not serve, the old one serves a version that has no
/// copy, or the sunset has passed.
pub fn finish(
    plan: &Plan,
    old: Whole<'_>,
    new: Whole<'_>,
    sunset: &Sunset,
    audit: &Audit,
) -> Result<Option<Migration>, PromotionError> {
    let (from, name) = (&old.registered.name, &new.registered.name);
    let not_yet =
        |why: String| PromotionError::NotMigrated { from: from.clone(), to: name.clone(), why };
    let known = on_this_way(old.registered, name, Some(new.registered))?;
    let passage = match known {
        Some(known) if known.reached == Reached::Finished => return Ok(None),
        Some(known) if known.reached == Reached::BothServe => known,
        Some(_) => return Err(not_yet("the copies were begun and are not done".to_owned())),
        None => return Err(not_yet("nothing was copied".to_owned())),
    };
    in_future(sunset, audit)?;
    let numbers = copies(from, new.versions);
    if let Some(serving) = plan.serving(old.registered) {
        if !numbers.contains_key(&serving) {
            return Err(not_yet(format!(
                "{from} serves version {serving}, which came after the copies were made"
            )));
        }
        let serves = plan
            .serving(new.registered)
            .and_then(|number| new.versions.iter().find(|version| version.version == number));
        match serves {
            None => return Err(not_yet(format!("{name} serves nothing"))),
            Some(version) if version.tags.contains_key(BAD) => {
                return Err(not_yet(format!("{name} serves a version that was rolled back")));
            }
            Some(_) => {}
        }
    }
    let mut writes = Vec::new();
    let is_used = |version: &&Version| {
        let has_alias = old.registered.aliases.values().any(|it| *it == version.version);
        has_alias || stage_of(plan, old.registered, version) != Stage::Archived
    };
    for version in old.versions.iter().rev().filter(is_used) {
        let replacement = numbers.get(&version.version);
        let replacement = replacement.map(|number| format!("models:/{name}/{number}"));
        let out = on_the_way_out(version, sunset, replacement.as_deref(), audit);
        writes.extend(out.into_iter().map(|write| Step::of(from, write)));
    }
    // Last, since the model speaks for its versions, those to come included.
    let out = model_on_the_way_out(old.registered, sunset, &format!("models:/{name}"), audit);
    writes.extend(out.into_iter().map(|write| Step::of(from, write)));
    writes.push(passage.written(name, Reached::Finished));
    writes.push(passage.written(from, Reached::Finished));
    Ok(Some(of(plan, old.registered, name, Reached::Finished, numbers, writes, audit)))
}

fn of(
    plan: &Plan,
    old: &Registered,
    name: &str,
    reached: Reached,
    versions: BTreeMap<u64, u64>,
    writes: Vec<Step>,
    audit: &Audit,
) -> Migration {
    Migration {
        from: old.name.clone(),
        to: name.to_owned(),
        reached,
        versions,
        writes,
        serving_alias: plan.champion_alias().map(str::to_owned),
        serving: plan.serving(old),
        known: Passage::of(old),
        by: audit.by.clone(),
        begun: audit.at,
    }
}

/// The migration of this old name to this new one, where it was begun.
fn on_this_way(
    old: &Registered,
    name: &str,
    new: Option<&Registered>,
) -> Result<Option<Passage>, PromotionError> {
    let refused = |why: String| PromotionError::NotMigrated {
        from: old.name.clone(),
        to: name.to_owned(),
        why,
    };
    if old.name == name {
        return Err(refused("both names are the same".to_owned()));
    }
    let of_old = match Passage::of(old) {
        // A name that was new itself hands on once the one before it is gone.
        Some(earlier) if earlier.to == old.name && earlier.reached == Reached::Finished => None,
        Some(earlier) if earlier.to == old.name => {
            return Err(refused(format!(
                "the way from {} to {} is not finished",
                earlier.from, old.name
            )));
        }
        Some(other) if other.to != name => {
            return Err(refused(format!("{} is on its way to {}", old.name, other.to)));
        }
        known => known,
    };
    let Some(new) = new else { return Ok(of_old) };
    match Passage::of(new) {
        Some(passage) if passage.from == old.name && passage.to == name => {
            // The old one says last that something is done.
            Ok(of_old.filter(|it| it.reached <= passage.reached).or(Some(passage)))
        }
        _ => Err(refused(format!("there is a model `{name}` already, which is no copy of it"))),
    }
}

/// That all versions are whole, and none is in the middle of a move, which a
/// copy could not finish.
fn may_be_copied(old: Whole<'_>) -> Result<(), PromotionError> {
    for version in old.versions {
        if !["", "READY"].contains(&&*version.status) {
            return Err(PromotionError::Registry(MlflowError::NotReady {
                model: version.name.clone(),
                version: version.version,
                status: version.status.clone(),
            }));
        }
        if let Some(intent) = Intent::of(&version.tags).filter(|intent| !intent.done) {
            return Err(PromotionError::Unfinished {
                title: format!("{} v{}", version.name, version.version),
                action: intent.action,
                to: intent.to,
            });
        }
    }
    Ok(())
}

/// The versions that are copies of `from`'s, by the numbers of those.
fn copies(from: &str, versions: &[Version]) -> BTreeMap<u64, u64> {
    let prefix = format!("models:/{from}/");
    let numbers = versions.iter().filter_map(|version| {
        let number = version.tags.get(MIGRATED_FROM)?.strip_prefix(&prefix)?.parse().ok()?;
        Some((number, version.version))
    });
    // Newest first: of two copies the first that was made counts.
    numbers.collect()
}

/// The number that each version has under the new name, or will get: a registry
/// counts on from the last.
fn numbered(old: &[Version], made: &BTreeMap<u64, u64>, new: &[Version]) -> BTreeMap<u64, u64> {
    let last = new.iter().map(|version| version.version).max().unwrap_or(0);
    let missing = old.iter().rev().map(|it| it.version).filter(|it| !made.contains_key(it));
    made.iter().map(|(old, new)| (*old, *new)).chain(missing.zip(last + 1..)).collect()
}

/// The model under its new name. All that it says stands in the write that makes
/// it, so that of two who make it one wins.
fn new_model(old: Whole<'_>, numbers: &BTreeMap<u64, u64>, passage: &Passage) -> Write {
    let registered = old.registered;
    let mut tags: BTreeMap<String, String> = registered
        .tags
        .iter()
        .filter(|(key, _)| !is_claim(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let mut history = History::of(&registered.tags);
    history.0.retain_mut(|served| match numbers.get(&served.version) {
        Some(number) => {
            served.version = *number;
            true
        }
        None => false,
    });
    if !history.0.is_empty() {
        tags.insert(HISTORY.to_owned(), history.text());
    }
    tags.insert(MIGRATED_FROM.to_owned(), format!("models:/{}", passage.from));
    let state = Passage { reached: Reached::Begun, ..passage.clone() };
    tags.insert(MIGRATION.to_owned(), serde_json::to_string(&state).unwrap_or_default());
    Write::NewModel { description: registered.description.clone(), tags }
}

/// A version under its new name and number.
fn new_version(
    version: &Version,
    numbers: &BTreeMap<u64, u64>,
    passage: &Passage,
) -> Option<Write> {
    let mut tags = version.tags.clone();
    // What names versions by the old numbers.
    for key in ["replaced_by", "replacement_version"] {
        if let Some(value) = tags.get_mut(key)
            && let Some(number) = value.parse().ok().and_then(|old: u64| numbers.get(&old))
        {
            *value = number.to_string();
        }
    }
    if let Some(mut intent) = Intent::of(&tags) {
        intent.previous = intent.previous.and_then(|old| numbers.get(&old).copied());
        tags.insert(INTENT.to_owned(), intent.text());
    }
    tags.extend([
        (MIGRATED_FROM.to_owned(), format!("models:/{}/{}", version.name, version.version)),
        ("migrated_by".to_owned(), passage.by.clone()),
        ("migration_date".to_owned(), passage.at.clone()),
    ]);
    Some(Write::NewVersion {
        version: *numbers.get(&version.version)?,
        source: version.source.clone(),
        run_id: version.run_id.clone(),
        description: version.description.clone(),
        tags,
    })
}

/// The aliases under the new numbers, what serves last.
fn aliases<'a>(
    plan: &Plan,
    old: &'a Registered,
    numbers: &'a BTreeMap<u64, u64>,
) -> impl Iterator<Item = Write> + use<'a> {
    let champion = plan.champion_alias().map(str::to_owned);
    let mut aliases: Vec<(&String, &u64)> = old.aliases.iter().collect();
    aliases.sort_by_key(|(alias, _)| (Some(*alias) == champion.as_ref(), (*alias).clone()));
    aliases.into_iter().filter_map(|(alias, version)| {
        Some(Write::Alias { alias: alias.clone(), version: *numbers.get(version)? })
    })
}

impl Planned for Migration {
    fn title(&self, is_done: bool) -> String {
        let Self { from, to, versions, .. } = self;
        let count = versions.len();
        let plural = if count == 1 { "" } else { "s" };
        match (self.reached, is_done) {
            (Reached::Finished, true) => format!("{from} is on its way out, and {to} stays"),
            (Reached::Finished, false) => format!("would let {from} go, and {to} stay"),
            (_, true) => format!("{to} stands beside {from}, with {count} version{plural}"),
            (_, false) => {
                format!("would let {to} stand beside {from}, with {count} version{plural}")
            }
        }
    }

    fn lines(&self) -> Vec<String> {
        self.writes.iter().map(|step| format!("{}: {}", step.model, step.write)).collect()
    }

    fn make(
        &self,
        mlflow: &Mlflow,
        take_over: bool,
        tell: &mut dyn FnMut(usize),
    ) -> Result<(), PromotionError> {
        let claim = Claim {
            version: 0,
            to: self.to.clone(),
            by: self.by.clone(),
            at: self.begun.to_string(),
        };
        let dead = if take_over { Dead::All } else { Dead::Nobodys };
        let held = claim.hold(mlflow, &self.from, dead, |registered| {
            // What another run has copied since would be copied twice.
            if Passage::of(registered) != self.known {
                return Err(PromotionError::NotMigrated {
                    from: self.from.clone(),
                    to: self.to.clone(),
                    why: "another run has come further meanwhile".to_owned(),
                });
            }
            still_serves(registered, self.serving_alias.as_deref(), self.serving)
        })?;
        let written = held.write(self.writes.iter().map(|it| (&*it.model, &it.write)), tell);
        if written.is_err() {
            // This run ends here, and the next may not take that for granted.
            // Where the registry is gone, the claim stays.
            let _ = held.free();
        }
        written
    }
}
