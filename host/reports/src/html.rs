//! One page with everything in it: no script, no network, light and dark, for
//! a telephone and for paper.

mod axis;
mod bound;
mod history;
mod margins;

use std::fmt::{self, Write};

use tollgate::report::FactReport;

use self::history::Histories;
use self::margins::Margins;
use crate::case::{Case, Mark};
use crate::markup::markup;
use crate::told::{Row, Section, Told};

const STYLE: &str = include_str!("html/style.css");

pub(crate) fn render(out: &mut String, told: &Told<'_>) -> fmt::Result {
    let (title, command) = (markup(&told.title), markup(told.command));
    let verdict = told.verdict.name();
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{verdict}: {title} - tollgate {command}</title>\n<style>\n{STYLE}</style>\n\
         </head>\n<body>\n<main>\n<header>\n<p class=\"command\">tollgate {command}</p>\n\
         <h1>{title}</h1>\n<p class=\"verdict {verdict}\">{} {}</p>\n<dl class=\"about\">",
        sign(told.verdict),
        markup(&told.summary)
    )?;
    for (name, value) in &told.about {
        writeln!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", markup(value))?;
    }
    writeln!(out, "</dl>\n</header>")?;
    if !told.table.is_empty() {
        lines(out, &told.table)?;
    }
    let histories = Histories::of(told.facts);
    for section in told.sections.iter().filter(|section| told.draws(section)) {
        self::section(out, section, told.facts, &histories)?;
    }
    if !told.facts.is_empty() {
        evidence(out, told.facts)?;
    }
    writeln!(out, "</main>\n</body>\n</html>")
}

/// A line for each of many things, the worst first.
fn lines(out: &mut String, table: &[Row]) -> fmt::Result {
    writeln!(
        out,
        "<section>\n<h2>Models</h2>\n<div class=\"wide\">\n<table>\n<thead><tr>\
         <th>outcome</th><th>model</th><th>versions</th><th>what is wrong</th></tr></thead>\n<tbody>"
    )?;
    let mut rows: Vec<&Row> = table.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.mark));
    for row in rows {
        write!(out, "<tr><td>")?;
        badge(out, row.mark)?;
        let [name, versions, wrong] = [&row.name, &row.versions, &row.wrong].map(|it| markup(it));
        writeln!(out, "</td><td>{name}</td><td>{versions}</td><td>{wrong}</td></tr>")?;
    }
    writeln!(out, "</tbody>\n</table>\n</div>\n</section>")
}

/// Told apart without colours, too.
fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Pass => "✓",
        Mark::Warn => "▲",
        Mark::Inconclusive => "?",
        Mark::Fail | Mark::Error => "✗",
    }
}

fn badge(out: &mut String, mark: Mark) -> fmt::Result {
    let word = if mark == Mark::Pass { "ok" } else { mark.name() };
    write!(out, "<span class=\"badge {}\">{} {word}</span>", mark.name(), sign(mark))
}

fn section<'a>(
    out: &mut String,
    section: &Section<'a>,
    facts: &'a [FactReport],
    histories: &Histories<'a>,
) -> fmt::Result {
    write!(out, "<section>\n<h2>{} ", markup(&section.title()))?;
    badge(out, section.verdict)?;
    writeln!(out, "</h2>")?;
    if let Some(plugin) = section.plugin {
        write!(out, "<p class=\"by\">Judged by {} ", markup(&plugin.name))?;
        write!(out, "{}", markup(&plugin.version))?;
        if let Some(document) = section.document {
            write!(out, "; {}", markup(document))?;
        }
        writeln!(out, "</p>")?;
    }
    // The findings of a rule stand together, as its plugin gives them.
    for cases in section.cases.chunk_by(|one, other| one.rule == other.rule) {
        rule(out, cases, facts, histories)?;
    }
    if let Some(plugin) = section.plugin {
        writeln!(out, "<details><summary>Digests</summary>\n<dl class=\"digests\">")?;
        let settings = section.settings.as_deref().map(|settings| ("settings", settings.into()));
        for (name, digest) in [("plugin", plugin.digest.to_string())].into_iter().chain(settings) {
            writeln!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", markup(&digest))?;
        }
        writeln!(out, "</dl>\n</details>")?;
    }
    writeln!(out, "</section>")
}

/// A rule with all that it judged, and one axis for the numbers.
fn rule<'a>(
    out: &mut String,
    cases: &[Case<'a>],
    facts: &'a [FactReport],
    histories: &Histories<'a>,
) -> fmt::Result {
    let Some(first) = cases.first() else { return Ok(()) };
    let worst = cases.iter().map(|case| case.mark).max().unwrap_or(Mark::Error);
    write!(out, "<article class=\"{}\">\n<h3>", worst.name())?;
    badge(out, worst)?;
    writeln!(out, " {}</h3>", markup(first.rule))?;
    for case in cases {
        finding(out, case, cases.len() > 1)?;
    }
    if let Some(margins) = Margins::of(cases, facts) {
        margins.draw(out)?;
    }
    histories.draw(out, cases, facts)?;
    writeln!(out, "</article>")
}

fn finding(out: &mut String, case: &Case<'_>, several: bool) -> fmt::Result {
    write!(out, "<p class=\"message\">")?;
    if several {
        badge(out, case.mark)?;
        write!(out, " ")?;
    }
    writeln!(out, "{}</p>", markup(&case.message))?;
    let mut details = case.details();
    // It is a part of the place.
    details.retain(|(name, _)| *name != "pointer");
    if case.finding.is_some() {
        details.extend(Some(("at", case.place())).filter(|(_, place)| !place.is_empty()));
    }
    if details.is_empty() {
        return Ok(());
    }
    writeln!(out, "<dl class=\"details\">")?;
    for (name, text) in details {
        writeln!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", markup(&text))?;
    }
    writeln!(out, "</dl>")
}

/// All facts as a table.
fn evidence(out: &mut String, facts: &[FactReport]) -> fmt::Result {
    writeln!(
        out,
        "<section>\n<details><summary>Evidence: {} facts</summary>\n<div class=\"wide\">\n\
         <table>\n<thead><tr><th>fact</th><th>of</th><th>value</th><th>samples</th>\
         <th>observed at</th><th>source</th></tr></thead>\n<tbody>",
        facts.len()
    )?;
    for fact in facts {
        let value = match &fact.value {
            serde_json::Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        let unit = fact.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
        let samples = fact.samples.map(|samples| samples.to_string()).unwrap_or_default();
        writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td class=\"number\">{}{}</td><td class=\"number\">{samples}\
             </td><td>{}</td><td>{}</td></tr>",
            markup(&fact.name),
            markup(&fact.subject),
            markup(&value),
            markup(&unit),
            markup(fact.observed_at.as_deref().unwrap_or_default()),
            markup(fact.source.as_deref().unwrap_or_default()),
        )?;
    }
    writeln!(out, "</tbody>\n</table>\n</div>\n</details>\n</section>")
}
