//! Edges of bins, which are frozen with the reference.

use std::path::{Path, PathBuf};

use tollgate::facts::Evidence;
use tollgate::source;
use tollgate_engine::types::{Fact, FactValue};
use tollgate_frames::{PayloadFile, PayloadFormat};

use crate::Counted;
use crate::count::{self, Count, Distribution, Edges};
use crate::error::ScoredError;
use crate::made::made;
use crate::rows;
use crate::spec::{REFERENCE, Spec};

/// The edges that a spec gives, or its reference; and the facts of a reference
/// of rows.
///
/// # Errors
/// When the reference cannot be read, or has no edges that are needed.
pub(crate) fn of(spec: &Spec, folder: &Path) -> Result<(Edges, Option<Counted>), ScoredError> {
    let mut edges = Edges { of_rows: spec.is_reference(), ..Edges::default() };
    for (name, given) in &spec.edges {
        if spec.features.iter().any(|named| named.label == *name) {
            edges.features.insert(name.clone(), given.clone());
        }
        if spec.score.as_ref() == Some(name) {
            edges.output = Some(given.clone());
        }
    }
    let Some(reference) = &spec.reference else { return Ok((edges, None)) };
    let path = rows::path(folder, reference);
    // What it is shows in its first bytes, which a pipe gives once only.
    if source::is_standard_input(&path) || (path.exists() && !path.is_file()) {
        let problem = format!("`{}` is no file, which is looked at and then read", path.display());
        return Err(ScoredError::Spec { key: "reference", problem });
    }
    if PayloadFile::open(&path, PayloadFormat::Auto)?.has_rows() {
        let own = of_rows(spec, folder, &path)?;
        let counted = count::count(&own, folder, &Edges { of_rows: true, ..edges.clone() })?;
        take(&mut edges, &counted);
        return Ok((edges, Some(made(&own, &counted))));
    }
    let mut evidence = Evidence::new();
    evidence.read(&path, REFERENCE)?;
    for fact in evidence.facts().iter().filter(|fact| fact.name == "bin_edges") {
        read(spec, &mut edges, fact);
    }
    let without = spec.features.iter().find(|named| !edges.features.contains_key(&named.label));
    if let Some(named) = without {
        let file = path.display().to_string();
        let problem = format!(
            "has no `bin_edges{{feature={}}}` of `{REFERENCE}`, which bins are taken from",
            named.label
        );
        return Err(ScoredError::File { file, problem });
    }
    Ok((edges, None))
}

/// What is asked of the rows of a reference: how they are distributed.
fn of_rows(spec: &Spec, folder: &Path, path: &Path) -> Result<Spec, ScoredError> {
    let mut own = Spec::of(vec![path.to_owned()]);
    REFERENCE.clone_into(&mut own.subject);
    own.score.clone_from(&spec.score);
    own.prediction.clone_from(&spec.prediction);
    own.positive.clone_from(&spec.positive);
    own.negative.clone_from(&spec.negative);
    own.features.clone_from(&spec.features);
    own.categories.clone_from(&spec.categories);
    own.bins = spec.bins;
    own.max_left_out = spec.max_left_out;
    // What is compared with itself has not moved.
    let canonical = |path: &Path| path.canonicalize().ok();
    let same = |file: &PathBuf| canonical(&rows::path(folder, file)) == canonical(path);
    if canonical(path).is_some() && spec.files.iter().any(same) {
        let problem = "these are the rows that are compared with it".to_owned();
        return Err(ScoredError::Spec { key: "reference", problem });
    }
    Ok(own)
}

fn take(edges: &mut Edges, counted: &Count) {
    for (of, _, histogram) in &counted.histograms {
        let made = histogram.edges().unwrap_or_default().to_vec();
        match of {
            Distribution::Feature(name) => {
                edges.features.insert(name.clone(), made);
            }
            Distribution::Output => edges.output = Some(made),
        }
    }
}

/// Edges out of a fact, of a feature or of the output alone.
fn read(spec: &Spec, edges: &mut Edges, fact: &Fact) {
    let FactValue::Numbers(values) = &fact.value else { return };
    let rise = values.len() > 2 && values.array_windows().all(|[one, next]| one < next);
    let is_fixed = |key: &str| spec.labels.iter().any(|label| label.key == key);
    let own: Vec<_> =
        fact.labels.iter().filter(|label| label.key != "window" && !is_fixed(&label.key)).collect();
    if !rise || fact.subject != REFERENCE {
        return;
    }
    if let [label] = own.as_slice() {
        if label.key == "feature" {
            edges.features.entry(label.value.clone()).or_insert_with(|| values.clone());
        } else if label.key == "output" && label.value == "prediction" && edges.output.is_none() {
            edges.output = Some(values.clone());
        }
    }
}
