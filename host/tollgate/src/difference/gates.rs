//! What becomes of versions where another gate profile judges them.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use tollgate_engine::types::Outcome;

use crate::judge::{Gate, GateCase};
use crate::report::ProfileReport;

/// What becomes of versions.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct GateDifferences {
    /// Cases that both judged.
    pub compared: u64,
    /// Those of which every rule comes out as before.
    pub same: u64,
    /// Those of which one does not, in the order they were given.
    pub changed: Vec<GateChange>,
    /// Runs that another profile judged, and not the old one.
    pub other_profiles: u64,
    /// Runs that the old profile judges otherwise now than it is recorded: it
    /// was another version of it, or another plugin.
    pub recorded_otherwise: u64,
    /// Cases that neither profile could judge.
    pub unjudged: u64,
    /// What was read and is no case.
    pub skipped: u64,
}

impl GateDifferences {
    /// `pass` where all is the same, `warn` where something is not,
    /// `inconclusive` where nothing was compared, or not all and the rest is the
    /// same.
    #[must_use]
    pub fn verdict(&self) -> Outcome {
        match self {
            _ if !self.changed.is_empty() => Outcome::Warn,
            _ if self.compared == 0 || self.unjudged > 0 => Outcome::Inconclusive,
            _ => Outcome::Pass,
        }
    }

    /// Versions whose verdict is another one.
    pub fn other_verdicts(&self) -> impl Iterator<Item = &GateChange> {
        self.changed.iter().filter(|change| change.from != change.to)
    }
}

/// What a profile comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It judged.
    Judged(Outcome),
    /// Its plugin failed.
    Error,
}

impl Verdict {
    /// `pass`, ..., `error`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Judged(outcome) => outcome.name(),
            Self::Error => "error",
        }
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// One version that comes out differently.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateChange {
    /// Where the case is from: `records.jsonl, record 3`.
    pub place: String,
    /// The version.
    pub candidate: String,
    /// As of when it was judged.
    pub as_of: String,
    /// What the profile comes to.
    pub from: Verdict,
    /// What it is to come to.
    pub to: Verdict,
    /// The same of all profiles of that run together, where there were others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<(Verdict, Verdict)>,
    /// The rules that come out differently.
    pub rules: Vec<RuleChange>,
}

/// One rule that comes out differently.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleChange {
    /// The rule.
    pub rule: String,
    /// Its worst outcome; none where there was no such rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Verdict>,
    /// Its worst outcome now; none where there is no such rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Verdict>,
    /// What it found, by the new profile where that has it.
    pub message: String,
    /// The line of the new profile, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// A case, and what is known of the run that judged it.
#[derive(Debug)]
pub struct Evidenced {
    /// Where it is from.
    pub place: String,
    /// All that the run saw.
    pub case: GateCase,
    /// The profiles of that run; none where the case was kept by itself.
    pub judged: Option<Vec<Judged>>,
}

/// What one profile of a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The profile.
    pub name: String,
    /// Its verdict, or that the run came to none.
    pub verdict: Verdict,
}

/// Judges a case by both profiles and adds what comes of it.
pub fn compare(old: &Gate, new: &Gate, evidenced: &Evidenced, found: &mut GateDifferences) {
    let name = &old.profile().name;
    let judged = evidenced.judged.as_deref();
    let recorded = judged.map(|all| all.iter().find(|judged| judged.name == *name));
    let recorded = match recorded {
        // A rule that was not asked then is no change of one that was.
        Some(None) => {
            found.other_profiles += 1;
            return;
        }
        Some(Some(recorded)) => Some(recorded.verdict),
        None => None,
    };
    let (before, after) = (judge(old, &evidenced.case), judge(new, &evidenced.case));
    let (from, to) = (before.verdict(), after.verdict());
    if recorded.is_some_and(|recorded| recorded != from) {
        found.recorded_otherwise += 1;
    }
    if from == Verdict::Error && to == Verdict::Error {
        found.unjudged += 1;
        return;
    }
    found.compared += 1;
    let rules = rules(&before, &after);
    if rules.is_empty() && from == to {
        found.same += 1;
        return;
    }
    let others = judged.into_iter().flatten().filter(|judged| judged.name != *name);
    let others = others.map(|judged| judged.verdict).max();
    found.changed.push(GateChange {
        place: evidenced.place.clone(),
        candidate: evidenced.case.candidate().title.clone(),
        as_of: evidenced.case.as_of().to_string(),
        from,
        to,
        run: others.map(|others| (others.max(from), others.max(to))),
        rules,
    });
}

/// What a profile comes to, or why it does not.
struct Came(Result<ProfileReport, String>);

fn judge(gate: &Gate, case: &GateCase) -> Came {
    let report = case.judge(std::slice::from_ref(gate));
    Came(match report.map(|report| report.profiles.into_iter().next()) {
        Ok(Some(profile)) => Ok(profile),
        Ok(None) => Err("nothing was judged".to_owned()),
        Err(error) => Err(error.to_string()),
    })
}

impl Came {
    fn verdict(&self) -> Verdict {
        match &self.0 {
            Ok(profile) => Verdict::Judged(profile.verdict),
            Err(_) => Verdict::Error,
        }
    }

    /// By rule: how many findings came out how, and the worst of them.
    fn rules(&self) -> BTreeMap<&str, Rule<'_>> {
        let mut rules: BTreeMap<&str, Rule<'_>> = BTreeMap::new();
        match &self.0 {
            Ok(profile) => {
                for finding in &profile.findings {
                    let verdict = Verdict::Judged(finding.outcome);
                    let rule = rules.entry(&finding.rule).or_insert_with(|| Rule {
                        worst: verdict,
                        counts: BTreeMap::new(),
                        message: &finding.message,
                        line: finding.line,
                    });
                    *rule.counts.entry(verdict).or_default() += 1;
                    if verdict > rule.worst {
                        (rule.worst, rule.message) = (verdict, &finding.message);
                        rule.line = finding.line;
                    }
                }
            }
            Err(error) => {
                let counts = BTreeMap::from([(Verdict::Error, 1)]);
                let rule = Rule { worst: Verdict::Error, counts, message: error, line: None };
                rules.insert("error", rule);
            }
        }
        rules
    }
}

/// What a rule found.
struct Rule<'a> {
    worst: Verdict,
    counts: BTreeMap<Verdict, usize>,
    message: &'a str,
    line: Option<u64>,
}

/// Rules that come out differently, the new profile's worst first.
fn rules(before: &Came, after: &Came) -> Vec<RuleChange> {
    let (before, after) = (before.rules(), after.rules());
    let mut changed = Vec::new();
    for (rule, new) in &after {
        let old = before.get(rule);
        if old.is_some_and(|old| old.counts == new.counts) {
            continue;
        }
        changed.push(RuleChange {
            rule: (*rule).to_owned(),
            from: old.map(|old| old.worst),
            to: Some(new.worst),
            message: new.message.to_owned(),
            line: new.line,
        });
    }
    for (rule, old) in before.iter().filter(|(rule, _)| !after.contains_key(*rule)) {
        changed.push(RuleChange {
            rule: (*rule).to_owned(),
            from: Some(old.worst),
            to: None,
            message: old.message.to_owned(),
            line: None,
        });
    }
    changed.sort_by_key(|change| std::cmp::Reverse(change.to));
    changed
}
