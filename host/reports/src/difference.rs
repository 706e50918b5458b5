//! What a change of a document changes.

mod markdown;

use tollgate::difference::{
    Change, DecisionDifferences, DifferenceReport, Direction, GateChange, GateDifferences,
    RuleChange, ScoreRange, Transition, Verdict,
};
use tollgate_engine::types::Outcome;

pub(crate) use self::markdown::render as markdown;
use crate::case::{Case, Cases, Mark};
use crate::told::{Section, Told};

const COMMAND: &str = "policy diff";

/// What it comes to, in a line.
#[must_use]
pub fn summary(report: &DifferenceReport) -> String {
    match (&report.decisions, &report.gates) {
        (Some(decisions), _) => of_decisions(decisions),
        (_, Some(gates)) => of_gates(gates),
        (None, None) => of_documents(report),
    }
}

fn of_documents(report: &DifferenceReport) -> String {
    match (report.changes.len(), report.verdict) {
        (0, Outcome::Inconclusive) => {
            "INCONCLUSIVE: both documents say the same, and nothing was judged".to_owned()
        }
        (0, Outcome::Pass) => "SAME: both documents say the same".to_owned(),
        (0, _) => "DIFFERENT: both documents say the same to another plugin".to_owned(),
        (1, _) => "DIFFERENT: 1 value is written differently, and nothing was judged".to_owned(),
        (count, _) => {
            format!("DIFFERENT: {count} values are written differently, and nothing was judged")
        }
    }
}

fn of_decisions(found: &DecisionDifferences) -> String {
    let DecisionDifferences { rows, undecided, .. } = found;
    let different = found.different();
    let neither = match undecided {
        0 => String::new(),
        count => format!("; neither policy decides on {count}, which are not compared"),
    };
    match (&found.problem, rows) {
        (Some(problem), _) => return format!("INCONCLUSIVE: no row was compared: {problem}"),
        (None, 0) => return "INCONCLUSIVE: there is no row to decide on".to_owned(),
        _ if undecided == rows => {
            let rows = counted(*rows, "row", "rows");
            return format!("INCONCLUSIVE: neither policy decides on any of {rows}");
        }
        _ => {}
    }
    if different == 0 {
        let word = if *undecided > 0 { "INCONCLUSIVE" } else { "SAME" };
        let rows = counted(found.same, "row comes", "rows come");
        return format!("{word}: {rows} out the same{neither}");
    }
    let come = if different == 1 { "comes" } else { "come" };
    let mut parts = Vec::new();
    let ways = [
        (found.stricter, "stricter"),
        (found.milder, "milder"),
        (found.changed.saturating_sub(found.stricter + found.milder), "otherwise"),
        (found.other_reasons, "for other reasons alone"),
    ];
    for (count, way) in ways.into_iter().filter(|(count, _)| *count > 0) {
        parts.push(format!("{count} {way}"));
    }
    format!(
        "DIFFERENT: {different} of {} ({}) {come} out differently: {}{neither}",
        counted(*rows, "row", "rows"),
        share(different, *rows),
        parts.join(", ")
    )
}

