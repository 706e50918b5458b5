//! What is wrong in a text: the place, the value, and what would be right.
//!
//! Both types are [`miette::Diagnostic`]s, so that a terminal can show the
//! lines around the place; [`Mistake::line`] is the plain form for logs.

use std::error::Error;
use std::fmt;

use miette::{Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SpanContents};

use crate::source::Source;

/// A range of bytes in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

impl Span {
    /// A range of bytes.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

impl From<Span> for miette::SourceSpan {
    fn from(span: Span) -> Self {
        (span.start, span.end.saturating_sub(span.start)).into()
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone)]
pub struct Mistake(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    source: Source,
    span: Span,
    message: String,
    label: Option<String>,
    help: Option<String>,
    related: Vec<(Source, Span, String)>,
}

impl Mistake {
    /// A mistake at a place. `message` is one sentence, lower case, no full
    /// stop.
    #[must_use]
    pub fn new(source: &Source, span: Span, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            source: source.clone(),
            span,
            message: message.into(),
            label: None,
            help: None,
            related: Vec::new(),
        }))
    }

    /// Says something right at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.0.label = Some(label.into());
        self
    }

    /// Says what would be right.
    #[must_use]
    pub fn suggest(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Says what would be right, where something is known.
    #[must_use]
    pub fn maybe_suggest(mut self, help: Option<String>) -> Self {
        self.0.help = help.or(self.0.help.take());
        self
    }

    /// The same mistake at another place.
    #[must_use]
    pub fn moved_to(mut self, span: Span) -> Self {
        self.0.span = span;
        self
    }

    /// Points to another place that matters, in the same text or another.
    #[must_use]
    pub fn also(mut self, source: &Source, span: Span, label: impl Into<String>) -> Self {
        self.0.related.push((source.clone(), span, label.into()));
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where the text came from, as the user named it.
    #[must_use]
    pub fn source_name(&self) -> &str {
        self.0.source.name()
    }

    /// The line and column.
    #[must_use]
    pub fn place(&self) -> crate::source::Place {
        self.0.source.place(self.0.span.start)
    }

    /// The bytes that are wrong.
    #[must_use]
    pub fn span(&self) -> Span {
        self.0.span
    }

    /// What would be right, where something is known.
    #[must_use]
    pub fn suggestion(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// `file:line:column: message; help`, on one line.
    #[must_use]
    pub fn line(&self) -> String {
        let place = self.place();
        let mut line =
            format!("{}:{}:{}: {}", self.0.source.name(), place.line, place.column, self.0.message);
        for (source, span, label) in &self.0.related {
            let place = source.place(span.start);
            line += &format!(" ({label}: {}:{}:{})", source.name(), place.line, place.column);
        }
        if let Some(help) = &self.0.help {
            line += "; ";
            line += help;
        }
        line
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        // Labels of other texts cannot be drawn in this one.
        for (source, span, label) in &self.0.related {
            if source.name() != self.0.source.name() {
                let place = source.place(span.start);
                write!(f, " ({label}: {}:{}:{})", source.name(), place.line, place.column)?;
            }
        }
        Ok(())
    }
}

impl Error for Mistake {}

impl Diagnostic for Mistake {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.help.as_deref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.0.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let main = self.0.source.pointed(self.0.span);
        let main = LabeledSpan::new_primary_with_span(self.0.label.clone(), main);
        let related =
            self.0.related.iter().filter(|(source, ..)| source.name() == self.0.source.name()).map(
                |(source, span, label)| {
                    LabeledSpan::new_with_span(Some(label.clone()), source.pointed(*span))
                },
            );
        Some(Box::new(std::iter::once(main).chain(related)))
    }
}

/// Everything that is wrong in one text, in the order of the text. Never
/// empty.
#[derive(Debug, Clone)]
pub struct Mistakes {
    first: Mistake,
    others: Vec<Mistake>,
}

impl Mistakes {
    /// All mistakes, sorted by place; none when there are none.
    #[must_use]
    pub fn collect(mut all: Vec<Mistake>) -> Option<Self> {
        all.sort_by(|a, b| (a.0.span.start, &a.0.message).cmp(&(b.0.span.start, &b.0.message)));
        let mut all = all.into_iter();
        Some(Self { first: all.next()?, others: all.collect() })
    }

    /// The mistakes in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self { first: mistake, others: Vec::new() }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.others.is_empty() {
            return self.first.fmt(f);
        }
        write!(f, "`{}` has {} mistakes", self.first.source_name(), self.others.len() + 1)
    }
}

