//! What every page is made of: a title, facts about the document, tables.

use serde_json::Value;

use crate::explain::Explanation;
use crate::explain::decisions::{Decisions, Row};
use crate::explain::rules::Rule;

/// The reasons that a row has in every case.
const REASONS: &str = "reasons given in each case";

/// A table, with what stands above and below it.
pub(super) struct Table {
    pub(super) title: &'static str,
    pub(super) before: String,
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// The same in fewer columns, for a page that is too narrow.
    pub(super) narrow: Option<(Vec<String>, Vec<Vec<String>>)>,
    pub(super) notes: Vec<String>,
}

/// Name and value of what is said of the document.
pub(super) fn about(it: &Explanation) -> Vec<(&'static str, String)> {
    let mut about = vec![
        ("what", format!("{} of {}", it.kind, it.owner)),
        ("file", it.document.clone()),
        ("plugin", format!("{} {}: {}", it.plugin.name, it.plugin.version, it.judges)),
    ];
    if let Some(changed) = &it.changed {
        about.push(("changed", format!("{} by {}: {}", changed.date, changed.by, changed.change)));
    }
    if !it.actions.is_empty() {
        about.push(("actions", format!("{}, from mild to strict", it.actions.join(", "))));
    }
    if it.kind == "policy" {
        about.push((
            "no decision",
            match &it.fallback {
                Some(action) => format!("the action is `{action}`"),
                None => "there is no action: the document has no `fallback`".to_owned(),
            },
        ));
    }
    about
}

/// The tables of the page, in their order.
pub(super) fn tables(it: &Explanation) -> Vec<Table> {
    let mut tables = Vec::new();
    if !it.inputs.is_empty() {
        tables.push(inputs(it));
    }
    if let Some(decisions) = &it.decisions {
        tables.push(decided(decisions));
        if !decisions.without.is_empty() {
            tables.push(undecided(decisions));
        }
    }
    if !it.rules.is_empty() {
        tables.push(rules(&it.rules));
    }
    let settings = settings(it);
    if !settings.rows.is_empty() {
        tables.push(settings);
    }
    tables
}

fn head(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn inputs(it: &Explanation) -> Table {
    let rows = it.inputs.iter().map(|input| {
        let missing = match (&input.default, input.required) {
            (Some(default), _) => format!("is taken to be {default}"),
            (None, true) => "no decision".to_owned(),
            (None, false) => "is decided on".to_owned(),
        };
        vec![input.name.clone(), input.kind.to_owned(), input.from.clone(), missing]
    });
    Table {
        title: "What it reads",
        before: String::new(),
        head: head(&["input", "kind", "from", "where it is missing"]),
        rows: rows.collect(),
        narrow: None,
        notes: Vec::new(),
    }
}

fn decided(decisions: &Decisions) -> Table {
    let idle: Vec<&str> =
        decisions.inputs.iter().filter(|it| !it.matters).map(|it| it.input.as_str()).collect();
    let columns: Vec<&str> = decisions
        .inputs
        .iter()
        .map(|it| it.input.as_str())
        .filter(|name| decisions.rows.iter().any(|row| is(row, name).is_some()))
        .collect();
    let rows = decisions.rows.iter().map(|row| {
        let action = action(row);
        let conditions = columns.iter().map(|name| is(row, name).unwrap_or("").to_owned());
        let reasons = row.reasons.join(", ");
        std::iter::once(action).chain(conditions).chain([reasons]).collect()
    });
    let narrow = decisions.rows.iter().map(|row| {
        let action = action(row);
        let when: Vec<String> =
            row.when.iter().map(|it| format!("{} {}", it.input, it.is)).collect();
        let when = if when.is_empty() { "always".to_owned() } else { when.join("; ") };
        vec![action, when, row.reasons.join(", ")]
    });
    let mut notes = decisions.notes.clone();
    for input in decisions.inputs.iter().filter(|it| it.in_any_letters) {
        notes.push(format!(
            "the case of letters in `{}`, and white space around it, make no difference",
            input.input
        ));
    }
    if !idle.is_empty() {
        notes.push(format!(
            "whatever it is, it changes no action and no reason: {}",
            idle.join(", ")
        ));
    }
    let before = format!(
        "The plugin decided {} cases for this. Each case fits one row or several, all with the \
         same action; what is empty may be anything.",
        decisions.asked
    );
    let head = head(&["action"]).into_iter();
    Table {
        title: "What it decides",
        before,
        head: head
            .chain(columns.iter().map(|name| (*name).to_owned()))
            .chain([REASONS.to_owned()])
            .collect(),
        rows: rows.collect(),
        narrow: Some((
            self::head(&["action", "when all of this is so", REASONS]),
            narrow.collect(),
        )),
        notes,
    }
}

/// What is done in the cases of a row.
fn action(row: &Row) -> String {
    let all = std::iter::once(&row.action).chain(&row.or);
    let all = all.map(|action| action.as_deref().unwrap_or("no decision"));
    all.collect::<Vec<_>>().join(" or ")
}

fn is<'r>(row: &'r Row, name: &str) -> Option<&'r str> {
    row.when.iter().find(|it| it.input == name).map(|it| it.is.as_str())
}

fn undecided(decisions: &Decisions) -> Table {
    let rows = decisions.without.iter();
    Table {
        title: "No decision",
        before: String::new(),
        head: head(&["input", "is", "why"]),
        rows: rows.map(|it| vec![it.input.clone(), it.is.clone(), it.why.clone()]).collect(),
        narrow: None,
        notes: Vec::new(),
    }
}

fn rules(rules: &[Rule]) -> Table {
    let rows = rules.iter().map(|rule| {
        let expected = rule.expected.clone().unwrap_or_default();
        let written = rule.written.clone().unwrap_or_default();
        vec![rule.rule.clone(), expected, written, rule.on_missing.to_owned()]
    });
    Table {
        title: "What it asks for",
        before: "What each rule expects, and what it is without evidence, is what the plugin \
                 found when there was none."
            .to_owned(),
        head: head(&["rule", "expects", "as it is written", "without evidence"]),
        rows: rows.collect(),
        narrow: None,
        notes: Vec::new(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| format!("{key} {}", plain(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        value => value.to_string(),
    }
}

/// What is set beside the rules.
fn settings(it: &Explanation) -> Table {
    let is_rule = |pointer: &str| it.rules.iter().any(|_| pointer.starts_with("/rules/"));
    let told = it.settings.iter().filter(|setting| !is_rule(&setting.pointer));
    let rows = told.map(|setting| {
        let name = setting.pointer.trim_start_matches('/').replace('/', " ");
        vec![name, plain(&setting.value), setting.meaning.clone().unwrap_or_default()]
    });
    Table {
        title: "What is set",
        before: String::new(),
        head: head(&["setting", "value", "meaning"]),
        rows: rows.collect(),
        narrow: None,
        notes: Vec::new(),
    }
}
