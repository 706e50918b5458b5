//! What a registry knows of a version and its champion, as a case for gates.

use std::path::PathBuf;
use std::thread;

use tollgate::facts::{CANDIDATE, CHAMPION, Evidence, Instant};
use tollgate::judge::GateCase;
use tollgate::model::{Description, Model, fact};
use tollgate::plugins::Plugins;
use tollgate_engine::types::FactValue;
use tollgate_signatures::diff::{Raises, diff};
use tollgate_signatures::{Signature, file};
use tollgate_sources::{Asked, Mlflow, ModelReference, Named, Note, Registered, Sources, Version};

use crate::moves::History;
use crate::plan::Plan;
use crate::{PromotionError, Stage};

/// What is asked of the registry.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// The version that wants to move on.
    pub candidate: &'a ModelReference,
    /// Where to.
    pub target: Option<Stage>,
    /// `promote`, `archive`, ...
    pub action: &'a str,
    /// Who asks.
    pub actor: Option<&'a str>,
    /// Why.
    pub reason: Option<&'a str>,
    /// The alias of the version to compare with; the plan's where there is
    /// none.
    pub champion: Option<&'a str>,
    /// More evidence.
    pub facts: &'a [PathBuf],
    /// Where still more is.
    pub sources: &'a [Sources],
    /// As of when it is judged.
    pub as_of: Instant,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Collected {
    /// The case to judge.
    pub case: GateCase,
    /// The model.
    pub registered: Registered,
    /// The version that wants to move on.
    pub candidate: Version,
    /// The version that serves.
    pub champion: Option<Version>,
}

/// Asks the registry, both versions side by side.
///
/// # Errors
/// When the version is not there, the registry does not answer, or what it
/// says is wrong.
pub fn collect(
    mlflow: &Mlflow,
    plan: &Plan,
    plugins: &Plugins,
    question: &Question<'_>,
) -> Result<Collected, PromotionError> {
    let mut evidence = Evidence::new();
    for path in question.facts {
        evidence.read(path, CANDIDATE)?;
    }
    if let Some(fact) = evidence.facts().iter().find(|fact| fact.subject == CHAMPION) {
        return Err(PromotionError::ForChampion { fact: tollgate::facts::title(fact) });
    }
    let registered = mlflow.registered(&question.candidate.name)?;
    let candidate = mlflow.resolve(question.candidate, &registered)?;
    let champion = champion(plan, &registered, question.champion)?;
    let named = |version: u64| Named::new(&registered.name, &version.to_string());
    let asked = Asked {
        candidate: named(candidate),
        champion: champion.map(named),
        registry: Some(mlflow.clone()),
        as_of: question.as_of,
    };
    let (found, serving, elsewhere) = thread::scope(|scope| {
        let asked = &asked;
        let elsewhere: Vec<_> = question
            .sources
            .iter()
            .map(|sources| scope.spawn(move || sources.collect(asked)))
            .collect();
        let serving = champion.map(|version| {
            let registered = &registered;
            scope.spawn(move || mlflow.describe(registered, version))
        });
        let found = mlflow.describe(&registered, candidate);
        let serving = serving.map(thread::ScopedJoinHandle::join);
        let elsewhere = elsewhere.into_iter().map(thread::ScopedJoinHandle::join);
        (found, serving, elsewhere.collect::<Vec<_>>())
    });
    let mut notes = Vec::new();
    for elsewhere in elsewhere {
        let elsewhere = elsewhere.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        notes.extend(said(elsewhere, &mut evidence)?);
    }
    let found = found?;
    let serving = match serving {
        None => None,
        Some(Ok(serving)) => Some(serving?),
        Some(Err(panic)) => std::panic::resume_unwind(panic),
    };
    let champion_version = serving.as_ref().map(|serving| serving.version.clone());
    let mut case = case(
        plugins,
        found.description,
        serving.map(|it| it.description),
        evidence,
        question.as_of,
    )?;
    for note in &notes {
        case.state(note.to_fact());
    }
    question.sources.iter().for_each(|sources| sources.state(&mut case));
    let of_run = [
        ("action", Some(question.action)),
        ("target", question.target.map(Stage::name)),
        ("actor", question.actor),
        ("reason", question.reason),
    ];
    for (name, value) in of_run {
        if let Some(value) = value {
            case.state_of_run(name, value);
        }
    }
    Ok(Collected { case, registered, candidate: found.version, champion: champion_version })
}

/// What sources say goes to the evidence. As files of facts do, they speak
/// before the registry does: what both say is held against each other.
pub(crate) fn said(
    elsewhere: tollgate_sources::Collected,
    evidence: &mut Evidence,
) -> Result<Vec<Note>, PromotionError> {
    for fact in elsewhere.facts {
        evidence
            .say(fact)
            .map_err(|fact| PromotionError::Stated { fact: tollgate::facts::title(&fact) })?;
    }
    Ok(elsewhere.notes)
}

/// A version and the one that it is compared with, by what describes them and
/// by more evidence.
pub(crate) fn case(
    plugins: &Plugins,
    candidate: Description,
    champion: Option<Description>,
    mut evidence: Evidence,
    as_of: Instant,
) -> Result<GateCase, PromotionError> {
    let model = Model::described(candidate, CANDIDATE, &mut evidence)?;
    let champion =
        champion.map(|champion| Model::described(champion, CHAMPION, &mut evidence)).transpose()?;
    let change = champion.as_ref().and_then(|champion| signature_change(&model, champion));
    let mut case = GateCase::new(model, champion, evidence, as_of);
    case.look_at_signature(plugins)?;
    if let Some(change) = change {
        case.state(fact("signature_change", CANDIDATE, FactValue::Text(change.to_owned())));
    }
    Ok(case)
}

/// The version that the candidate is compared with: the one of the alias that
/// was asked for, which must be there; else of the plan's, else the newest in
/// MLflow's stage Production.
fn champion(
    plan: &Plan,
    registered: &Registered,
    asked: Option<&str>,
) -> Result<Option<u64>, PromotionError> {
    if let Some(alias) = asked {
        let reference = ModelReference {
            name: registered.name.clone(),
            pick: tollgate_sources::Pick::Alias(alias.to_owned()),
        };
        let version = registered.aliases.get(alias).copied();
        return match version {
            Some(version) => Ok(Some(version)),
            None => Err(tollgate_sources::MlflowError::NoAlias {
                model: reference.name,
                alias: alias.to_owned(),
                known: registered.aliases.keys().cloned().collect(),
            }
            .into()),
        };
    }
    let serves = plan.serving(registered);
    match History::of(&registered.tags).0.first() {
        // Without its champion a candidate would be compared with nothing.
        Some(served) if serves.is_none() => Err(PromotionError::NoChampion {
            model: registered.name.clone(),
            version: served.version,
        }),
        _ => Ok(serves),
    }
}

/// What the candidate's signature asks of a semantic version; none where either
/// has none that can be read, so that the fact is missing.
fn signature_change(candidate: &Model, champion: &Model) -> Option<&'static str> {
    let read = |model: &Model| -> Option<Signature> {
        file::from_text(model.mlmodel.clone()?).ok().map(|file| file.signature)
    };
    let diff = diff(&read(champion)?, &read(candidate)?);
    Some(match diff.raises() {
        Raises::None => "none",
        Raises::Patch => "patch",
        Raises::Minor => "minor",
        Raises::Major => "major",
    })
}