fn of_gates(found: &GateDifferences) -> String {
    let GateDifferences { compared, changed, unjudged, .. } = found;
    let neither = match unjudged {
        0 => String::new(),
        count => format!("; neither profile could judge {count}"),
    };
    if *compared == 0 {
        return match (found.other_profiles, *unjudged) {
            (0, 0) => "INCONCLUSIVE: there is no gate run to judge again".to_owned(),
            (_, 0) => "INCONCLUSIVE: other profiles judged what is recorded".to_owned(),
            (_, count) => format!("INCONCLUSIVE: neither profile could judge any of {count}"),
        };
    }
    let runs = counted(*compared, "gate run", "gate runs");
    if changed.is_empty() {
        let word = if *unjudged > 0 { "INCONCLUSIVE" } else { "SAME" };
        let come = if *compared == 1 { "comes" } else { "come" };
        return format!("{word}: {runs} {come} out the same{neither}");
    }
    let verdicts = found.other_verdicts().count();
    let rules = changed.len() - verdicts;
    let mut parts = Vec::new();
    if verdicts > 0 {
        parts.push(format!("{verdicts} with another verdict"));
    }
    if rules > 0 {
        parts.push(format!("{rules} by other findings alone"));
    }
    let come = if changed.len() == 1 { "comes" } else { "come" };
    let parts = parts.join(", ");
    format!("DIFFERENT: {} of {runs} {come} out differently: {parts}{neither}", changed.len())
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `7.02 %`: how much of a whole. What is not all of it is never `100.00 %`, and
/// what is not nothing never `0.00 %`.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let hundredths = u128::from(part) * 10_000;
    let whole = u128::from(whole);
    let rounded = (hundredths + whole / 2) / whole;
    let (lowest, highest) =
        (u128::from(part > 0), if u128::from(part) < whole { 9_999 } else { 10_000 });
    let rounded = rounded.clamp(lowest, highest);
    format!("{}.{:02} %", rounded / 100, rounded % 100)
}

/// `0.41 to 0.69`.
#[must_use]
pub fn scores(range: Option<ScoreRange>) -> String {
    match range {
        Some(ScoreRange { lowest, highest }) if lowest == highest => lowest.to_string(),
        Some(ScoreRange { lowest, highest }) => format!("{lowest} to {highest}"),
        None => "-".to_owned(),
    }
}

/// What another is by.
fn direction(direction: Option<Direction>) -> &'static str {
    match direction {
        Some(Direction::Stricter) => "stricter",
        Some(Direction::Milder) => "milder",
        None => "",
    }
}

fn verdict(verdict: Option<Verdict>) -> &'static str {
    verdict.map_or("no such rule", Verdict::name)
}

/// As every format but JSON and Markdown tells it.
pub(crate) fn told(report: &DifferenceReport) -> Told<'_> {
    let teller = Teller::of(report);
    let mut sections = vec![teller.section(&report.new.name, teller.changes(report))];
    if let Some(decisions) = &report.decisions {
        sections.push(teller.section("decisions", teller.decisions(decisions)));
    }
    if let Some(gates) = &report.gates {
        sections.push(teller.section("gate runs", teller.gates(gates)));
    }
    let (old, new) = (&report.old, &report.new);
    Told {
        command: COMMAND,
        verdict: report.verdict.into(),
        summary: summary(report),
        title: format!("{} {} → {}", new.name, old.version, new.version),
        about: vec![("old", old.file.clone()), ("new", new.file.clone())],
        as_of: None,
        table: Vec::new(),
        sections,
        facts: &[],
    }
}

struct Teller<'a> {
    cases: Cases<'a>,
    report: &'a DifferenceReport,
    /// How what comes out differently came out.
    mark: Mark,
}

impl<'a> Teller<'a> {
    fn of(report: &'a DifferenceReport) -> Self {
        Self {
            cases: Cases {
                of: vec![COMMAND, &report.new.name],
                facts: &[],
                file: Some(&report.new.file),
            },
            report,
            mark: if report.verdict == Outcome::Fail { Mark::Fail } else { Mark::Warn },
        }
    }

