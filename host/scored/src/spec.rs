//! What is asked of files of rows.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tollgate::facts::{CANDIDATE, Instant, RUN};
use tollgate_engine::types::Label;

/// The subject that distributions are compared with.
pub(crate) const REFERENCE: &str = "reference";

/// The most bins: a histogram of more is a list of rows.
const MOST_BINS: u32 = 1_000;

/// What a column's facts are labelled with, and the column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// The label's key of a group; the label's value of a feature or a mean.
    pub label: String,
    /// The column.
    pub column: String,
}

impl Named {
    /// A column under a name of its own.
    #[must_use]
    pub fn new(label: &str, column: &str) -> Self {
        Self { label: label.to_owned(), column: column.to_owned() }
    }

    /// Reads `label=column`, or a column whose name is the label.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (label, column) = text.split_once('=').unwrap_or((text, text));
        Self::new(label.trim(), column.trim())
    }
}

/// A metric that follows from the rows exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// The share of predictions that came true.
    Accuracy,
    /// The share of predicted positives that are some.
    Precision,
    /// The share of positives that were predicted.
    Recall,
    /// The harmonic mean of precision and recall.
    F1,
    /// The area under the ROC curve, by ranks, ties counted half.
    Auc,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Accuracy, Self::Precision, Self::Recall, Self::F1, Self::Auc];

    /// The fact's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::F1 => "f1",
            Self::Auc => "auc",
        }
    }
}

/// The arms of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The column that says which arm a row is of.
    pub column: String,
    /// Whose facts the rows of an arm are, where they are not all the subject's.
    pub subjects: BTreeMap<String, String>,
}

/// What is asked of files of rows. All columns are named as the files name
/// them.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The files, whose counts are added up. `-` is standard input.
    pub files: Vec<PathBuf>,
    /// Whose facts they are.
    pub subject: String,
    /// Labels that every fact has: `window`, `split`.
    pub labels: Vec<Label>,
    /// When the rows were observed; rows do not say it.
    pub observed_at: Option<Instant>,
    /// The score: a number, from 0 to 1 where it is a probability.
    pub score: Option<String>,
    /// Whether a row came out positive.
    pub outcome: Option<String>,
    /// Whether a row was predicted positive.
    pub prediction: Option<String>,
    /// Instead of a column: a score of at least so much is predicted positive.
    pub threshold: Option<f64>,
    /// What is positive in `outcome` and `prediction`, where it is not 1 or true.
    pub positive: Vec<String>,
    /// What is negative there, where it is not 0 or false.
    pub negative: Vec<String>,
    /// Columns that make slices; several together make a slice of each
    /// combination.
    pub groups: Vec<Vec<Named>>,
    /// Metrics to compute.
    pub metrics: Vec<Metric>,
    /// Bins of the calibration; none where scores are no probabilities.
    pub calibration_bins: Option<u32>,
    /// Columns of numbers, as histograms.
    pub features: Vec<Named>,
    /// Columns of few values, as counts.
    pub categories: Vec<Named>,
    /// Bins of histograms whose edges are quantiles of the reference.
    pub bins: u32,
    /// Edges by the name of a feature, or by the score's column.
    pub edges: BTreeMap<String, Vec<f64>>,
    /// Where edges come from: rows, of which they are quantiles, or a file of
    /// facts.
    pub reference: Option<PathBuf>,
    /// Columns of numbers, by mean and standard deviation.
    pub means: Vec<Named>,
    /// Columns of 0 and 1, by how many are 1.
    pub conversions: Vec<Named>,
    /// The arms of a test.
    pub variant: Option<Variant>,
    /// The share of rows, of all and of each slice, that may be left out
    /// because of a cell that cannot be used.
    pub max_left_out: f64,
}

