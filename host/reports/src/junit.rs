//! JUnit XML, as Jenkins, GitLab and Azure read it.
//!
//! A profile is a suite and a rule a case: `fail` is its failure, and what
//! cannot be judged its error. A warning passes and stands in its output.

use std::fmt::{self, Write};

use crate::case::{Case, Mark};
use crate::markup::markup;
use crate::told::{Section, Told};

pub(crate) fn render(out: &mut String, told: &Told<'_>) -> fmt::Result {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    let counts = counts(told.cases().map(|(_, case)| case));
    writeln!(out, "<testsuites name=\"tollgate {}\" {counts}>", markup(told.command))?;
    for section in &told.sections {
        suite(out, told, section)?;
    }
    writeln!(out, "</testsuites>")
}

fn counts<'a>(cases: impl Iterator<Item = &'a Case<'a>>) -> String {
    let (mut tests, mut failures, mut errors) = (0_usize, 0_usize, 0_usize);
    for case in cases {
        tests += 1;
        failures += usize::from(case.mark == Mark::Fail);
        errors += usize::from(matches!(case.mark, Mark::Inconclusive | Mark::Error));
    }
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\"")
}

fn suite(out: &mut String, told: &Told<'_>, section: &Section<'_>) -> fmt::Result {
    write!(out, "  <testsuite name=\"{}\" ", markup(&section.title()))?;
    write!(out, "{}", counts(section.cases.iter()))?;
    // Readers of JUnit know neither fractions of seconds nor zones.
    if let Some(second) = told.as_of.and_then(|as_of| as_of.get(..19)) {
        write!(out, " timestamp=\"{}\"", markup(second))?;
    }
    writeln!(out, ">\n    <properties>")?;
    let plugin = section.plugin.map(|plugin| {
        [
            ("plugin", format!("{} {}", plugin.name, plugin.version)),
            ("plugin digest", plugin.digest.to_string()),
        ]
    });
    let mut properties = told.about.clone();
    properties.extend(section.document.map(|document| ("document", document.to_owned())));
    properties.extend(plugin.into_iter().flatten());
    properties.extend(section.settings.iter().map(|settings| ("settings", settings.clone())));
    for (name, value) in properties {
        writeln!(out, "      <property name=\"{name}\" value=\"{}\"/>", markup(&value))?;
    }
    writeln!(out, "    </properties>")?;
    for case in &section.cases {
        self::case(out, section, case)?;
    }
    writeln!(out, "  </testsuite>")
}

fn case(out: &mut String, section: &Section<'_>, case: &Case<'_>) -> fmt::Result {
    let class = section.label();
    let (class, name) = (markup(&class), markup(&case.title));
    write!(out, "    <testcase classname=\"{class}\" name=\"{name}\"")?;
    if let Some(file) = case.file {
        write!(out, " file=\"{}\" line=\"{}\"", markup(file), case.line)?;
    }
    let element = match case.mark {
        Mark::Pass => return writeln!(out, " time=\"0\"/>"),
        Mark::Warn => "system-out",
        Mark::Fail => "failure",
        Mark::Inconclusive | Mark::Error => "error",
    };
    write!(out, " time=\"0\">\n      <{element}")?;
    if case.mark.blocks() {
        write!(out, " type=\"{}\" message=\"{}\"", case.mark.name(), markup(&case.message))?;
    }
    write!(out, ">{}: {}", case.mark.name(), markup(&case.message))?;
    for (name, text) in case.details() {
        write!(out, "\n{name}: {}", markup(&text))?;
    }
    if let Some(file) = case.file {
        write!(out, "\nfile: {}, line {}", markup(file), case.line)?;
    }
    writeln!(out, "</{element}>\n    </testcase>")
}
