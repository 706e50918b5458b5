//! `tollgate pin`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use miette::{Result, miette};
use tollgate_live::pins::{Pin as Pinned, PinError, PinnedVersion};
use tollgate_live::prove;
use tollgate_live::settings::ScoredModel;

use super::pins::{self, Change, Seen};
use crate::arguments::{Format, Shared};
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate pin pins.yaml fraud_detector 2.2.0 --documents policies --reason 'NG back to 0.7'
  tollgate pin configmap.yaml fraud_detector 43 --documents policies --reason 'new model'
  tollgate pin /etc/tollgate/pins fraud_detector 43 --patch --reason 'new model' > patch.json

FILE is a file of pins, which is made where there is none, the manifest of a
ConfigMap, or the folder of a ConfigMap that is mounted:
  models:
    fraud_detector: { current: 42, previous: 41, fallback: 40 }

A version is that of a document, 2.2.0, or 43 for 43.0.0. The document is found
in its folder by its own name and version, wherever it is there. Before anything
is written it is loaded, its `examples` must come to what they say, and its
digest is pinned with it: what was pinned is never changed. What was current is
`previous` then, and what was previous `fallback`. The write is one, and is
refused when another came before it.")]
pub(crate) struct Pin {
    /// The file of pins, or the ConfigMap
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The name of the policy
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The version of its document
    #[arg(value_name = "VERSION", value_parser = version)]
    pub(crate) version: PinnedVersion,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who does this, for the record; `GITHUB_ACTOR`, `GITLAB_USER_LOGIN` or
    /// `USER` without it
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// The folder in which the documents are, or folders of them; that of FILE
    /// without it
    #[arg(long, value_name = "FOLDER")]
    pub(crate) documents: Option<PathBuf>,
    /// The model whose score it reads: what the signature does not supply is
    /// refused
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<PathBuf>,
    /// What a request holds beside what the model reads; may be given several
    /// times
    #[arg(long, value_name = "INPUT", requires = "model")]
    pub(crate) beside: Vec<String>,
    /// Pin a version that was rolled back, and mark it bad no more
    #[arg(long)]
    pub(crate) even_if_bad: bool,
    #[command(flatten)]
    pub(crate) change: Change,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

/// Reads a version on the command line.
pub(super) fn version(text: &str) -> Result<PinnedVersion, String> {
    text.parse()
}

pub(crate) fn run(arguments: &Pin) -> Exit {
    output::shown("pin", arguments.format, || pin(arguments))
}

fn pin(arguments: &Pin) -> Result<Exit> {
    let Pin { file, name, version, .. } = arguments;
    let audit = pins::audit(arguments.by.as_deref(), &arguments.reason)?;
    is_name(name)?;
    let seen = Seen::read(file, name, arguments.change.generation)?;
    let beside_it = || file.parent().filter(|it| !it.as_os_str().is_empty());
    let documents = arguments.documents.as_deref();
    let documents = documents.or_else(beside_it).unwrap_or(Path::new("."));
    let beside = arguments.beside.clone();
    let model = arguments.model.clone().map(|signature| ScoredModel { signature, beside });
    let plugins = super::plugins(&arguments.shared)?;
    let proved = prove(&plugins, documents, name, version, model)?;
    let pinned = match &seen.pin {
        None => Ok(Pinned::first(version.clone(), proved.digest, &audit)),
        Some(seen) => {
            seen.pinned(name, version.clone(), proved.digest, arguments.even_if_bad, &audit)
        }
    };
    match pinned {
        Ok(pinned) => {
            let (change, format) = (&arguments.change, arguments.format);
            seen.change("pin", &pinned, Some(proved.file), change, format, false)
        }
        // Whoever reads a patch wants one.
        Err(error) if arguments.change.patch => Err(error.into()),
        // Whoever asks for what is so has it.
        Err(error @ PinError::Current { .. }) if arguments.format == Format::Human => {
            let error = error.to_string();
            output::page(|out| writeln!(out, "{}: nothing is written", visible(&error)));
            Ok(Exit::Passed)
        }
        Err(PinError::Current { .. }) => {
            let change = &arguments.change;
            let pin = seen.pinned()?.clone();
            seen.change("pin", &pin, Some(proved.file), change, arguments.format, true)
        }
        Err(error) => Err(error.into()),
    }
}

/// Documents and ConfigMaps have names of this form only.
fn is_name(name: &str) -> Result<()> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let begins = name.starts_with(|first: char| first.is_ascii_alphanumeric());
    match begins && name.len() <= 128 && name.bytes().all(allowed) {
        true => Ok(()),
        false => Err(miette!(
            help = "letters, digits, `.`, `_` and `-`, at most 128",
            "`{name}` is no name of a policy"
        )),
    }
}
