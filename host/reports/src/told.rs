//! A report, as every format but JSON tells it: sections of cases.

use std::borrow::Cow;

use tollgate::report::{
    CheckReport, FactReport, FindingReport, GateReport, LintReport, PluginReport,
};
use tollgate_engine::types::Outcome;

use crate::case::{Case, Cases, Mark};
use crate::words::{counted, word};

/// The rule of what no plugin says.
const VERDICT: &str = "verdict";

/// A report.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    pub(crate) command: &'a str,
    pub(crate) verdict: Mark,
    /// `FAILED: 1 passed, 9 failed`.
    pub(crate) summary: String,
    /// What was judged.
    pub(crate) title: String,
    /// More of it, by names.
    pub(crate) about: Vec<(&'static str, String)>,
    pub(crate) as_of: Option<&'a str>,
    /// A line for each of many things that were judged; those that pass are
    /// told nowhere else by who draws it.
    pub(crate) table: Vec<Row>,
    pub(crate) sections: Vec<Section<'a>>,
    pub(crate) facts: &'a [FactReport],
}

/// One of many things that were judged.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// Which versions of it.
    pub(crate) versions: String,
    pub(crate) mark: Mark,
    /// What is wrong with it, in short.
    pub(crate) wrong: String,
}

/// What one profile or signature comes to.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    /// What it judged, where that is one of many things.
    pub(crate) of: Option<String>,
    /// The profile, or the file of the signature.
    pub(crate) name: &'a str,
    pub(crate) version: Option<&'a str>,
    /// The file of the profile or the signature.
    pub(crate) document: Option<&'a str>,
    pub(crate) verdict: Mark,
    pub(crate) plugin: Option<&'a PluginReport>,
    /// The digest of the settings.
    pub(crate) settings: Option<String>,
    /// At least one, of which the worst is the verdict.
    pub(crate) cases: Vec<Case<'a>>,
}

impl Section<'_> {
    /// `offline 1.0.0`, or `churn v8: offline 1.0.0`
    pub(crate) fn title(&self) -> String {
        match self.version {
            Some(version) => format!("{} {version}", self.label()),
            None => self.label().into_owned(),
        }
    }

    /// `offline`, or `churn v8: offline`
    pub(crate) fn label(&self) -> Cow<'_, str> {
        match &self.of {
            Some(of) if self.name.is_empty() => of.clone().into(),
            Some(of) => format!("{of}: {}", self.name).into(),
            None => self.name.into(),
        }
    }
}

impl<'a> Told<'a> {
    /// Whether a section is drawn for people, who have a line of what passes
    /// where there is a table.
    pub(crate) fn draws(&self, section: &Section<'_>) -> bool {
        self.table.is_empty() || section.verdict > Mark::Pass
    }

    /// Every case with its section.
    pub(crate) fn cases(&self) -> impl Iterator<Item = (&Section<'a>, &Case<'a>)> {
        self.sections.iter().flat_map(|section| section.cases.iter().map(move |it| (section, it)))
    }
}

/// Standard input has no name that another program could open.
fn file(name: &str) -> Option<&str> {
    Some(name).filter(|name| !matches!(*name, "" | "-" | "<stdin>"))
}

fn summary<'a>(verdict: Outcome, findings: impl Iterator<Item = &'a FindingReport>) -> String {
    let counted = counted(findings);
    let colon = if counted.is_empty() { "" } else { ": " };
    format!("{}{colon}{counted}", word(verdict))
}

pub(crate) fn of_gate(report: &GateReport) -> Told<'_> {
    let sections = report.profiles.iter().map(|profile| {
        let cases = Cases {
            of: vec!["gate", &report.candidate, &profile.name],
            facts: &report.facts,
            file: file(&profile.document),
        };
        let told = cases.all(&profile.findings);
        Section {
            of: None,
            name: &profile.name,
            version: Some(&profile.version),
            document: cases.file,
            verdict: profile.verdict.into(),
            plugin: Some(&profile.plugin),
            settings: Some(profile.settings.to_string()),
            cases: with_verdict(&cases, told, profile.verdict, 0),
        }
    });
    let mut sections: Vec<Section<'_>> = sections.collect();
    let worst = sections.iter().map(|section| section.verdict).max();
    if worst < Some(report.verdict.into()) {
        let cases = Cases { of: vec!["gate", &report.candidate], facts: &[], file: None };
        sections.push(Section {
            of: None,
            name: "gate",
            version: None,
            document: None,
            verdict: report.verdict.into(),
            plugin: None,
            settings: None,
            cases: with_verdict(&cases, Vec::new(), report.verdict, 0),
        });
    }
    let mut about = vec![("candidate", report.candidate.clone())];
    about.extend(report.champion.as_ref().map(|champion| ("champion", champion.clone())));
    about.push(("as of", report.as_of.clone()));
    let against = report.champion.as_ref().map(|champion| format!(" against champion {champion}"));
    Told {
        command: "gate",
        verdict: report.verdict.into(),
        summary: summary(report.verdict, report.profiles.iter().flat_map(|it| &it.findings)),
        title: format!("{}{}", report.candidate, against.unwrap_or_default()),
        about,
        as_of: Some(&report.as_of),
        table: Vec::new(),
        sections,
        facts: &report.facts,
    }
}

