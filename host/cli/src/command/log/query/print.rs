//! Decisions as they are printed.

use std::fmt::{self, Write as _};

use serde_json::{Map, Value, json};
use tollgate_decisions::read::Decision;

use super::QueryFormat;
use crate::output::{Answers, visible};

/// Bytes that are printed at once.
const CHUNK: usize = 64 << 10;

const HEADER: &str =
    "seq,time,policy,version,action,fallback,reasons,score,decision_id,problem,model,inputs\n";

pub(super) struct Printer {
    format: QueryFormat,
    text: String,
    out: Answers,
}

impl Printer {
    pub(super) fn new(format: QueryFormat) -> Self {
        let text = if format == QueryFormat::Csv { HEADER.to_owned() } else { String::new() };
        Self { format, text, out: Answers::default() }
    }

    pub(super) fn print(&mut self, decision: &Decision<'_>) -> serde_json::Result<()> {
        match self.format {
            // Writing to a String cannot fail.
            QueryFormat::Human => drop(in_a_line(&mut self.text, decision)),
            QueryFormat::Json => {
                let value = as_json(decision)?;
                self.text.push_str(&serde_json::to_string(&value)?);
                self.text.push('\n');
            }
            QueryFormat::Csv => in_cells(&mut self.text, decision)?,
        }
        if self.text.len() >= CHUNK {
            self.flush();
        }
        Ok(())
    }

    /// Whether nobody reads on.
    pub(super) fn is_lost(&self) -> bool {
        self.out.are_lost()
    }

    pub(super) fn finish(mut self) {
        self.flush();
    }

    fn flush(&mut self) {
        match self.format {
            QueryFormat::Json => self.out.json_lines(&self.text),
            QueryFormat::Human | QueryFormat::Csv => self.out.lines(&self.text),
        }
        self.text.clear();
    }
}

fn in_a_line(out: &mut String, decision: &Decision<'_>) -> fmt::Result {
    let said = &decision.said;
    write!(
        out,
        "{:>6}  {}  {}  {:<13}",
        decision.seq,
        visible(decision.time),
        visible(&said.policy.title()),
        visible(said.action.as_deref().unwrap_or("no decision"))
    )?;
    match said.score {
        Some(score) => write!(out, "  {score:<8}")?,
        None => write!(out, "  {:<8}", "-")?,
    }
    match &said.problem {
        Some(problem) => write!(out, "  no decision: {}", visible(problem))?,
        None => write!(out, "  {}", visible(&said.reasons.join("+")))?,
    }
    writeln!(out, "  {}", visible(&said.id))
}

/// All that is recorded, and who decided.
fn as_json(decision: &Decision<'_>) -> serde_json::Result<Value> {
    let policy = &decision.said.policy;
    let mut members: Map<String, Value> = serde_json::from_str(decision.body)?;
    // Where it is described is of no use without the log.
    members.remove("by");
    members.remove("version");
    let id = members.remove("id").unwrap_or_default();
    let more = [
        ("command", json!("log query")),
        ("seq", decision.seq.into()),
        ("time", decision.time.to_string().into()),
        ("hash", decision.hash.to_string().into()),
        ("decision_id", id),
        ("policy", json!({ "name": policy.name, "version": policy.version })),
        (
            "plugin",
            json!({
                "name": policy.plugin.name,
                "version": policy.plugin.version,
                "contract": policy.plugin.contract,
                "digest": policy.plugin.digest.to_string(),
            }),
        ),
        ("settings", policy.settings.to_string().into()),
    ];
    members.extend(more.map(|(name, value)| (name.to_owned(), value)));
    if let Some(shadow) = &decision.said.shadow
        && let Some(members) = members.get_mut("shadow").and_then(Value::as_object_mut)
    {
        members.remove("by");
        members.remove("version");
        let id = members.remove("id").unwrap_or_default();
        members.insert("decision_id".to_owned(), id);
        let policy = json!({ "name": shadow.policy.name, "version": shadow.policy.version });
        members.insert("policy".to_owned(), policy);
    }
    Ok(Value::Object(members))
}

fn in_cells(out: &mut String, decision: &Decision<'_>) -> serde_json::Result<()> {
    let said = &decision.said;
    let body: Map<String, Value> = serde_json::from_str(decision.body)?;
    let cells = [
        decision.seq.to_string(),
        decision.time.to_string(),
        said.policy.name.clone(),
        said.policy.version.clone(),
        said.action.as_deref().unwrap_or_default().to_owned(),
        said.fallback.to_string(),
        said.reasons.join("+"),
        said.score.map(|score| score.to_string()).unwrap_or_default(),
        said.id.to_string(),
        said.problem.as_deref().unwrap_or_default().to_owned(),
        said.model.as_deref().unwrap_or_default().to_owned(),
        body.get("inputs").map(Value::to_string).unwrap_or_default(),
    ];
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(&quoted(&visible(cell).to_string()));
    }
    out.push('\n');
    Ok(())
}

/// A cell as RFC 4180 has it; lines end as those of all that is printed.
fn quoted(cell: &str) -> String {
    match cell.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}
