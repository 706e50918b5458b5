//! The values of an input at which a policy may change its mind.
//!
//! Most change it at numbers and texts that their settings hold: each such
//! number alone, and what lies between two of them, is a *part* of what an input
//! can be. Whether that is so is not taken on trust: a part is asked at its
//! middle and at both its ends, and where these differ the number between them
//! is looked for.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use tollgate_engine::types::{Input, Kind, Value};

use super::conditions::Conditions;
use super::part::{Extent, Part, part};
use super::texts;

/// So many numbers, and texts, of the settings are taken.
const TAKEN: usize = 64;

/// Numbers and texts of settings.
#[derive(Debug, Default)]
pub(super) struct Mentioned {
    numbers: Vec<f64>,
    texts: BTreeSet<String>,
    /// Whether there are more than are taken.
    is_cut: bool,
}

impl Mentioned {
    pub(super) fn of(settings: &Json) -> Self {
        let mut mentioned = Self::default();
        // The ends of probabilities, and of what cannot be negative.
        mentioned.numbers.extend([0.0, 1.0]);
        mentioned.add(settings);
        mentioned.numbers.sort_by(f64::total_cmp);
        mentioned.numbers.dedup();
        mentioned
    }

    fn add(&mut self, json: &Json) {
        match json {
            Json::Number(number) => self.number(number.as_f64()),
            Json::String(text) => self.text(text),
            Json::Array(items) => items.iter().for_each(|item| self.add(item)),
            Json::Object(members) => members.values().for_each(|value| self.add(value)),
            Json::Null | Json::Bool(_) => {}
        }
    }

    fn number(&mut self, number: Option<f64>) {
        let number = number.filter(|number| number.is_finite());
        if self.numbers.len() < TAKEN {
            self.numbers.extend(number);
        } else {
            self.is_cut |= number.is_some_and(|number| !self.numbers.contains(&number));
        }
    }

    /// Whether the settings hold numbers or texts that are not asked.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Takes in numbers that settings do not hold, and a policy changes its mind
    /// at.
    pub(super) fn found(&mut self, numbers: Vec<f64>) {
        self.numbers.extend(numbers);
        self.numbers.sort_by(f64::total_cmp);
        self.numbers.dedup();
    }

    /// A text may be an expression, with numbers and texts of its own in it.
    fn text(&mut self, text: &str) {
        let is_number = |part: char| part.is_ascii_alphanumeric() || "._+-".contains(part);
        for word in text.split(|part: char| !is_number(part)) {
            let word = word.trim_matches(|part| "+-.".contains(part));
            if word.starts_with(|first: char| first.is_ascii_digit()) {
                self.number(word.parse().ok());
                self.number(word.parse::<f64>().ok().map(|number| -number));
            }
        }
        for quote in ['"', '\''] {
            let inner = text.split(quote).skip(1).step_by(2).map(str::to_owned);
            self.texts.extend(inner.take(TAKEN));
        }
        if self.texts.len() < TAKEN {
            self.texts.insert(text.to_owned());
        } else {
            self.is_cut |= !self.texts.contains(text);
        }
    }

    /// The parts of what an input can be, numbers in their order.
    pub(super) fn parts(&self, input: &Input, conditions: &Conditions) -> Vec<Part> {
        let mut parts = match input.kind {
            Kind::Number => self.numbers(|number| Some(Value::Number(number))),
            Kind::Integer => self.numbers(whole),
            Kind::Boolean => [false, true].map(|value| part(Value::Boolean(value))).into(),
            Kind::Text => {
                let tests = conditions.tests.iter().filter(|test| test.input == input.name);
                texts::parts(&self.texts, &tests.collect::<Vec<_>>())
            }
        };
        if !input.required {
            parts.push(part(Value::Null));
        }
        parts
    }

    fn numbers(&self, value: impl Fn(f64) -> Option<Value>) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut before: Option<f64> = None;
        let ends = self.numbers.iter().copied().map(Some).chain([None]);
        for end in ends {
            let inside = match (before, end) {
                (None, Some(end)) => vec![end.next_down(), end - 1.0, 2.0 * end - 1e6],
                (Some(before), None) => vec![before.next_up(), before + 1.0, 2.0 * before + 1e6],
                (Some(before), Some(end)) => {
                    vec![f64::midpoint(before, end), before.next_up(), end.next_down()]
                }
                (None, None) => vec![0.0],
            };
            let is_inside = |value: &f64| {
                before.is_none_or(|before| *value > before) && end.is_none_or(|end| *value < end)
            };
            let mut values: Vec<Value> = Vec::new();
            for inside in inside.into_iter().filter(is_inside).filter_map(&value) {
                let at = number_of(&inside);
                if at.is_some_and(|at| is_inside(&at)) && !values.contains(&inside) {
                    values.push(inside);
                }
            }
            if !values.is_empty() {
                let extent = Extent::Between(before, end);
                parts.push(Part { values, extent, holds: String::new() });
            }
            if let Some(end) = end
                && let Some(at) = value(end).filter(|at| number_of(at) == Some(end))
            {
                let extent = Extent::At(end);
                parts.push(Part { values: vec![at], extent, holds: String::new() });
            }
            before = end;
        }
        parts
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a cast goes to the nearest end")]
fn whole(number: f64) -> Option<Value> {
    Some(Value::Integer(number.round() as i64))
}

#[allow(clippy::cast_precision_loss, reason = "only compared with what it was made of")]
fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Integer(number) => Some(*number as f64),
        _ => None,
    }
}
