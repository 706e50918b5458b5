//! From a rule and the facts to verdicts.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec;
use alloc::vec::Vec;

use gate_evidence::verdict::{Judged, Verdict};

use crate::decimals::{compared, read};
use crate::facts::{Facts, label_of_part};
use crate::measure::{Compared, Measure, compare, measure};
use crate::rule::{Rule, Slices};
use crate::slice::{Braces, Labels};
use crate::source::Source;
use crate::trouble::{Sound, Trouble};

/// How many slices one rule judges. Each takes memory that a plugin has until
/// its end.
const SLICES: usize = 5000;

/// How many slices are named in a sentence.
const NAMED: usize = 10;

/// Judges a rule: one verdict, or one a slice, sorted; at least one.
pub(crate) fn judge(rule: &Rule, facts: &Facts<'_>, draws: &mut u64) -> Vec<Verdict> {
    let judge = Judge { rule, facts };
    match &rule.slices {
        None => vec![judge.slice(&rule.of, draws)],
        Some(slices) => {
            let found = match judge.found(slices) {
                Ok(found) => found,
                Err(verdict) => return vec![verdict],
            };
            if rule.statistic.is_of_groups() {
                judge.groups(slices, &found)
            } else {
                judge.each(slices, &found, draws)
            }
        }
    }
}

/// One rule on its way.
struct Judge<'r, 'f> {
    rule: &'r Rule,
    facts: &'r Facts<'f>,
}

/// The slices that there are, those that are expected among them.
struct Found {
    slices: Vec<Labels>,
    /// What should have said which slices to expect, and has none itself.
    expects_nothing_of: Option<String>,
}

impl Judge<'_, '_> {
    /// The verdict in one slice.
    fn slice(&self, labels: &Labels, draws: &mut u64) -> Verdict {
        let mut current = Source::new(self.facts, self.rule, &self.rule.current);
        let mut reference = Source::of_reference(self.facts, self.rule);
        let measured = measure(self.rule, labels, &mut current, &mut reference, draws);
        let notes = [current.note.take(), reference.note.take()];
        let mut used = current.used;
        used.append(&mut reference.used);
        self.verdict(measured, labels, &notes).on(&used)
    }

    /// Whether a value holds.
    fn verdict(
        &self,
        measured: Sound<Measure>,
        labels: &Labels,
        notes: &[Option<String>],
    ) -> Verdict {
        let Rule { statistic, current, limit, .. } = self.rule;
        let Measure { value, told } = match measured {
            Ok(measure) => measure,
            Err(trouble) => return trouble.into(),
        };
        let whose = Source::new(self.facts, self.rule, current).of_whom();
        let name = format!("{}{}{}{whose}", statistic.name(), Braces(labels), statistic.form());
        let (Some(exact), Some(short)) = (compared(value), read(value)) else {
            let message = format!("{name} is no finite number, {told}");
            return Verdict::new(Judged::Doubtful, message);
        };
        let holds = limit.holds(exact);
        // What reads as the limit, and is not, is told to its last digit.
        let reads_alike = short != exact && limit.bounds().contains(&short);
        let shown = if reads_alike { exact } else { short };
        let mut message = format!("{name} {shown} {}, {told}", limit.words(holds));
        for note in notes.iter().flatten() {
            message = format!("{message}; {note}");
        }
        let judged = Judged::of(holds);
        let measured = limit.measured(name, exact).map(Box::new);
        Verdict { actual: Some(exact.to_string()), measured, ..Verdict::new(judged, message) }
    }

    /// The slices that there are and those that should be.
    fn found(&self, slices: &Slices) -> Result<Found, Verdict> {
        let rule = self.rule;
        let mut found = BTreeSet::new();
        self.add_slices(&mut found, slices, &rule.current);
        let mut expects_nothing_of = None;
        if let Some(subject) = &slices.as_of_subject {
            let mut theirs = BTreeSet::new();
            self.add_slices(&mut theirs, slices, subject);
            // With a reference every slice that it lacks is missing anyway.
            let is_known = rule.statistic.has_reference() || slices.at_least.is_some();
            if theirs.is_empty() && !is_known {
                expects_nothing_of = Some(subject.clone());
            }
            found.append(&mut theirs);
        }
        found.extend(slices.listed.iter().cloned());
        if found.is_empty() {
            let message = format!("no {} of `{}` is there", self.of(slices, 1), rule.current);
            return Err(Verdict::new(Judged::Missing, message));
        }
        if found.len() > SLICES {
            let count = found.len();
            let of = self.of(slices, count);
            let message = format!("there are {count} {of}, and one rule judges at most {SLICES}");
            return Err(Verdict::new(Judged::Doubtful, message));
        }
        Ok(Found { slices: found.into_iter().collect(), expects_nothing_of })
    }

