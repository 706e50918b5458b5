//! Facts of what was counted.

mod enough;
mod whole;

use tollgate_engine::types::{Fact, FactValue, Label};

use crate::Counted;
use crate::count::Count;
use crate::derive::{metric, undefined};
use crate::groups::Grouped;
use crate::spec::{Metric, Spec};

/// The names of the confusion matrix, in the order in which it is counted.
const CONFUSION: [&str; 4] =
    ["true_negatives", "false_negatives", "false_positives", "true_positives"];

/// Makes facts of what was counted, but of what too many rows cannot be used
/// for.
pub(crate) fn made(spec: &Spec, count: &Count) -> Counted {
    let mut maker = Maker {
        spec,
        count,
        source: source(spec, count.rows),
        made: Counted { rows: count.rows, ..Counted::default() },
    };
    let arms = maker.arms();
    let by_arm = spec.variant.as_ref().is_some_and(|variant| !variant.subjects.is_empty());
    for (place, subject) in count.subjects.iter().enumerate() {
        if by_arm && arms.is_none() {
            let why = "a row without an arm may be of it";
            maker.made.missing.push(format!("facts of `{subject}` are missing: {why}"));
        } else {
            maker.subject(place, subject);
        }
    }
    maker.exposures(arms.unwrap_or_default());
    maker.left_out();
    maker.made
}

fn source(spec: &Spec, rows: u64) -> String {
    let first = spec.files.first().map(|path| path.display().to_string()).unwrap_or_default();
    let rows = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
    match spec.files.len() {
        0 | 1 => format!("{first} ({rows})"),
        2 => format!("{first} and 1 more file ({rows})"),
        files => format!("{first} and {} more files ({rows})", files - 1),
    }
}

struct Maker<'a> {
    spec: &'a Spec,
    count: &'a Count,
    source: String,
    made: Counted,
}

/// A slice of which facts are made.
struct Slice<'a> {
    group: usize,
    grouped: &'a Grouped,
    slot: usize,
    labels: Vec<Label>,
}

fn label(key: &str, value: &str) -> Label {
    Label { key: key.to_owned(), value: value.to_owned() }
}

