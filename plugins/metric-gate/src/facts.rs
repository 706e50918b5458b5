//! All facts, in places where rules find them.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use tollgate_sdk::gate::{Fact, FactValue};

use crate::builtin::HELD_OUT;
use crate::catalog::Catalog;
use crate::instant::{AS_OF, Instant, RUN};
use crate::place::Place;
use crate::reader::hint;
use crate::rule::MetricName;
use crate::slice::{self, Braces, Labels, Slice};
use crate::split;
use crate::window::{self, Window};

/// What there is of one metric of one subject.
#[derive(Debug)]
pub(crate) struct OfSubject<'a> {
    /// The first fact.
    first: &'a Fact,
    /// The copies of each fact, by their slice.
    pub slices: BTreeMap<Slice<'a>, Vec<Seen<'a>>>,
}

/// All facts, as the catalog understands them.
///
/// Of each fact only what tells places apart is kept: a gate may get 100,000.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    all: &'a [Fact],
    /// Those of which some rule or entry knows the metric, by its index and
    /// subject.
    known: BTreeMap<(usize, &'a str), OfSubject<'a>>,
    /// As of when the run judges: the fact, if there is one.
    as_of: Option<(u32, &'a Fact)>,
}

/// A fact in its slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    /// Its index.
    pub index: u32,
    /// The split of the data that it was measured on.
    pub split: Option<&'a str>,
    /// How long it was observed.
    pub window: Option<Window>,
}

/// What a rule takes of a slice: the copies of one fact.
#[derive(Debug)]
pub(crate) struct Taken<'a> {
    /// In the order given to `evaluate`.
    pub facts: Vec<(u32, &'a Fact)>,
    /// The split that they are of.
    pub split: Option<&'a str>,
    /// The window that they are of.
    pub window: Option<Window>,
}

/// How many names are looked through for one that was meant: each costs some
/// thousand steps, and every missing metric asks.
const NAMES_FOR_HINTS: usize = 200;

impl<'a> Facts<'a> {
    /// Looks every fact up once.
    #[must_use]
    pub(crate) fn new(all: &'a [Fact], catalog: &'a Catalog) -> Self {
        let mut facts = Self { all, known: BTreeMap::new(), as_of: None };
        for (index, fact) in (0u32..).zip(all) {
            if fact.subject == RUN && fact.name == AS_OF && fact.labels.is_empty() {
                // The host says it once, and after what files say.
                facts.as_of = Some((index, fact));
            }
            let Some(meaning) = catalog.meaning(&fact.name) else { continue };
            let mut labels = labels_of(fact);
            let seen = Seen {
                index,
                split: take_split(&mut labels, meaning.split),
                window: take_window(&mut labels),
            };
            let of = (meaning.index, fact.subject.as_str());
            let of = facts
                .known
                .entry(of)
                .or_insert_with(|| OfSubject { first: fact, slices: BTreeMap::new() });
            let copies = of.slices.entry(Slice::new(labels)).or_default();
            if copies.is_empty() {
                // Most facts have no copy.
                copies.reserve_exact(1);
            }
            copies.push(seen);
        }
        facts
    }

    /// As of when the run judges, and the fact that says so.
    pub(crate) fn as_of(&self) -> Option<(u32, Option<Instant>, &'a Fact)> {
        let (index, fact) = self.as_of?;
        let instant = match &fact.value {
            FactValue::Text(text) => Instant::parse(text),
            _ => None,
        };
        Some((index, instant, fact))
    }

    /// What there is of a metric of a subject.
    #[must_use]
    pub(crate) fn of<'s>(
        &'s self,
        metric: &MetricName,
        subject: &'s str,
    ) -> Option<&'s OfSubject<'a>>
    where
        'a: 's,
    {
        self.known.get(&(metric.index, subject))
    }

    /// The facts in a place. None where no fact is of the rule's split and
    /// window.
    #[must_use]
    pub(crate) fn take(&self, place: &Place<'_>) -> Option<Taken<'a>> {
        let copies = self.of(place.metric, place.subject)?.slices.get(place.slice)?;
        let (split, window) = choose(copies, place)?;
        let facts = copies
            .iter()
            .filter(|seen| seen.split == split && seen.window == window)
            .filter_map(|seen| Some((seen.index, self.all.get(seen.index as usize)?)))
            .collect();
        Some(Taken { facts, split, window })
    }

    /// Says that nothing is in a place, and what comes nearest.
    pub(crate) fn absence(&self, place: &Place<'_>) -> String {
        let missing = format!("`{}` of `{}` is missing", place.sought(), place.subject);
        let near = self.of(place.metric, place.subject).or_else(|| {
            let index = place.metric.index;
            let (of, found) = self.known.range((index, "")..).next()?;
            (of.0 == index).then_some(found)
        });
        let hint = match near {
            Some(OfSubject { first: fact, .. }) => {
                format!("; there is `{}` of `{}`", title(fact), fact.subject)
            }
            None => hint(
                &place.metric.name,
                self.all.iter().take(NAMES_FOR_HINTS).map(|fact| fact.name.as_str()),
            ),
        };
        missing + &hint
    }
}

/// The split and the window that a rule takes of a slice: where it names no
/// split, facts without one, else those of a held-out split; of the windows
/// that are long enough the shortest.
pub(crate) fn choose<'a>(
    copies: &[Seen<'a>],
    place: &Place<'_>,
) -> Option<(Option<&'a str>, Option<Window>)> {
    let of = |split: Option<&str>| {
        copies
            .iter()
            .filter(|seen| seen.split == split)
            .filter(|seen| match (place.check.window, seen.window) {
                (Some(wanted), Some(window)) => wanted.accepts(window),
                (None, None) => true,
                _ => false,
            })
            .min_by_key(|seen| seen.window)
    };
    let seen = match place.metric.split.as_deref() {
        Some(split) => of(Some(split)),
        None => of(None).or_else(|| HELD_OUT.iter().find_map(|split| of(Some(split)))),
    }?;
    Some((seen.split, seen.window))
}

/// What a fact calls itself, with its slice: `auc{group=female}`.
pub(crate) fn title(fact: &Fact) -> String {
    format!("{}{}", fact.name, Braces(&labels_of(fact)))
}

/// All labels of a fact, window and split among them.
fn labels_of(fact: &Fact) -> Labels<'_> {
    let mut labels = Labels::with_capacity(fact.labels.len());
    for label in &fact.labels {
        slice::insert(&mut labels, (label.key.as_str(), label.value.as_str()));
    }
    labels
}

/// Takes the window out of the labels. One that is no length of time stays, so
/// that the fact matches no rule.
fn take_window(labels: &mut Labels<'_>) -> Option<Window> {
    let place = labels.iter().position(|(key, _)| *key == window::LABEL)?;
    let window = Window::parse(labels.get(place)?.1)?;
    labels.remove(place);
    Some(window)
}

/// Takes the split out of the labels, or the one that the name says. Where the
/// two differ the label stays, so that the fact matches no rule.
fn take_split<'a>(labels: &mut Labels<'a>, of_name: Option<&'a str>) -> Option<&'a str> {
    let Some(place) = labels.iter().position(|(key, _)| *key == split::LABEL) else {
        return of_name;
    };
    let split = split::canonical(labels.get(place)?.1);
    if of_name.is_some_and(|of_name| of_name != split) {
        return of_name;
    }
    labels.remove(place);
    Some(split)
}
