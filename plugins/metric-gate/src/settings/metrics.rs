//! The setting `metrics`: what the names of a team mean.

use alloc::format;

use serde_json::Value;

use crate::catalog::{Catalog, Metric};
use crate::reader::{self, Mistakes, Object, items};
use crate::rule::MetricName;
use crate::unit::Unit;

const KEYS: [&str; 4] = ["aliases", "greater_is_better", "unit", "range"];

/// Reads the metrics of the document into a catalog.
pub(super) fn read(settings: &Object<'_>, mistakes: &mut Mistakes) -> Catalog {
    let mut catalog = Catalog::default();
    let Some(value) = settings.get("metrics") else {
        return catalog;
    };
    let Some(metrics) = Object::open(value, settings.at("metrics"), mistakes) else {
        return catalog;
    };
    // Names first: an alias must not take the name of an entry further down.
    let mut entries = alloc::vec::Vec::new();
    for (name, value) in metrics.entries() {
        let pointer = metrics.at(name);
        if name.is_empty() || name.contains(['{', '}']) {
            mistakes.add(&pointer, "a metric's name is a text without braces");
            continue;
        }
        if let (Ok(index), Some(entry)) =
            (catalog.add(name), Object::new(value, pointer, &KEYS, mistakes))
        {
            let name = MetricName { index, written: name.clone() };
            entries.push((name, entry));
        }
    }
    for (name, entry) in &entries {
        if let Some(metric) = catalog.metric_mut(name.index) {
            fill(metric, entry, mistakes);
        }
        read_aliases(name.index, entry, &mut catalog, mistakes);
    }
    catalog.complete();
    catalog
}

fn fill(metric: &mut Metric, entry: &Object<'_>, mistakes: &mut Mistakes) {
    if let Some(greater_is_better) = entry.boolean("greater_is_better", mistakes) {
        metric.greater_is_better = Some(greater_is_better);
    }
    if let Some(unit) = entry.text("unit", mistakes) {
        let unit = Unit::new(unit);
        // The table's range is in the table's unit.
        if metric.unit.as_ref() != Some(&unit) {
            metric.range = None;
        }
        metric.unit = Some(unit);
    }
    if entry.get("range").is_some() {
        let bounds = items(entry, "range", mistakes);
        match bounds.as_slice() {
            [(at_least, least), (at_most, most)] => {
                let least = reader::number(least, at_least, mistakes);
                let most = reader::number(most, at_most, mistakes);
                if let (Some(least), Some(most)) = (least, most) {
                    if least > most {
                        mistakes.add(at_most, format!("the range ends before its start {least}"));
                    }
                    metric.range = Some((least, most));
                }
            }
            _ => mistakes
                .add(&entry.at("range"), "a range is the least and the most value, `[0, 1]`"),
        }
    }
}

fn read_aliases(metric: usize, entry: &Object<'_>, catalog: &mut Catalog, mistakes: &mut Mistakes) {
    for (pointer, item) in items(entry, "aliases", mistakes) {
        let (name, unit) = match item {
            Value::Object(_) => {
                let Some(alias) = Object::new(item, pointer.clone(), &["name", "unit"], mistakes)
                else {
                    continue;
                };
                let unit = alias.text("unit", mistakes).map(Unit::new);
                let Some(name) = alias.text("name", mistakes) else {
                    mistakes.add(&pointer, "an alias needs a `name`");
                    continue;
                };
                (name.into(), unit)
            }
            item => match reader::text(item, &pointer, mistakes) {
                Some(name) => (name, None),
                None => continue,
            },
        };
        let own = catalog.metric(metric).and_then(|metric| metric.unit.as_ref());
        if let (Some(own), Some(unit)) = (own, &unit)
            && !own.compares(unit)
        {
            let message = format!(
                "`{}` cannot be converted to the metric's unit `{}`",
                unit.name(),
                own.name()
            );
            mistakes.add(&pointer, message);
        }
        if let Err(taken) = catalog.claim(&name, metric, unit) {
            let message = format!("`{name}` means `{}` already", taken.by);
            mistakes.add(&pointer, message);
        }
    }
}
