//! What is seen of the model in one round.

use std::path::PathBuf;

use tollgate::facts::{CANDIDATE, CHAMPION, Evidence, Instant};
use tollgate::judge::GateCase;
use tollgate::model::{Description, Model};
use tollgate::plugins::Plugins;
use tollgate_engine::types::Fact;
use tollgate_promotion::plan::Plan;
use tollgate_sources::{Asked, Mlflow, ModelReference, Named, Note, Sources};

use crate::WatchError;

/// The subject of what a version was approved with: the metrics of its run.
const REFERENCE: &str = "reference";

/// A model of a registry.
#[derive(Debug, Clone)]
pub struct Registry {
    /// The registry.
    pub mlflow: Mlflow,
    /// The plan, which says what serves.
    pub plan: Plan,
    /// Which version of which model is watched.
    pub model: ModelReference,
}

/// Where to look.
#[derive(Debug)]
pub struct Sight {
    registry: Option<Registry>,
    sources: Vec<Sources>,
    facts: Vec<PathBuf>,
    /// Versions that were described before: they do not change, and describing
    /// one takes a dozen requests.
    known: Vec<(u64, Description)>,
}

/// What is watched at the moment.
#[derive(Debug)]
pub(crate) struct Sighted {
    /// `churn v8`.
    pub(crate) title: String,
    /// The version, where it is one of a registry.
    pub(crate) version: Option<u64>,
    pub(crate) case: GateCase,
}

impl Sight {
    /// Looks at a model of a registry, where there is one, at live sources and
    /// at files of facts, which are read anew each time.
    #[must_use]
    pub fn new(registry: Option<Registry>, sources: Vec<Sources>, facts: Vec<PathBuf>) -> Self {
        Self { registry, sources, facts, known: Vec::new() }
    }

    /// The registry.
    #[must_use]
    pub fn registry(&self) -> Option<&Registry> {
        self.registry.as_ref()
    }

    /// What is watched, for a person and for the state.
    #[must_use]
    pub fn subject(&self) -> String {
        self.registry.as_ref().map_or_else(|| "facts".to_owned(), |it| it.model.to_string())
    }

    /// Looks, as of a point in time. What sources have to say goes to `notes`.
    ///
    /// # Errors
    /// When the registry does not answer or a file cannot be read: nothing was
    /// seen then.
    pub(crate) fn look(
        &mut self,
        plugins: &Plugins,
        as_of: Instant,
        asks_for_signature: bool,
        notes: &mut Vec<String>,
    ) -> Result<Sighted, WatchError> {
        let mut evidence = Evidence::new();
        for path in &self.facts {
            evidence.read(path, CANDIDATE)?;
        }
        let Some(registry) = self.registry.clone() else {
            let mut model = Model::default();
            "the live model".clone_into(&mut model.title);
            let title = model.title.clone();
            let asked =
                Asked { candidate: Named::default(), champion: None, registry: None, as_of };
            let of_run = self.ask(&asked, &mut evidence, notes);
            let mut case = GateCase::new(model, None, evidence, as_of);
            of_run.into_iter().for_each(|fact| case.state(fact));
            return Ok(Sighted { title, version: None, case });
        };
        let Registry { mlflow, plan, model } = &registry;
        let registered = mlflow.registered(&model.name)?;
        let version = mlflow.resolve(model, &registered)?;
        // What serves is compared with nothing but what it was approved with.
        let champion = plan.serving(&registered).filter(|serves| *serves != version);
        self.known.retain(|(known, _)| *known == version || Some(*known) == champion);
        let named = |number: u64| Named::new(&registered.name, &number.to_string());
        let asked = Asked {
            candidate: named(version),
            champion: champion.map(named),
            registry: Some(mlflow.clone()),
            as_of,
        };
        let of_run = self.ask(&asked, &mut evidence, notes);
        for number in [Some(version), champion].into_iter().flatten() {
            if self.known.iter().all(|(known, _)| *known != number) {
                let found = mlflow.describe(&registered, number)?;
                self.known.push((number, found.description));
            }
        }
        let reference_is_given = evidence.facts().iter().any(|fact| fact.subject == REFERENCE);
        if !reference_is_given && let Some(description) = self.described(version) {
            let run = description.run.clone();
            let facts = description.facts.clone();
            let approved = Description {
                run,
                facts,
                from: description.from.clone(),
                ..Description::default()
            };
            Model::described(approved, REFERENCE, &mut evidence)?;
        }
        let live = |number: u64, role: &str, evidence: &mut Evidence| {
            self.described(number).map(|it| Model::described(without_run(it), role, evidence))
        };
        let candidate = live(version, CANDIDATE, &mut evidence).transpose()?.unwrap_or_default();
        let champion = champion.and_then(|number| live(number, CHAMPION, &mut evidence));
        let title = format!("{} v{version}", registered.name);
        let mut case = GateCase::new(candidate, champion.transpose()?, evidence, as_of);
        of_run.into_iter().for_each(|fact| case.state(fact));
        if asks_for_signature {
            case.look_at_signature(plugins)?;
        }
        Ok(Sighted { title, version: Some(version), case })
    }

    /// Asks the live sources. One that is down leaves its facts missing.
    fn ask(&self, asked: &Asked, evidence: &mut Evidence, notes: &mut Vec<String>) -> Vec<Fact> {
        let mut of_run = Vec::new();
        for sources in &self.sources {
            let collected = sources.collect(asked);
            for fact in collected.facts {
                if let Err(fact) = evidence.say(fact) {
                    let title = tollgate::facts::title(&fact);
                    notes.push(format!("a source speaks of `{title}`, which only the host does"));
                }
            }
            notes.extend(collected.notes.iter().map(ToString::to_string));
            of_run.extend(collected.notes.iter().map(Note::to_fact));
        }
        of_run
    }

    fn described(&self, version: u64) -> Option<&Description> {
        self.known.iter().find(|(known, _)| *known == version).map(|(_, description)| description)
    }
}

/// What is known of a version but its metrics: those of its training must not
/// stand in for the live ones when their source is down.
fn without_run(description: &Description) -> Description {
    Description { run: None, facts: Vec::new(), ..description.clone() }
}
