//! `tollgate compare`

use std::fmt::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use tollgate::compare::{self, CompareReport, Wanted};
use tollgate_engine::types::Outcome;

use crate::arguments::Format;
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate compare models/churn-v7 models/churn-v8
  tollgate compare models/churn-v* --highest auc --lowest p99_ms
  tollgate compare models/churn-v7 models/churn-v8 --format json

Metrics, parameters, and what each version brings: stage, signature, pinned
dependencies. Of several observations the newest counts. A version without the
metric, or whose value is NaN or disputed, is never the best. It judges nothing:
`tollgate gate` does.

Exit codes: 0 compared, 2 a file is wrong, 3 a best version was asked for and none
can be named: nobody has the metric, or several are equal.")]
pub(crate) struct Compare {
    /// The folders of the versions
    #[arg(value_name = "FOLDER", num_args = 2.., required = true)]
    pub(crate) versions: Vec<PathBuf>,
    /// Name the version that has most of a metric; may be given several times
    #[arg(long, value_name = "METRIC")]
    pub(crate) highest: Vec<String>,
    /// Name the version that has least of a metric; may be given several times
    #[arg(long, value_name = "METRIC")]
    pub(crate) lowest: Vec<String>,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

pub(crate) fn run(arguments: &Compare) -> Exit {
    output::shown("compare", arguments.format, || {
        let wanted = |metric: &String, highest| Wanted { metric: metric.clone(), highest };
        let highest = arguments.highest.iter().map(|metric| wanted(metric, true));
        let lowest = arguments.lowest.iter().map(|metric| wanted(metric, false));
        let wanted: Vec<Wanted> = highest.chain(lowest).collect();
        let report = compare::folders(&arguments.versions, &wanted)?;
        match arguments.format {
            Format::Json => output::json("compare", &report),
            Format::Human => output::page(|out| print(out, &report)),
        }
        Ok(Exit::of(report.verdict, false))
    })
}

fn print(out: &mut String, report: &CompareReport) -> fmt::Result {
    let yes = |value: Option<bool>| match value {
        Some(true) => "yes",
        Some(false) => "no",
        None => "-",
    };
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let versions = &report.versions;
    let of = |name: &str, cell: &dyn Fn(&compare::VersionReport) -> String| {
        [vec![name.to_owned()], versions.iter().map(cell).collect()].concat()
    };
    let mut rows = vec![
        of("", &|version| version.title.clone()),
        of("stage", &|version| text(&version.stage)),
        of("aliases", &|version| match version.aliases.is_empty() {
            true => "-".to_owned(),
            false => version.aliases.join(", "),
        }),
        of("run", &|version| text(&version.run_id)),
        of("metrics", &|version| version.metrics.to_string()),
        of("parameters", &|version| version.params.to_string()),
        of("signature", &|version| yes(version.signature).to_owned()),
        of("dependencies pinned", &|version| yes(version.dependencies_pinned).to_owned()),
        Vec::new(),
    ];
    for row in &report.metrics {
        let unit = row.unit.as_ref().filter(|unit| !unit.is_empty());
        let name = match unit {
            Some(unit) => format!("{} ({unit})", row.name),
            None => row.name.clone(),
        };
        rows.push([vec![name], row.values.iter().map(|it| it.shown()).collect()].concat());
    }
    let differ =
        |row: &&compare::ParamRow| row.values.iter().any(|value| Some(value) != row.values.first());
    let differing: Vec<_> = report.params.iter().filter(differ).collect();
    if !differing.is_empty() {
        rows.push(Vec::new());
    }
    for row in differing {
        rows.push(
            [vec![format!("parameter {}", row.name)], row.values.iter().map(text).collect()]
                .concat(),
        );
    }
    table(out, &rows)?;
    for best in &report.best {
        let (style, found) = match best.versions.as_slice() {
            [one] => (output::style(Outcome::Pass), one.clone()),
            [] => (output::style(Outcome::Inconclusive), "none can be named".to_owned()),
            several => (output::style(Outcome::Inconclusive), several.join(", ")),
        };
        writeln!(out, "\nbest {style}{}{style:#}", visible(&found))?;
        writeln!(out, "     {}", visible(&best.reason))?;
    }
    Ok(())
}

/// Cells in columns of one width.
fn table(out: &mut String, rows: &[Vec<String>]) -> fmt::Result {
    let shown: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| visible(cell).to_string()).collect()).collect();
    let columns = shown.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = shown.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in &shown {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tollgate::compare::{Best, Measured, MetricRow, ParamRow, VersionReport};

    use super::*;
    use crate::output::hostile::assert_harmless;

    #[test]
    fn whatever_is_compared_is_only_read() {
        assert_harmless(|out, text| {
            let text = || text.to_owned();
            let version = VersionReport {
                title: text(),
                stage: Some(text()),
                aliases: vec![text()],
                run_id: Some(text()),
                digest: text(),
                metrics: 1,
                params: 1,
                signature: None,
                dependencies_pinned: Some(true),
            };
            let values = vec![Measured::Value(1.0), Measured::Missing];
            let report = CompareReport {
                verdict: Outcome::Pass,
                versions: vec![version.clone(), version],
                metrics: vec![MetricRow { name: text(), unit: Some(text()), values }],
                params: vec![ParamRow { name: text(), values: vec![Some(text()), None] }],
                best: vec![Best {
                    metric: text(),
                    wanted: "highest",
                    versions: vec![text()],
                    reason: text(),
                }],
            };
            print(out, &report)
        });
    }
}
