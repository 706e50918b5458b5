//! The lines around a mistake, as far as they help.
//!
//! Only what is shown is looked at: a file may be long, and have many mistakes.

use miette::{MietteError, MietteSpanContents, SourceCode, SpanContents};

use super::Span;
use crate::source::Source;
use crate::text::without_credentials;

/// A line of so many bytes is not shown whole: JSON of a machine is one line.
const LONG: usize = 400;

/// How much of a long line is shown on either side of a place.
const AROUND: usize = 60;

/// Of a value of more lines only the first is pointed at.
const LINES: usize = 20;

/// Longer sentences repeat what somebody wrote: a pattern, a name, a file.
const SENTENCE: usize = 1_000;

/// A sentence, cut where it is longer than anyone reads, that gives no password
/// away.
pub(super) fn bounded(text: String) -> String {
    let mut text = without_credentials(&text).unwrap_or(text);
    if text.len() > SENTENCE {
        let end = (0..=SENTENCE).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default();
        text.truncate(end);
        text.push('…');
    }
    text
}

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &miette::SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let part = self.part(span, lines_before, lines_after)?;
        let text = self.shown().get(part.start..part.end).ok_or(MietteError::OutOfBounds)?;
        let within = (span.offset().saturating_sub(part.start), span.len()).into();
        let contents = match part.lines {
            true => text.read_span(&within, lines_before, lines_after)?,
            false => text.read_span(&(0, text.len()).into(), 0, 0)?,
        };
        let start = part.start + contents.span().offset();
        let place = self.place(start);
        Ok(Box::new(MietteSpanContents::new_named(
            self.name().to_owned(),
            contents.data(),
            (start, contents.span().len()).into(),
            place.line - 1,
            // In characters, as in `Mistake::line`.
            place.column - 1,
            contents.line_count(),
        )))
    }
}

/// The part of a text that is shown: whole lines, or what is around a place in
/// a long one.
struct Part {
    start: usize,
    end: usize,
    lines: bool,
}

impl Source {
    fn part(
        &self,
        span: &miette::SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Part, MietteError> {
        let text = self.text();
        let end = span.offset() + span.len();
        let (head, tail) =
            text.get(..span.offset()).zip(text.get(end..)).ok_or(MietteError::OutOfBounds)?;
        if before + after == 0 {
            return Ok(Part { start: span.offset(), end, lines: false });
        }
        let lines_before = lines_back(head, before);
        // One more: what follows the last line is its end.
        let lines_after = lines_on(tail, after + 1);
        if let (Some(start), Some(rest)) = (lines_before, lines_after)
            && !has_long_line(text.get(start..end + rest).unwrap_or_default())
        {
            return Ok(Part { start, end: end + rest, lines: true });
        }
        if span.len() > LONG {
            return Err(MietteError::OutOfBounds);
        }
        let line = |text: &str| text.len() - text.rfind('\n').map_or(0, |at| at + 1);
        let head = last(head, AROUND);
        let left = head.len().min(line(head));
        let tail = first(tail, AROUND);
        let right = tail.find('\n').unwrap_or(tail.len());
        Ok(Part { start: span.offset() - left, end: end + right, lines: false })
    }

    /// The part of a span that a label can point at.
    pub(super) fn pointed(&self, span: Span) -> Span {
        let place = self.text().get(span.start..span.end).unwrap_or_default();
        if let Some((end, _)) = place.match_indices('\n').nth(LINES) {
            let line = place.find('\n').unwrap_or(end);
            return self.pointed(Span::new(span.start, span.start + line));
        }
        let line = first(place, LONG + 1).split('\n').next().unwrap_or_default();
        if line.len() <= AROUND {
            return span;
        }
        let is_long = line.len() > LONG || self.is_long_line(span.start);
        match first(line, AROUND) {
            short if is_long => Span::new(span.start, span.start + short.len()),
            _ => span,
        }
    }

    fn is_long_line(&self, at: usize) -> bool {
        let (before, behind) = self.text().split_at_checked(at).unwrap_or_default();
        let before = last(before, LONG + 1).rsplit('\n').next().unwrap_or_default();
        before.len() + first(behind, LONG + 1).split('\n').next().unwrap_or_default().len() > LONG
    }
}

/// Where the line `count` lines before the last one begins; none when that is
/// further than lines of a readable length reach.
fn lines_back(text: &str, count: usize) -> Option<usize> {
    let seen = last(text, (LONG + 1) * (count + 1));
    let from = text.len() - seen.len();
    match seen.rmatch_indices('\n').nth(count) {
        Some((at, _)) => Some(from + at + 1),
        None => (from == 0).then_some(0),
    }
}

/// Where the line `count` lines after the first one begins.
fn lines_on(text: &str, count: usize) -> Option<usize> {
    let seen = first(text, (LONG + 1) * (count + 1));
    match seen.match_indices('\n').nth(count) {
        Some((at, _)) => Some(at + 1),
        None => (seen.len() == text.len()).then_some(text.len()),
    }
}

fn has_long_line(text: &str) -> bool {
    text.split('\n').any(|line| line.len() > LONG)
}

/// The last bytes of a text, at least so many where there are as many.
fn last(text: &str, most: usize) -> &str {
    let start = text.len().saturating_sub(most);
    let start = (0..=start).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default();
    text.get(start..).unwrap_or_default()
}

/// The first bytes of a text.
fn first(text: &str, most: usize) -> &str {
    let end = (most.min(text.len())..=text.len()).find(|&at| text.is_char_boundary(at));
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::{Mistake, Span};
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
    fn passwords_are_not_shown() {
        let text = "a: 1\nurl: http://me:hunter2@host\n";
        let source = Source::new("server.yaml", text);
        let mistake = Mistake::new(&source, Span::new(10, 35), "`http://me:hunter2@host` is wrong");
        let shown = format!("{:?}", miette::Report::new(mistake));
        assert!(shown.contains("http://**********@host") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn short_lines_are_shown_with_their_neighbours() {
        let shown = shown("a: 1\nb: two\nc: 3\n", Span::new(8, 11));
        assert!(shown.contains("a: 1") && shown.contains("c: 3"), "{shown}");
    }
}
