//! GitHub-flavoured Markdown: what blocks first, what passes folded away.

use std::fmt::{self, Write};

use tollgate::text::visible;

use crate::case::{Case, Mark};
use crate::told::{Row, Section, Told};

/// GitHub takes job summaries of a MiB. What does not fit is counted.
const LONGEST: usize = 900 << 10;

pub(crate) fn render(out: &mut String, told: &Told<'_>) -> fmt::Result {
    let (before, behind) = told.summary.split_once(": ").unwrap_or((&told.summary, ""));
    writeln!(out, "## {} — tollgate {}\n", escaped(before), escaped(told.command))?;
    writeln!(out, "**{}**", escaped(&told.title))?;
    if !behind.is_empty() {
        writeln!(out, "\n{}", escaped(behind))?;
    }
    if !told.table.is_empty() {
        lines(out, &told.table)?;
    }
    for section in told.sections.iter().filter(|section| told.draws(section)) {
        if out.len() > LONGEST {
            writeln!(out, "\nMore is in the report's other formats.")?;
            break;
        }
        self::section(out, section)?;
    }
    Ok(())
}

/// A line for each of many things, the worst first.
fn lines(out: &mut String, table: &[Row]) -> fmt::Result {
    writeln!(out, "\n| outcome | model | versions | what is wrong |\n| --- | --- | --- | --- |")?;
    let mut rows: Vec<&Row> = table.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.mark));
    let mut left_out = 0_usize;
    for row in rows {
        let outcome = if row.mark == Mark::Pass { "ok" } else { row.mark.name() };
        let [name, versions, wrong] = [&row.name, &row.versions, &row.wrong].map(|it| escaped(it));
        let line = format!("| {outcome} | {name} | {versions} | {wrong} |\n");
        // Half of the room is for what is wrong.
        if out.len() + line.len() > LONGEST / 2 {
            left_out += 1;
        } else {
            out.push_str(&line);
        }
    }
    if left_out > 0 {
        writeln!(out, "\n{left_out} more are in the report's other formats.")?;
    }
    Ok(())
}

fn section(out: &mut String, section: &Section<'_>) -> fmt::Result {
    writeln!(out, "\n### {}: {}\n", escaped(&section.title()), section.verdict.name())?;
    if let Some(plugin) = section.plugin {
        write!(out, "Judged by {} {}", escaped(&plugin.name), escaped(&plugin.version))?;
        if let Some(document) = section.document {
            write!(out, "; {}", escaped(document))?;
        }
        writeln!(out, ".\n")?;
    }
    let told = |mark: Mark| section.cases.iter().filter(move |case| case.mark == mark);
    let marks = [Mark::Error, Mark::Fail, Mark::Inconclusive, Mark::Warn];
    let mut wrong = marks.into_iter().flat_map(told).peekable();
    if wrong.peek().is_some() {
        table(out, wrong)?;
    }
    let passed = told(Mark::Pass).count();
    if passed > 0 {
        writeln!(out, "\n<details><summary>{passed} passed</summary>\n")?;
        table(out, told(Mark::Pass))?;
        writeln!(out, "\n</details>")?;
    }
    Ok(())
}

fn table<'a>(out: &mut String, cases: impl Iterator<Item = &'a Case<'a>>) -> fmt::Result {
    writeln!(out, "| outcome | rule | what was found | where |\n| --- | --- | --- | --- |")?;
    let mut left_out = 0_usize;
    for case in cases {
        let before = out.len();
        row(out, case)?;
        if out.len() > LONGEST {
            out.truncate(before);
            left_out += 1;
        }
    }
    if left_out > 0 {
        writeln!(out, "\n{left_out} more are in the report's other formats.")?;
    }
    Ok(())
}

fn row(out: &mut String, case: &Case<'_>) -> fmt::Result {
    let outcome = if case.mark == Mark::Pass { "ok" } else { case.mark.name() };
    write!(out, "| {outcome} | {} | {}", escaped(&case.title), escaped(&case.message))?;
    let details = case.details();
    // A gate's sentence has both sides of a comparison in it.
    let is_gate = case.finding.is_some_and(|finding| !finding.facts.is_empty());
    let shown = |name: &str| match name {
        "pointer" => false,
        "expected" | "actual" => !is_gate,
        _ => true,
    };
    for (name, text) in details.iter().filter(|(name, _)| shown(name)) {
        write!(out, "<br>{name} {}", escaped(text))?;
    }
    writeln!(out, " | {} |", escaped(&case.place()))
}

/// A stranger's text, of which Markdown makes nothing but text.
pub(crate) fn escaped(text: &str) -> String {
    let text = visible(text).to_string();
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // A mention would call someone; within code there is none.
            '@' => escaped.push_str("<code>@</code>"),
            '-' | '.' | ',' | ' ' | '/' | '=' | '%' | ';' | '\'' | '"' | '?' => {
                escaped.push(character);
            }
            _ if character.is_ascii_punctuation() => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    escaped
}
