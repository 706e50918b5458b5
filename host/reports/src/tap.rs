//! Test Anything Protocol 14: <https://testanything.org/tap-version-14-specification.html>.
//!
//! A rule is a test point; `warn` is `ok`. What there is to say of one stands
//! below it, as YAML.

use std::fmt::{self, Write};

use tollgate::text::{safe_lines, visible};

use crate::case::Case;
use crate::told::{Section, Told};

pub(crate) fn render(out: &mut String, told: &Told<'_>) -> fmt::Result {
    let mut lines = String::new();
    writeln!(lines, "TAP version 14\n1..{}", told.cases().count())?;
    for (at, (section, case)) in told.cases().enumerate() {
        point(&mut lines, at + 1, section, case)?;
    }
    writeln!(lines, "# {}", description(&told.summary))?;
    // What is left is a runner's command within a line.
    out.push_str(&safe_lines(&lines));
    Ok(())
}

fn point(out: &mut String, number: usize, section: &Section<'_>, case: &Case<'_>) -> fmt::Result {
    let ok = if case.mark.blocks() { "not ok" } else { "ok" };
    let (name, title) = (description(&section.label()), description(&case.title));
    writeln!(out, "{ok} {number} - {name}: {title}\n  ---")?;
    let mut entry = |name: &str, text: &str| writeln!(out, "  {name}: {}", quoted(text));
    entry("message", &case.message)?;
    entry("outcome", case.mark.name())?;
    if let Some(file) = case.file {
        entry("file", file)?;
    }
    let details = case.details();
    let of_rows = |name: &str| name == "first at";
    for (name, text) in details.iter().filter(|(name, _)| !of_rows(name)) {
        entry(name, text)?;
    }
    if case.file.is_some() {
        writeln!(out, "  line: {}", case.line)?;
    }
    let mut rows = details.iter().filter(|(name, _)| of_rows(name)).peekable();
    if rows.peek().is_some() {
        writeln!(out, "  first_at:")?;
    }
    for (_, text) in rows {
        writeln!(out, "    - {}", quoted(text))?;
    }
    writeln!(out, "  ...")
}

/// A description, in which `#` would begin a directive: `# SKIP`.
fn description(text: &str) -> String {
    visible(text).to_string().replace('\\', "\\\\").replace('#', "\\#")
}

/// JSON's texts are YAML's, where nothing in them is hidden.
fn quoted(text: &str) -> String {
    let text = serde_json::to_string(&visible(text).to_string()).unwrap_or_default();
    text.replace('#', "\\x23")
}
