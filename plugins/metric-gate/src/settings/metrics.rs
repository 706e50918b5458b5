//! The setting `metrics`: what the names of a team mean.

use alloc::format;
use alloc::string::String;

use serde_json::Value;

use crate::catalog::{Catalog, Metric, Range};
use crate::decimal::Decimal;
use crate::reader::{self, Mistakes, Object};
use crate::unit::{Unit, comparable};

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
            entries.push((index, entry));
        }
    }
    for (index, entry) in &entries {
        if let Some(metric) = catalog.metric_mut(*index) {
            fill(metric, entry, mistakes);
        }
        read_aliases(*index, entry, &mut catalog, mistakes);
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
        // Of the table's range in the table's unit, in another kind of unit
        // only 0 keeps its meaning.
        if !comparable(metric.unit.as_ref(), Some(&unit)) {
            let zero = |bound: Option<Decimal>| bound.filter(|bound| *bound == Decimal::ZERO);
            let Range { least, most, .. } = &metric.range;
            metric.range =
                Range { least: zero(*least), most: zero(*most), unit: Some(unit.clone()) };
        }
        metric.unit = Some(unit);
    }
    if entry.get("range").is_some() {
        let bounds = entry.items("range", mistakes);
        match bounds.as_slice() {
            [least, most] => {
                let (at_most, least) = (&most.0, bound(least, mistakes));
                let most = bound(most, mistakes);
                if let (Some(least), Some(most)) = (least, most)
                    && least > most
                {
                    mistakes.add(at_most, format!("the range ends before its start {least}"));
                }
                metric.range = Range { least, most, unit: metric.unit.clone() };
            }
            _ => mistakes.add(
                &entry.at("range"),
                "a range is the least and the most value, `[0, 1]`; `null` is no bound",
            ),
        }
    }
}

/// One end of a range; none for null.
fn bound((pointer, value): &(String, &Value), mistakes: &mut Mistakes) -> Option<Decimal> {
    if value.is_null() { None } else { reader::number(value, pointer, mistakes) }
}

fn read_aliases(metric: usize, entry: &Object<'_>, catalog: &mut Catalog, mistakes: &mut Mistakes) {
    for (pointer, item) in entry.items("aliases", mistakes) {
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
