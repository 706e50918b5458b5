//! Workflow commands of GitHub Actions, which its runner takes from standard
//! output and shows at the lines of a change:
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.
//!
//! It shows ten errors and ten warnings of a step at most, so that the worst
//! come first.

use std::fmt::{self, Write};

use tollgate::text::visible;

use crate::case::{Case, Mark};
use crate::told::{Section, Told};

pub(crate) fn render(out: &mut String, told: &Told<'_>) -> fmt::Result {
    for mark in [Mark::Error, Mark::Fail, Mark::Inconclusive, Mark::Warn] {
        for (section, case) in told.cases().filter(|(_, case)| case.mark == mark) {
            command(out, section, case)?;
        }
    }
    // No line of a stranger's begins where a command could.
    writeln!(out, "tollgate {}: {}", visible(told.command), apart(&told.summary))
}

fn command(out: &mut String, section: &Section<'_>, case: &Case<'_>) -> fmt::Result {
    let command = if case.mark.blocks() { "error" } else { "warning" };
    write!(out, "::{command} ")?;
    if let Some(file) = case.file {
        write!(out, "file={},line={},", property(file), case.line)?;
    }
    let title = format!("{}: {}", section.label(), case.title);
    let outcome = if case.mark == Mark::Inconclusive { "inconclusive: " } else { "" };
    writeln!(out, "title={}::{outcome}{}", property(&title), data(&case.message))
}

/// A text behind the command. The runner turns `%25`, `%0D` and `%0A` back.
fn data(text: &str) -> String {
    apart(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which `:` and `,` would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// What other runners look for anywhere in a line.
fn apart(text: &str) -> String {
    visible(text).to_string().replace("##", "#\\#")
}
