//! What is wrong in a text: the place, the value, and what would be right.
//!
//! Both types are [`miette::Diagnostic`]s, so that a terminal can show the
//! lines around the place; [`Mistake::line`] is the plain form for logs.

mod excerpt;
mod gathered;

use std::error::Error;
use std::fmt;

use miette::{Diagnostic, LabeledSpan, SourceCode};

pub use self::gathered::Gathered;
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
            message: excerpt::bounded(message.into()),
            label: None,
            help: None,
            related: Vec::new(),
        }))
    }

    /// Says something right at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.0.label = Some(excerpt::bounded(label.into()));
        self
    }

    /// Says what would be right.
    #[must_use]
    pub fn suggest(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(excerpt::bounded(help.into()));
        self
    }

    /// Says what would be right, where something is known.
    #[must_use]
    pub fn maybe_suggest(mut self, help: Option<String>) -> Self {
        self.0.help = help.map(excerpt::bounded).or(self.0.help.take());
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
        self.0.related.push((source.clone(), span, excerpt::bounded(label.into())));
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

/// What is wrong in one text, in the order of the text: the first mistakes, and
/// how many more there are. Never empty.
#[derive(Debug, Clone)]
pub struct Mistakes {
    first: Mistake,
    others: Vec<Mistake>,
    more: Option<More>,
}

/// Mistakes that are counted only.
#[derive(Debug, Clone, Copy)]
struct More(usize);

impl Mistakes {
    /// The first 100 mistakes by place, and the count of the rest; none when
    /// there are none.
    #[must_use]
    pub fn collect(all: Vec<Mistake>) -> Option<Self> {
        let mut gathered = Gathered::default();
        all.into_iter().for_each(|mistake| gathered.push(mistake));
        gathered.finish()
    }

    /// The mistakes that are told, in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// How many there are, those that are counted only included.
    #[must_use]
    pub fn count(&self) -> usize {
        1 + self.others.len() + self.more.map_or(0, |More(more)| more)
    }

    /// Each that is told as [`Mistake::line`], and one line that counts the
    /// rest.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.iter().map(Mistake::line).chain(self.more.map(|more| more.to_string()))
    }
}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self { first: mistake, others: Vec::new(), more: None }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count() {
            1 => self.first.fmt(f),
            count => write!(f, "`{}` has {count} mistakes", self.first.source_name()),
        }
    }
}

impl Error for Mistakes {}

/// A single mistake is shown as itself, several as a heading with each below.
impl Diagnostic for Mistakes {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (self.count() == 1).then(|| Diagnostic::help(&self.first))?
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (self.count() == 1).then(|| self.first.source_code())?
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (self.count() == 1).then(|| self.first.labels())?
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.count() == 1 {
            return None;
        }
        let told = self.iter().map(|mistake| mistake as &dyn Diagnostic);
        Some(Box::new(told.chain(self.more.iter().map(|more| more as &dyn Diagnostic))))
    }
}

impl fmt::Display for More {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mistakes = if self.0 == 1 { "mistake" } else { "mistakes" };
        write!(f, "and {} more {mistakes}", self.0)
    }
}

impl Error for More {}

impl Diagnostic for More {}
