//! What names mean: canonical metrics, their aliases, directions and units.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use crate::builtin::{BUILTIN, Builtin, SPLIT_PREFIXES};
use crate::decimal::Decimal;
use crate::reader::hint;
use crate::unit::Unit;

/// A metric as rules and facts refer to it.
#[derive(Debug, Default)]
pub struct Metric {
    /// The canonical name.
    pub name: String,
    /// Which way is better, where it is known.
    pub greater_is_better: Option<bool>,
    /// The unit of facts and rules that state none.
    pub unit: Option<Unit>,
    /// Values outside cannot be.
    pub range: Range,
    /// Whether the table or the document says what it is.
    pub is_known: bool,
    is_evaluated: bool,
}

/// The least and the most that a value can be.
#[derive(Clone, Debug, Default)]
pub struct Range {
    /// The least.
    pub least: Option<Decimal>,
    /// The most.
    pub most: Option<Decimal>,
    /// The unit of both.
    pub unit: Option<Unit>,
}

/// One of a metric's names.
#[derive(Debug)]
struct Name {
    text: String,
    metric: usize,
    /// The unit that the name says, where it differs from the metric's.
    unit: Option<Unit>,
}

/// A metric, and the unit that the name it was asked by says.
#[derive(Debug)]
pub struct Meaning<'a> {
    /// Index of the metric.
    pub index: usize,
    /// The metric.
    pub metric: &'a Metric,
    /// The unit of a fact of this name that states none.
    pub unit: Option<&'a Unit>,
    /// The split of the data that the name says.
    pub split: Option<&'static str>,
}

/// All names that the rules of a gate can meet.
#[derive(Debug, Default)]
pub struct Catalog {
    metrics: Vec<Metric>,
    /// Sorted by text.
    names: Vec<Name>,
}

/// The name belongs to another metric of the document already.
#[derive(Debug)]
pub struct Taken {
    /// That metric.
    pub by: String,
}

impl Catalog {
    /// Starts a metric of the document, from the table's entry of that name
    /// where there is one. Its own fields win.
    ///
    /// # Errors
    /// When the document has used the name as an alias before.
    pub fn add(&mut self, name: &str) -> Result<usize, Taken> {
        let index = self.metrics.len();
        self.claim(name, index, None)?;
        self.metrics.push(find_builtin(|builtin| builtin.name == name).map_or_else(
            || Metric {
                name: name.to_owned(),
                is_evaluated: true,
                is_known: true,
                ..Metric::default()
            },
            Metric::from_builtin,
        ));
        Ok(index)
    }

    /// The metric to be filled in.
    pub fn metric_mut(&mut self, index: usize) -> Option<&mut Metric> {
        self.metrics.get_mut(index)
    }

    /// Gives a metric a name.
    ///
    /// # Errors
    /// When another metric has it.
    pub fn claim(&mut self, text: &str, metric: usize, unit: Option<Unit>) -> Result<(), Taken> {
        match self.find(text) {
            Ok(place) => match self.names.get_mut(place) {
                Some(name) if name.metric == metric => {
                    name.unit = unit.or(name.unit.take());
                    Ok(())
                }
                name => Err(Taken {
                    by: name
                        .and_then(|name| self.metrics.get(name.metric))
                        .map(|metric| metric.name.clone())
                        .unwrap_or_default(),
                }),
            },
            Err(place) => {
                let text = text.to_owned();
                self.names.insert(place, Name { text, metric, unit });
                Ok(())
            }
        }
    }

    /// Adds the table's aliases of the document's metrics, but for names that
    /// the document uses otherwise. Comes after all of the document's own.
    pub fn complete(&mut self) {
        for index in 0..self.metrics.len() {
            let name = self.metrics.get(index).map(|metric| metric.name.as_str());
            if let Some(builtin) = find_builtin(|builtin| Some(builtin.name) == name) {
                self.claim_aliases(builtin, index);
            }
        }
    }

