//! Where each declared input comes from, worked out once per policy.

use tollgate_engine::types::{Declaration, Kind, Value};

use super::{InputError, Outside, from_text, of_kind};
use crate::document::{InputMapping, PolicyDocument};
use crate::mistake::{Mistake, Mistakes};
use crate::tree::{escape, unescape};

/// Where one input comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    /// The body of a request, or a row.
    Body { pointer: String, column: String },
    /// An HTTP header, in lower case.
    Header(String),
    /// A counter of the host.
    Counter(String),
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

impl Wanted {
    fn new(name: &str, kind: Kind, required: bool, mapping: Option<&InputMapping>) -> Self {
        let place = match mapping {
            Some(InputMapping { header: Some(header), .. }) => {
                Place::Header(header.to_ascii_lowercase())
            }
            Some(InputMapping { counter: Some(counter), .. }) => Place::Counter(counter.clone()),
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

    /// Completes what the body gave, `in_row` being whether the body is a row.
    pub(super) fn complete(
        &self,
        given: Value,
        outside: &Outside,
        in_row: bool,
    ) -> Result<Value, InputError> {
        let given = match &self.place {
            Place::Body { .. } => given,
            Place::Header(name) => match outside.header_value(name) {
                Some(text) => from_text(text, self.kind).ok_or_else(|| {
                    self.wrong_kind(&format!("header `{name}`"), "text that is none")
                })?,
                None => Value::Null,
            },
            Place::Counter(name) => match outside.counter_value(name) {
                Some(value) => of_kind(value.clone(), self.kind).ok_or_else(|| {
                    self.wrong_kind(&format!("counter `{name}`"), "another kind of value")
                })?,
                None => Value::Null,
            },
        };
        match (given, &self.default) {
            (Value::Null, Some(default)) => Ok(default.clone()),
            (Value::Null, None) if self.required => Err(InputError::Missing {
                input: self.name.clone(),
                place: match &self.place {
                    Place::Body { column, .. } if in_row => format!("column `{column}`"),
                    Place::Body { pointer, .. } => format!("`{pointer}`"),
                    Place::Header(name) => format!("header `{name}`"),
                    Place::Counter(name) => format!("counter `{name}`"),
                },
            }),
            (given, _) => Ok(given),
        }
    }
}

/// A member of a JSON object or list that leads to inputs.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: Box<str>,
    /// The name as an index, when it is one.
    pub(super) index: Option<usize>,
    /// A number of its own, to tell duplicates.
    pub(super) number: usize,
    /// The inputs that it is.
    pub(super) slots: Vec<usize>,
    /// The members below that lead to inputs.
    pub(super) below: Vec<Member>,
    pub(super) pointer: String,
}

/// Members are told apart by bits, see [`Seen`](super::extract).
pub(super) const MEMBER_LIMIT: usize = 256;

/// All declared inputs, and the members that lead to them.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) wanted: Vec<Wanted>,
    pub(super) members: Vec<Member>,
}

impl Plan {
    pub(super) fn new(
        declaration: &Declaration,
        document: Option<&PolicyDocument>,
    ) -> Result<Self, Mistakes> {
        if let Some(document) = document {
            document.validate_against(declaration)?;
        }
        let wanted: Vec<_> = declaration
            .inputs
            .iter()
            .map(|input| {
                let mapping = document.and_then(|document| document.input(&input.name));
                Wanted::new(&input.name, input.kind, input.required, mapping)
            })
            .collect();
        let mut members = Vec::new();
        let mut count = 0;
        for (slot, wanted) in wanted.iter().enumerate() {
            let Place::Body { pointer, .. } = &wanted.place else {
                continue;
            };
            grow(&mut members, pointer, slot, &mut count);
        }
        let plan = Self { wanted, members };
        let mut mistakes = Vec::new();
        if let Some(document) = document {
            let mistake = |slot: usize, message: String| {
                let name = plan.wanted.get(slot).map_or("", |wanted| &wanted.name);
                Mistake::new(document.source(), document.input_span(name), message)
            };
            if count > MEMBER_LIMIT {
                mistakes.push(mistake(
                    0,
                    format!("the inputs lead to {count} members, at most {MEMBER_LIMIT} are read"),
                ));
            }
            for member in both_value_and_map(&plan.members) {
                let slot = member.slots.first().copied().unwrap_or_default();
                mistakes.push(mistake(
                    slot,
                    format!("`{}` is read both as a value and as a map", member.pointer),
                ));
            }
        }
        match Mistakes::collect(mistakes) {
            Some(mistakes) => Err(mistakes),
            None => Ok(plan),
        }
    }
}

/// Adds the way to one input.
fn grow(members: &mut Vec<Member>, pointer: &str, slot: usize, count: &mut usize) {
    let mut level = members;
    let mut path = String::new();
    let mut tokens = pointer.split('/').skip(1).peekable();
    while let Some(token) = tokens.next() {
        path = format!("{path}/{token}");
        let name = unescape(token);
        let at = match level.iter().position(|member| *member.name == *name) {
            Some(at) => at,
            None => {
                // RFC 6901: digits without leading zeros.
                let index = name.parse().ok().filter(|index: &usize| index.to_string() == name);
                level.push(Member {
                    index,
                    name: name.into(),
                    number: *count,
                    slots: Vec::new(),
                    below: Vec::new(),
                    pointer: path.clone(),
                });
                *count += 1;
                level.len() - 1
            }
        };
        let Some(member) = level.get_mut(at) else {
            return;
        };
        if tokens.peek().is_none() {
            member.slots.push(slot);
            return;
        }
        level = &mut member.below;
    }
}

fn both_value_and_map(members: &[Member]) -> Vec<&Member> {
    let mut open: Vec<_> = members.iter().collect();
    let mut found = Vec::new();
    while let Some(member) = open.pop() {
        if !member.slots.is_empty() && !member.below.is_empty() {
            found.push(member);
        }
        open.extend(&member.below);
    }
    found
}
