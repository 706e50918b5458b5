//! What commands that ask a registry take, and how they reach it.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use miette::{IntoDiagnostic as _, Result, miette};
use tollgate::facts::Instant;
use tollgate_promotion::PromotionError;
pub(crate) use tollgate_promotion::ask::version;
use tollgate_promotion::moves::{Audit, Planned};
use tollgate_promotion::plan::Plan;
use tollgate_sources::Mlflow;

use crate::arguments::Format;
use crate::exit::Exit;
use crate::output::{self, visible};

/// Where a plan is looked for when none is named.
const PLANS: [&str; 2] = ["promotion.yaml", "policies/promotion.yaml"];

#[derive(Debug, Args)]
pub(crate) struct Registry {
    /// The promotion plan: which profiles each stage asks for, and which alias
    /// stands for it; promotion.yaml or policies/promotion.yaml without it
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// The address of MLflow; the plan's or `MLFLOW_TRACKING_URI` without it
    ///
    /// Who asks comes from the environment only, by MLflow's own names:
    /// `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`, or
    /// `MLFLOW_TRACKING_TOKEN`. `MLFLOW_TRACKING_SERVER_CERT_PATH` names
    /// certificates to trust instead of the machine's.
    #[arg(long, value_name = "URL")]
    pub(crate) registry: Option<String>,
    /// How long one request may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) timeout: u64,
}

impl Registry {
    pub(crate) fn plan(&self) -> Result<Plan> {
        let found = || PLANS.iter().map(Path::new).find(|path| path.exists()).map(Path::to_owned);
        let path = self.plan.clone().or_else(found).ok_or_else(|| {
            miette!(
                help = "write one, or name it with `--plan FILE`; the repository of Tollgate has \
                        one to start from, policies/promotion.yaml",
                "there is no promotion plan: neither {} is here",
                PLANS.join(" nor ")
            )
        })?;
        Ok(Plan::read(&path)?)
    }

    pub(crate) fn connect(&self, plan: &Plan) -> Result<Mlflow> {
        let address = self.registry.clone().or_else(|| plan.registry.clone());
        let address = address.or_else(Mlflow::address_of_environment).ok_or_else(|| {
            miette!(
                help = "give `--registry URL`, `registry:` in the plan, or `MLFLOW_TRACKING_URI`",
                "nobody says where the registry is"
            )
        })?;
        Ok(Mlflow::by_environment(&address, Duration::from_secs(self.timeout))?)
    }
}

/// Who approved, for commands whose plan asks for that.
#[derive(Debug, Args)]
pub(crate) struct Approvals {
    /// Where approvals are: a configuration of `tollgate approve`; approvals.yaml
    /// without it, where that exists
    #[arg(long, value_name = "FILE")]
    pub(crate) approvals: Option<PathBuf>,
}

/// Who moves a version, and why.
#[derive(Debug, Args)]
pub(crate) struct Actor {
    /// Who does this, for the record; `GITHUB_ACTOR`, `GITLAB_USER_LOGIN` or
    /// `USER` without it
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// Print the writes, and make none
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Go on although another run is at work on this model, which has died
    #[arg(long)]
    pub(crate) take_over: bool,
}

impl Actor {
    pub(crate) fn audit(&self, reason: Option<&str>) -> Result<Audit> {
        let by = actor(self.by.as_deref())?;
        let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
        Ok(Audit { by, at: Instant::now(), reason: reason.map(str::to_owned), overrides: false })
    }

    /// The same, where a reason is a must.
    pub(crate) fn audit_with_reason(&self, reason: &str) -> Result<Audit> {
        let audit = self.audit(Some(reason))?;
        if audit.reason.is_none() {
            return Err(miette!("the reason is empty, and it is written down"));
        }
        Ok(audit)
    }

    /// Makes what is planned, or shows it. `command` is whose report it is.
    pub(crate) fn make(
        &self,
        command: &str,
        format: Format,
        mlflow: &Mlflow,
        wanted: &impl Planned,
    ) -> Result<Exit> {
        let lines = wanted.lines();
        if !self.dry_run {
            let waiting = Waiting::on(mlflow);
            wanted.make(mlflow, self.take_over, &mut |done| {
                let line = lines.get(done).map(String::as_str).unwrap_or_default();
                waiting.tell(&format!("write {} of {}: {line}", done + 1, lines.len()));
            })?;
        }
        match format {
            Format::Json => output::json(command, &Report { dry_run: self.dry_run, wanted }),
            Format::Human => output::page(|out| {
                use std::fmt::Write as _;
                writeln!(out, "{}", visible(&wanted.title(!self.dry_run)))?;
                lines.iter().try_for_each(|line| writeln!(out, "  {}", visible(line)))
            }),
        }
        Ok(Exit::Passed)
    }
}

#[derive(serde::Serialize)]
struct Report<'a, P> {
    dry_run: bool,
    #[serde(flatten)]
    wanted: &'a P,
}

/// What commands take that plan writes to a registry and make them.
#[derive(Debug, Args)]
pub(crate) struct Moving {
    #[command(flatten)]
    pub(crate) actor: Actor,
    #[command(flatten)]
    pub(crate) registry: Registry,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

impl Moving {
    /// Plans, and makes what is planned or shows it.
    pub(crate) fn run<P: Planned>(
        &self,
        command: &str,
        planned: impl FnOnce(&Plan, &Mlflow) -> Result<P, PromotionError>,
    ) -> Result<Exit> {
        let plan = self.registry.plan()?;
        let mlflow = self.registry.connect(&plan)?;
        let waiting = Waiting::on(&mlflow);
        let wanted = planned(&plan, &mlflow)?;
        drop(waiting);
        self.actor.make(command, self.format, &mlflow, &wanted)
    }
}

/// Who does this: who is named, or whom the environment names.
pub(super) fn actor(by: Option<&str>) -> Result<String> {
    let names = ["TOLLGATE_ACTOR", "GITHUB_ACTOR", "GITLAB_USER_LOGIN", "USER"];
    let by = by.map(str::to_owned).or_else(|| names.into_iter().find_map(variable));
    by.map(|by| by.trim().to_owned()).filter(|by| !by.is_empty()).ok_or_else(|| {
        miette!(help = "give `--by NAME`", "nobody says who does this, and it is written down")
    })
}

pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Says on a terminal what is waited for, once it takes longer than a moment.
pub(crate) struct Waiting(ProgressBar);

impl Waiting {
    pub(crate) fn on(mlflow: &Mlflow) -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_message(format!("asking {}", visible(mlflow.http().base())));
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(bar)
    }

    /// The same, where sources are asked besides.
    pub(crate) fn also_on(self, sources: &str) -> Self {
        if !sources.is_empty() {
            self.tell(&format!("{}, {sources}", self.0.message()));
        }
        self
    }

    pub(crate) fn tell(&self, message: &str) {
        self.0.set_message(visible(message).to_string());
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// The name of a model, also where it is written as a reference without a
/// version.
pub(crate) fn model_name(text: &str) -> Result<&str> {
    let name = text.strip_prefix("models:/").unwrap_or(text);
    if name.is_empty() || name.contains(['/', '@', ':']) {
        return Err(miette!(
            help = "give the name alone, such as `churn`",
            "`{text}` is no name of a model"
        ));
    }
    Ok(name)
}

/// Writes what was asked for as a file.
pub(crate) fn kept(path: &Path, json: &serde_json::Value) -> Result<()> {
    let text = serde_json::to_string_pretty(json).into_diagnostic()? + "\n";
    output::write(path, text.as_bytes())?;
    Ok(())
}
