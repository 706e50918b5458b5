//! Many mistakes: the first are told, the rest is counted.

use super::{Mistake, Mistakes, More};

/// So many mistakes are told: more than anyone mends before they run again.
const TOLD: usize = 100;

/// Gathers mistakes, however many there are and in whatever order they come:
/// the first of the text are kept, the others only counted.
#[derive(Debug, Default)]
pub struct Gathered {
    kept: Vec<Mistake>,
    more: usize,
    /// The place of the last one that is told, once there are enough.
    last: Option<usize>,
}

impl Gathered {
    /// Adds a mistake.
    pub fn push(&mut self, mistake: Mistake) {
        self.push_at(mistake.span().start, || mistake);
    }

    /// Adds a mistake at this offset. It is only made when it may be told, as
    /// to say what would be right can take long.
    pub fn push_at(&mut self, start: usize, mistake: impl FnOnce() -> Mistake) {
        if self.last.is_some_and(|last| start > last) {
            return self.count(1);
        }
        self.kept.push(mistake());
        if self.kept.len() >= 4 * TOLD {
            self.trim();
        }
    }

    /// Adds mistakes that are not told.
    pub fn count(&mut self, more: usize) {
        self.more = self.more.saturating_add(more);
    }

    /// The mistakes; none when there are none.
    #[must_use]
    pub fn finish(mut self) -> Option<Mistakes> {
        self.trim();
        let more = (self.more > 0).then_some(More(self.more));
        let mut kept = self.kept.into_iter();
        Some(Mistakes { first: kept.next()?, others: kept.collect(), more })
    }

    fn trim(&mut self) {
        self.kept
            .sort_by(|a, b| (a.0.span.start, &a.0.message).cmp(&(b.0.span.start, &b.0.message)));
        if self.kept.len() >= TOLD {
            self.count(self.kept.len() - TOLD);
            self.kept.truncate(TOLD);
            self.last = self.kept.last().map(|mistake| mistake.0.span.start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mistake::Span;
    use crate::source::Source;

    #[test]
    fn the_first_of_the_text_are_told_in_whatever_order_they_come() {
        let source = Source::new("t", &"\n".repeat(10_000));
        let mut gathered = Gathered::default();
        let mut made = 0;
        for at in (5_000..10_000).chain((0..5_000).rev()) {
            gathered.push_at(at, || {
                made += 1;
                Mistake::new(&source, Span::new(at, at), format!("mistake {at}"))
            });
        }
        let mistakes = gathered.finish().unwrap();
        let told: Vec<_> = mistakes.iter().map(|mistake| mistake.span().start).collect();
        assert_eq!(told, (0..TOLD).collect::<Vec<_>>());
        assert_eq!((mistakes.count(), made), (10_000, 5_400));
        assert_eq!(mistakes.to_string(), "`t` has 10000 mistakes");
        assert_eq!(mistakes.lines().last().unwrap(), "and 9900 more mistakes");
    }
}
