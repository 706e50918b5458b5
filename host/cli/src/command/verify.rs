//! `tollgate verify`

use std::fmt::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use miette::{IntoDiagnostic as _, Result};
use serde::Serialize;
use tollgate::source::{Content, Source, read_bytes};
use tollgate_engine::Digest;
use tollgate_engine::types::Outcome;
use tollgate_records::attest::{
    AttestError, Envelope, EnvelopeError, PublicKey, Resource, Statement, TestOutcome, verify,
};

use crate::arguments::{FailOn, Format, digest};
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate verify churn-v8.dsse.json --key public.pem
  tollgate verify churn-v8.dsse.json --key public.pem --policy-digest \\
      sha256:$(sha256sum policies/gates/offline.yaml | cut -d ' ' -f 1)
  tollgate verify churn-v8.dsse.json --key ml.pem --key security.pem

It passes when each key has signed what the attestation says, the digests that are
given are among its subjects, and the result is no failure: an attestation of a
failed gate is as well signed as another. The model's digest is that of its
description, as `tollgate log attest` writes it; a policy's is that of its file.

Exit codes: 0 signed and passed, 1 not signed by the key, not about these digests,
or failed, 2 a file cannot be read, 3 the result is inconclusive.")]
pub(crate) struct Verify {
    /// The attestation, a DSSE envelope
    #[arg(value_name = "FILE")]
    pub(crate) attestation: PathBuf,
    /// A public key that must have signed it; may be given several times
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) key: Vec<PathBuf>,
    /// The digest of the model that it must be about
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    pub(crate) model_digest: Option<Digest>,
    /// The digest of a policy that the model must have been judged by; may be
    /// given several times
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    pub(crate) policy_digest: Vec<Digest>,
    /// Pass whatever the result is, when the signature and the digests are right
    #[arg(long)]
    pub(crate) any_result: bool,
    /// The mildest outcome that fails the command
    #[arg(long, value_enum, default_value_t, value_name = "OUTCOME")]
    pub(crate) fail_on: FailOn,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Serialize)]
struct VerifyReport {
    verdict: &'static str,
    attestation: String,
    /// The ids of the keys that had to sign it.
    keys: Vec<String>,
    signed: bool,
    /// Why it is not accepted, whatever it says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
    /// What was signed; nothing of what was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<Statement>,
}

pub(crate) fn run(arguments: &Verify) -> Exit {
    output::shown("verify", arguments.format, || {
        let keys = arguments.key.iter().map(|path| {
            let pem = read_bytes(path, Content::Document).into_diagnostic()?;
            Ok(PublicKey::from_pem(&path.display().to_string(), &pem)?)
        });
        let keys = keys.collect::<Result<Vec<_>>>()?;
        let source = Source::read(&arguments.attestation, Content::Model).into_diagnostic()?;
        let envelope = Envelope::parse(source.text())
            .map_err(|error| miette::miette!("`{}`: {error}", source.name()))?;
        let mut report = VerifyReport {
            verdict: "",
            attestation: arguments.attestation.display().to_string(),
            keys: keys.iter().map(PublicKey::id).collect(),
            signed: false,
            problems: Vec::new(),
            statement: None,
        };
        match verify(&envelope, &keys) {
            Ok(statement) => {
                report.problems = problems(arguments, &statement);
                report.signed = true;
                report.statement = Some(statement);
            }
            Err(AttestError::Envelope(error @ EnvelopeError::NotAnEnvelope(_))) => {
                miette::bail!("`{}`: {error}", source.name());
            }
            Err(error) => {
                report.signed = matches!(error, AttestError::Statement(_));
                report.problems.push(error.to_string());
            }
        }
        let verdict = verdict(arguments, &report);
        report.verdict = verdict.name();
        match arguments.format {
            Format::Json => output::json("verify", &report),
            Format::Human => output::page(|out| print(out, &report, verdict)),
        }
        Ok(Exit::of(verdict, arguments.fail_on == FailOn::Warn && !arguments.any_result))
    })
}

