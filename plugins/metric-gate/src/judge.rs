//! From a rule and the facts to verdicts.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::verdict::{Judged, Verdict};

use crate::catalog::Catalog;
use crate::compare::compare;
use crate::evidence::find;
use crate::facts::{Facts, choose};
use crate::place::Place;
use crate::rule::{Against, Asks, Baseline, By, Check, Limit, MetricName, Rule, Slices};
use crate::slice::{self, Braces, Labels, Slice};
use crate::split;
use crate::window;

/// How many slices of one outcome a rule lists; the others are counted. Nobody
/// reads more, and 100,000 findings are more than a plugin may hold.
const LISTED: usize = 5000;

/// How many slices are named in a sentence.
const NAMED: usize = 10;

/// Judges a rule: one verdict, or one a slice, sorted; at least one.
pub(crate) fn judge(rule: &Rule, facts: &Facts<'_>, catalog: &Catalog) -> Vec<Verdict> {
    let judge = |check| Judge { check, facts, catalog };
    match &rule.asks {
        Asks::Any(checks) => {
            let verdicts = checks.iter().map(|check| judge(check).one());
            alloc::vec![any_of(verdicts.collect())]
        }
        Asks::One(check) => match &check.slices {
            None => alloc::vec![judge(check).one()],
            Some(slices) => judge(check).each(slices),
        },
    }
}

fn borrowed(labels: &[(String, String)]) -> Labels<'_> {
    labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

fn plural(count: usize, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

/// What is said of several.
fn of_many(judged: Judged) -> &'static str {
    match judged {
        Judged::Holds => "hold",
        Judged::Broken => "are broken",
        Judged::Missing => "are missing",
        Judged::Skipped => "were skipped",
        _ => "cannot be judged",
    }
}

/// The first that holds; else all that was wrong with each.
fn any_of(verdicts: Vec<Verdict>) -> Verdict {
    let has = |judged| verdicts.iter().any(|verdict| verdict.judged == judged);
    let judged = if has(Judged::Holds) {
        Judged::Holds
    } else if has(Judged::Doubtful) || has(Judged::Thin) {
        Judged::Doubtful
    } else if has(Judged::Broken) {
        Judged::Broken
    } else {
        Judged::Missing
    };
    if judged == Judged::Holds {
        let mut verdicts = verdicts;
        verdicts.retain(|verdict| verdict.judged == Judged::Holds);
        return verdicts.swap_remove(0);
    }
    let messages: Vec<&str> = verdicts.iter().map(|verdict| verdict.message.as_str()).collect();
    let mut all = Verdict::new(judged, format!("none of these holds: {}", messages.join("; ")));
    for index in verdicts.iter().flat_map(|verdict| &verdict.facts) {
        if !all.facts.contains(index) {
            slice::insert(&mut all.facts, *index);
        }
    }
    all
}

/// One check on its way.
struct Judge<'a, 'f> {
    check: &'a Check,
    facts: &'a Facts<'f>,
    catalog: &'f Catalog,
}

