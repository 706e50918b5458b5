//! Errors: for a person the lines around each mistake, on standard error; for
//! a program one JSON value on standard output, too.

use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, Severity, SourceCode, SourceSpan, SpanContents,
};
use serde::Serialize;
use tollgate::text::visible;

use super::standard;
use crate::arguments::Format;

/// What a program is told.
#[derive(Serialize)]
struct ErrorReport<'a> {
    command: &'a str,
    verdict: &'static str,
    error: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<String>,
}

/// Shows what a command ended with.
pub(crate) fn error(command: &str, format: Format, error: &dyn Diagnostic) {
    let mut shown = Shown::new(error);
    shown.advise(advice(command, error));
    let mut text = String::new();
    let handler =
        GraphicalReportHandler::new().with_theme(theme()).with_width(width()).with_links(false);
    if handler.render_report(&mut text, &shown).is_err() {
        text = format!("{}\n", shown.message);
    }
    standard::note(|out| {
        out.push_str(&text);
        Ok(())
    });
    if format == Format::Json {
        let (sentence, details) = of_program(error);
        program(command, sentence, details);
    }
}

/// What a program is told: a sentence, and each mistake at its place.
pub(super) fn of_program(error: &dyn Diagnostic) -> (String, Vec<String>) {
    let mut details = Vec::new();
    mistakes(error, None, &mut details);
    (sentence(error), details)
}

/// The option that helps, of which a library knows nothing.
fn advice(command: &str, error: &dyn Diagnostic) -> Option<&'static str> {
    match (error.code()?.to_string().as_str(), command) {
        ("tollgate::approvals::role", _) => Some("`--role ROLE` says it"),
        ("tollgate::plugin", _) => Some("`--plugin FILE` gives one"),
        ("tollgate::format", "check") => Some("`--payload-format` says it"),
        ("tollgate::format", _) => Some("`--input-format` says it"),
        _ => None,
    }
}

/// Tells a program, and nobody else.
pub(crate) fn program(command: &str, error: String, details: Vec<String>) {
    let report = ErrorReport { command, verdict: "error", error, details };
    // Answers and rounds are one a line, and so is what ends them.
    if ["decide", "watch"].contains(&command) {
        standard::line(&report);
    } else {
        standard::json_value(&report);
    }
}

/// What is wrong, and what that comes from, unless it was said already.
fn sentence(error: &dyn Diagnostic) -> String {
    let mut sentence = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !sentence.contains(&part) {
            sentence = format!("{sentence}: {part}");
        }
        cause = error.source();
    }
    sentence
}

/// Each mistake at its place: `file:line:column: what (other places); help`.
fn mistakes<'a>(
    error: &'a dyn Diagnostic,
    source: Option<&'a dyn SourceCode>,
    details: &mut Vec<String>,
) {
    let source = error.source_code().or(source);
    let labels: Vec<LabeledSpan> = error.labels().into_iter().flatten().collect();
    if let (Some(source), Some(first)) = (source, labels.first())
        && let Some(first) = place(source, first)
    {
        let mut line = format!("{first}: {error}");
        for label in labels.get(1..).unwrap_or_default() {
            if let (Some(what), Some(place)) = (label.label(), place(source, label)) {
                line += &format!(" ({what}: {place})");
            }
        }
        if let Some(help) = error.help() {
            line += &format!("; {help}");
        }
        details.push(line);
    }
    for related in error.related().into_iter().flatten() {
        // What has no place counts the mistakes that are not told.
        if related.labels().is_none() && related.related().is_none() {
            details.push(related.to_string());
        }
        mistakes(related, source, details);
    }
    if let Some(cause) = error.diagnostic_source() {
        mistakes(cause, source, details);
    }
}

/// `file:line:column`, both from 1.
fn place(source: &dyn SourceCode, label: &LabeledSpan) -> Option<String> {
    let contents = source.read_span(label.inner(), 0, 0).ok()?;
    let name = contents.name().unwrap_or("<input>");
    Some(format!("{name}:{}:{}", contents.line() + 1, contents.column() + 1))
}

/// An error in which every text is fit for a terminal.
#[derive(Debug)]
struct Shown<'a> {
    message: String,
    help: Option<String>,
    severity: Option<Severity>,
    labels: Vec<LabeledSpan>,
    source: Option<Text<'a>>,
    related: Vec<Shown<'a>>,
    cause: Option<Box<Shown<'a>>>,
}

