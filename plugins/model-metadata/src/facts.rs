//! All facts, in places where rules find them.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::given::{Given, Reading, Sought, as_of};
use gate_evidence::instant::{Instant, RUN};
use tollgate_sdk::gate::Fact;
use tollgate_sdk::nearest;

use crate::glob::Glob;
use crate::name::{Name, Title};
use crate::rule::STAGES;
use crate::vocabulary::Vocabulary;

/// The subject that is judged.
pub(crate) const CANDIDATE: &str = "candidate";

/// The subject that it is to follow.
pub(crate) const CHAMPION: &str = "champion";

/// The fact that says which stage the candidate is to have.
const TARGET: &str = "target";

/// How many names are looked through for one that was meant: each costs some
/// thousand steps, and every missing field asks.
const NAMES_FOR_HINTS: usize = 200;

/// A fact, and its index.
pub(crate) type Indexed<'a> = (u32, &'a Fact);

/// All facts.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    /// What names and texts mean.
    pub vocabulary: &'a Vocabulary,
    /// Those of the versions, by subject and name.
    places: BTreeMap<&'a str, BTreeMap<&'a str, Vec<Indexed<'a>>>>,
    /// As of when the run judges.
    pub as_of: Given<Instant>,
    /// The stage that the candidate is to have.
    pub target: Given<&'static str>,
}

impl<'a> Facts<'a> {
    /// Looks every fact up once.
    #[must_use]
    pub(crate) fn new(all: &'a [Fact], vocabulary: &'a Vocabulary) -> Self {
        let mut places: BTreeMap<&str, BTreeMap<&str, Vec<_>>> = BTreeMap::new();
        for (index, fact) in (0u32..).zip(all) {
            if fact.subject == CANDIDATE || fact.subject == CHAMPION {
                let of_subject = places.entry(&fact.subject).or_default();
                of_subject.entry(&fact.name).or_default().push((index, fact));
            }
        }
        Self { vocabulary, places, as_of: as_of(all), target: target(all) }
    }

    /// The facts of this name, whatever their labels.
    pub(crate) fn named(&self, subject: &str, name: &str) -> &[Indexed<'a>] {
        self.places.get(subject).and_then(|of| of.get(name)).map_or(&[], Vec::as_slice)
    }

    /// The facts of this name that have its labels.
    pub(crate) fn of(&self, subject: &str, name: &Name) -> impl Iterator<Item = Indexed<'a>> {
        let of_name = self.named(subject, &name.name).iter().copied();
        of_name.filter(|(_, fact)| name.has_labels_of(fact))
    }

    /// The facts of the candidate that have this name and one label of this key,
    /// by that label, where a pattern means it.
    pub(crate) fn labelled(
        &self,
        (name, key): (&str, &str),
        globs: &[Glob],
    ) -> BTreeMap<&'a str, Vec<Indexed<'a>>> {
        let mut labelled: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for (index, fact) in self.named(CANDIDATE, name) {
            if let [label] = fact.labels.as_slice()
                && label.key == key
                && globs.iter().any(|glob| glob.matches(&label.value))
            {
                labelled.entry(&label.value).or_default().push((*index, *fact));
            }
        }
        labelled
    }

    /// Whether anything is known of a subject.
    pub(crate) fn has(&self, subject: &str) -> bool {
        self.places.contains_key(subject)
    }

    /// What comes nearest to a field that is not there.
    pub(crate) fn hint(&self, subject: &str, name: &Name) -> String {
        let other = if subject == CANDIDATE { CHAMPION } else { CANDIDATE };
        let near = |subject| self.named(subject, &name.name).first().copied();
        if let Some((_, fact)) = near(subject).or_else(|| near(other)) {
            return format!("; there is `{}` of `{}`", Title(fact), fact.subject);
        }
        let names = self.places.get(subject).into_iter().flat_map(BTreeMap::keys).copied();
        nearest(&name.name, names.take(NAMES_FOR_HINTS))
            .map(|meant| format!("; did you mean `{meant}`?"))
            .unwrap_or_default()
    }
}

/// The stage that the candidate is to have, to the letter: a rule that knows
/// only `Production` must not leave `production` out.
fn target(facts: &[Fact]) -> Given<&'static str> {
    let sought = Sought::new(RUN, TARGET);
    let Given { facts, reading } = sought.any_text(facts);
    let reading = match reading {
        Reading::Missing(reason) => Reading::Missing(reason),
        Reading::Doubtful(reason) => Reading::Doubtful(reason),
        Reading::Sound(text) => match STAGES.into_iter().find(|stage| *stage == text) {
            Some(stage) => Reading::Sound(stage),
            None => Reading::Doubtful(format!(
                "{sought} is `{text}`, which is none of `{}`",
                STAGES.join("`, `")
            )),
        },
    };
    Given { facts, reading }
}
