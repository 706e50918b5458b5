//! The report for a person.

use std::fmt::{self, Write as _};

use tollgate_decisions::diff::LogDifference;
use tollgate_engine::types::Outcome;

use crate::output::{self, visible};

pub(super) fn print(out: &mut String, report: &LogDifference) -> fmt::Result {
    write!(out, "decisions of {} in {}", visible(&report.policy), visible(&report.log))?;
    if let Some(new) = &report.new {
        let (name, version, file) = (visible(&new.name), visible(&new.version), visible(&new.file));
        write!(out, " -> {name} {version} ({file})")?;
    }
    writeln!(out)?;
    output::transitions(out, &report.decisions, "record")?;
    left_out(out, report)?;
    let style = output::style(report.verdict());
    let (word, rest) = summary(report);
    writeln!(out, "\n{style}{word}{style:#}: {rest}")
}

/// What was decided and is not compared.
fn left_out(out: &mut String, report: &LogDifference) -> fmt::Result {
    let has_any = !report.not_judged.is_empty() || !report.gap.is_none() || report.rate.is_some();
    if has_any {
        writeln!(out, "\nnot judged")?;
    }
    for not in &report.not_judged {
        writeln!(out, "  {:>8}  {}", not.rows, visible(&not.reason))?;
    }
    let gaps = [
        (report.gap.dropped, "were dropped: the log had no room"),
        (report.gap.sampled_away, "are not of the share that is logged"),
        (report.gap.too_long, "were longer than a record may be"),
    ];
    for (count, what) in gaps.into_iter().filter(|(count, _)| *count > 0) {
        writeln!(out, "  {count:>8}  {what}")?;
    }
    if let Some(rate) = report.rate {
        writeln!(out, "  a share of {rate} was logged: the counts are of that")?;
    }
    if !report.other_policies.is_empty() {
        writeln!(out, "\nof other policies, not looked at")?;
    }
    for (name, count) in &report.other_policies {
        writeln!(out, "  {count:>8}  {}", visible(name))?;
    }
    Ok(())
}

fn summary(report: &LogDifference) -> (&'static str, String) {
    let found = &report.decisions;
    let (different, rows) = (found.different(), found.rows);
    let compared = rows - found.undecided;
    let come = match different {
        1 => "1 comes out differently".to_owned(),
        count => format!("{count} come out differently"),
    };
    let ways = match (found.stricter, found.milder) {
        (0, 0) => String::new(),
        (stricter, milder) => format!(", {stricter} stricter and {milder} milder"),
    };
    let said = format!("of {compared} decisions that were compared {come}{ways}");
    match report.verdict() {
        _ if compared == 0 => ("INCONCLUSIVE", "no decision was compared".to_owned()),
        Outcome::Inconclusive => ("INCONCLUSIVE", format!("{said}, and not all were compared")),
        Outcome::Pass => ("SAME", format!("{compared} decisions come out the same")),
        _ => ("DIFFERENT", said),
    }
}

#[cfg(test)]
mod tests {
    use tollgate::difference::Side;
    use tollgate::report::PluginReport;
    use tollgate_decisions::diff::NotJudged;
    use tollgate_engine::Digest;

    use super::*;
    use crate::output::hostile::assert_harmless;

    #[test]
    fn whatever_is_compared_is_only_read() {
        assert_harmless(|out, text| {
            let text = || text.to_owned();
            let plugin = PluginReport {
                name: text(),
                version: text(),
                contract: "1.1.0",
                digest: Digest::of(b""),
                baked_from: None,
            };
            let mut report = LogDifference::default();
            report.log = text();
            report.policy = text();
            report.new = Some(Side { file: text(), name: text(), version: text(), plugin });
            report.not_judged = vec![NotJudged { reason: text(), rows: 1 }];
            report.other_policies = [(text(), 1)].into_iter().collect();
            print(out, &report)
        });
    }
}