    fn section(&self, name: &'a str, cases: Vec<Case<'a>>) -> Section<'a> {
        let worst = cases.iter().map(|case| case.mark).max();
        let is_document = name == self.report.new.name;
        Section {
            of: None,
            name,
            version: is_document.then_some(self.report.new.version.as_str()),
            document: Some(&self.report.new.file),
            verdict: worst.unwrap_or(Mark::Pass),
            plugin: is_document.then_some(&self.report.new.plugin),
            settings: None,
            cases,
        }
    }

    /// A case with a title of its own, at a line of the new document.
    fn case(
        &self,
        rule: &'static str,
        title: &str,
        mark: Mark,
        message: String,
        line: Option<u64>,
    ) -> Case<'a> {
        Case {
            title: title.to_owned(),
            line: line.or_else(|| self.report.first_line()).unwrap_or(1),
            fingerprint: self.cases.fingerprint(&[rule, title]),
            ..self.cases.untold(rule, mark, message)
        }
    }

    fn changes(&self, report: &'a DifferenceReport) -> Vec<Case<'a>> {
        // What is written differently is the question, and its answer where
        // nothing was judged.
        let mark = if report.has_judged() { Mark::Pass } else { self.mark };
        let told = |change: &Change| {
            self.case("written-differently", &change.path, mark, change.shown(), change.line)
        };
        let mut cases: Vec<Case<'a>> = report.changes.iter().map(told).collect();
        let mark = if report.verdict == Outcome::Pass { Mark::Pass } else { Mark::Warn };
        for (at, remark) in report.remarks.iter().enumerate() {
            let title = if at == 0 { "remark".to_owned() } else { format!("remark ({})", at + 1) };
            cases.push(self.case("remark", &title, mark, remark.clone(), None));
        }
        if cases.is_empty() {
            let mark = Mark::from(report.verdict).min(self.mark);
            let mark = if report.has_judged() { Mark::Pass } else { mark };
            cases.push(self.case(
                "written-differently",
                "document",
                mark,
                "both say the same".to_owned(),
                None,
            ));
        }
        cases
    }

    fn decisions(&self, found: &'a DecisionDifferences) -> Vec<Case<'a>> {
        let told = |transition: &Transition| {
            let Transition { from, to, rows, .. } = transition;
            let title = format!("{} → {}", from.shown(), to.shown());
            let way = direction(transition.direction);
            let mut message = format!(
                "{title}: {rows} of {} ({})",
                counted(found.rows, "row", "rows"),
                share(*rows, found.rows)
            );
            if !way.is_empty() {
                message += &format!(", {way}");
            }
            if transition.scores.is_some() {
                message += &format!(", scores {}", scores(transition.scores));
            }
            if from == to {
                message += ", for other reasons";
            }
            self.case("decided-differently", &title, self.mark, message, None)
        };
        let mut cases: Vec<Case<'a>> = found.transitions.iter().map(told).collect();
        cases.extend(self.rest(summary(self.report), found.same, "row comes", "rows come"));
        cases
    }

    fn gates(&self, found: &'a GateDifferences) -> Vec<Case<'a>> {
        let mut cases = Vec::new();
        for change in &found.changed {
            let GateChange { place, candidate, from, to, rules, .. } = change;
            for rule in rules {
                let RuleChange { rule: name, message, line, .. } = rule;
                let title = format!("{candidate}, {name} ({place})");
                let (was, is) = (verdict(rule.from), verdict(rule.to));
                let verdicts = match from == to {
                    true => format!("stays {}", to.name()),
                    false => format!("was {} and comes out {}", from.name(), to.name()),
                };
                let message = format!("{candidate} {verdicts}: {name} {was} → {is}: {message}");
                cases.push(self.case("judged-differently", &title, self.mark, message, *line));
            }
        }
        cases.extend(self.rest(
            summary(self.report),
            found.same,
            "gate run comes",
            "gate runs come",
        ));
        cases
    }

    /// What comes out the same, or that nothing was compared.
    fn rest(&self, summary: String, same: u64, one: &str, many: &str) -> Option<Case<'a>> {
        if self.report.verdict == Outcome::Inconclusive {
            return Some(self.case("compared", "compared", Mark::Inconclusive, summary, None));
        }
        let message = format!("{} out the same", counted(same, one, many));
        (same > 0).then(|| self.case("same", "same", Mark::Pass, message, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_more_than_it_is() {
        assert_eq!(share(20, 285), "7.02 %");
        assert_eq!(share(0, 285), "0.00 %");
        assert_eq!(share(1, 10_000_000), "0.01 %");
        assert_eq!(share(9_999_999, 10_000_000), "99.99 %");
        assert_eq!(share(7, 7), "100.00 %");
        assert_eq!(share(0, 0), "-");
    }
}
