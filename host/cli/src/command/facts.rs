//! `tollgate facts`

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use miette::{Result, miette};
use serde::Serialize;
use serde_json::Value;
use tollgate::facts::{self, Instant};
use tollgate_engine::types::{Label, Outcome};
use tollgate_scored::{Counted, Metric, Named, Spec, Variant};

use crate::arguments::Format;
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate facts scored.parquet --score p_churn --threshold 0.5 --outcome churned \\
      --group group=gender -o facts.json
  tollgate facts today.csv --feature amount --category country --score p_churn \\
      --reference training.parquet -o drift.json
  tollgate facts visits.csv --variant arm=treatment:candidate,control:champion \\
      --conversion conversion_rate=signed_up --label window=14d -o ab-test.json
  tollgate gate --candidate models/churn-v8 --facts facts.json \\
      --profile policies/gates/fairness.yaml

Columns may be renamed, as in `group=gender`: the label first. A cell that cannot
be used (empty, NaN, a word where 0 or 1 should be) makes the facts that rest on
its column missing, unless --max-left-out says which share may be left out. It
judges nothing: `tollgate gate` does.

Exit codes: 0 all that was asked for is there, 2 a file or a column is wrong, 3
some facts are missing.")]
pub(crate) struct Facts {
    /// Scored rows: CSV, JSON lines, Parquet, Arrow IPC, or a table that MLflow
    /// logged; `-` is standard input. Counts of several files are added up
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The column of scores, from 0 to 1 where they are probabilities
    #[arg(long, value_name = "COLUMN")]
    pub(crate) score: Option<String>,
    /// The column of what came out: 1 or 0, true or false
    #[arg(long, value_name = "COLUMN")]
    pub(crate) outcome: Option<String>,
    /// The column of what was predicted: 1 or 0, true or false
    #[arg(long, value_name = "COLUMN", conflicts_with = "threshold")]
    pub(crate) prediction: Option<String>,
    /// Predicted positive is a score of at least so much
    #[arg(long, value_name = "SCORE", requires = "score")]
    pub(crate) threshold: Option<f64>,
    /// What is positive in outcomes and predictions, where it is not 1 or true
    #[arg(long, value_name = "WORD", requires = "negative")]
    pub(crate) positive: Vec<String>,
    /// What is negative there, where it is not 0 or false
    #[arg(long, value_name = "WORD", requires = "positive")]
    pub(crate) negative: Vec<String>,
    /// A column that makes slices; `age,region` makes one of each combination;
    /// may be given several times
    #[arg(long = "group", value_name = "[LABEL=]COLUMN")]
    pub(crate) groups: Vec<String>,
    /// A metric to compute, for the whole and each slice; may be given several
    /// times
    #[arg(long = "metric", value_enum, value_name = "METRIC")]
    pub(crate) metrics: Vec<MetricName>,
    /// A column of numbers whose distribution is compared; may be given several
    /// times
    #[arg(long = "feature", value_name = "[NAME=]COLUMN")]
    pub(crate) features: Vec<String>,
    /// A column of few values whose distribution is compared; may be given
    /// several times
    #[arg(long = "category", value_name = "[NAME=]COLUMN")]
    pub(crate) categories: Vec<String>,
    /// Rows, or facts, of the reference: bins are frozen with it
    #[arg(long, value_name = "FILE")]
    pub(crate) reference: Option<PathBuf>,
    /// How many bins are made of the rows of a reference
    #[arg(long, value_name = "BINS", default_value_t = 10)]
    pub(crate) bins: u32,
    /// Edges of a feature's bins, or of the score's: `amount=0,10,100`
    #[arg(long = "edges", value_name = "NAME=EDGES", value_parser = edges)]
    pub(crate) edges: Vec<(String, Edges)>,
    /// A column of numbers, by mean and standard deviation; may be given several
    /// times
    #[arg(long = "mean", value_name = "[METRIC=]COLUMN")]
    pub(crate) means: Vec<String>,
    /// A column of 0 and 1, by how many are 1; may be given several times
    #[arg(long = "conversion", value_name = "[METRIC=]COLUMN")]
    pub(crate) conversions: Vec<String>,
    /// The column of a test's arms; after `=` whose rows each arm's are:
    /// `arm=treatment:candidate,control:champion`
    #[arg(long, value_name = "COLUMN[=ARM:SUBJECT,...]", value_parser = variant)]
    pub(crate) variant: Option<Variant>,
    /// Bins of the calibration
    #[arg(long, value_name = "BINS", default_value_t = 15)]
    pub(crate) calibration_bins: u32,
    /// Scores are no probabilities: no calibration
    #[arg(long, conflicts_with = "calibration_bins")]
    pub(crate) no_calibration: bool,
    /// The share of rows, of all and of each slice, that may be left out because
    /// of a cell that cannot be used
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) max_left_out: f64,
    /// Whose facts they are
    #[arg(long, value_name = "SUBJECT", default_value = facts::CANDIDATE)]
    pub(crate) subject: String,
    /// A label that every fact has: `window=14d`; may be given several times
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = label)]
    pub(crate) labels: Vec<Label>,
    /// When the rows were observed, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) observed_at: Option<Instant>,
    /// The file to write, whole or not at all; standard output without it
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Edges of bins, as one value of an argument.
type Edges = Vec<f64>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum MetricName {
    /// The share of predictions that came true
    Accuracy,
    /// The share of predicted positives that are some
    Precision,
    /// The share of positives that were predicted
    Recall,
    /// The harmonic mean of precision and recall
    F1,
    /// The area under the ROC curve, of every score; takes memory for each row
    Auc,
}