fn whole(count: u64) -> FactValue {
    FactValue::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

#[allow(clippy::cast_precision_loss, reason = "counts of rows stay far below 2^53")]
fn list(counts: impl IntoIterator<Item = u64>) -> FactValue {
    FactValue::Numbers(counts.into_iter().map(|count| count as f64).collect())
}

impl<'a> Maker<'a> {
    fn fact(
        &mut self,
        name: &str,
        subject: &str,
        labels: &[Label],
        value: FactValue,
        samples: Option<u64>,
    ) {
        let mut labels = [labels, &self.spec.labels].concat();
        labels.sort();
        self.made.facts.push(Fact {
            name: name.to_owned(),
            subject: subject.to_owned(),
            labels,
            value,
            unit: None,
            samples,
            observed_at: self.spec.observed_at.map(|at| at.to_string()),
            source: Some(self.source.clone()),
        });
    }

    /// All facts of a subject but those of its arms.
    fn subject(&mut self, place: usize, subject: &str) {
        let rows = self.rows_of(place);
        if rows == 0 {
            self.made.missing.push(format!("facts of `{subject}` are missing: no row is of it"));
            return;
        }
        let slices = self.slices(place, subject);
        let spec = self.spec;
        let outcome = spec.outcome.iter().map(String::as_str);
        let predicted = spec.prediction.as_ref().or(spec.score.as_ref()).map(String::as_str);
        let judged: Vec<&str> = predicted.into_iter().chain(outcome.clone()).collect();
        let scored: Vec<&str> = spec.score.iter().map(String::as_str).chain(outcome).collect();
        if spec.predicts() && spec.outcome.is_some() {
            let used = |of: &Grouped, slot: usize| {
                of.tally.confusion.get(slot).map_or(0, |it| it.iter().sum())
            };
            if self.are_enough(place, "confusion counts", &judged, used) {
                self.confusion(subject, &slices);
            }
        } else if spec.predicts() {
            let used = |of: &Grouped, slot: usize| {
                of.tally.selected.get(slot).map_or(0, |it| it.iter().sum())
            };
            if self.are_enough(place, "`selected`", &judged, used) {
                for slice in &slices {
                    let counts = slice.grouped.tally.selected.get(slice.slot).copied();
                    let [others, selected] = counts.unwrap_or_default();
                    let samples = Some(selected + others);
                    self.fact("selected", subject, &slice.labels, whole(selected), samples);
                }
            }
        }
        if spec.score.is_some() && spec.outcome.is_some() && spec.calibration_bins.is_some() {
            let used = |of: &Grouped, slot: usize| {
                let bins = of.tally.calibration.as_ref().map_or(&[][..], |it| it.of(slot));
                bins.iter().map(|bin| bin.count).sum()
            };
            if self.are_enough(place, "counts of the calibration", &scored, used) {
                self.calibration(subject, &slices);
            }
        }
        if spec.metrics.contains(&Metric::Auc) {
            self.areas(place, subject, &slices, &scored);
        }
        self.means(place, subject, &slices);
        self.conversions(place, subject, &slices);
        self.distributions(place, subject, rows);
    }

    /// The slices of a subject, of groups that nearly all rows have.
    fn slices(&mut self, subject: usize, name: &str) -> Vec<Slice<'a>> {
        let count = self.count;
        let mut all = Vec::new();
        for (group, grouped) in count.groups.iter().enumerate() {
            let paths = grouped.slices.paths().iter().enumerate();
            let mut slices = Vec::new();
            let mut without = 0;
            for (slot, path) in paths.filter(|(_, path)| path.subject == subject) {
                match &path.codes {
                    None => without += grouped.tally.rows.get(slot).copied().unwrap_or(0),
                    Some(codes) => {
                        let levels = grouped.levels.iter().zip(codes);
                        let labels = levels.map(|((key, column), code)| {
                            label(key, count.columns.known(*column).name(*code))
                        });
                        let labels = labels.collect();
                        slices.push(Slice { group, grouped, slot, labels });
                    }
                }
            }
            let rows = self.rows_of(subject);
            let columns: Vec<&str> = grouped
                .levels
                .iter()
                .filter_map(|(_, place)| count.columns.codes.get(*place))
                .map(|asked| asked.name.as_str())
                .collect();
            let labels: Vec<&str> = grouped.levels.iter().map(|(key, _)| key.as_str()).collect();
            let title = format!("slices by `{}`", labels.join(", "));
            if self.may_leave_out(name, &title, &columns, without, rows, "") {
                slices.sort_by(|one, other| one.labels.cmp(&other.labels));
                all.append(&mut slices);
            }
        }
        all
    }

    fn confusion(&mut self, subject: &str, slices: &[Slice<'_>]) {
        let asked: Vec<Metric> =
            self.spec.metrics.iter().copied().filter(|metric| *metric != Metric::Auc).collect();
        let mut without = vec![0; asked.len()];
        for slice in slices {
            let confusion = slice.grouped.tally.confusion.get(slice.slot).copied();
            let confusion = confusion.unwrap_or_default();
            let samples = sum(&confusion);
            if samples == 0 {
                continue;
            }
            for (name, count) in CONFUSION.into_iter().zip(confusion) {
                self.fact(name, subject, &slice.labels, whole(count), Some(samples));
            }
            let [_, _, false_positives, true_positives] = confusion;
            let selected = whole(false_positives + true_positives);
            self.fact("selected", subject, &slice.labels, selected, Some(samples));
            for (name, without) in asked.iter().zip(&mut without) {
                match metric(*name, confusion) {
                    Some(value) => {
                        let value = FactValue::Number(value);
                        self.fact(name.name(), subject, &slice.labels, value, Some(samples));
                    }
                    None => *without += 1,
                }
            }
        }
        for (name, without) in asked.into_iter().zip(without) {
            self.undefined(subject, name, without, slices.len());
        }
    }

    fn undefined(&mut self, subject: &str, metric: Metric, without: usize, slices: usize) {
        if without > 0 {
            self.made.notes.push(format!(
                "`{}` of `{subject}` has no value in {without} of {slices} slices, the whole among \
                 them: {} there",
                metric.name(),
                undefined(metric)
            ));
        }
    }

    fn calibration(&mut self, subject: &str, slices: &[Slice<'_>]) {
        for slice in slices {
            let calibration = slice.grouped.tally.calibration.as_ref();
            let bins = calibration.map_or(&[][..], |calibration| calibration.of(slice.slot));
            let samples = bins.iter().map(|bin| bin.count).sum();
            if samples == 0 {
                continue;
            }
            let sums = FactValue::Numbers(bins.iter().map(|bin| bin.score_sum()).collect());
            let positives = list(bins.iter().map(|bin| bin.positives));
            let counts = list(bins.iter().map(|bin| bin.count));
            let (labels, samples) = (&slice.labels, Some(samples));
            self.fact("calibration_counts", subject, labels, counts, samples);
            self.fact("calibration_positives", subject, labels, positives, samples);
            self.fact("calibration_score_sums", subject, labels, sums, samples);
        }
    }

    fn areas(&mut self, place: usize, subject: &str, slices: &[Slice<'a>], columns: &[&str]) {
        let count = self.count;
        let of = |group: usize| count.areas.get(group).and_then(Option::as_ref);
        if (0..count.groups.len()).any(|group| of(group).is_none()) {
            self.made.missing.push(format!(
                "`auc` of `{subject}` is missing: there are more scores than can be kept and ranked"
            ));
            return;
        }
        let used = |grouped: &Grouped, slot: usize| {
            let group = count.groups.iter().position(|known| std::ptr::eq(known, grouped));
            group.and_then(of).and_then(|areas| areas.get(slot)).map_or(0, |area| area.rows)
        };
        if !self.are_enough(place, "areas under the curve", columns, used) {
            return;
        }
        let mut without = 0;
        for slice in slices {
            let Some(area) = of(slice.group).and_then(|areas| areas.get(slice.slot)) else {
                continue;
            };
            match area.area {
                Some(value) => {
                    let (value, samples) = (FactValue::Number(value), Some(area.rows));
                    self.fact("auc", subject, &slice.labels, value, samples);
                }
                None => without += 1,
            }
        }
        self.undefined(subject, Metric::Auc, without, slices.len());
    }

    fn means(&mut self, place: usize, subject: &str, slices: &[Slice<'_>]) {
        for (at, named) in self.spec.means.iter().enumerate() {
            let of = |grouped: &Grouped, slot: usize| {
                grouped.tally.means.get(at).map(|means| means.of(slot)).unwrap_or_default()
            };
            let title = format!("means of `{}`", named.label);
            let used = |grouped: &Grouped, slot| of(grouped, slot).count;
            if !self.are_enough(place, &title, &[&named.column], used) {
                continue;
            }
            for slice in slices {
                let moments = of(slice.grouped, slice.slot);
                let labels = [&slice.labels[..], &[label("metric", &named.label)]].concat();
                let deviation = moments.deviation();
                if !moments.mean().is_finite() || deviation.is_some_and(|it| !it.is_finite()) {
                    self.made.missing.push(format!(
                        "{title} are missing: its values are so large that they add up to none"
                    ));
                    break;
                }
                let samples = Some(moments.count).filter(|count| *count > 0);
                if samples.is_none() {
                    continue;
                }
                self.fact("mean", subject, &labels, FactValue::Number(moments.mean()), samples);
                if let Some(deviation) = deviation {
                    let value = FactValue::Number(deviation);
                    self.fact("standard_deviation", subject, &labels, value, samples);
                }
            }
        }
    }

    fn conversions(&mut self, place: usize, subject: &str, slices: &[Slice<'_>]) {
        for (at, named) in self.spec.conversions.iter().enumerate() {
            let of = |grouped: &Grouped, slot: usize| {
                let counts = grouped.tally.conversions.get(at).and_then(|all| all.get(slot));
                counts.copied().unwrap_or_default()
            };
            let title = format!("conversions of `{}`", named.label);
            let used = |grouped: &Grouped, slot| sum(&of(grouped, slot));
            if !self.are_enough(place, &title, &[&named.column], used) {
                continue;
            }
            for slice in slices {
                let [others, converted] = of(slice.grouped, slice.slot);
                let labels = [&slice.labels[..], &[label("metric", &named.label)]].concat();
                let samples = Some(others + converted);
                self.fact("conversions", subject, &labels, whole(converted), samples);
            }
        }
    }
}

fn sum(counts: &[u64]) -> u64 {
    counts.iter().sum()
}