    /// What so many slices are of: `` slices of `psi` by `feature` ``.
    fn of(&self, slices: &Slices, count: usize) -> String {
        let what = if self.rule.statistic.is_of_groups() { "group" } else { "slice" };
        let many = if count == 1 { "" } else { "s" };
        let (statistic, labels) = (self.rule.statistic.name(), Braces(&self.rule.of));
        format!("{what}{many} of `{statistic}{labels}` by `{}`", slices.keys.join("`, `"))
    }

    /// The one verdict of all groups, and what else is to be said.
    fn groups(&self, slices: &Slices, found: &Found) -> Vec<Verdict> {
        let mut source = Source::new(self.facts, self.rule, &self.rule.current);
        let Compared { measure, left_out, judged } = compare(self.rule, &mut source, &found.slices);
        let note = source.note.take();
        let used = source.used;
        let mut verdicts = Vec::new();
        // Where every group is missing, that is all there is to say.
        let says = |trouble: &Trouble| matches!(trouble, Trouble::Missing(_));
        if judged > 0 || left_out.is_empty() || !left_out.iter().all(says) {
            verdicts.push(self.verdict(measure, &self.rule.of, &[note]).on(&used));
        }
        let mut thin = Vec::new();
        for trouble in left_out {
            match trouble {
                Trouble::Thin(reason) => thin.push(reason),
                other => verdicts.push(other.into()),
            }
        }
        self.add_rest(&mut verdicts, slices, found, &thin, judged);
        verdicts
    }

    /// The verdicts of all slices, and what else is to be said.
    fn each(&self, slices: &Slices, found: &Found, draws: &mut u64) -> Vec<Verdict> {
        let total = found.slices.len();
        let mut verdicts = Vec::new();
        let mut thin = Vec::new();
        let mut judged = 0;
        for labels in &found.slices {
            let mut verdict = self.slice(labels, draws);
            if slices.skip_thin && verdict.judged == Judged::Thin {
                thin.push(verdict.message);
                continue;
            }
            judged += usize::from(matches!(verdict.judged, Judged::Holds | Judged::Broken));
            if !slices.expects() {
                let those = if total == 1 { "slice" } else { "slices" };
                verdict.message = format!("{} (one of {total} {those} judged)", verdict.message);
            }
            verdicts.push(verdict);
        }
        if thin.len() == total {
            let of = self.of(slices, 1);
            let message = format!("no {of} rests on enough samples, so none was judged");
            verdicts.push(Verdict::new(Judged::Doubtful, message));
        }
        self.add_rest(&mut verdicts, slices, found, &thin, judged);
        verdicts
    }

    /// What was left out, and whether enough was judged.
    fn add_rest(
        &self,
        verdicts: &mut Vec<Verdict>,
        slices: &Slices,
        found: &Found,
        thin: &[String],
        judged: usize,
    ) {
        let total = found.slices.len();
        if !thin.is_empty() {
            let more = if thin.len() > NAMED { ", ..." } else { "" };
            let named = thin.get(..NAMED.min(thin.len())).unwrap_or_default().join(", ");
            let message = format!(
                "skipped: {} of {total} {}: {named}{more}",
                thin.len(),
                self.of(slices, total)
            );
            verdicts.push(Verdict::new(Judged::Skipped, message));
        }
        if let Some(least) = slices.at_least
            && (judged as u64) < least
        {
            let (of, were) = (self.of(slices, judged), if judged == 1 { "was" } else { "were" });
            let message = format!("{judged} {of} {were} judged, and {least} are needed");
            verdicts.push(Verdict::new(Judged::Missing, message));
        }
        if let Some(subject) = &found.expects_nothing_of {
            let of = self.of(slices, 1);
            let message = format!(
                "no {of} of `{subject}` is there, which would say what to expect of `{}`",
                self.rule.current
            );
            verdicts.push(Verdict::new(Judged::Missing, message));
        }
    }

    /// Adds the slices that there are of a subject.
    fn add_slices(&self, found: &mut BTreeSet<Labels>, slices: &Slices, subject: &str) {
        let Rule { statistic, of, .. } = self.rule;
        let source = Source::new(self.facts, self.rule, subject);
        for name in statistic.facts() {
            for (labels, seen) in self.facts.slices(name, subject) {
                let mut labels = labels.clone();
                if let Some(key) = label_of_part(name) {
                    labels.retain(|(label, _)| label != key);
                }
                let is_slice = labels.len() == of.len() + slices.keys.len()
                    && of.iter().all(|label| labels.contains(label))
                    && slices.keys.iter().all(|key| labels.iter().any(|(label, _)| label == key));
                if is_slice && source.may_read(seen) {
                    found.insert(labels);
                }
            }
        }
    }
}
