//! The stage that the candidate is in.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::given::{Given, Reading, Sought};
use gate_evidence::same::same;
use tollgate_sdk::gate::Fact;
use tollgate_sdk::nearest;

use crate::settings::Settings;

/// Whose stage it is.
pub(crate) const CANDIDATE: &str = "candidate";

const ALIAS: &str = "alias";

/// The aliases that the candidate has, and the facts that say so.
pub(crate) fn aliases(facts: &[Fact]) -> Given<Vec<&str>> {
    let mut aliases: Vec<&str> = Vec::new();
    let mut used = Vec::new();
    for fact in facts.iter().filter(|fact| fact.subject == CANDIDATE && fact.name == ALIAS) {
        let [label] = fact.labels.as_slice() else { continue };
        if label.key != ALIAS || aliases.contains(&label.value.as_str()) {
            continue;
        }
        let labels = [(ALIAS, label.value.as_str())];
        let given = Sought::new(CANDIDATE, ALIAS).labelled(&labels).boolean(facts);
        match given.reading {
            Reading::Sound(true) => {
                aliases.push(&label.value);
                used.extend(given.facts);
            }
            Reading::Doubtful(reason) => {
                return Given { facts: given.facts, reading: Reading::Doubtful(reason) };
            }
            _ => {}
        }
    }
    Given { facts: used, reading: Reading::Sound(aliases) }
}

/// The stage that the candidate is in: the one that is said, or the one that
/// its aliases stand for where that is `None` or not said.
pub(crate) fn current<'a>(facts: &[Fact], settings: &'a Settings) -> Given<&'a str> {
    let Given { facts: mut used, reading } = Sought::new(CANDIDATE, "stage").stage(facts);
    let said = match reading {
        Reading::Sound(name) => match known(name, "`stage` of `candidate`", settings) {
            Ok(stage) => Ok(stage),
            Err(reason) => return Given { facts: used, reading: Reading::Doubtful(reason) },
        },
        Reading::Missing(reason) => Err(reason),
        Reading::Doubtful(reason) => {
            return Given { facts: used, reading: Reading::Doubtful(reason) };
        }
    };
    let Given { facts: of_aliases, reading } = aliases(facts);
    let held = match reading {
        Reading::Sound(aliases) => aliases,
        Reading::Missing(reason) | Reading::Doubtful(reason) => {
            return Given { facts: of_aliases, reading: Reading::Doubtful(reason) };
        }
    };
    let mut stages =
        held.iter().filter_map(|alias| Some((*alias, settings.stage_of_alias(alias)?)));
    let first = stages.next();
    if first.is_some() {
        used.extend(of_aliases);
    }
    let reading = match (said, first) {
        (Err(reason), None) => Reading::Missing(reason),
        (Ok(stage), None) => Reading::Sound(stage),
        (said, Some((alias, stage))) => {
            let other = stages.find(|(_, other)| !same(other, stage));
            if let Some((another, other)) = other {
                Reading::Doubtful(format!(
                    "the alias `{alias}` stands for {stage} and `{another}` for {other}, and the \
                     candidate has both"
                ))
            } else {
                match said.ok().filter(|said| !same(said, "None") && !same(said, stage)) {
                    Some(said) => Reading::Doubtful(format!(
                        "`stage` of `candidate` is {said}, and its alias `{alias}` stands for \
                         {stage}"
                    )),
                    None => Reading::Sound(stage),
                }
            }
        }
    };
    Given { facts: used, reading }
}

/// The stage of that name.
///
/// # Errors
/// That there is none.
pub(crate) fn known<'a>(name: &str, what: &str, settings: &'a Settings) -> Result<&'a str, String> {
    settings.stage(name).ok_or_else(|| {
        let meant = nearest(name, settings.stages())
            .map(|meant| format!("; did you mean `{meant}`?"))
            .unwrap_or_default();
        format!("{what} is `{name}`, which is no stage{meant}")
    })
}
