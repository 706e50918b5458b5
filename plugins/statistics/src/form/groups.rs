//! Rates of one group, by counts or by rows.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::slice::Labels;
use crate::source::{Count, Source};
use crate::statistic::rate::Rate;
use crate::trouble::{Sound, doubt};

/// The cells of the confusion matrix, in the order of [`Confusion`].
const CONFUSION: [&str; 4] =
    ["true_positives", "false_positives", "true_negatives", "false_negatives"];

/// How a group was predicted and came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Confusion {
    /// True and false positives, true and false negatives.
    counts: [u64; 4],
}

impl Confusion {
    /// The share of positives that were found.
    pub(crate) fn true_positive_rate(self) -> Rate {
        let [true_positives, _, _, false_negatives] = self.counts;
        Rate { count: true_positives, of: true_positives.saturating_add(false_negatives) }
    }

    /// The share of negatives that were taken for positives.
    pub(crate) fn false_positive_rate(self) -> Rate {
        let [_, false_positives, true_negatives, _] = self.counts;
        Rate { count: false_positives, of: false_positives.saturating_add(true_negatives) }
    }

    fn selected(self) -> Rate {
        let [true_positives, false_positives, ..] = self.counts;
        let of = self.counts.iter().fold(0_u64, |total, count| total.saturating_add(*count));
        Rate { count: true_positives.saturating_add(false_positives), of }
    }
}

/// The rates that facts give, which must be one, and what they were computed
/// from.
struct Said<T>(Vec<(T, String)>);

impl<T: Copy + PartialEq> Said<T> {
    fn add(&mut self, said: T, title: String) {
        self.0.push((said, title));
    }

    fn one(self) -> Sound<Option<T>> {
        let Some(((first, of), others)) = self.0.split_first() else { return Ok(None) };
        match others.iter().find(|(other, _)| other != first) {
            Some((_, and)) => doubt(format!("{of} and {and} say different things")),
            None => Ok(Some(*first)),
        }
    }
}

/// How many of a group were selected, and what says so.
pub(crate) fn selected(
    source: &mut Source<'_, '_>,
    labels: &Labels,
) -> Sound<Option<(Rate, &'static str)>> {
    let mut said = Said(Vec::new());
    let mut from = "rows";
    if let Some((title, flags)) = source.flags("predictions", labels)? {
        said.add(rate_of(&flags), title);
    }
    if let Some((confusion, title)) = counted(source, labels)? {
        from = "confusion counts";
        said.add(confusion.selected(), title);
    }
    if let Some(count) = source.count("selected", labels)? {
        from = "counts";
        let title = count.title.clone();
        said.add(rate(count)?, title);
    }
    Ok(said.one()?.map(|rate| (rate, from)))
}

/// How a group was predicted and came out, and what says so.
pub(crate) fn confusion(
    source: &mut Source<'_, '_>,
    labels: &Labels,
) -> Sound<Option<(Confusion, &'static str)>> {
    let mut said = Said(Vec::new());
    let mut from = "rows";
    let predicted = source.flags("predictions", labels)?;
    let is_alone = predicted.is_some();
    if let Some((title, predicted)) = predicted
        && let Some((of_outcomes, came)) = source.flags("outcomes", labels)?
    {
        if predicted.len() != came.len() {
            let (one, other) = (predicted.len(), came.len());
            return doubt(format!("{title} has {one} rows and {of_outcomes} {other}"));
        }
        let mut counts = [0; 4];
        for pair in predicted.iter().zip(&came) {
            let [true_positives, false_positives, true_negatives, false_negatives] = &mut counts;
            *match pair {
                (true, true) => true_positives,
                (true, false) => false_positives,
                (false, false) => true_negatives,
                (false, true) => false_negatives,
            } += 1;
        }
        said.add(Confusion { counts }, title);
    }
    if let Some((confusion, title)) = counted(source, labels)? {
        from = "confusion counts";
        said.add(confusion, title);
    }
    if said.0.is_empty() && is_alone {
        return source.missing("outcomes", &[], labels);
    }
    Ok(said.one()?.map(|confusion| (confusion, from)))
}

/// The confusion matrix, where there is one: all of it.
fn counted(source: &mut Source<'_, '_>, labels: &Labels) -> Sound<Option<(Confusion, String)>> {
    let mut found = Vec::new();
    for name in CONFUSION {
        found.push(source.count(name, labels)?);
    }
    if found.iter().all(Option::is_none) {
        return Ok(None);
    }
    let mut counts = [0; 4];
    let mut samples = None;
    let mut title = String::new();
    for ((name, found), place) in CONFUSION.into_iter().zip(found).zip(&mut counts) {
        let Some(found) = found else { return source.missing(name, &[], labels) };
        *place = found.count;
        samples = samples.or(found.samples);
        if found.samples.is_some() && found.samples != samples {
            return doubt(format!("{} is of other samples than its fellows", found.title));
        }
        if title.is_empty() {
            title = found.title;
        }
    }
    let confusion = Confusion { counts };
    let total = confusion.selected().of;
    if let Some(samples) = samples.filter(|samples| *samples != total) {
        return doubt(format!(
            "{title} says that it is of {samples} samples, and with its fellows it makes {total}"
        ));
    }
    Ok(Some((confusion, title)))
}

/// A count and the samples that it is of.
pub(crate) fn rate(count: Count) -> Sound<Rate> {
    let Count { title, count, samples } = count;
    match samples {
        None => doubt(format!("{title} does not say of how many samples it is")),
        Some(of) if count > of => {
            doubt(format!("{title} is {count}, which is more than the {of} samples that it is of"))
        }
        Some(of) => Ok(Rate { count, of }),
    }
}

/// How many of these are set.
pub(crate) fn rate_of(flags: &[bool]) -> Rate {
    let count = flags.iter().filter(|flag| **flag).count() as u64;
    Rate { count, of: flags.len() as u64 }
}
