//! Decisions out of a table that [`export`](crate::export) wrote.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use tollgate::canonical;
use tollgate::facts::Instant;
use tollgate::rows::{RowContent, RowSource, RowSourceError};
use tollgate_engine::Digest;
use tollgate_engine::types::{Cells, Column, Kind, TypedColumn, Value};

use super::{Decision, Policies, ReadError};
use crate::stated::{StatedInput, StatedPlugin, StatedPolicy};
use crate::{DECISION, value};

/// What the columns of a decision begin with.
pub(crate) const PREFIX: &str = "decision.";

/// What the columns of masked inputs end with.
pub(crate) const MASKED: &str = ".masked";

/// Gives each decision of a table to `each`, which says whether it wants more. A
/// table has no chain: whether it is what was logged is not known.
///
/// # Errors
/// When the table cannot be read to its end, or is none of decisions; and what
/// `each` says.
pub fn each_row<E: From<ReadError> + From<RowSourceError>>(
    rows: &mut dyn RowSource,
    mut each: impl FnMut(&Decision<'_>) -> Result<bool, E>,
) -> Result<(), E> {
    let mut table = Table::default();
    while let Some(batch) = rows.next_batch()? {
        let RowContent::Columns(columns) = &batch.content else {
            return Err(wrong(0, "it has no columns").into());
        };
        let row = Row::of(columns);
        for at in 0..batch.rows.count {
            let number = batch.rows.number(at) + 1;
            let (seq, hash, time) = row.place(at, number)?;
            let by = table.policy(&row, at, number)?;
            let body = row.body(at, by);
            let said = table.policies.said(&body);
            let said = said.map_err(|error| wrong(number, &error.to_string()))?;
            let time = time.to_string();
            if !each(&Decision { seq, hash, time: &time, said, body: &body })? {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn wrong(row: u64, problem: &str) -> ReadError {
    let kind = DECISION.to_owned();
    ReadError::Body { seq: row, kind, problem: format!("as a row of a table: {problem}") }
}

/// Who decided, as far as the table says.
#[derive(Default)]
struct Table {
    policies: Policies,
    known: HashMap<[String; 6], u64>,
}

impl Table {
    fn policy(&mut self, row: &Row<'_>, at: usize, number: u64) -> Result<u64, ReadError> {
        let names = ["policy", "version", "plugin", "plugin_version", "plugin_digest", "settings"];
        let mut key = [const { String::new() }; 6];
        for (into, name) in key.iter_mut().zip(names) {
            let missing = || wrong(number, &format!("`{PREFIX}{name}` is missing"));
            *into = row.text(name, at).ok_or_else(missing)?;
        }
        if let Some(seq) = self.known.get(&key) {
            return Ok(*seq);
        }
        let seq = self.known.len() as u64 + 1;
        let [name, version, plugin, plugin_version, digest, settings] = key.clone();
        let read = |text: &str| Digest::parse(text).ok_or_else(|| wrong(number, "no digest"));
        let policy = StatedPolicy {
            seq,
            name,
            version,
            document: String::new(),
            settings: read(&settings)?,
            plugin: StatedPlugin {
                name: plugin,
                version: plugin_version,
                contract: String::new(),
                digest: read(&digest)?,
                baked: false,
            },
            inputs: row.inputs.iter().map(|(input, _)| input.clone()).collect(),
            score: None,
            actions: Vec::new(),
            reasons: Vec::new(),
            fallback: None,
            rate: 1.0,
            key: None,
        };
        self.policies.0.insert(seq, Arc::new(policy));
        self.known.insert(key, seq);
        Ok(seq)
    }
}

/// The columns of a batch by what they are.
struct Row<'a> {
    known: HashMap<&'a str, &'a Column>,
    inputs: Vec<(StatedInput, &'a Column)>,
}

impl<'a> Row<'a> {
    fn of(columns: &'a [TypedColumn]) -> Self {
        let (mut known, mut inputs) = (HashMap::new(), Vec::new());
        for TypedColumn { name, column, .. } in columns {
            let Some(name) = name.as_deref() else { continue };
            if let Some(name) = name.strip_prefix(PREFIX) {
                known.insert(name, column);
                continue;
            }
            let masked = name.strip_suffix(MASKED);
            let kind = match &column.cells {
                Cells::Booleans(_) => Kind::Boolean,
                Cells::Integers(_) | Cells::Unsigned(_) => Kind::Integer,
                Cells::Numbers(_) => Kind::Number,
                Cells::Texts(_) => Kind::Text,
            };
            let input = StatedInput {
                name: masked.unwrap_or(name).to_owned(),
                kind,
                required: false,
                masked: masked.map(|_| "hash".to_owned()),
            };
            inputs.push((input, column));
        }
        // One whose mask came or went has two columns, and is of one kind.
        let plain: HashMap<String, Kind> = inputs
            .iter()
            .filter(|(input, _)| input.masked.is_none())
            .map(|(input, _)| (input.name.clone(), input.kind))
            .collect();
        for (input, _) in &mut inputs {
            input.kind = plain.get(&input.name).copied().unwrap_or(input.kind);
        }
        Self { known, inputs }
    }

    fn value(&self, name: &str, at: usize) -> Value {
        self.known.get(name).map_or(Value::Null, |column| cell(column, at))
    }

    fn text(&self, name: &str, at: usize) -> Option<String> {
        match self.value(name, at) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn place(&self, at: usize, number: u64) -> Result<(u64, Digest, Instant), ReadError> {
        let missing = |name: &str| wrong(number, &format!("`{PREFIX}{name}` is missing or wrong"));
        let seq = match self.value("seq", at) {
            Value::Integer(seq) => u64::try_from(seq).ok(),
            _ => None,
        };
        let hash = self.text("hash", at).and_then(|hash| Digest::parse(&hash));
        let time = match self.value("time", at) {
            Value::Integer(milliseconds) => Instant::from_milliseconds(milliseconds),
            Value::Text(text) => {
                let zoned = if text.ends_with('Z') { text } else { text + "Z" };
                zoned.replacen(' ', "T", 1).parse().ok()
            }
            _ => None,
        };
        Ok((
            seq.ok_or_else(|| missing("seq"))?,
            hash.ok_or_else(|| missing("hash"))?,
            time.ok_or_else(|| missing("time"))?,
        ))
    }

    /// The row as the body of a record, as far as a table says all of it.
    fn body(&self, at: usize, by: u64) -> String {
        let mut out = String::new();
        let put = |out: &mut String, member: &str, name: &str| {
            if let Some(text) = self.text(name, at) {
                let _ = write!(out, ",\"{member}\":");
                canonical::write_string(&text, out);
            }
        };
        out.push_str("{\"action\":");
        match self.text("action", at) {
            Some(action) => canonical::write_string(&action, &mut out),
            None => out.push_str("null"),
        }
        // Writing to a String cannot fail.
        let _ = write!(out, ",\"by\":{by}");
        if self.value("fallback", at) == Value::Boolean(true) {
            out.push_str(",\"fallback\":true");
        }
        put(&mut out, "id", "id");
        let mut sign = ",\"inputs\":{";
        for (input, column) in &self.inputs {
            let given = cell(column, at);
            if given == Value::Null {
                continue;
            }
            out.push_str(sign);
            sign = ",";
            canonical::write_string(&input.name, &mut out);
            out.push(':');
            match (&input.masked, given) {
                (Some(_), Value::Text(masked)) => value::push_masked(Some(&masked), &mut out),
                (_, given) => value::push(&given, input.kind, &mut out),
            }
        }
        if sign == "," {
            out.push('}');
        }
        for member in ["model", "policy", "problem"] {
            put(&mut out, member, member);
        }
        if let Value::Number(rate) = self.value("rate", at) {
            out.push_str(",\"rate\":");
            canonical::write_double(rate, &mut out);
        }
        out.push_str(",\"reasons\":[");
        let reasons = self.text("reasons", at).unwrap_or_default();
        for (place, reason) in reasons.split('+').filter(|reason| !reason.is_empty()).enumerate() {
            if place > 0 {
                out.push(',');
            }
            canonical::write_string(reason, &mut out);
        }
        out.push(']');
        put(&mut out, "trace", "trace");
        out.push('}');
        out
    }
}

/// The value of a row; null where there is none.
fn cell(column: &Column, row: usize) -> Value {
    let is_there =
        |bits: &Vec<u8>| bits.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1);
    if !column.validity.as_ref().is_none_or(is_there) {
        return Value::Null;
    }
    let value = match &column.cells {
        Cells::Booleans(cells) => cells.get(row).map(|cell| Value::Boolean(*cell != 0)),
        Cells::Integers(cells) => cells.get(row).copied().map(Value::Integer),
        Cells::Unsigned(cells) => {
            cells.get(row).and_then(|cell| i64::try_from(*cell).ok()).map(Value::Integer)
        }
        Cells::Numbers(cells) => cells.get(row).copied().map(Value::Number),
        Cells::Texts(texts) => {
            let index = texts.indices.get(row);
            let text = index.and_then(|index| texts.entries.get(*index as usize));
            text.map(|text| Value::Text(text.to_owned()))
        }
    };
    value.unwrap_or(Value::Null)
}