pub(crate) fn of_check(report: &CheckReport) -> Told<'_> {
    let payload = report.payload.as_deref();
    let shown = payload.map(|payload| if payload == "-" { "<stdin>" } else { payload });
    let cases = Cases {
        of: vec!["check", &report.signature, payload.unwrap_or_default()],
        facts: &[],
        file: payload.and_then(file).or_else(|| file(&report.signature)),
    };
    let told = cases.all(&report.findings);
    let section = Section {
        of: None,
        name: &report.signature,
        version: None,
        document: file(&report.signature),
        verdict: report.verdict.into(),
        plugin: Some(&report.plugin),
        settings: None,
        cases: with_verdict(&cases, told, report.verdict, report.more_findings),
    };
    let mut about = vec![("signature", report.signature.clone())];
    about.extend(shown.map(|payload| ("payload", payload.to_owned())));
    about.extend(report.part.map(|part| ("part", part.to_owned())));
    about.extend(report.mode.map(|mode| ("mode", mode.to_owned())));
    if let Some(rows) = &report.rows {
        let unread = match rows.unread {
            0 => String::new(),
            unread => format!(", {unread} of them unreadable"),
        };
        about.push(("rows", format!("{}{unread}", rows.count)));
    }
    let title = match shown {
        Some(payload) => format!("{payload} against {}", report.signature),
        None => report.signature.clone(),
    };
    Told {
        command: "check",
        verdict: report.verdict.into(),
        summary: summary(report.verdict, report.findings.iter()),
        title,
        about,
        as_of: None,
        table: Vec::new(),
        sections: vec![section],
        facts: &[],
    }
}

pub(crate) fn of_lint(report: &LintReport) -> Told<'_> {
    let sections = report.documents.iter().map(|linted| {
        let cases = Cases {
            of: vec!["policy lint", &linted.document],
            facts: &[],
            file: file(&linted.document),
        };
        let told = cases.all(&linted.findings);
        Section {
            of: None,
            name: &linted.document,
            version: None,
            document: cases.file,
            verdict: linted.verdict.into(),
            plugin: linted.plugin.as_ref(),
            settings: None,
            cases: with_verdict(&cases, told, linted.verdict, 0),
        }
    });
    let mut sections: Vec<Section<'_>> = sections.collect();
    if sections.is_empty() {
        let cases = Cases { of: vec!["policy lint"], facts: &[], file: None };
        sections.push(Section {
            of: None,
            name: "policy lint",
            version: None,
            document: None,
            verdict: report.verdict.into(),
            plugin: None,
            settings: None,
            cases: with_verdict(&cases, Vec::new(), report.verdict, 0),
        });
    }
    let count = match report.documents.len() {
        1 => "1 document".to_owned(),
        count => format!("{count} documents"),
    };
    Told {
        command: "policy lint",
        verdict: report.verdict.into(),
        summary: summary(report.verdict, report.documents.iter().flat_map(|it| &it.findings)),
        title: count.clone(),
        about: vec![("linted", count)],
        as_of: None,
        table: Vec::new(),
        sections,
        facts: &[],
    }
}

pub(crate) fn of_error<'a>(command: &'a str, error: &'a str, details: &'a [String]) -> Told<'a> {
    let cases = Cases { of: vec![command], facts: &[], file: None };
    let told = if details.is_empty() { std::slice::from_ref(&error) } else { &[] };
    let mut messages: Vec<String> = told.iter().map(|error| (*error).to_owned()).collect();
    messages.extend(details.iter().cloned());
    let cases = messages.into_iter().enumerate().map(|(at, message)| {
        let fingerprint = cases.fingerprint(&["error", &message]);
        let mut case = Case { fingerprint, ..cases.untold("error", Mark::Error, message) };
        if at > 0 {
            case.title = format!("error ({})", at + 1);
        }
        case
    });
    Told {
        command,
        verdict: Mark::Error,
        summary: format!("ERROR: {error}"),
        title: command.to_owned(),
        about: Vec::new(),
        as_of: None,
        table: Vec::new(),
        sections: vec![Section {
            of: None,
            name: command,
            version: None,
            document: None,
            verdict: Mark::Error,
            plugin: None,
            settings: None,
            cases: cases.collect(),
        }],
        facts: &[],
    }
}

/// The cases, and one more where they would tell another verdict, or none.
fn with_verdict<'a>(
    of: &Cases<'a>,
    mut cases: Vec<Case<'a>>,
    verdict: Outcome,
    more: u64,
) -> Vec<Case<'a>> {
    let mark = Mark::from(verdict);
    let worst = cases.iter().map(|case| case.mark).max();
    if worst == Some(mark) && more == 0 {
        return cases;
    }
    let message = match (more, verdict) {
        (1, _) => "1 finding more is not listed".to_owned(),
        (2.., _) => format!("{more} findings more are not listed"),
        (0, Outcome::Pass) => "nothing is wrong".to_owned(),
        (0, Outcome::Inconclusive) => "nothing was judged".to_owned(),
        (0, _) => "what is wrong is not listed".to_owned(),
    };
    cases.push(of.untold(VERDICT, mark, message));
    cases
}
