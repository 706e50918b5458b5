//! Metrics as rules name them.

use alloc::borrow::ToOwned;
use alloc::format;

use crate::catalog::{self, Catalog};
use crate::reader::Mistakes;
use crate::rule::{Labels, MetricName};
use crate::slice;
use crate::split;

/// A metric by any of its names, and the labels behind it in braces.
pub(super) fn read_metric(
    text: &str,
    pointer: &str,
    catalog: &mut Catalog,
    mistakes: &mut Mistakes,
) -> Option<(MetricName, Labels)> {
    let Some((name, labels)) = slice::parse(text) else {
        let message = format!("`{text}` is not a metric with a slice, as in `auc{{group=female}}`");
        mistakes.add(pointer, message);
        return None;
    };
    let index = catalog.refer(name);
    let split = catalog.meaning(name).and_then(|meaning| meaning.split);
    let name = match (split, catalog::stem(name)) {
        (Some(_), Some((stem, _))) => stem,
        _ => name,
    };
    Some((MetricName { index, name: name.to_owned(), split: split.map(ToOwned::to_owned) }, labels))
}

/// Takes the split out of the labels.
pub(super) fn take_split(
    metric: &mut MetricName,
    mut labels: Labels,
    pointer: &str,
    mistakes: &mut Mistakes,
) -> Labels {
    let Some(place) = labels.iter().position(|(key, _)| key == split::LABEL) else {
        return labels;
    };
    let (_, value) = labels.remove(place);
    let value = split::canonical(&value);
    if metric.split.as_deref().is_some_and(|split| split != value) {
        let message = format!(
            "the metric's name says the split `{}`, and its label `{value}`",
            metric.split.as_deref().unwrap_or_default()
        );
        mistakes.add(pointer, message);
    }
    metric.split = Some(value.to_owned());
    labels
}
