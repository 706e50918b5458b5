//! Facts of the whole alone: distributions, arms, and cells that cannot be used.

use tollgate_engine::types::{FactValue, Label};

use super::{Maker, label, list, sum, whole};
use crate::count::Distribution;

impl<'a> Maker<'a> {
    pub(super) fn distributions(&mut self, place: usize, subject: &str, rows: u64) {
        let count = self.count;
        for (of, column, histogram) in &count.histograms {
            let (title, labels) = named(of);
            let bins = histogram.of(place);
            let samples = sum(bins);
            let column = count.columns.numbers.get(*column).map_or("", |asked| &asked.name);
            let title = format!("histograms of {title}");
            if !self.may_leave_out(subject, &title, &[column], rows - samples, rows, "") {
                continue;
            }
            let Some(edges) = histogram.edges() else {
                self.made.missing.push(format!(
                    "{title} are missing: `{column}` has one value, which makes no bins"
                ));
                continue;
            };
            let edges = FactValue::Numbers(edges.to_vec());
            self.fact("bin_edges", subject, &labels, edges, None);
            let bins = list(bins.iter().copied());
            self.fact("histogram", subject, &labels, bins, Some(samples));
        }
        for (of, column, categories) in &count.categories {
            let (title, labels) = named(of);
            let counts = categories.of(place);
            let samples = sum(counts);
            let known = count.columns.codes.get(*column);
            let name = known.map_or("", |asked| &asked.name);
            let title = format!("categories of {title}");
            if !self.may_leave_out(subject, &title, &[name], rows - samples, rows, "") {
                continue;
            }
            let names = known.map_or(&[][..], |asked| asked.known.names());
            let mut counted: Vec<(&String, u64)> =
                names.iter().zip(counts.iter().copied()).filter(|(_, count)| *count > 0).collect();
            counted.sort_unstable();
            for (category, count) in counted {
                let labels = [&labels[..], &[label("category", category)]].concat();
                self.fact("category_count", subject, &labels, whole(count), Some(samples));
            }
        }
    }

    /// How many rows each arm has.
    pub(super) fn exposures(&mut self, arms: Vec<(&str, u64)>) {
        let samples = arms.iter().map(|(_, count)| count).sum();
        for (arm, count) in arms {
            let labels = [label("variant", arm)];
            self.fact("exposures", &self.spec.subject, &labels, whole(count), Some(samples));
        }
    }

    /// The arms of a test with their rows; none where there are none, or where
    /// it is not known of which arm rows are.
    pub(super) fn arms(&mut self) -> Option<Vec<(&'a str, u64)>> {
        let count = self.count;
        let (column, counts) = count.exposures.as_ref()?;
        let asked = count.columns.codes.get(*column)?;
        let (subject, left) = (&self.spec.subject, count.rows - sum(counts));
        if !self.may_leave_out(subject, "`exposures`", &[&asked.name], left, count.rows, "") {
            return None;
        }
        let named = asked.known.names().iter().map(String::as_str);
        let mut arms: Vec<(&str, u64)> = named.zip(counts.iter().copied()).collect();
        arms.sort_unstable();
        Some(arms)
    }

    /// How many cells of each column cannot be used, for gates that ask.
    pub(super) fn left_out(&mut self) {
        let count = self.count;
        let mut seen: Vec<(&str, u64)> = Vec::new();
        for (name, faults) in count.columns.faults() {
            // A column that is asked as several things counts by the worst.
            match seen.iter_mut().find(|(known, _)| *known == name) {
                Some((_, most)) => *most = (*most).max(faults.count()),
                None => seen.push((name, faults.count())),
            }
        }
        seen.sort_unstable();
        for (name, faults) in seen {
            let labels = [label("column", name)];
            let rows = Some(count.rows);
            self.fact("unusable_rows", &self.spec.subject, &labels, whole(faults), rows);
        }
    }
}

fn named(of: &Distribution) -> (String, Vec<Label>) {
    match of {
        Distribution::Feature(name) => (format!("feature `{name}`"), vec![label("feature", name)]),
        Distribution::Output => ("the output".to_owned(), vec![label("output", "prediction")]),
    }
}
