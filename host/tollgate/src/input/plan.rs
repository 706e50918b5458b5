//! Where each declared input comes from, worked out once per policy.

use std::sync::atomic::{AtomicU64, Ordering};

use tollgate_engine::types::{Declaration, Kind, Value};

use super::case_counters::CaseCounters;
use super::members::{Members, Way};
use super::{InputError, Outside, from_text, of_kind};
use crate::document::{InputMapping, PolicyDocument};
use crate::mistake::{Mistake, Mistakes};
use crate::tree::{DEPTH_LIMIT, escape};

/// The most bytes of a place: a pointer, a column, a header, a counter. It
/// stands in the error of every row that lacks it.
const PLACE_LIMIT: usize = 1024;

/// Where one input comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    /// The body of a request, or a row.
    Body { pointer: String, column: String },
    /// An HTTP header, in lower case.
    Header(String),
    /// A counter of the host, and its number among those that are read.
    Counter(String, u32),
}

/// One declared input.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) required: bool,
    pub(super) default: Option<Value>,
    pub(super) place: Place,
}

/// What a case's inputs may come from beside its body.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    pub(super) outside: &'a Outside,
    pub(super) counters: &'a CaseCounters,
}

impl Wanted {
    fn new(
        name: &str,
        kind: Kind,
        required: bool,
        mapping: Option<&InputMapping>,
        counters: &mut Vec<String>,
    ) -> Self {
        let place = match mapping {
            Some(InputMapping { header: Some(header), .. }) => {
                Place::Header(header.to_ascii_lowercase())
            }
            Some(InputMapping { counter: Some(counter), .. }) => {
                let number = counters.iter().position(|known| known == counter);
                let number = number.unwrap_or_else(|| {
                    counters.push(counter.clone());
                    counters.len() - 1
                });
                Place::Counter(counter.clone(), u32::try_from(number).unwrap_or(u32::MAX))
            }
            mapping => {
                let pointer = mapping.and_then(|mapping| mapping.pointer.clone());
                let column = mapping.and_then(|mapping| mapping.column.clone());
                let member = column.as_deref().unwrap_or(name);
                Place::Body {
                    pointer: pointer.unwrap_or_else(|| format!("/{}", escape(member))),
                    column: member.to_owned(),
                }
            }
        };
        let default = mapping
            .and_then(|mapping| mapping.default.clone())
            .and_then(|default| of_kind(default, kind));
        Self { name: name.to_owned(), kind, required, default, place }
    }

    pub(super) fn wrong_kind(&self, place: &str, found: &'static str) -> InputError {
        InputError::Kind {
            input: self.name.clone(),
            place: place.to_owned(),
            expected: self.kind,
            found,
        }
    }

    /// Where a row has it, or would have it.
    pub(super) fn column(&self) -> String {
        match &self.place {
            Place::Body { column, .. } => format!("column `{column}`"),
            Place::Header(name) | Place::Counter(name, _) => format!("`{name}`"),
        }
    }

    /// Completes what the body gave, `in_row` being whether the body is a row.
    pub(super) fn complete(
        &self,
        given: Value,
        beside: Beside<'_>,
        in_row: bool,
    ) -> Result<Value, InputError> {
        let given = match &self.place {
            Place::Body { .. } => given,
            Place::Header(name) => match beside.outside.header_value(name) {
                Some(text) => from_text(text, self.kind).ok_or_else(|| {
                    self.wrong_kind(&format!("header `{name}`"), "text that is none")
                })?,
                None => Value::Null,
            },
            Place::Counter(name, number) => {
                if let Some(why) = beside.outside.unknown(name) {
                    return Err(InputError::Unknown {
                        input: self.name.clone(),
                        counter: name.clone(),
                        why: why.to_owned(),
                    });
                }
                let value = beside.outside.counter_value(name);
                match value.or_else(|| beside.counters.get(*number)) {
                    Some(value) => of_kind(value.clone(), self.kind).ok_or_else(|| {
                        self.wrong_kind(&format!("counter `{name}`"), "another kind of value")
                    })?,
                    None => Value::Null,
                }
            }
        };
        match (given, &self.default) {
            (Value::Null, Some(default)) => Ok(default.clone()),
            (Value::Null, None) if self.required => Err(InputError::Missing {
                input: self.name.clone(),
                place: match &self.place {
                    Place::Body { column, .. } if in_row => format!("column `{column}`"),
                    Place::Body { pointer, .. } => format!("`{pointer}`"),
                    Place::Header(name) => format!("header `{name}`"),
                    Place::Counter(name, _) => format!("counter `{name}`"),
                },
            }),
            (given, _) => Ok(given),
        }
    }
}

/// What a request or row gives under a name that the document takes from
/// elsewhere: it is not read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shadowed(Vec<u32>);

impl Shadowed {
    /// Whether there is nothing of the kind.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, shadow: u32) {
        if !self.0.contains(&shadow) {
            self.0.push(shadow);
        }
    }
}

/// A name that is not read where somebody may think that it is.
#[derive(Debug, Clone)]
pub(super) struct Shadow {
    pub(super) name: String,
    sentence: String,
}

/// What tells plans apart, of one process. Never shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct PlanId(u64);

