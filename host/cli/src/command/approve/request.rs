//! `tollgate approve request`

use std::path::{Path, PathBuf};

use clap::Args;
use miette::{IntoDiagnostic as _, Result, miette};
use serde::Serialize;
use tollgate::mistake::Mistake;
use tollgate::source::{Content, Source};
use tollgate::tree::Node;
use tollgate_approvals::{self as approvals, Digests, NewRequest, Recorded, Right, Subject};

use super::{Place, print};
use crate::arguments::Format;
use crate::exit::Exit;
use crate::output;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate gate --candidate models/churn-v8 --profile policies/gates/offline.yaml \\
      --format json > gate.json
  tollgate approve request models:/churn/8 --to Production --case gate.json \\
      --reason 'recall +3 pp on account takeover'

Votes are bound to the three digests: with other digests a request is a new
revision, which asks everybody anew. Who asks is said by a signed token, in
GitHub Actions the job's own, elsewhere that of TOLLGATE_ID_TOKEN; see
host/approvals/README.md.")]
pub(crate) struct Request {
    /// The model version, `models:/churn/8`
    #[arg(value_name = "MODEL")]
    pub(crate) model: String,
    /// The stage that it is to have
    #[arg(long, value_name = "STAGE")]
    pub(crate) to: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// A report of `tollgate gate --format json`, which has the digests
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "model_digest",
        conflicts_with_all = ["model_digest", "policy_digest", "report_digest"]
    )]
    pub(crate) case: Option<PathBuf>,
    /// The digest of the version's files, `sha256:...`
    #[arg(long, value_name = "DIGEST", requires_all = ["policy_digest", "report_digest"])]
    pub(crate) model_digest: Option<String>,
    /// The digest of what judges it
    #[arg(long, value_name = "DIGEST", requires = "model_digest")]
    pub(crate) policy_digest: Option<String>,
    /// The digest of what was found
    #[arg(long, value_name = "DIGEST", requires = "model_digest")]
    pub(crate) report_digest: Option<String>,
    /// Your role, where you have several that may request
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Serialize)]
struct Report<'a> {
    action: &'static str,
    /// Whether it is new; the same may have been asked for before.
    recorded: bool,
    store: String,
    request: &'a approvals::Request,
}

pub(super) fn run(arguments: &Request) -> Result<Exit> {
    let (model, version) = version_of(&arguments.model)?;
    let subject =
        Subject::new(model, version, &arguments.to).map_err(|error| miette!("{error}"))?;
    let digests = digests(arguments)?;
    let (mut store, identity) = arguments.place.enter()?;
    let role = identity.role(Right::Request, arguments.role.as_deref())?.to_owned();
    let recorded = store.request(&NewRequest {
        subject,
        by: identity.person.clone(),
        role,
        reason: arguments.reason.clone(),
        digests,
        voucher: identity.voucher.clone(),
    })?;
    let is_new = matches!(recorded, Recorded::New(_));
    let request = recorded.into_inner();
    match arguments.place.format {
        Format::Json => output::json(
            "approve",
            &Report {
                action: "request",
                recorded: is_new,
                store: store.location().to_string(),
                request: &request,
            },
        ),
        Format::Human => output::page(|out| print::requested(out, &request, is_new)),
    }
    Ok(Exit::Passed)
}

/// Name and version of `models:/churn/8`.
fn version_of(text: &str) -> Result<(&str, &str)> {
    let parts = text.strip_prefix("models:/").and_then(|rest| rest.rsplit_once('/'));
    parts.filter(|(name, version)| !name.is_empty() && !version.is_empty()).ok_or_else(|| {
        miette!(
            help = "an alias or a stage may mean another version tomorrow",
            "`{text}` names no model version, expected one such as `models:/churn/8`"
        )
    })
}

fn digests(arguments: &Request) -> Result<Digests> {
    if let Some(case) = &arguments.case {
        return of_case(case);
    }
    let given = |digest: &Option<String>| digest.clone().unwrap_or_default();
    Digests::new(
        &given(&arguments.model_digest),
        &given(&arguments.policy_digest),
        &given(&arguments.report_digest),
    )
    .map_err(|error| miette!("{error}"))
}

fn of_case(path: &Path) -> Result<Digests> {
    let source = Source::read(path, Content::Facts).into_diagnostic()?;
    let tree = Node::parse_json(&source)?;
    let found = |what: &str| {
        let found = tree.nearest(&format!("/digests/{what}"));
        let text = if found.exact { found.node.text() } else { None };
        text.map(str::to_owned).ok_or_else(|| {
            Mistake::new(&source, found.span(), format!("the report has no `/digests/{what}`"))
                .suggest("give what `tollgate gate --format json` printed for this version")
        })
    };
    let (model, policy, report) = (found("model")?, found("policy")?, found("report")?);
    Ok(Digests::new(&model, &policy, &report).map_err(|error| {
        Mistake::new(&source, tree.nearest("/digests").span(), error.to_string())
    })?)
}