    /// The metric that a rule means: of the document, of the table, or a new
    /// one of which nothing is known.
    pub fn refer(&mut self, name: &str) -> usize {
        if let Some(meaning) = self.meaning(name) {
            return meaning.index;
        }
        let index = self.metrics.len();
        let builtin = find_builtin(|builtin| builtin.has(name)).or_else(|| {
            let (stem, _) = stem(name)?;
            find_builtin(|builtin| builtin.is_evaluated && builtin.has(stem))
        });
        // Names of the document are found above; what is claimed here is free.
        match builtin.filter(|builtin| self.find(builtin.name).is_err()) {
            Some(builtin) => {
                self.metrics.push(Metric::from_builtin(builtin));
                let _ = self.claim(builtin.name, index, None);
                self.claim_aliases(builtin, index);
            }
            None => {
                self.metrics.push(Metric { name: name.to_owned(), ..Metric::default() });
                let _ = self.claim(name, index, None);
            }
        }
        index
    }

    /// What a name means, if any rule or the document knows it.
    #[must_use]
    pub fn meaning(&self, text: &str) -> Option<Meaning<'_>> {
        if let Some(meaning) = self.exact(text) {
            return Some(meaning);
        }
        let (stem, split) = stem(text)?;
        let meaning = self.exact(stem).filter(|meaning| meaning.metric.is_evaluated)?;
        Some(Meaning { split: Some(split), ..meaning })
    }

    fn exact(&self, text: &str) -> Option<Meaning<'_>> {
        let name = self.names.get(self.find(text).ok()?)?;
        let metric = self.metrics.get(name.metric)?;
        Some(Meaning {
            index: name.metric,
            metric,
            unit: name.unit.as_ref().or(metric.unit.as_ref()),
            split: None,
        })
    }

    /// The metric at this index.
    #[must_use]
    pub fn metric(&self, index: usize) -> Option<&Metric> {
        self.metrics.get(index)
    }

    /// Did you mean, among all names that are known.
    #[must_use]
    pub fn hint(&self, word: &str) -> String {
        let known = BUILTIN.iter().flat_map(|builtin| {
            core::iter::once(builtin.name).chain(builtin.aliases.iter().copied())
        });
        let is_known = |name: &&Name| self.metric(name.metric).is_some_and(|it| it.is_known);
        let own = self.names.iter().filter(is_known).map(|name| name.text.as_str());
        hint(word, known.chain(own).filter(|name| *name != word))
    }

    fn find(&self, text: &str) -> Result<usize, usize> {
        self.names.binary_search_by(|name| name.text.as_str().cmp(text))
    }

    fn claim_aliases(&mut self, builtin: &Builtin, index: usize) {
        for alias in builtin.aliases {
            let _ = self.claim(alias, index, None);
        }
        for (alias, unit) in builtin.in_units {
            let _ = self.claim(alias, index, Some(Unit::new(unit)));
        }
    }
}

impl Metric {
    fn from_builtin(builtin: &Builtin) -> Self {
        let unit = (!builtin.unit.is_empty()).then(|| Unit::new(builtin.unit));
        let (least, most) = builtin.range;
        let bound = |bound: Option<i8>| bound.map(|bound| Decimal::new(bound.into(), 0));
        Self {
            name: builtin.name.to_owned(),
            greater_is_better: builtin.greater_is_better,
            range: Range { least: bound(least), most: bound(most), unit: unit.clone() },
            unit,
            is_known: true,
            is_evaluated: builtin.is_evaluated,
        }
    }
}

impl Builtin {
    fn has(&self, name: &str) -> bool {
        self.name == name
            || self.aliases.contains(&name)
            || self.in_units.iter().any(|(alias, _)| *alias == name)
    }
}

fn find_builtin(is: impl Fn(&Builtin) -> bool) -> Option<&'static Builtin> {
    BUILTIN.iter().find(|builtin| is(builtin))
}

/// The name without the prefix of a split, and the split.
#[must_use]
pub fn stem(name: &str) -> Option<(&str, &'static str)> {
    SPLIT_PREFIXES.iter().find_map(|(prefix, split)| Some((name.strip_prefix(prefix)?, *split)))
}