impl MetricName {
    fn metric(self) -> Metric {
        match self {
            Self::Accuracy => Metric::Accuracy,
            Self::Precision => Metric::Precision,
            Self::Recall => Metric::Recall,
            Self::F1 => Metric::F1,
            Self::Auc => Metric::Auc,
        }
    }
}

fn label(text: &str) -> Result<Label, String> {
    let named = Named::parse(text);
    if !text.contains('=') || named.label.is_empty() {
        return Err(format!("`{text}` is not `key=value`"));
    }
    Ok(Label { key: named.label, value: named.column })
}

fn edges(text: &str) -> Result<(String, Edges), String> {
    let wrong = || format!("`{text}` is not `name=0,10,100`");
    let (name, edges) = text.split_once('=').ok_or_else(wrong)?;
    let edges = edges.split(',').map(|edge| edge.trim().parse().map_err(|_| wrong()));
    Ok((name.trim().to_owned(), edges.collect::<Result<_, _>>()?))
}

fn variant(text: &str) -> Result<Variant, String> {
    let Some((column, arms)) = text.split_once('=') else {
        return Ok(Variant { column: text.trim().to_owned(), subjects: Default::default() });
    };
    let mut variant = Variant { column: column.trim().to_owned(), subjects: Default::default() };
    for arm in arms.split(',') {
        let (arm, subject) = arm
            .split_once(':')
            .map(|(arm, subject)| (arm.trim(), subject.trim()))
            .filter(|(arm, subject)| !arm.is_empty() && !subject.is_empty())
            .ok_or_else(|| format!("`{arm}` is not `arm:subject`"))?;
        if variant.subjects.insert(arm.to_owned(), subject.to_owned()).is_some() {
            return Err(format!("arm `{arm}` is given twice"));
        }
    }
    Ok(variant)
}

