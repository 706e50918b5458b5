//! What earlier versions were measured at, for those who read a report.

use std::collections::BTreeSet;

use tollgate::facts::{CANDIDATE, Evidence, of_version, title};
use tollgate::judge::Gate;
use tollgate_engine::types::{Fact, FactValue};
use tollgate_sources::{Gap, Mlflow, Note};

use crate::PromotionError;
use crate::collect::Collected;

/// What notes call it.
const SOURCE: &str = "history";

/// Adds the metrics of the newest `count` versions before the candidate, by
/// the subjects `v7`, `v6`, ...: those that `profiles` look at of the
/// candidate, and no others. A registry that does not answer leaves them out,
/// and the case says so.
///
/// # Errors
/// When a plugin fails, which is asked which facts it looks at, or a run is
/// not one.
pub fn add(
    mlflow: &Mlflow,
    collected: &mut Collected,
    profiles: &[Gate],
    count: usize,
) -> Result<(), PromotionError> {
    let names = looked_at(collected, profiles)?;
    if names.is_empty() {
        return Ok(());
    }
    let earlier = match mlflow.earlier(&collected.candidate, &collected.experiment, count) {
        Ok(earlier) => earlier,
        Err(error) => {
            let note = Note {
                source: SOURCE.to_owned(),
                fact: None,
                gap: Gap::Missing,
                message: error.to_string(),
            };
            collected.case.state(note.to_fact());
            return Ok(());
        }
    };
    let champion = collected.champion.as_ref().map(|champion| champion.version);
    for version in earlier.into_iter().filter(|version| Some(version.version) != champion) {
        let mut said = Evidence::new();
        said.parse(&version.run, &of_version(version.version))?;
        for fact in said.facts().iter().filter(|fact| names.contains(&title(fact))) {
            collected.case.state(fact.clone());
        }
    }
    Ok(())
}

/// The numbers of the candidate that findings rest on. Nothing else says what
/// a profile looks at: its settings are its plugin's.
fn looked_at(collected: &Collected, profiles: &[Gate]) -> Result<BTreeSet<String>, PromotionError> {
    let report = collected.case.judge(profiles)?;
    let facts = collected.case.evidence().facts();
    let findings = report.profiles.iter().flat_map(|profile| &profile.findings);
    let rests = findings.flat_map(|finding| &finding.facts);
    let found = rests.filter_map(|at| facts.get(*at as usize)).filter(|fact| is_number(fact));
    Ok(found.filter(|fact| fact.subject == CANDIDATE).map(title).collect())
}

fn is_number(fact: &Fact) -> bool {
    matches!(fact.value, FactValue::Number(_) | FactValue::Integer(_))
}
