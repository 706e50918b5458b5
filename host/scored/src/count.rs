//! The one pass over all rows.

use std::collections::BTreeMap;
use std::path::Path;

use crate::cells::{NO_FLAG, SET, UNSET, Words};
use crate::codes::NONE;
use crate::columns::Columns;
use crate::error::ScoredError;
use crate::features::{Categories, Histogram, MOST_KEPT};
use crate::groups::Grouped;
use crate::ranks::{Area, Ranks};
use crate::rows;
use crate::slices::MOST_SLICES;
use crate::spec::{Metric, Named, Spec};
use crate::tally::{Batch, Calibration, Tally};

/// Edges of histograms: by the feature's name, and those of the score.
#[derive(Debug, Default, Clone)]
pub(crate) struct Edges {
    /// Of features.
    pub(crate) features: BTreeMap<String, Vec<f64>>,
    /// Of the score, as the model's output.
    pub(crate) output: Option<Vec<f64>>,
    /// Whether quantiles of the rows are edges where none are given.
    pub(crate) of_rows: bool,
}

/// All that was counted.
#[derive(Debug)]
pub(crate) struct Count {
    /// How many rows there are.
    pub(crate) rows: u64,
    /// The columns, with what could not be used of them.
    pub(crate) columns: Columns,
    /// Whose rows they are.
    pub(crate) subjects: Vec<String>,
    /// Rows by slice, those without any first.
    pub(crate) groups: Vec<Grouped>,
    /// The area under the curve of each slice of each group; none where there
    /// were more scores than can be kept.
    pub(crate) areas: Vec<Option<Vec<Area>>>,
    /// Features and the output, with their column among the numbers.
    pub(crate) histograms: Vec<(Distribution, usize, Histogram)>,
    /// Features and the output, with their column among the codes.
    pub(crate) categories: Vec<(Distribution, usize, Categories)>,
    /// The arms, with their column among the codes.
    pub(crate) exposures: Option<(usize, Vec<u64>)>,
}

/// What a distribution is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Distribution {
    /// A feature of this name.
    Feature(String),
    /// What the model says.
    Output,
}

/// Where the columns are that rows are counted by.
struct Roles {
    score: Option<usize>,
    outcome: Option<usize>,
    prediction: Option<usize>,
    threshold: f64,
    predicts: bool,
    means: Vec<usize>,
    conversions: Vec<usize>,
    variant: Option<usize>,
    /// The subject of each arm.
    arms: BTreeMap<String, u32>,
}

impl Roles {
    fn of(spec: &Spec, columns: &mut Columns, subjects: &mut Vec<String>) -> Self {
        let mut arms = BTreeMap::new();
        if let Some(variant) = &spec.variant {
            for (arm, subject) in &variant.subjects {
                let known = subjects.iter().position(|known| known == subject);
                let place = known.unwrap_or_else(|| {
                    subjects.push(subject.clone());
                    subjects.len() - 1
                });
                arms.insert(arm.clone(), u32::try_from(place).unwrap_or(NONE));
            }
        }
        let mut number = |named: &Named| columns.number(&named.column);
        let means = spec.means.iter().map(&mut number).collect();
        let score = spec.score.as_ref().map(|name| columns.number(name));
        let conversions = spec.conversions.iter();
        let conversions = conversions.map(|named| columns.flag(&named.column, false)).collect();
        Self {
            score,
            outcome: spec.outcome.as_ref().map(|name| columns.flag(name, true)),
            prediction: spec.prediction.as_ref().map(|name| columns.flag(name, true)),
            threshold: spec.threshold.unwrap_or(f64::INFINITY),
            predicts: spec.predicts(),
            means,
            conversions,
            variant: spec.variant.as_ref().map(|variant| columns.code(&variant.column)),
            arms,
        }
    }

    /// Whose each row is; nobody's in arms that are no subject's.
    fn subjects(&self, columns: &Columns, rows: usize, into: &mut Vec<u32>) {
        into.clear();
        match self.variant.filter(|_| !self.arms.is_empty()) {
            None => into.resize(rows, 0),
            Some(place) => {
                let names = columns.known(place).names().iter();
                let of = names.map(|name| self.arms.get(name).copied().unwrap_or(NONE));
                let of: Vec<u32> = of.collect();
                let subject = |code: &u32| of.get(*code as usize).copied().unwrap_or(NONE);
                into.extend(columns.codes_of(place).iter().map(subject));
            }
        }
    }

