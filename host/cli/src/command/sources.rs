//! What commands take that ask sources for facts, and what they say of them.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use miette::{Result, miette};
use tollgate::facts::Evidence;
use tollgate::judge::{Gate, GateCase};
use tollgate_sources::{Asked, Note, Sources};

use crate::output::{self, visible};

/// How often the spinner turns.
const TICK: std::time::Duration = std::time::Duration::from_millis(250);

#[derive(Debug, Args)]
pub(crate) struct Listed {
    /// Where more evidence is: Prometheus, load tests, reports, model cards;
    /// may be given several times, and adds to what the plan names
    ///
    /// One that is down makes its facts missing, which no rule passes. Passwords
    /// and tokens come from the environment only.
    #[arg(long, value_name = "FILE")]
    sources: Vec<PathBuf>,
}

impl Listed {
    /// The documents that the plan, the command and the profiles name, each once.
    pub(crate) fn read(
        &self,
        of_plan: Option<&PathBuf>,
        profiles: &[Gate],
    ) -> Result<Vec<Sources>> {
        let paths = of_plan.into_iter().chain(&self.sources);
        Ok(Sources::gather(paths, profiles.iter().map(Gate::profile))?)
    }

    /// The same, where a registry says what the champion is: who runs the
    /// command does not, while the plan may, and the profiles `of_plan`.
    pub(crate) fn read_beside_registry(
        &self,
        named: Option<&PathBuf>,
        profiles: &[Gate],
        of_plan: bool,
    ) -> Result<Vec<Sources>> {
        let plans = Self { sources: Vec::new() };
        let (plans_profiles, given_profiles) =
            if of_plan { (profiles, &[][..]) } else { (&[][..], profiles) };
        let mut all = plans.read(named, plans_profiles)?;
        let trusted = all.len();
        Sources::join(&mut all, self.read(None, given_profiles)?);
        let given = all.iter().skip(trusted);
        if let Some((source, of)) =
            given.filter_map(|it| Some((it.of_champion()?, it.name()))).next()
        {
            return Err(miette!(
                help = "name the document as `sources` of the plan's target",
                "source `{}` of `{}` speaks of the champion, of whom the registry and the plan \
                 speak here",
                visible(source),
                visible(of)
            ));
        }
        Ok(all)
    }
}

/// Asks all of them, and shows on a terminal that it does. What they say goes
/// to the evidence; the notes are for [`GateCase::state`].
pub(crate) fn collect(
    all: &[Sources],
    asked: &Asked,
    evidence: &mut Evidence,
) -> Result<Vec<Note>> {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.set_message(format!("asking {}", visible(&names(all))));
    bar.enable_steady_tick(TICK);
    let mut notes = Vec::new();
    for sources in all {
        let collected = sources.collect(asked);
        for fact in collected.facts {
            evidence.say(fact).map_err(|fact| {
                let title = tollgate::facts::title(&fact);
                miette!("a source speaks of `{}`, which only the registry says", visible(&title))
            })?;
        }
        notes.extend(collected.notes);
    }
    bar.finish_and_clear();
    Ok(notes)
}

/// What all of them are called, for those who wait for them.
pub(crate) fn names(all: &[Sources]) -> String {
    all.iter().flat_map(Sources::names).collect::<Vec<_>>().join(", ")
}

/// Says to whoever runs the command what sources did not say.
pub(crate) fn tell(case: &GateCase) {
    output::note(|out| {
        Note::of_facts(case.evidence().facts())
            .try_for_each(|note| writeln!(out, "note: {}", visible(&note.to_string())))
    });
}