fn problems(arguments: &Verify, statement: &Statement) -> Vec<String> {
    let mut problems = Vec::new();
    if let Some(digest) = arguments.model_digest.filter(|it| !statement.is_of_model(*it)) {
        problems.push(format!("it is not about the model with digest {digest}"));
    }
    for digest in arguments.policy_digest.iter().filter(|it| !statement.is_of_policy(**it)) {
        problems.push(format!("the model was not judged by the policy with digest {digest}"));
    }
    problems
}

fn verdict(arguments: &Verify, report: &VerifyReport) -> Outcome {
    match &report.statement {
        Some(statement) if report.problems.is_empty() => match arguments.any_result {
            true => Outcome::Pass,
            false => statement.outcome(),
        },
        _ => Outcome::Fail,
    }
}

fn print(out: &mut String, report: &VerifyReport, verdict: Outcome) -> fmt::Result {
    writeln!(out, "{}", visible(&report.attestation))?;
    if report.signed {
        for key in &report.keys {
            writeln!(out, "signed by key {key}")?;
        }
    }
    if let Some(statement) = &report.statement {
        let predicate = &statement.predicate;
        for subject in &statement.subject {
            resource(out, subject, "subject")?;
        }
        for resource_ in &predicate.configuration {
            resource(out, resource_, "configuration")?;
        }
        let result = match predicate.result {
            TestOutcome::Passed => "PASSED",
            TestOutcome::Warned => "WARNED",
            TestOutcome::Failed => "FAILED",
        };
        writeln!(out, "result {result}")?;
        for (sign, tests) in
            [("warned", &predicate.warned_tests), ("failed", &predicate.failed_tests)]
        {
            for test in tests {
                writeln!(out, "  {sign}  {}", visible(test))?;
            }
        }
    }
    for problem in &report.problems {
        writeln!(out, "{}", visible(problem))?;
    }
    let style = output::style(verdict);
    let word = match (&report.statement, verdict) {
        _ if !report.problems.is_empty() => "NOT ACCEPTED",
        (_, Outcome::Pass) => "VERIFIED",
        (_, Outcome::Warn) => "VERIFIED, and the result has warnings",
        (_, Outcome::Inconclusive) => "SIGNED, and the result is INCONCLUSIVE",
        (_, Outcome::Fail) => "SIGNED, and the result is FAILED",
    };
    writeln!(out, "{style}{word}{style:#}")
}

fn resource(out: &mut String, resource: &Resource, kind: &str) -> fmt::Result {
    let role = resource.role().unwrap_or(kind);
    write!(out, "{} {}", visible(role), visible(&resource.name))?;
    for (algorithm, digest) in &resource.digest {
        write!(out, "  {}:{}", visible(algorithm), visible(digest))?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tollgate_records::attest::TestResult;

    use super::*;
    use crate::output::hostile::assert_harmless;

    #[test]
    fn whatever_is_attested_is_only_read() {
        assert_harmless(|out, text| {
            let text = || text.to_owned();
            let resource = Resource {
                name: text(),
                digest: BTreeMap::from([(text(), text())]),
                annotations: [("role".to_owned(), text().into())].into_iter().collect(),
            };
            let predicate = TestResult {
                result: TestOutcome::Failed,
                configuration: vec![resource.clone()],
                passed_tests: vec![text()],
                warned_tests: vec![text()],
                failed_tests: vec![text()],
            };
            let statement = Statement {
                kind: text(),
                subject: vec![resource],
                predicate_type: text(),
                predicate,
            };
            let report = VerifyReport {
                verdict: "fail",
                attestation: text(),
                keys: vec![],
                signed: true,
                problems: vec![text()],
                statement: Some(statement),
            };
            print(out, &report, Outcome::Fail)
        });
    }
}
