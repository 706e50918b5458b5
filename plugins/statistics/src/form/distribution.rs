//! Two distributions over the same bins.

use alloc::borrow::ToOwned as _;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::slice::{self, Labels};
use crate::source::{BIN_EDGES, Counts, Rows, Source};
use crate::statistic::bins;
use crate::trouble::{Sound, doubt};

/// Bins that rows of a reference without edges are put into, where the rule does
/// not say: deciles, as the industry that made the index uses.
const DECILES: u32 = 10;

/// The label of a category.
const CATEGORY: &str = "category";

/// How many rows of each side are in each bin.
#[derive(Debug)]
pub(crate) struct Pair {
    /// Of the current rows.
    pub current: Vec<u64>,
    /// Of the reference's.
    pub reference: Vec<u64>,
    /// What was counted: `histograms of 10 bins`.
    pub from: String,
}

/// What one side has.
struct Side<'a> {
    histogram: Option<Counts>,
    edges: Option<Rows<'a>>,
    rows: Option<Rows<'a>>,
}

impl<'a> Side<'a> {
    fn read(source: &mut Source<'a, '_>, labels: &Labels) -> Sound<Self> {
        let histogram = source.counts("histogram", labels)?;
        let edges = source.edges(BIN_EDGES, labels)?;
        let rows = source.rows("values", labels)?;
        Ok(Self { histogram, edges, rows })
    }

    fn is_empty(&self) -> bool {
        self.histogram.is_none() && self.rows.is_none()
    }

    fn form(&self) -> &'static str {
        if self.histogram.is_some() { "a histogram" } else { "rows" }
    }
}

/// Both sides over the reference's bins.
pub(crate) fn pair(
    current: &mut Source<'_, '_>,
    reference: &mut Source<'_, '_>,
    labels: &Labels,
    wanted: Option<u32>,
) -> Sound<Pair> {
    let own = Side::read(current, labels)?;
    let other = Side::read(reference, labels)?;
    let mut categories = BTreeSet::new();
    for source in [&*current, &*reference] {
        let names = source.parts("category_count", labels);
        categories.extend(names.into_iter().map(str::to_owned));
    }
    if !categories.is_empty() {
        if !own.is_empty() || !other.is_empty() {
            let title = current.title("category_count", labels);
            return doubt(format!("beside {title} there are numbers, which are no categories"));
        }
        return of_categories(current, reference, labels, &categories);
    }
    for (side, source) in [(&own, &*current), (&other, &*reference)] {
        if side.is_empty() {
            return source.missing("histogram", &["values", "category_count"], labels);
        }
    }
    current.refuse_other_unit(reference)?;
    let edges = frozen_edges(&other, reference, labels, wanted)?;
    let edges = edges.as_slice();
    if own.histogram.is_some() && own.edges.is_none() {
        return current.missing(BIN_EDGES, &[], labels);
    }
    if let Some(theirs) = own.edges.as_ref().filter(|own| own.rows != edges) {
        let of = reference.title(BIN_EDGES, labels);
        return doubt(format!("{} differ from {of}, so the bins do not compare", theirs.title));
    }
    let count = edges.len() - 1;
    Ok(Pair {
        current: counted(&own, edges)?,
        reference: counted(&other, edges)?,
        from: match (own.form(), other.form()) {
            ("a histogram", "a histogram") => format!("histograms of {count} bins"),
            (one, another) if one == another => format!("{one} in {count} bins"),
            (one, another) => format!("{one} against {another} in {count} bins"),
        },
    })
}

/// The edges that the reference has, or that its rows make.
fn frozen_edges(
    side: &Side<'_>,
    reference: &Source<'_, '_>,
    labels: &Labels,
    wanted: Option<u32>,
) -> Sound<Vec<f64>> {
    if let Some(edges) = &side.edges {
        let count = edges.rows.len() - 1;
        if let Some(wanted) = wanted.filter(|wanted| *wanted as usize != count) {
            let title = &edges.title;
            return doubt(format!("{title} make {count} bins, and the rule wants {wanted}"));
        }
        return Ok(edges.rows.to_vec());
    }
    let (None, Some(rows)) = (&side.histogram, &side.rows) else {
        return reference.missing(BIN_EDGES, &[], labels);
    };
    let edges = bins::quantile_edges(rows.rows, wanted.unwrap_or(DECILES));
    if edges.len() < 3 {
        let title = &rows.title;
        return doubt(format!("{title} hold too few different values for two bins"));
    }
    Ok(edges)
}

/// The counts of a side, by its histogram or its rows, which must agree.
fn counted(side: &Side<'_>, edges: &[f64]) -> Sound<Vec<u64>> {
    let of_rows = side.rows.as_ref().map(|rows| (bins::count(rows.rows, edges), &rows.title));
    let Some(histogram) = &side.histogram else {
        return Ok(of_rows.map(|(counts, _)| counts).unwrap_or_default());
    };
    let Counts { title, counts, samples } = histogram;
    let bins = edges.len() - 1;
    if counts.len() != bins {
        return doubt(format!("{title} counts {} bins, and the edges make {bins}", counts.len()));
    }
    let total = histogram.total();
    if let Some(samples) = samples.filter(|samples| *samples != total) {
        return doubt(format!(
            "{title} says that it is of {samples} samples, and its bins hold {total}"
        ));
    }
    if let Some((of_rows, rows)) = of_rows.filter(|(of_rows, _)| of_rows != counts) {
        let at = of_rows.iter().zip(counts).position(|(one, other)| one != other);
        let at = at.unwrap_or_default();
        return doubt(format!("{title} and {rows} say different things of bin {at}"));
    }
    Ok(counts.clone())
}

/// Categories are bins of their own.
fn of_categories(
    current: &mut Source<'_, '_>,
    reference: &mut Source<'_, '_>,
    labels: &Labels,
    categories: &BTreeSet<String>,
) -> Sound<Pair> {
    let count = categories.len();
    let own = counted_categories(current, labels, categories)?;
    let other = counted_categories(reference, labels, categories)?;
    if count < 2 {
        return doubt(format!(
            "{} has one category on both sides, so there is nothing to tell apart",
            current.title("category_count", labels)
        ));
    }
    Ok(Pair { current: own, reference: other, from: format!("counts of {count} categories") })
}

/// The counts of a side. A category that it lacks counts 0 there.
fn counted_categories(
    source: &mut Source<'_, '_>,
    labels: &Labels,
    categories: &BTreeSet<String>,
) -> Sound<Vec<u64>> {
    let mut counts = Vec::new();
    let mut samples = None;
    let mut has_any = false;
    for category in categories {
        let labels = slice::with(labels, CATEGORY, category);
        let Some(found) = source.count("category_count", &labels)? else {
            counts.push(0);
            continue;
        };
        has_any = true;
        samples = samples.or(found.samples);
        if found.samples.is_some() && found.samples != samples {
            return doubt(format!("{} is of other samples than its fellows", found.title));
        }
        counts.push(found.count);
    }
    if !has_any {
        return source.missing("category_count", &[], labels);
    }
    let total = counts.iter().fold(0_u64, |total, count| total.saturating_add(*count));
    match samples.filter(|samples| *samples != total) {
        Some(samples) => doubt(format!(
            "{} says that it is of {samples} samples, and its categories hold {total}",
            source.title("category_count", labels)
        )),
        None => Ok(counts),
    }
}
