//! Counters from a file: what the host knows of a case beside its request.
//!
//! Either the counters of every case,
//!
//! ```yaml
//! customer_blocks_today: 2
//! hours_since_block: 3.5
//! ```
//!
//! or those of each customer, by a member of the request or a column:
//!
//! ```yaml
//! by: customer_id
//! counters:
//!   c-17: { customer_blocks_today: 2, hours_since_block: 3.5 }
//!   c-18: { customer_blocks_today: 1, hours_since_block: 20 }
//! ```

use std::collections::HashMap;

use super::case_counters::CaseCounters;
use super::plan::{Place, Plan};
use super::{kind_phrase, of_kind};
use crate::document::scalar;
use crate::document::suggestion::suggestion;
use crate::mistake::{Mistake, Mistakes};
use crate::source::Source;
use crate::tree::{Entry, Node, NonFinite};

/// Nobody reads of more mistakes than that.
const MOST_MISTAKES: usize = 100;

/// The counters of a file.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    /// Those of every case, or of one that is not in `cases`.
    every: CaseCounters,
    /// Only looked up, never walked, so its order does not matter.
    cases: HashMap<Box<str>, CaseCounters>,
}

impl Counters {
    /// Reads counters for inputs that the plan takes from counters, and gives
    /// the member that they are kept by.
    pub(super) fn parse(source: &Source, plan: &Plan) -> Result<(Self, Option<String>), Mistakes> {
        let tree = Node::parse(source, NonFinite::Kept)?;
        let mut reader = Reader { source, plan, mistakes: Vec::new() };
        let read = reader.root(&tree);
        match Mistakes::collect(reader.mistakes) {
            Some(mistakes) => Err(mistakes),
            None => Ok(read),
        }
    }

    /// The counters of the case with this key.
    pub(super) fn of(&self, key: Option<&str>) -> &CaseCounters {
        key.and_then(|key| self.cases.get(key)).unwrap_or(&self.every)
    }
}

struct Reader<'a> {
    source: &'a Source,
    plan: &'a Plan,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn mistake(&mut self, span: crate::mistake::Span, message: String, help: Option<String>) {
        if self.mistakes.len() < MOST_MISTAKES {
            self.mistakes.push(Mistake::new(self.source, span, message).maybe_suggest(help));
        }
    }

    fn root(&mut self, root: &Node) -> (Counters, Option<String>) {
        let mut counters = Counters::default();
        if self.plan.counters.is_empty() {
            let message = "the policy document takes no input from a counter".to_owned();
            let help = "map one there, such as `inputs: { hours_since_block: { counter: hours_since_block } }`";
            self.mistake(root.span, message, Some(help.to_owned()));
            return (counters, None);
        }
        let Some(entries) = root.entries() else {
            let message = format!("the counters must be a map, found {}", root.kind());
            self.mistake(root.span, message, None);
            return (counters, None);
        };
        let nested = root.get("counters").is_some_and(|node| node.entries().is_some());
        let by = root.get("by").filter(|_| !self.plan.counters.iter().any(|name| name == "by"));
        if !nested && by.is_none() {
            if entries.is_empty() {
                self.mistake(root.span, "there is no counter".to_owned(), None);
            }
            counters.every = self.case(entries);
            return (counters, None);
        }
        for entry in entries.iter().filter(|entry| !["by", "counters"].contains(&&*entry.key)) {
            let message = format!("there is no key `{}` beside `by` and `counters`", entry.key);
            self.mistake(entry.key_span, message, None);
        }
        let key = root.get("by").and_then(Node::text).filter(|key| !key.trim().is_empty());
        if key.is_none() {
            let span = root.get("by").map_or(root.span, |node| node.span);
            let message = "`by` must name the member or column that the counters are kept by";
            self.mistake(span, message.to_owned(), Some("such as `by: customer_id`".to_owned()));
        }
        let Some(cases) = root.get("counters").and_then(Node::entries) else {
            let span = root.get("counters").map_or(root.span, |node| node.span);
            let message = "`counters` must be a map with the counters of each case".to_owned();
            self.mistake(
                span,
                message,
                Some("such as `c-17: { hours_since_block: 3 }`".to_owned()),
            );
            return (counters, None);
        };
        for case in cases {
            if case.key.trim() != case.key || case.key.is_empty() {
                let message = format!("`{}` must have no white space around it", case.key);
                self.mistake(case.key_span, message, None);
            }
            let Some(values) = case.value.entries() else {
                let found = case.value.kind();
                let message =
                    format!("the counters of `{}` must be a map, found {found}", case.key);
                self.mistake(case.value.span, message, None);
                continue;
            };
            let values = self.case(values);
            counters.cases.insert(case.key.as_str().into(), values);
        }
        (counters, key.map(str::to_owned))
    }

    fn case(&mut self, entries: &[Entry]) -> CaseCounters {
        let mut values = Vec::with_capacity(entries.len());
        for Entry { key, key_span, value } in entries {
            let plan = self.plan;
            let Some(number) = plan.counters.iter().position(|known| known == key) else {
                let help = suggestion(key, plan.counters.iter().map(String::as_str));
                self.mistake(*key_span, format!("the policy reads no counter `{key}`"), help);
                continue;
            };
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let inputs = plan.wanted.iter().filter(
                |wanted| matches!(&wanted.place, Place::Counter(_, counter) if *counter == number),
            );
            let given = scalar(value);
            let mut kinds = inputs.map(|wanted| wanted.kind);
            let wrong = kinds.find(|kind| {
                given.as_ref().is_none_or(|given| of_kind(given.clone(), *kind).is_none())
            });
            match (wrong, given) {
                (None, Some(given)) => values.push((number, given)),
                (wrong, _) => {
                    let wanted = wrong.map_or("a value", kind_phrase);
                    let found = value.kind();
                    let message = format!("counter `{key}` must be {wanted}, found {found}");
                    self.mistake(value.span, message, None);
                }
            }
        }
        CaseCounters::new(values)
    }
}
