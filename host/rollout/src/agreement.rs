//! How often two versions answer alike, and where they do not.

use std::collections::BTreeMap;

use serde::Serialize;

/// What one version made of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered<'a> {
    /// The action; none where there was no decision.
    pub action: Option<&'a str>,
    /// The score that was decided on.
    pub score: Option<f64>,
}

/// What became of requests under both versions.
#[derive(Debug, Clone, Default)]
pub struct Agreement {
    /// By the champion's action and the candidate's.
    transitions: BTreeMap<(Option<String>, Option<String>), u64>,
    scores: u64,
    /// The sum of the candidate's score less the champion's.
    difference: f64,
    greatest: f64,
}

/// How many requests went from one action to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// The champion's action; none where it had no decision.
    pub champion: Option<String>,
    /// The candidate's.
    pub candidate: Option<String>,
    /// How many.
    pub count: u64,
}

impl Agreement {
    /// Counts one request.
    pub fn count(&mut self, champion: &Answered<'_>, candidate: &Answered<'_>) {
        let key = (champion.action.map(str::to_owned), candidate.action.map(str::to_owned));
        *self.transitions.entry(key).or_default() += 1;
        if let (Some(champion), Some(candidate)) = (champion.score, candidate.score) {
            let difference = candidate - champion;
            self.scores += 1;
            self.difference += difference;
            self.greatest = self.greatest.max(difference.abs());
        }
    }

    /// How many requests there were.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.transitions.values().sum()
    }

    /// How many of them say whether the versions agree: where neither has a
    /// decision, nothing was compared.
    #[must_use]
    pub fn compared(&self) -> u64 {
        let compared = self.transitions.iter().filter(|(key, _)| **key != (None, None));
        compared.map(|(_, count)| count).sum()
    }

    /// The part of those compared on which both have the same action; none
    /// where nothing was.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        let agreed = self.transitions.iter().filter(|((a, b), _)| a.is_some() && a == b);
        let agreed: u64 = agreed.map(|(_, count)| count).sum();
        let compared = self.compared();
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        (compared > 0).then(|| agreed as f64 / compared as f64)
    }

    /// The mean of the candidate's score less the champion's, and the greatest
    /// distance; none where no request gives both.
    #[must_use]
    pub fn scores(&self) -> Option<(f64, f64)> {
        #[expect(clippy::cast_precision_loss, reason = "a mean")]
        (self.scores > 0).then(|| (self.difference / self.scores as f64, self.greatest))
    }

    /// The transitions, those that change something first, the most frequent
    /// first.
    #[must_use]
    pub fn transitions(&self) -> Vec<Transition> {
        let mut all: Vec<Transition> = self
            .transitions
            .iter()
            .map(|((champion, candidate), count)| Transition {
                champion: champion.clone(),
                candidate: candidate.clone(),
                count: *count,
            })
            .collect();
        all.sort_by_key(|it| (it.champion == it.candidate, std::cmp::Reverse(it.count)));
        all
    }

    /// Adds what another has counted.
    pub fn add(&mut self, other: &Self) {
        for (key, count) in &other.transitions {
            *self.transitions.entry(key.clone()).or_default() += count;
        }
        self.scores += other.scores;
        self.difference += other.difference;
        self.greatest = self.greatest.max(other.greatest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(action: Option<&str>, score: f64) -> Answered<'_> {
        Answered { action, score: Some(score) }
    }

    #[test]
    fn what_neither_decided_is_no_agreement() {
        let mut agreement = Agreement::default();
        assert_eq!(agreement.rate(), None);
        for _ in 0..9 {
            agreement.count(&answered(None, 0.5), &answered(None, 0.5));
        }
        assert_eq!((agreement.rate(), agreement.seen(), agreement.compared()), (None, 9, 0));
        agreement.count(&answered(Some("allow"), 0.5), &answered(Some("allow"), 0.75));
        agreement.count(&answered(Some("allow"), 0.5), &answered(None, 0.5));
        agreement.count(&answered(Some("allow"), 0.5), &answered(Some("block"), 0.25));
        agreement.count(&answered(None, 0.5), &answered(Some("block"), 0.5));
        assert_eq!((agreement.rate(), agreement.compared()), (Some(0.25), 4));
        assert_eq!(agreement.scores(), Some((0.0, 0.25)));
        let first = &agreement.transitions()[0];
        assert_ne!(first.champion, first.candidate, "changes come first");
        assert_eq!(agreement.transitions().last().unwrap().count, 1);
    }
}
