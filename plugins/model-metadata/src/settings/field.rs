//! A field, and what must hold of it.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::vec::Vec;

use gate_evidence::decimal::Decimal;
use serde_json::{Number, Value};
use tollgate_sdk::settings::Mistakes;

use super::Object;
use crate::form::Form;
use crate::name::Name;
use crate::rule::{Field, Listed};

/// The keys of a field beside its name.
pub(super) const KEYS: [&str; 6] = ["one_of", "equals", "format", "at_least", "at_most", "past"];

/// Reads a field. `None` when it is too wrong to go on.
pub(super) fn read(rule: &Object<'_>, mistakes: &mut Mistakes) -> Option<Field> {
    let name = rule.text("field", mistakes);
    let name = name.and_then(|text| read_name(text, &rule.at("field"), mistakes));
    let past = rule.boolean("past", mistakes).unwrap_or_default();
    let field = Field {
        listed: read_listed(rule, mistakes),
        form: rule.choice("format", &Form::CHOICES, mistakes).or(past.then_some(Form::Date)),
        at_least: read_number(rule, "at_least", mistakes),
        at_most: read_number(rule, "at_most", mistakes),
        past,
        name: name?,
    };
    if past && field.form != Some(Form::Date) {
        mistakes.add(&rule.at("format"), "what must be `past` is a `date`");
    }
    let has_range = field.at_least.is_some() || field.at_most.is_some();
    if has_range && field.form.is_some_and(|form| form != Form::Number) {
        let message = "what has a least or a most is a `number`";
        mistakes.add(&rule.at(if past { "past" } else { "format" }), message);
    }
    if let (Some(least), Some(most)) = (field.at_least, field.at_most)
        && least > most
    {
        mistakes.add(&rule.at("at_most"), format!("the most is below the least, {least}"));
    }
    Some(field)
}

/// This text as the name of a fact.
pub(super) fn read_name(text: &str, at: &str, mistakes: &mut Mistakes) -> Option<Name> {
    let read = Name::parse(text);
    if read.is_none() {
        let message =
            format!("`{text}` is not a field, such as `owner` or `param{{name=max_depth}}`");
        mistakes.add(at, message);
    }
    read
}

fn read_listed(rule: &Object<'_>, mistakes: &mut Mistakes) -> Vec<Listed> {
    if let Some(equals) = rule.get("equals") {
        if rule.get("one_of").is_some() {
            mistakes.add(&rule.at("equals"), "a field has `equals` or `one_of`, not both");
        }
        return read_value(equals, &rule.at("equals"), mistakes).into_iter().collect();
    }
    let items = rule.items("one_of", mistakes);
    if items.is_empty() && rule.get("one_of").is_some_and(Value::is_array) {
        mistakes.add(&rule.at("one_of"), "`one_of` names one value or more");
    }
    items.into_iter().filter_map(|(pointer, item)| read_value(item, &pointer, mistakes)).collect()
}

fn read_value(value: &Value, at: &str, mistakes: &mut Mistakes) -> Option<Listed> {
    let read = match value {
        Value::String(text) if !text.trim().is_empty() => Some(Listed::Text(text.to_owned())),
        Value::Bool(value) => Some(Listed::Boolean(*value)),
        Value::Number(number) => decimal(number).map(Listed::Number),
        _ => None,
    };
    if read.is_none() {
        mistakes.wanted(at, "text, a number, true or false", value);
    }
    read
}

fn read_number(rule: &Object<'_>, key: &str, mistakes: &mut Mistakes) -> Option<Decimal> {
    let value = rule.get(key)?;
    let read = value.as_number().and_then(decimal);
    if read.is_none() {
        mistakes.wanted(&rule.at(key), "a number", value);
    }
    read
}

fn decimal(number: &Number) -> Option<Decimal> {
    if let Some(whole) = number.as_i128() {
        return Some(Decimal::new(whole, 0));
    }
    number.as_f64().and_then(Decimal::from_f64)
}
