//! A page of HTML with everything in it: no script, no network.

use std::fmt::{self, Write};

use tollgate::text::visible;

use super::parts::{about, tables};
use crate::explain::Explanation;

const STYLE: &str = include_str!("style.css");

/// Writes the page.
///
/// # Errors
/// Those of `out`.
pub fn html(out: &mut String, it: &Explanation) -> fmt::Result {
    let title = format!("{} {}", it.name, it.version);
    let title = escaped(&title);
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>"
    )?;
    if let Some(summary) = &it.summary {
        writeln!(out, "<p>{}</p>", escaped(summary))?;
    }
    writeln!(out, "<dl>")?;
    for (name, value) in about(it) {
        writeln!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", escaped(&value))?;
    }
    writeln!(out, "</dl>")?;
    for table in tables(it) {
        writeln!(out, "<section>\n<h2>{}</h2>", table.title)?;
        if !table.before.is_empty() {
            writeln!(out, "<p>{}</p>", escaped(&table.before))?;
        }
        writeln!(out, "<div class=\"wide\"><table>\n<thead>")?;
        row(out, "th", &table.head)?;
        writeln!(out, "</thead>\n<tbody>")?;
        table.rows.iter().try_for_each(|cells| row(out, "td", cells))?;
        writeln!(out, "</tbody>\n</table></div>")?;
        for note in &table.notes {
            writeln!(out, "<p>{}</p>", escaped(note))?;
        }
        writeln!(out, "</section>")?;
    }
    writeln!(out, "</main>\n</body>\n</html>")
}

fn row(out: &mut String, cell: &str, cells: &[String]) -> fmt::Result {
    write!(out, "<tr>")?;
    for text in cells {
        write!(out, "<{cell}>{}</{cell}>", escaped(text))?;
    }
    writeln!(out, "</tr>")
}

/// A stranger's text as content. `##[` begins a command of CI runners, which
/// may see a page in a log.
fn escaped(text: &str) -> String {
    let text = visible(text).to_string();
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;").replace("##", "#&#35;")
}
