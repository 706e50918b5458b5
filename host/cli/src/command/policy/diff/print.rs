//! The report for a person.

use std::fmt::{self, Write as _};

use tollgate::difference::{Change, DifferenceReport, GateDifferences, Verdict};
use tollgate_reports::difference_summary;

use crate::output::{self, visible};

pub(super) fn print(out: &mut String, report: &DifferenceReport) -> fmt::Result {
    let (old, new) = (&report.old, &report.new);
    writeln!(
        out,
        "{} {} ({}) -> {} {} ({})",
        visible(&old.name),
        visible(&old.version),
        visible(&old.file),
        visible(&new.name),
        visible(&new.version),
        visible(&new.file)
    )?;
    changes(out, report)?;
    for remark in &report.remarks {
        writeln!(out, "\nnote: {}", visible(remark))?;
    }
    if let Some(found) = &report.decisions {
        output::transitions(out, found, "row")?;
    }
    if let Some(found) = &report.gates {
        gates(out, found)?;
    }
    let (style, summary) = (output::style(report.verdict), difference_summary(report));
    let (word, behind) = summary.split_once(": ").unwrap_or((&summary, ""));
    writeln!(out, "\n{style}{word}{style:#}: {}", visible(behind))
}

fn changes(out: &mut String, report: &DifferenceReport) -> fmt::Result {
    let (settings, rest): (Vec<&Change>, Vec<&Change>) =
        report.changes.iter().partition(|change| change.setting().is_some());
    for (title, changes) in [("document", rest), ("settings", settings)] {
        if changes.is_empty() {
            continue;
        }
        writeln!(out, "\n{title}")?;
        for change in changes {
            let path = change.setting().unwrap_or(&change.path);
            writeln!(out, "  {}: {}", visible(path), visible(&change.shown()))?;
        }
    }
    Ok(())
}

fn gates(out: &mut String, found: &GateDifferences) -> fmt::Result {
    let style = |verdict: Verdict| match verdict {
        Verdict::Judged(outcome) => output::style(outcome),
        Verdict::Error => output::style(tollgate_engine::types::Outcome::Fail),
    };
    for change in &found.changed {
        let (from, to) = (style(change.from), style(change.to));
        write!(
            out,
            "\n{}: {from}{}{from:#} -> {to}{}{to:#}",
            visible(&change.candidate),
            change.from.name(),
            change.to.name()
        )?;
        if let Some((from, to)) = change.run {
            write!(out, ", all profiles together {} -> {}", from.name(), to.name())?;
        }
        writeln!(out, "  ({} as of {})", visible(&change.place), visible(&change.as_of))?;
        for rule in &change.rules {
            let name = |verdict: Option<Verdict>| verdict.map_or("no such rule", Verdict::name);
            writeln!(
                out,
                "  {}: {} -> {}\n    {}",
                visible(&rule.rule),
                name(rule.from),
                name(rule.to),
                visible(&rule.message)
            )?;
        }
    }
    let counts = [
        (found.other_profiles, "gate runs left out, since other profiles judged them"),
        (found.recorded_otherwise, "gate runs recorded with another verdict than OLD gives now"),
        (found.unjudged, "gate runs judged by neither profile"),
        (found.skipped, "records of something else than gate runs"),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        writeln!(out, "\n{what}: {count}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tollgate::difference::{
        DecisionDifferences, Example, GateChange, ReasonChange, RuleChange, ScoreRange, Side,
        Taken, Transition,
    };
    use tollgate::report::PluginReport;
    use tollgate_engine::Digest;
    use tollgate_engine::types::Outcome;

    use super::*;
    use crate::output::hostile::assert_harmless;

    /// Every field that is a text, so that a new one is not forgotten here.
    fn report(text: &str) -> DifferenceReport {
        let text = || text.to_owned();
        let plugin = PluginReport {
            name: text(),
            version: text(),
            contract: "1.1.0",
            digest: Digest::of(b""),
            baked_from: None,
        };
        let side = Side { file: text(), name: text(), version: text(), plugin };
        let value = || Some(serde_json::Value::from(text()));
        let change =
            Change { path: text(), pointer: text(), line: Some(3), old: value(), new: value() };
        let setting = Change { path: format!("settings.{}", text()), ..change.clone() };
        let taken = Taken { action: Some(text()), fallback: true };
        let scores = Some(ScoreRange { lowest: 0.1, highest: 0.2 });
        let example = Example {
            line: Some(1),
            row: None,
            inputs: [(text(), text().into())].into_iter().collect(),
            because: text(),
            because_new: text() + "x",
        };
        let transition = Transition {
            from: taken.clone(),
            to: taken,
            direction: None,
            rows: 1,
            scores,
            examples: vec![example],
        };
        let verdict = Verdict::Judged(Outcome::Fail);
        let rule =
            RuleChange { rule: text(), from: Some(verdict), to: None, message: text(), line: None };
        let change_of_gate = GateChange {
            place: text(),
            candidate: text(),
            as_of: text(),
            from: verdict,
            to: Verdict::Error,
            run: Some((verdict, verdict)),
            rules: vec![rule],
        };
        DifferenceReport {
            verdict: Outcome::Warn,
            old: side.clone(),
            new: side,
            changes: vec![change, setting],
            remarks: vec![text()],
            decisions: Some(DecisionDifferences {
                input: text(),
                rows: 1,
                problem: Some(text()),
                scores,
                transitions: vec![transition],
                reasons: vec![ReasonChange { reason: text(), lost: 1, gained: 1 }],
                ..DecisionDifferences::default()
            }),
            gates: Some(GateDifferences {
                compared: 1,
                changed: vec![change_of_gate],
                other_profiles: 1,
                ..GateDifferences::default()
            }),
        }
    }

    #[test]
    fn whatever_is_compared_is_only_read() {
        assert_harmless(|out, text| print(out, &report(text)));
    }
}
