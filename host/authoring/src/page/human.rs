//! A page for a terminal.

use std::fmt::{self, Write};

use tollgate::text::visible;

use super::drawn;
use super::parts::{about, tables};
use crate::explain::Explanation;

/// Writes the page in `width` columns.
///
/// # Errors
/// Those of `out`.
pub fn human(out: &mut String, it: &Explanation, width: usize) -> fmt::Result {
    writeln!(out, "{} {}", visible(&it.name), visible(&it.version))?;
    if let Some(summary) = &it.summary {
        drawn::paragraph(out, summary, "", width)?;
    }
    writeln!(out)?;
    for (name, value) in about(it) {
        let mut text = String::new();
        drawn::paragraph(&mut text, &value, "             ", width)?;
        // The first line begins with the name.
        writeln!(out, "{name:<13}{}", text.trim_start().trim_end_matches('\n'))?;
    }
    for table in tables(it) {
        writeln!(out, "\n{}", table.title)?;
        if !table.before.is_empty() {
            drawn::paragraph(out, &table.before, "", width)?;
        }
        let narrow = table.narrow.filter(|_| !drawn::fits(&table.head, &table.rows, width));
        let (head, rows) = narrow.unwrap_or((table.head, table.rows));
        drawn::table(out, &head, &rows, width)?;
        for note in &table.notes {
            drawn::paragraph(out, note, "", width)?;
        }
    }
    Ok(())
}
