//! The facts that statistics are computed from, in places where rules find them.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use gate_evidence::given::{Given, Reading, Sought, as_of};
use gate_evidence::instant::{Instant, RUN};
use gate_evidence::window::{self, Window};
use tollgate_sdk::gate::Fact;

use crate::slice::{self, Labels};

/// The facts that are read, beside [`HORIZON_REACHED`].
const NAMES: [&str; 19] = [
    "histogram",
    "bin_edges",
    "values",
    "category_count",
    "selected",
    "predictions",
    "outcomes",
    "true_positives",
    "false_positives",
    "true_negatives",
    "false_negatives",
    "calibration_counts",
    "calibration_positives",
    "calibration_score_sums",
    "scores",
    "conversions",
    "mean",
    "standard_deviation",
    "exposures",
];

/// The label that tells the parts of one distribution apart, and makes no slice.
pub(crate) fn label_of_part(name: &str) -> Option<&'static str> {
    match name {
        "category_count" => Some("category"),
        "exposures" => Some("variant"),
        _ => None,
    }
}

/// Says that a test went on until the end that was fixed before it began.
pub(crate) const HORIZON_REACHED: &str = "horizon_reached";

/// All facts.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    all: &'a [Fact],
    known: BTreeMap<(&'a str, &'a str), BTreeMap<Labels, Vec<Seen>>>,
    /// The parts that there are of each slice: of 1,000 features with 20
    /// categories each nobody can look through all for every feature.
    parts: BTreeMap<(&'a str, &'a str), BTreeMap<Labels, BTreeSet<&'a str>>>,
    as_of: Given<Instant>,
    horizons: BTreeMap<&'a str, Given<bool>>,
}

/// A fact in its slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// Its index.
    pub index: u32,
    /// How long it was observed.
    pub window: Option<Window>,
}

impl<'a> Facts<'a> {
    /// Looks every fact up once.
    #[must_use]
    pub(crate) fn new(all: &'a [Fact]) -> Self {
        let mut known: BTreeMap<_, BTreeMap<Labels, Vec<Seen>>> = BTreeMap::new();
        let mut parts: BTreeMap<_, BTreeMap<Labels, BTreeSet<&str>>> = BTreeMap::new();
        let mut horizons = BTreeMap::new();
        for (index, fact) in (0u32..).zip(all) {
            if fact.name == HORIZON_REACHED {
                horizons
                    .entry(fact.subject.as_str())
                    .or_insert_with(|| Sought::new(&fact.subject, HORIZON_REACHED).boolean(all));
            }
            if !NAMES.contains(&fact.name.as_str()) {
                continue;
            }
            let mut labels = labels_of(fact);
            let window = take_window(&mut labels);
            let of = (fact.name.as_str(), fact.subject.as_str());
            let is_part = |key: &str| label_of_part(&fact.name) == Some(key);
            if let Some(part) = fact.labels.iter().find(|label| is_part(&label.key)) {
                let mut slice = labels.clone();
                slice.retain(|(key, _)| !is_part(key));
                parts.entry(of).or_default().entry(slice).or_default().insert(part.value.as_str());
            }
            known.entry(of).or_default().entry(labels).or_default().push(Seen { index, window });
        }
        Self { all, known, parts, as_of: as_of(all), horizons }
    }

    /// The fact of that index.
    pub(crate) fn get(&self, index: u32) -> Option<&'a Fact> {
        self.all.get(index as usize)
    }

    /// As of when the run judges.
    pub(crate) fn as_of(&self) -> &Given<Instant> {
        &self.as_of
    }

    /// What is said of a subject's horizon, by itself or by the run. Neither may
    /// say that it is not reached.
    pub(crate) fn horizon<'s>(&'s self, subject: &'s str) -> Vec<&'s Given<bool>> {
        let said = [subject, RUN].into_iter().filter_map(|subject| self.horizons.get(subject));
        said.filter(|given| !matches!(given.reading, Reading::Missing(_))).collect()
    }

    /// The copies of a fact.
    pub(crate) fn copies<'s>(
        &'s self,
        name: &'s str,
        subject: &'s str,
        labels: &Labels,
    ) -> &'s [Seen] {
        let of = self.of(name, subject).and_then(|slices| slices.get(labels));
        of.map_or(&[], Vec::as_slice)
    }

    /// The parts that a subject has of a slice: categories, variants.
    pub(crate) fn parts<'s>(
        &'s self,
        name: &'s str,
        subject: &'s str,
        labels: &Labels,
    ) -> impl Iterator<Item = &'a str> + use<'s, 'a> {
        let of = self.parts.get(&(name, subject)).and_then(|slices| slices.get(labels));
        of.into_iter().flatten().copied()
    }

    /// The slices that a subject has of a fact.
    pub(crate) fn slices<'s>(
        &'s self,
        name: &'s str,
        subject: &'s str,
    ) -> impl Iterator<Item = (&'s Labels, &'s [Seen])> {
        let of = self.of(name, subject).into_iter().flatten();
        of.map(|(labels, seen)| (labels, seen.as_slice()))
    }

    fn of<'s>(
        &'s self,
        name: &'s str,
        subject: &'s str,
    ) -> Option<&'s BTreeMap<Labels, Vec<Seen>>> {
        self.known.get(&(name, subject))
    }
}

/// All labels of a fact, the window among them.
fn labels_of(fact: &Fact) -> Labels {
    let mut labels = Labels::with_capacity(fact.labels.len());
    for label in &fact.labels {
        slice::insert(&mut labels, (label.key.clone(), label.value.clone()));
    }
    labels
}

/// Takes the window out of the labels. One that is no length of time stays, so
/// that the fact matches no rule.
fn take_window(labels: &mut Labels) -> Option<Window> {
    let place = labels.iter().position(|(key, _)| key == window::LABEL)?;
    let window = Window::parse(&labels.get(place)?.1)?;
    labels.remove(place);
    Some(window)
}