impl Error for Mistakes {}

/// A single mistake is shown as itself, several as a heading with each below.
impl Diagnostic for Mistakes {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.others.is_empty().then(|| Diagnostic::help(&self.first))?
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.others.is_empty().then(|| self.first.source_code())?
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.others.is_empty().then(|| self.first.labels())?
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.others.is_empty() {
            return None;
        }
        Some(Box::new(self.iter().map(|mistake| mistake as &dyn Diagnostic)))
    }
}

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &miette::SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let mut contents = self.shown().read_span(span, lines_before, lines_after)?;
        let asked_for_lines = lines_before + lines_after > 0;
        if asked_for_lines && contents.data().split(|&byte| byte == b'\n').any(|l| l.len() > LONG) {
            contents = self.shown().read_span(&self.around(span)?, 0, 0)?;
        }
        Ok(Box::new(MietteSpanContents::new_named(
            self.name().to_owned(),
            contents.data(),
            *contents.span(),
            contents.line(),
            // In characters, as in `Mistake::line`.
            self.place(contents.span().offset()).column - 1,
            contents.line_count(),
        )))
    }
}

/// A line of so many bytes is not shown whole: JSON of a machine is one line.
const LONG: usize = 400;

/// How much of a long line is shown on either side of a place.
const AROUND: usize = 60;

impl Source {
    /// A part of a long line: what is around a place in it.
    fn around(&self, span: &miette::SourceSpan) -> Result<miette::SourceSpan, MietteError> {
        let text = self.text();
        let end = span.offset() + span.len();
        let (before, behind) = text
            .get(..span.offset())
            .zip(text.get(end..))
            .filter(|_| span.len() <= LONG)
            .ok_or(MietteError::OutOfBounds)?;
        let before = before.rsplit('\n').next().unwrap_or_default();
        let behind = behind.split('\n').next().unwrap_or_default();
        let left = before.len().min(AROUND);
        let left = (left..before.len()).find(|&left| before.is_char_boundary(before.len() - left));
        let start = span.offset() - left.unwrap_or(before.len());
        let right = (AROUND..behind.len()).find(|&right| behind.is_char_boundary(right));
        let right = right.unwrap_or(behind.len());
        Ok((start, end + right - start).into())
    }

    /// The part of a span that a label can point at.
    fn pointed(&self, span: Span) -> Span {
        let place = self.text().get(span.start..span.end).unwrap_or_default();
        let line = place.split('\n').next().unwrap_or_default();
        if line.len() <= AROUND {
            return span;
        }
        let end = (AROUND..line.len()).find(|&end| line.is_char_boundary(end));
        let line_is_long = line.len() > LONG || self.line_length(span.start) > LONG;
        match end {
            Some(end) if line_is_long => Span::new(span.start, span.start + end),
            _ => span,
        }
    }

    fn line_length(&self, at: usize) -> usize {
        let (before, behind) = self.text().split_at_checked(at).unwrap_or_default();
        let before = before.rsplit('\n').next().unwrap_or_default();
        before.len() + behind.split('\n').next().unwrap_or_default().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, span: Span) -> String {
        let mistake = Mistake::new(&Source::new("signature.json", text), span, "wrong");
        let mut out = String::new();
        miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor())
            .with_width(100)
            .render_report(&mut out, &mistake)
            .unwrap();
        out
    }

    #[test]
    fn of_a_long_line_only_what_is_around_a_place_is_shown() {
        let long = "ä".repeat(3_000);
        let text = format!("{{\n{long}\"type\": \"lang\"{long}\n}}");
        let at = text.find("\"lang\"").unwrap();
        let here = shown(&text, Span::new(at, at + 6));
        assert!(here.contains("[signature.json:2:3009]"), "{here}");
        assert!(here.contains("\"type\": \"lang\"ä") && here.len() < 700, "{here}");
        // The whole line, the start, the end, and a neighbour of a long line.
        for (start, end) in [(2, text.len() - 2), (0, 1), (text.len(), text.len()), (2, 2)] {
            let shown = shown(&text, Span::new(start, end));
            assert!(shown.contains("wrong") && shown.len() < 700, "{start} to {end}: {shown}");
        }
    }

    #[test]
    fn short_lines_are_shown_with_their_neighbours() {
        let shown = shown("a: 1\nb: two\nc: 3\n", Span::new(8, 11));
        assert!(shown.contains("a: 1") && shown.contains("c: 3"), "{shown}");
    }
}
