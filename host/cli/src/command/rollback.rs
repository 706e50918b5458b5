//! `tollgate rollback`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use miette::{Result, miette};
use tollgate_live::pins::Target;
use tollgate_live::prove;
use tollgate_promotion::moves;

use super::mlflow::{self, Moving};
use super::pins::{self, Change, Seen};
use crate::arguments::Shared;
use crate::exit::Exit;
use crate::output;

#[derive(Debug, Args)]
#[command(
    override_usage = "tollgate rollback [OPTIONS] --reason <TEXT> <MODEL>
       tollgate rollback [OPTIONS] --reason <TEXT> <FILE> <NAME>",
    after_help = "\
Examples, a model in a registry:
  tollgate rollback churn --reason 'error rate 4 %'
  tollgate rollback churn --to-version 6 --reason 'INC-4711'

The version that serves is marked as bad and is never gone back to; the alias
moves in one write.

Examples, a policy in a file of pins or a ConfigMap:
  tollgate rollback pins.yaml fraud_detector --reason 'blocks everybody'
  tollgate rollback pins.yaml fraud_detector --to fallback --reason 'INC-4712'
  tollgate rollback /etc/tollgate/pins fraud_detector --patch --reason 'INC-4712' > patch.json

What is current is marked bad, is never `previous` again, and gives way to
`previous` in one write; servers that have both loaded swap at once. The fallback
stays."
)]
pub(crate) struct Rollback {
    /// The model, by its name; or a file of pins and the name of the policy
    #[arg(value_name = "NAME", required = true, num_args = 1..=2)]
    pub(crate) what: Vec<String>,
    /// The version of a model to go back to; the last good one that served,
    /// without it
    #[arg(long, value_name = "VERSION")]
    pub(crate) to_version: Option<u64>,
    /// What a policy goes back to; previous, without it
    #[arg(long, value_enum, value_name = "WHICH")]
    pub(crate) to: Option<To>,
    /// What is wrong with the version that serves, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// The folder in which the documents of policies are, to load the one that
    /// is gone back to before anything is written
    #[arg(long, value_name = "FOLDER")]
    pub(crate) documents: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) change: Change,
    #[command(flatten)]
    pub(crate) moving: Moving,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum To {
    /// The version before
    Previous,
    /// The one that is known to be safe
    Fallback,
}

pub(crate) fn run(arguments: &Rollback) -> Exit {
    output::shown("rollback", arguments.moving.format, || rollback(arguments))
}

fn rollback(arguments: &Rollback) -> Result<Exit> {
    match arguments.what.as_slice() {
        [model] => of_model(arguments, model),
        [file, name] => of_policy(arguments, Path::new(file), name),
        // clap takes one or two.
        _ => Err(miette!("give a model, or a file of pins and a policy")),
    }
}

fn of_model(arguments: &Rollback, model: &str) -> Result<Exit> {
    let Rollback { to_version, reason, moving, change, .. } = arguments;
    if Path::new(model).exists() && !model.starts_with("models:") {
        return Err(miette!(
            help = format!("`tollgate rollback {model} NAME`"),
            "`{model}` is here as a file or a folder: which of its policies is to be rolled back"
        ));
    }
    let of_policies = [
        ("--to", arguments.to.is_some()),
        ("--documents", arguments.documents.is_some()),
        ("--patch", change.patch),
        ("--generation", change.generation.is_some()),
    ];
    refuse(of_policies, "a policy, `tollgate rollback FILE NAME`")?;
    let audit = moving.actor.audit_with_reason(reason)?;
    let name = mlflow::model_name(model)?;
    moving.run("rollback", |plan, mlflow| {
        let registered = mlflow.registered(name)?;
        let versions = mlflow.versions(name)?;
        moves::rollback(plan, &registered, &versions, *to_version, &audit)
    })
}

fn of_policy(arguments: &Rollback, file: &Path, name: &str) -> Result<Exit> {
    let Rollback { moving, change, .. } = arguments;
    let of_models = [
        ("--to-version", arguments.to_version.is_some()),
        ("--take-over", moving.actor.take_over),
        ("--plan", moving.registry.plan.is_some()),
        ("--registry", moving.registry.registry.is_some()),
    ];
    refuse(of_models, "a model, `tollgate rollback NAME`")?;
    let audit = pins::audit(moving.actor.by.as_deref(), &arguments.reason)?;
    let seen = Seen::read(file, name, change.generation)?;
    let target = match arguments.to {
        None | Some(To::Previous) => Target::Previous,
        Some(To::Fallback) => Target::Fallback,
    };
    let pin = seen.pinned()?.rolled_back(name, target, &audit)?;
    let mut document = None;
    if let Some(folder) = &arguments.documents {
        let plugins = super::plugins(&arguments.shared)?;
        let proved = prove(&plugins, folder, name, &pin.current, None)?;
        let pinned = pin.digests.get(&pin.current);
        if let Some(pinned) = pinned.filter(|pinned| **pinned != proved.digest) {
            let (version, found) = (pin.current.to_string(), proved.digest);
            let (name, pinned) = (name.to_owned(), *pinned);
            let error = tollgate_live::pins::PinError::Changed { name, version, found, pinned };
            return Err(error.into());
        }
        document = Some(proved.file);
    }
    let (format, dry_run) = (moving.format, moving.actor.dry_run);
    seen.change("rollback", &pin, document, change, format, dry_run)
}

/// Refuses options of the other kind of rollback.
fn refuse<const N: usize>(options: [(&str, bool); N], of: &str) -> Result<()> {
    match options.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(miette!("`{option}` is for a rollback of {of}")),
        None => Ok(()),
    }
}
