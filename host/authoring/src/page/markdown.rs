//! A page as GitHub-flavoured Markdown.

use std::fmt::{self, Write};

use tollgate::text::visible;

use super::parts::{about, tables};
use crate::explain::Explanation;

/// Writes the page.
///
/// # Errors
/// Those of `out`.
pub fn markdown(out: &mut String, it: &Explanation) -> fmt::Result {
    writeln!(out, "# {} {}\n", escaped(&it.name), escaped(&it.version))?;
    if let Some(summary) = &it.summary {
        writeln!(out, "{}\n", escaped(summary))?;
    }
    for (name, value) in about(it) {
        writeln!(out, "- **{name}**: {}", escaped(&value))?;
    }
    for table in tables(it) {
        writeln!(out, "\n## {}\n", table.title)?;
        if !table.before.is_empty() {
            writeln!(out, "{}\n", escaped(&table.before))?;
        }
        row(out, &table.head)?;
        writeln!(out, "|{}", " --- |".repeat(table.head.len()))?;
        table.rows.iter().try_for_each(|cells| row(out, cells))?;
        for note in &table.notes {
            writeln!(out, "\n{}", escaped(note))?;
        }
    }
    Ok(())
}

fn row(out: &mut String, cells: &[String]) -> fmt::Result {
    let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
    writeln!(out, "| {} |", cells.join(" | "))
}

/// A stranger's text, of which Markdown makes nothing but text.
fn escaped(text: &str) -> String {
    let text = visible(text).to_string();
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // A mention would call someone; within code there is none.
            '@' => escaped.push_str("<code>@</code>"),
            '-' | '.' | ',' | ' ' | '/' | '=' | '%' | ';' | '\'' | '"' | '?' | ':' | '(' | ')' => {
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