/// A key of the spec, and what is wrong with it.
type Problem = (&'static str, String);

impl Spec {
    /// Files of the candidate's rows, of which nothing is asked yet.
    #[must_use]
    pub fn of(files: Vec<PathBuf>) -> Self {
        Self {
            files,
            subject: CANDIDATE.to_owned(),
            labels: Vec::new(),
            observed_at: None,
            score: None,
            outcome: None,
            prediction: None,
            threshold: None,
            positive: Vec::new(),
            negative: Vec::new(),
            groups: Vec::new(),
            metrics: Vec::new(),
            // As many as `ece` has where a rule does not say.
            calibration_bins: Some(15),
            features: Vec::new(),
            categories: Vec::new(),
            bins: 10,
            edges: BTreeMap::new(),
            reference: None,
            means: Vec::new(),
            conversions: Vec::new(),
            variant: None,
            max_left_out: 0.0,
        }
    }

    /// Whether rows are predicted positive or not, one way or the other.
    pub(crate) fn predicts(&self) -> bool {
        self.prediction.is_some() || self.threshold.is_some()
    }

    /// What contradicts itself, by key.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut all = Vec::new();
        self.of_predictions(&mut all);
        self.of_slices(&mut all);
        self.of_bins(&mut all);
        if self.files.is_empty() {
            all.push(("file", "there are no files to count".to_owned()));
        }
        let asks = self.predicts()
            || (self.score.is_some() && self.outcome.is_some())
            || self.score.is_some() && (self.reference.is_some() || !self.edges.is_empty())
            || !self.features.is_empty()
            || !self.categories.is_empty()
            || !self.means.is_empty()
            || !self.conversions.is_empty()
            || self.variant.is_some();
        if !asks {
            let problem = "nothing is asked of the rows: name a prediction or a threshold, a score \
                           with its outcome, or a feature, category, mean, conversion or variant";
            all.push(("file", problem.to_owned()));
        }
        if !(0.0..1.0).contains(&self.max_left_out) {
            let problem = format!("`{}` is no share from 0 to less than 1", self.max_left_out);
            all.push(("max_left_out", problem));
        }
        all
    }

    fn of_predictions(&self, all: &mut Vec<Problem>) {
        let mut wrong = |key, problem: &str| all.push((key, problem.to_owned()));
        match self.threshold {
            Some(_) if self.prediction.is_some() => {
                wrong("threshold", "a column says what is predicted, so no threshold does");
            }
            Some(_) if self.score.is_none() => {
                wrong("threshold", "a threshold needs a `score` that it cuts");
            }
            Some(threshold) if !threshold.is_finite() => {
                wrong("threshold", "a threshold is a finite number");
            }
            _ => {}
        }
        let has_words = !self.positive.is_empty() || !self.negative.is_empty();
        if self.positive.is_empty() != self.negative.is_empty() {
            // Else a word that was misspelt would be of the other kind, unheard.
            let given = if self.positive.is_empty() { "negative" } else { "positive" };
            wrong(given, "what is positive and what is negative are said together");
        } else if let Some(word) = self.positive.iter().find(|word| self.negative.contains(word)) {
            wrong("negative", &format!("`{word}` is positive, too"));
        } else if has_words && self.outcome.is_none() && self.prediction.is_none() {
            wrong("positive", "there is no `outcome` and no `prediction` that holds it");
        }
        for metric in &self.metrics {
            let needs = match metric {
                Metric::Auc => self.score.is_some() && self.outcome.is_some(),
                _ => self.predicts() && self.outcome.is_some(),
            };
            if !needs {
                let what = match metric {
                    Metric::Auc => "a `score`",
                    _ => "a `prediction` or a `threshold`",
                };
                wrong("metrics", &format!("`{}` needs {what} and an `outcome`", metric.name()));
            }
        }
    }

    fn of_slices(&self, all: &mut Vec<Problem>) {
        let mut wrong = |key, problem: String| all.push((key, problem));
        if self.subject == RUN {
            wrong("subject", format!("facts of `{RUN}` are whoever judges to state"));
        }
        let fixed = |key: &str| self.labels.iter().any(|label| label.key == key);
        let mut seen: Vec<Vec<&str>> = Vec::new();
        for group in &self.groups {
            let mut keys: Vec<&str> = group.iter().map(|named| named.label.as_str()).collect();
            keys.sort_unstable();
            let twice = keys.array_windows().find(|[one, other]| one == other);
            if let Some([label, _]) = twice {
                wrong("groups", format!("label `{label}` is given twice in one group"));
            }
            if let Some(label) = keys.iter().find(|label| fixed(label)) {
                wrong("groups", format!("label `{label}` is what every fact has"));
            }
            if keys.iter().any(|label| label.is_empty()) || keys.is_empty() {
                wrong("groups", "a group without a name".to_owned());
            }
            let shown = keys.join(", ");
            if seen.contains(&keys) {
                wrong("groups", format!("`{shown}` is given twice"));
            } else {
                seen.push(keys);
            }
        }
        let families = [
            ("features", "feature", &self.features),
            ("categories", "feature", &self.categories),
            ("means", "metric", &self.means),
            ("conversions", "metric", &self.conversions),
        ];
        for (key, label, named) in families {
            let mut names: Vec<&str> = named.iter().map(|named| named.label.as_str()).collect();
            names.sort_unstable();
            if let Some([name, _]) = names.array_windows().find(|[one, other]| one == other) {
                wrong(key, format!("`{name}` is given twice"));
            }
            if !named.is_empty() && fixed(label) {
                wrong(key, format!("label `{label}` is what every fact has"));
            }
        }
        let names: Vec<&String> = self.features.iter().map(|named| &named.label).collect();
        if let Some(both) = self.categories.iter().find(|named| names.contains(&&named.label)) {
            wrong("categories", format!("`{}` is a feature of numbers, too", both.label));
        }
        if let Some(variant) = &self.variant {
            if fixed("variant") {
                wrong("variant", "label `variant` is what every fact has".to_owned());
            }
            let mut subjects: Vec<&String> = variant.subjects.values().collect();
            if subjects.iter().any(|subject| *subject == RUN) {
                wrong("variant", format!("facts of `{RUN}` are whoever judges to state"));
            }
            subjects.sort_unstable();
            if let Some([subject, _]) = subjects.array_windows().find(|[one, other]| one == other) {
                wrong("variant", format!("several arms are `{subject}`"));
            }
        }
    }

    fn of_bins(&self, all: &mut Vec<Problem>) {
        let mut wrong = |key, problem: String| all.push((key, problem));
        if !(2..=MOST_BINS).contains(&self.bins) {
            wrong("bins", format!("`{}` is not from 2 to {MOST_BINS}", self.bins));
        }
        if self.calibration_bins.is_some_and(|bins| !(2..=MOST_BINS).contains(&bins)) {
            wrong("calibration_bins", format!("bins are from 2 to {MOST_BINS}"));
        }
        for (name, edges) in &self.edges {
            let rise = edges.array_windows().all(|[one, next]| one < next);
            let is_finite = edges.iter().all(|edge| edge.is_finite());
            let most = MOST_BINS as usize + 1;
            if !(3..=most).contains(&edges.len()) || !rise || !is_finite {
                wrong(
                    "edges",
                    format!("those of `{name}` are not 3 to {most} finite numbers that rise"),
                );
            }
            let is_feature = self.features.iter().any(|named| named.label == *name);
            if !is_feature && self.score.as_ref() != Some(name) {
                wrong("edges", format!("`{name}` is neither a feature nor the score's column"));
            }
        }
        let without = self.features.iter().find(|named| !self.edges.contains_key(&named.label));
        if let Some(named) = without
            && self.reference.is_none()
            && !self.is_reference()
        {
            let name = &named.label;
            wrong(
                "features",
                format!(
                    "`{name}` has no edges: they are frozen with the reference, so give that, or \
                     `edges`"
                ),
            );
        }
        if self.is_reference() && self.reference.is_some() {
            wrong("reference", "these rows are a reference themselves".to_owned());
        }
    }

    /// Whether edges are made of the rows themselves.
    pub(crate) fn is_reference(&self) -> bool {
        self.subject == REFERENCE && self.variant.is_none()
    }
}