impl Judge<'_, '_> {
    /// The check's own slice.
    fn own(&self) -> Slice<'_> {
        Slice::new(borrowed(&self.check.labels))
    }

    /// The verdict where there are no slices.
    fn one(&self) -> Verdict {
        self.slice(&self.own(), true)
    }

    /// The verdict in one slice.
    fn slice(&self, slice: &Slice<'_>, says: bool) -> Verdict {
        let place = self.place(slice, says);
        let own = find(&place, self.facts, self.catalog);
        let other = self.check.limit.other(&self.check.metric);
        let base = other.map(|(metric, subject)| {
            let place = Place { metric, subject, ..place };
            (place, find(&place, self.facts, self.catalog))
        });
        let mut used = own.facts.clone();
        for index in base.iter().flat_map(|(_, base)| &base.facts) {
            slice::insert(&mut used, *index);
        }
        used.dedup();
        let base = base.as_ref().map(|(place, found)| (place, found));
        let mut verdict = compare(&place, &own, base).unwrap_or_else(|verdict| verdict);
        verdict.facts = used;
        verdict
    }

    fn place<'a>(&'a self, slice: &'a Slice<'a>, says: bool) -> Place<'a> {
        let Check { metric, subject, .. } = self.check;
        Place { check: self.check, metric, subject, slice, says }
    }

    /// The verdicts of all slices.
    fn each(&self, slices: &Slices) -> Vec<Verdict> {
        let own = self.own();
        let mut found = BTreeSet::new();
        self.add_slices(&mut found, slices, &self.check.subject);
        let mut nobody_to_expect = None;
        if let Some(subject) = &slices.as_of_subject {
            let before = found.len();
            let mut theirs = BTreeSet::new();
            self.add_slices(&mut theirs, slices, subject);
            // Without a slice of its baseline a slice is missing anyway.
            let is_baseline = matches!(
                &self.check.limit,
                Limit::Baseline(Baseline { against: Against::Subject(_), .. })
            );
            let is_known = is_baseline || slices.at_least.is_some();
            if theirs.is_empty() && before > 0 && !is_known {
                nobody_to_expect = Some(subject);
            }
            found.append(&mut theirs);
        }
        let listed: Vec<Slice<'_>> =
            slices.listed.iter().map(|labels| Slice::new(borrowed(labels))).collect();
        found.extend(&listed);
        let of = format!("`{}`{}", self.place(&own, true).sought(), slices.by.show());
        if found.is_empty() {
            let message = format!("no slice of {of} of `{}` is there", self.check.subject);
            return alloc::vec![Verdict::new(Judged::Missing, message)];
        }
        let mut verdicts = self.judged(slices, &found, &of);
        if let Some(subject) = nobody_to_expect {
            let message = format!(
                "no slice of {of} of `{subject}` is there, which would say what to expect of `{}`",
                self.check.subject
            );
            verdicts.push(Verdict::new(Judged::Missing, message));
        }
        verdicts
    }

    /// Judges these slices, and whether they are enough.
    fn judged<'s>(
        &self,
        slices: &Slices,
        found: &BTreeSet<&'s Slice<'s>>,
        of: &str,
    ) -> Vec<Verdict> {
        let total = found.len();
        let mut counts: BTreeMap<Judged, usize> = BTreeMap::new();
        let mut sorted = BTreeMap::new();
        let mut thin = Vec::new();
        for slice in found {
            // With few slices every sentence is wanted; with many a first look
            // says whether this one's is.
            let says = total <= LISTED;
            let mut verdict = self.slice(slice, says);
            let is_left_out = slices.skip_thin && verdict.judged == Judged::Thin;
            if is_left_out {
                verdict.judged = Judged::Skipped;
                if thin.len() < NAMED {
                    thin.push(format!("{}", Braces(&slice.labels)));
                }
            }
            let count = counts.entry(verdict.judged).or_default();
            *count += 1;
            if is_left_out || *count > LISTED {
                continue;
            }
            if !says {
                verdict = self.slice(slice, true);
            }
            if !slices.expects() {
                let slices = plural(total, "slice", "slices");
                verdict.message = format!("{} (one of {total} {slices} judged)", verdict.message);
            }
            sorted.insert(&slice.labels, verdict);
        }
        let mut verdicts: Vec<Verdict> = sorted.into_values().collect();
        let count = |judged| counts.get(&judged).copied().unwrap_or_default();
        for (judged, count) in &counts {
            if let Some(more) = count.checked_sub(LISTED + 1)
                && *judged != Judged::Skipped
            {
                let message = format!("{} more slices of {of} {}", more + 1, of_many(*judged));
                verdicts.push(Verdict::new(*judged, message));
            }
        }
        let skipped = count(Judged::Skipped);
        if skipped > 0 {
            let more = if skipped > thin.len() { ", ..." } else { "" };
            let message = format!(
                "skipped: {skipped} of {total} slices of {of} rest on fewer than {} samples: \
                 {}{more}",
                self.check.min_samples.unwrap_or_default(),
                thin.join(", "),
            );
            verdicts.push(Verdict::new(Judged::Skipped, message));
        }
        let judged = count(Judged::Holds) + count(Judged::Broken);
        if skipped == total {
            let message = format!("no slice of {of} rests on enough samples, so none was judged");
            verdicts.push(Verdict::new(Judged::Doubtful, message));
        }
        if let Some(least) = slices.at_least
            && (judged as u64) < least
        {
            let (slices, were) = (plural(judged, "slice", "slices"), plural(judged, "was", "were"));
            let message =
                format!("{judged} {slices} of {of} {were} judged, and {least} are needed");
            verdicts.push(Verdict::new(Judged::Missing, message));
        }
        verdicts
    }

    /// Adds the slices that there are of a subject.
    fn add_slices<'s>(
        &'s self,
        found: &mut BTreeSet<&'s Slice<'s>>,
        slices: &Slices,
        subject: &'s str,
    ) {
        let Some(all) = self.facts.of(&self.check.metric, subject) else { return };
        for (slice, copies) in &all.slices {
            let place = Place { subject, ..self.place(slice, false) };
            if slices.by.makes(&slice.labels, self.check) && choose(copies, &place).is_some() {
                found.insert(slice);
            }
        }
    }
}

impl By {
    /// Whether labels are a slice that this makes of what a check judges.
    fn makes(&self, labels: &[(&str, &str)], check: &Check) -> bool {
        let own =
            |(key, value): &(String, String)| labels.contains(&(key.as_str(), value.as_str()));
        let count = match self {
            Self::Any => 1,
            Self::Keys(keys) => keys.len(),
        };
        labels.len() == check.labels.len() + count
            && check.labels.iter().all(own)
            && match self {
                // What is no window and no split is no slice either.
                Self::Any => {
                    !labels.iter().any(|(key, _)| [window::LABEL, split::LABEL].contains(key))
                }
                Self::Keys(keys) => {
                    keys.iter().all(|key| labels.iter().any(|(label, _)| label == key))
                }
            }
    }

    /// ` by `group``; nothing for any label.
    fn show(&self) -> String {
        match self {
            Self::Any => String::new(),
            Self::Keys(keys) => format!(" by `{}`", keys.join("`, `")),
        }
    }
}

impl Limit {
    /// The metric and subject that a metric is compared with.
    fn other<'a>(&'a self, own: &'a MetricName) -> Option<(&'a MetricName, &'a str)> {
        match self {
            Self::Baseline(Baseline { against: Against::Subject(subject), .. }) => {
                Some((own, subject))
            }
            Self::Baseline(Baseline { against: Against::Metric(metric, subject), .. }) => {
                Some((metric, subject))
            }
            _ => None,
        }
    }
}