/// A text, which masks what is hidden in it by itself, under a name to show.
struct Text<'a>(&'a dyn SourceCode);

impl SourceCode for Text<'_> {
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let contents = self.0.read_span(span, lines_before, lines_after)?;
        let name = visible(contents.name().unwrap_or("<input>")).to_string();
        Ok(Box::new(MietteSpanContents::new_named(
            name,
            contents.data(),
            *contents.span(),
            contents.line(),
            contents.column(),
            contents.line_count(),
        )))
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text")
    }
}

impl<'a> Shown<'a> {
    fn new(error: &'a dyn Diagnostic) -> Self {
        let cause = match (error.diagnostic_source(), error.source()) {
            (Some(cause), _) => Some(Self::new(cause)),
            (None, Some(cause)) => Some(Self::plain(cause)),
            (None, None) => None,
        };
        Self {
            message: visible(&error.to_string()).to_string(),
            help: error.help().map(|help| visible(&help.to_string()).to_string()),
            severity: error.severity(),
            labels: error.labels().into_iter().flatten().map(|label| shown_label(&label)).collect(),
            source: error.source_code().map(Text),
            related: error.related().into_iter().flatten().map(Self::new).collect(),
            cause: cause.map(Box::new),
        }
    }

    /// Adds to what helps.
    fn advise(&mut self, advice: Option<&str>) {
        let Some(advice) = advice else { return };
        self.help = Some(match self.help.take() {
            Some(help) => format!("{help}: {advice}"),
            None => advice.to_owned(),
        });
    }

    fn plain(error: &dyn std::error::Error) -> Self {
        Self {
            message: visible(&error.to_string()).to_string(),
            help: None,
            severity: None,
            labels: Vec::new(),
            source: None,
            related: Vec::new(),
            cause: error.source().map(|cause| Box::new(Self::plain(cause))),
        }
    }
}

fn shown_label(label: &LabeledSpan) -> LabeledSpan {
    let text = label.label().map(|text| visible(text).to_string());
    if label.primary() {
        LabeledSpan::new_primary_with_span(text, *label.inner())
    } else {
        LabeledSpan::new_with_span(text, *label.inner())
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn severity(&self) -> Option<Severity> {
        self.severity
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.help.as_deref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|text| text as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as Box<_>)
    }

    fn related<'b>(&'b self) -> Option<Box<dyn Iterator<Item = &'b dyn Diagnostic> + 'b>> {
        if self.related.is_empty() {
            return None;
        }
        Some(Box::new(self.related.iter().map(|related| related as &dyn Diagnostic)))
    }

    fn diagnostic_source(&self) -> Option<&dyn Diagnostic> {
        self.cause.as_deref().map(|cause| cause as &dyn Diagnostic)
    }
}

fn theme() -> GraphicalTheme {
    if anstream::stderr().is_terminal() {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    }
}

/// The terminal's width, or a page's. Below that miette has no room for what
/// it draws.
fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.unwrap_or(100).clamp(40, 1000)
}

#[cfg(test)]
mod tests {
    use tollgate::mistake::{Mistake, Mistakes, Span};
    use tollgate::source::Source;

    use super::*;
    use crate::output::hostile::assert_harmless;

    #[test]
    fn whatever_is_wrong_is_only_read() {
        assert_harmless(|out, text| {
            // A file has the lines that it has, and each is shown behind a bar.
            let line = text.replace(['\n', '\r'], " ");
            let source = Source::new(text, &format!("a: 1\nb: {line}\nc: 3\n"));
            let other = Source::new(&format!("other {text}"), "d: 4");
            let mistake = |start| {
                Mistake::new(&source, Span::new(start, start + 1), text)
                    .label(text)
                    .suggest(text)
                    .also(&source, Span::new(5, 6), text)
                    .also(&other, Span::new(0, 1), text)
            };
            let all = Mistakes::collect(vec![mistake(0), mistake(3)]).unwrap();
            let shown = Shown::new(&all);
            GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
                .with_width(1000)
                .with_links(false)
                .render_report(out, &shown)
        });
    }
}