    /// What is predicted of each row.
    fn predictions(&self, columns: &Columns, into: &mut Vec<u8>) {
        into.clear();
        match (self.prediction, self.score) {
            (Some(place), _) => into.extend_from_slice(columns.flags_of(place)),
            (None, Some(place)) if self.predicts => {
                let Some(asked) = columns.numbers.get(place) else { return };
                // 0.7 in 32 bits is less than 0.7 in 64, and is meant to be at it.
                let single = f64::from(single(self.threshold));
                let threshold = if asked.is_single { single } else { self.threshold };
                into.extend(asked.values.iter().map(|score| match score.is_finite() {
                    false => NO_FLAG,
                    true if *score >= threshold => SET,
                    true => UNSET,
                }));
            }
            _ => {}
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the nearest is what is meant")]
fn single(number: f64) -> f32 {
    number as f32
}

/// Counts all rows.
///
/// # Errors
/// When a file cannot be read, a column is not what it is asked as, or there
/// are more values or slices than can be kept.
pub(crate) fn count(spec: &Spec, folder: &Path, edges: &Edges) -> Result<Count, ScoredError> {
    let mut columns = Columns::new(Words::of(&spec.positive, &spec.negative));
    let mut subjects = match &spec.variant {
        // Rows of an arm are the facts of its subject alone.
        Some(variant) if !variant.subjects.is_empty() => Vec::new(),
        _ => vec![spec.subject.clone()],
    };
    let roles = Roles::of(spec, &mut columns, &mut subjects);
    let mut groups = groups(spec, &mut columns);
    let mut histograms = histograms(spec, edges, &mut columns, subjects.len());
    let mut categories = categories(spec, &mut columns, subjects.len());
    let mut exposures = Vec::new();
    let (mut of, mut predictions) = (Vec::new(), Vec::new());
    let rows = rows::each(&spec.files, folder, &mut columns, &mut |columns, rows| {
        roles.subjects(columns, rows, &mut of);
        roles.predictions(columns, &mut predictions);
        let batch = Batch {
            predictions: &predictions,
            outcomes: roles.outcome.map_or(&[], |place| columns.flags_of(place)),
            scores: roles.score.map_or(&[], |place| columns.numbers_of(place)),
            means: roles.means.iter().map(|place| columns.numbers_of(*place)).collect(),
            conversions: roles.conversions.iter().map(|place| columns.flags_of(*place)).collect(),
        };
        for group in &mut groups {
            let added = group.add(&of, |place| columns.codes_of(place), &batch);
            added.map_err(|_| too_many_slices(group))?;
        }
        let mut kept = 0;
        for (_, place, histogram) in &mut histograms {
            histogram.add(&of, columns.numbers_of(*place));
            kept += histogram.kept();
        }
        if kept > MOST_KEPT {
            return Err(too_many_values());
        }
        for (_, place, categories) in &mut categories {
            categories.add(&of, columns.codes_of(*place), columns.known(*place).names().len());
        }
        if let Some(place) = roles.variant {
            exposures.resize(columns.known(place).names().len(), 0);
            for code in columns.codes_of(place) {
                if let Some(count) = exposures.get_mut(*code as usize) {
                    *count += 1;
                }
            }
        }
        Ok(())
    })?;
    histograms.iter_mut().for_each(|(_, _, histogram)| histogram.settle(spec.bins));
    let areas = groups.iter_mut().map(|group| {
        let ranks = group.tally.ranks.take().filter(|ranks| !ranks.is_over());
        ranks.map(Ranks::areas)
    });
    let areas = areas.collect();
    let exposures = roles.variant.map(|place| (place, exposures));
    Ok(Count { rows, columns, subjects, groups, areas, histograms, categories, exposures })
}

fn too_many_slices(group: &Grouped) -> ScoredError {
    let labels: Vec<&str> = group.levels.iter().map(|(label, _)| label.as_str()).collect();
    let labels = labels.join(", ");
    let problem =
        format!("`{labels}` makes more than {MOST_SLICES} slices, and a gate judges none");
    ScoredError::Spec { key: "groups", problem }
}

fn too_many_values() -> ScoredError {
    let problem = format!(
        "quantiles of more than {MOST_KEPT} values, those of all features together, are not made: \
         give `edges`, or a sample of the reference"
    );
    ScoredError::Spec { key: "reference", problem }
}

/// The whole, and each group.
fn groups(spec: &Spec, columns: &mut Columns) -> Vec<Grouped> {
    let of_outcomes = spec.score.is_some() && spec.outcome.is_some();
    let tally = || Tally {
        calibration: spec.calibration_bins.filter(|_| of_outcomes).map(Calibration::new),
        ranks: spec.metrics.contains(&Metric::Auc).then(Ranks::default),
        means: vec![Default::default(); spec.means.len()],
        conversions: vec![Default::default(); spec.conversions.len()],
        ..Tally::default()
    };
    let mut groups = vec![Grouped::new(Vec::new(), tally())];
    for group in &spec.groups {
        let level = |named: &Named| (named.label.clone(), columns.code(&named.column));
        groups.push(Grouped::new(group.iter().map(level).collect(), tally()));
    }
    groups
}

fn histograms(
    spec: &Spec,
    edges: &Edges,
    columns: &mut Columns,
    subjects: usize,
) -> Vec<(Distribution, usize, Histogram)> {
    let mut all = Vec::new();
    for named in &spec.features {
        let known = edges.features.get(&named.label).cloned();
        if known.is_some() || edges.of_rows {
            let place = columns.number(&named.column);
            let of = Distribution::Feature(named.label.clone());
            all.push((of, place, Histogram::new(known, subjects)));
        }
    }
    if let Some(score) = &spec.score
        && (edges.output.is_some() || edges.of_rows)
    {
        let histogram = Histogram::new(edges.output.clone(), subjects);
        all.push((Distribution::Output, columns.number(score), histogram));
    }
    all
}

fn categories(
    spec: &Spec,
    columns: &mut Columns,
    subjects: usize,
) -> Vec<(Distribution, usize, Categories)> {
    let features = spec.categories.iter();
    let named = features.map(|it| (Distribution::Feature(it.label.clone()), &it.column));
    // A score says more of the output than what is cut from it.
    let output = spec.prediction.as_ref().filter(|_| spec.score.is_none());
    let all = named.chain(output.map(|column| (Distribution::Output, column)));
    all.map(|(of, column)| (of, columns.code(column), Categories::new(subjects))).collect()
}