impl PlanId {
    fn new() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// All declared inputs, and the members that lead to them.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub(super) id: PlanId,
    pub(super) wanted: Vec<Wanted>,
    pub(super) members: Members,
    /// How many members there are, at all levels.
    pub(super) count: usize,
    /// The counters that inputs come from.
    pub(super) counters: Vec<String>,
    /// The member that counters are kept by.
    pub(super) key: Option<String>,
    pub(super) shadows: Vec<Shadow>,
}

impl Plan {
    pub(super) fn new(
        declaration: &Declaration,
        document: Option<&PolicyDocument>,
    ) -> Result<Self, Mistakes> {
        if let Some(document) = document {
            document.validate_against(declaration)?;
        }
        let mut counters = Vec::new();
        let wanted: Vec<_> = declaration
            .inputs
            .iter()
            .map(|input| {
                let mapping = document.and_then(|document| document.input(&input.name));
                Wanted::new(&input.name, input.kind, input.required, mapping, &mut counters)
            })
            .collect();
        if let Some(document) = document
            && let Some(mistakes) = Mistakes::collect(beyond_measure(document, &wanted))
        {
            return Err(mistakes);
        }
        let plan = Self { wanted, counters, ..Self::default() }.built();
        if let Some(document) = document {
            let mistakes = plan.members.both_value_and_map().into_iter().map(|(input, pointer)| {
                let name = input.and_then(|input| plan.wanted.get(input));
                let name = name.map_or("", |wanted| &wanted.name);
                let message = format!("`{pointer}` is read both as a value and as a map");
                Mistake::new(document.source(), document.input_span(name), message)
            });
            if let Some(mistakes) = Mistakes::collect(mistakes.collect()) {
                return Err(mistakes);
            }
        }
        Ok(plan)
    }

    /// A plan that reads nothing but what cases are told apart by.
    pub(super) fn of_key(member: &str) -> Self {
        Self { key: Some(member.to_owned()), ..Self::default() }.built()
    }

    /// The same plan, with counters that are kept by a member. None when the
    /// member leads to inputs below it.
    pub(super) fn keyed(mut self, key: &str) -> Option<Self> {
        self.key = Some(key.to_owned());
        let plan = self.built();
        plan.members.both_value_and_map().is_empty().then_some(plan)
    }

    /// The columns that are read.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        let wanted = self.wanted.iter().filter_map(|wanted| match &wanted.place {
            Place::Body { column, .. } => Some(column),
            Place::Header(_) | Place::Counter(..) => None,
        });
        wanted.chain(&self.key).map(String::as_str)
    }

    /// What is told of something that is not read.
    pub(super) fn sentences<'a>(&'a self, shadowed: &'a Shadowed) -> impl Iterator<Item = &'a str> {
        let shadows = shadowed.0.iter().filter_map(|shadow| self.shadows.get(*shadow as usize));
        shadows.map(|shadow| shadow.sentence.as_str())
    }

    /// Works out members and shadows anew.
    fn built(mut self) -> Self {
        self.id = PlanId::new();
        let mut ways: Vec<(String, Way)> = Vec::new();
        for (slot, wanted) in self.wanted.iter().enumerate() {
            if let Place::Body { pointer, .. } = &wanted.place {
                ways.push((pointer.clone(), Way::Input(slot)));
            }
        }
        if let Some(key) = &self.key {
            ways.push((format!("/{}", escape(key)), Way::Key));
        }
        // A name that is read from the body for whatever reason is no shadow.
        let (members, _) = Members::new(&ways);
        self.shadows.clear();
        for wanted in &self.wanted {
            let (what, place) = match &wanted.place {
                Place::Body { .. } => continue,
                Place::Header(name) => ("header", name),
                Place::Counter(name, _) => ("counter", name),
            };
            for name in [&wanted.name, place] {
                let known = self.shadows.iter().any(|shadow| shadow.name == *name);
                // The name of a header is no one's idea of a member.
                if known || members.find(name).is_some() || what == "header" && name == place {
                    continue;
                }
                let sentence = format!(
                    "the given `{name}` is not read: input `{}` comes from {what} `{place}`",
                    wanted.name
                );
                let shadow = u32::try_from(self.shadows.len()).unwrap_or(u32::MAX);
                ways.push((format!("/{}", escape(name)), Way::Shadow(shadow)));
                self.shadows.push(Shadow { name: name.clone(), sentence });
            }
        }
        (self.members, self.count) = Members::new(&ways);
        self
    }
}

/// Places that no document needs, and that would cost every row.
fn beyond_measure(document: &PolicyDocument, wanted: &[Wanted]) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for wanted in wanted {
        let mut mistake = |message: String| {
            let span = document.input_span(&wanted.name);
            mistakes.push(Mistake::new(document.source(), span, message));
        };
        let lengths = match &wanted.place {
            Place::Body { pointer, column } => {
                let levels = pointer.split('/').skip(1).count();
                if levels > DEPTH_LIMIT {
                    mistake(format!(
                        "the pointer leads {levels} levels down, at most {DEPTH_LIMIT} are read"
                    ));
                }
                [pointer.len(), column.len()]
            }
            Place::Header(name) | Place::Counter(name, _) => [name.len(), 0],
        };
        let longest = lengths.into_iter().max().unwrap_or_default();
        if longest > PLACE_LIMIT {
            mistake(format!(
                "the place of the input is {longest} bytes long, at most {PLACE_LIMIT} are read"
            ));
        }
    }
    mistakes
}