impl Facts {
    fn spec(&self) -> Result<Spec> {
        let named = |texts: &[String]| texts.iter().map(|text| Named::parse(text)).collect();
        let groups = self.groups.iter();
        let groups = groups.map(|group| group.split(',').map(Named::parse).collect()).collect();
        let mut edges = std::collections::BTreeMap::new();
        for (name, given) in &self.edges {
            if edges.insert(name.clone(), given.clone()).is_some() {
                return Err(miette!("edges of `{}` are given twice", visible(name)));
            }
        }
        let mut labels = self.labels.clone();
        labels.sort();
        if let Some([one, _]) = labels.array_windows().find(|[one, other]| one.key == other.key) {
            return Err(miette!("label `{}` is given twice", visible(&one.key)));
        }
        let mut metrics: Vec<Metric> = self.metrics.iter().map(|metric| metric.metric()).collect();
        metrics.sort_unstable();
        metrics.dedup();
        Ok(Spec {
            subject: self.subject.clone(),
            labels,
            observed_at: self.observed_at,
            score: self.score.clone(),
            outcome: self.outcome.clone(),
            prediction: self.prediction.clone(),
            threshold: self.threshold,
            positive: self.positive.clone(),
            negative: self.negative.clone(),
            groups,
            metrics,
            calibration_bins: (!self.no_calibration).then_some(self.calibration_bins),
            features: named(&self.features),
            categories: named(&self.categories),
            bins: self.bins,
            edges,
            reference: self.reference.clone(),
            means: named(&self.means),
            conversions: named(&self.conversions),
            variant: self.variant.clone(),
            max_left_out: self.max_left_out,
            ..Spec::of(self.files.clone())
        })
    }
}

/// What the command says to a program.
#[derive(Debug, Serialize)]
struct FactsReport<'a> {
    verdict: &'static str,
    sources: Vec<String>,
    rows: u64,
    facts: Value,
    missing: &'a [String],
    notes: &'a [String],
}

pub(crate) fn run(arguments: &Facts) -> Exit {
    output::shown("facts", arguments.format, || {
        let counted = tollgate_scored::facts(&arguments.spec()?, Path::new(""))?;
        let text = tollgate_scored::document(&counted.facts);
        let file = arguments.output.as_deref().filter(|path| !output::is_standard_output(path));
        if let Some(path) = file {
            output::write(path, text.as_bytes())?;
        }
        match arguments.format {
            Format::Json => {
                let facts = serde_json::from_str::<Value>(&text).ok();
                let facts = facts.and_then(|mut all| Some(all.get_mut("facts")?.take()));
                output::json(
                    "facts",
                    &FactsReport {
                        verdict: if counted.missing.is_empty() { "pass" } else { "inconclusive" },
                        sources: arguments
                            .files
                            .iter()
                            .map(|it| it.display().to_string())
                            .collect(),
                        rows: counted.rows,
                        facts: facts.unwrap_or_default(),
                        missing: &counted.missing,
                        notes: &counted.notes,
                    },
                );
            }
            Format::Human => {
                if file.is_none() {
                    output::document(&text)
                        .map_err(|error| miette!("standard output cannot be written: {error}"))?;
                }
                output::note(|out| tell(out, &counted));
            }
        }
        Ok(if counted.missing.is_empty() { Exit::Passed } else { Exit::Inconclusive })
    })
}

/// What a person is told beside the facts.
fn tell(out: &mut String, counted: &Counted) -> fmt::Result {
    let count = |count: u64, what: &str| {
        if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
    };
    let facts = count(counted.facts.len() as u64, "fact");
    writeln!(out, "{facts} of {}", count(counted.rows, "row"))?;
    let (missing, warning) = (output::style(Outcome::Inconclusive), output::style(Outcome::Warn));
    for text in &counted.missing {
        writeln!(out, "{missing}missing{missing:#}  {}", visible(text))?;
    }
    for text in &counted.notes {
        writeln!(out, "{warning}note{warning:#}     {}", visible(text))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::hostile::assert_harmless;

    #[test]
    fn whatever_columns_are_called_is_only_read() {
        assert_harmless(|out, text| {
            let texts = vec![text.to_owned(), text.to_owned()];
            let (missing, notes) = (texts.clone(), texts);
            tell(out, &Counted { rows: 1, facts: Vec::new(), missing, notes })
        });
    }
}
