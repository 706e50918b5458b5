//! In which formats a command reports, and where to.

use std::path::PathBuf;

use clap::Args;
use tollgate::source;
use tollgate_reports::Format;

/// What commands that report in many formats take.
#[derive(Debug, Args)]
pub(crate) struct Reports {
    /// How to report: human (default), json, markdown, junit, sarif, github,
    /// gitlab, tap, html; may be given several times, each but one with a file
    ///
    /// `junit=out.xml` writes a file, whole or not at all. `github` also adds
    /// to the job's summary, the file that `$GITHUB_STEP_SUMMARY` names. A file
    /// that cannot be written is exit code 2.
    // `check` has a flag `--formats`.
    #[arg(id = "report", long = "format", value_name = "FORMAT[=FILE]", value_parser = report_to)]
    formats: Vec<ReportTo>,
}

/// One report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportTo {
    pub(crate) format: ReportFormat,
    /// None for standard output.
    pub(crate) file: Option<PathBuf>,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReportFormat {
    /// For a person, as the command prints it.
    Human,
    /// For others, and those who read it there.
    Rendered(Format),
}

const FORMATS: [(&str, ReportFormat); 9] = [
    ("human", ReportFormat::Human),
    ("json", ReportFormat::Rendered(Format::Json)),
    ("markdown", ReportFormat::Rendered(Format::Markdown)),
    ("junit", ReportFormat::Rendered(Format::Junit)),
    ("sarif", ReportFormat::Rendered(Format::Sarif)),
    ("github", ReportFormat::Rendered(Format::Github)),
    ("gitlab", ReportFormat::Rendered(Format::Gitlab)),
    ("tap", ReportFormat::Rendered(Format::Tap)),
    ("html", ReportFormat::Rendered(Format::Html)),
];

impl ReportFormat {
    pub(crate) fn name(self) -> &'static str {
        FORMATS.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }
}

impl Reports {
    /// The reports that are asked for.
    pub(crate) fn asked(&self) -> Vec<ReportTo> {
        if self.formats.is_empty() {
            return vec![ReportTo { format: ReportFormat::Human, file: None }];
        }
        self.formats.clone()
    }
}

fn report_to(text: &str) -> Result<ReportTo, String> {
    let (name, file) = match text.split_once('=') {
        Some((name, file)) => (name, Some(file)),
        None => (text, None),
    };
    let Some((_, format)) = FORMATS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<String> = FORMATS.iter().map(|(name, _)| format!("`{name}`")).collect();
        return Err(format!("`{name}` is no format: expected one of {}", known.join(", ")));
    };
    if file == Some("") {
        return Err(format!("expected a file behind `{name}=`"));
    }
    let file = file.map(PathBuf::from).filter(|file| !is_standard_output(file));
    Ok(ReportTo { format: *format, file })
}

fn is_standard_output(path: &std::path::Path) -> bool {
    source::is_standard_input(path) || path == std::path::Path::new("/dev/stdout")
}
