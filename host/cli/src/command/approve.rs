//! `tollgate approve`

mod list;
mod print;
mod request;
mod show;
mod vote;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, Subcommand};
use miette::{IntoDiagnostic as _, Result};
use tollgate::judge::GateCase;
use tollgate::source::{Content, Source};
use tollgate_approvals::{Config, Identity, Location, RequestId, Says, Store, identify, token};
use tollgate_engine::Digest;
use tollgate_engine::types::Fact;
use tollgate_promotion::gates::Gates;

use crate::arguments::Format;
use crate::exit::Exit;
use crate::output;

/// The configuration that is read where none is named.
const CONFIG: &str = "approvals.yaml";

#[derive(Debug, Subcommand)]
pub(crate) enum Approve {
    /// Ask for approval of a model version for a stage
    Request(request::Request),
    /// Approve a request
    #[command(visible_alias = "yes")]
    Approve(vote::Approve),
    /// Reject a request
    #[command(visible_alias = "no")]
    Reject(vote::Reject),
    /// List requests and how they stand
    List(list::List),
    /// Show a request: every revision, every vote
    Show(show::Show),
}

/// Where the store is, and who may say what.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Whose tokens count, who has which role, and where the store is; without
    /// it `approvals.yaml`, where that exists
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The store: `sqlite:PATH`, a path, or `postgres://USER@HOST/DATABASE` with
    /// the password in `PGPASSWORD`
    ///
    /// Without it that of the configuration, else
    /// `~/.local/state/tollgate/approvals.db` (or below `$XDG_STATE_HOME`).
    #[arg(long, value_name = "URL")]
    pub(crate) store: Option<String>,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// A request, and a revision of it: `churn-v8-Production@2`.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) id: RequestId,
    pub(crate) revision: Option<u32>,
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbered = text.rsplit_once('@').filter(|(_, number)| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        });
        let (id, revision) = match numbered {
            Some((id, number)) => {
                let number =
                    number.parse().map_err(|_| format!("there is no revision {number}"))?;
                (id, Some(number))
            }
            None => (text, None),
        };
        if id.trim().is_empty() {
            return Err("expected the id of a request, such as `churn-v8-Production`".to_owned());
        }
        Ok(Self { id: RequestId::new(id), revision })
    }
}

pub(crate) fn run(arguments: &Approve) -> Exit {
    let format = match arguments {
        Approve::Request(request) => request.place.format,
        Approve::Approve(vote) => vote.place.format,
        Approve::Reject(vote) => vote.place.format,
        Approve::List(list) => list.place.format,
        Approve::Show(show) => show.place.format,
    };
    output::shown("approve", format, || match arguments {
        Approve::Request(request) => self::request::run(request),
        Approve::Approve(vote) => self::vote::run(&vote.shared(), Says::Approved),
        Approve::Reject(vote) => self::vote::run(&vote.shared(), Says::Rejected),
        Approve::List(list) => self::list::run(list),
        Approve::Show(show) => self::show::run(show),
    })
}

/// What a gate is told of the approvals of a version's way to a stage.
pub(super) fn facts(config: Option<&Path>, id: &str) -> Result<Vec<Fact>> {
    Ok(Store::facts_at(&location(None, &self::config(config)?)?, &RequestId::new(id))?)
}

/// States what says where approvals are, if the gates ask for them.
pub(super) fn state(gates: &Gates, case: &mut GateCase, config: Option<&Path>) -> Result<()> {
    if gates.has_approvals()
        && let Some((name, digest)) = configuration(config)?
    {
        case.state_configuration("approvals", &name, digest);
    }
    Ok(())
}

/// The document that says where approvals are, and its digest.
fn configuration(config: Option<&Path>) -> Result<Option<(String, Digest)>> {
    let path = match config {
        Some(path) => path,
        None if Path::new(CONFIG).exists() => Path::new(CONFIG),
        None => return Ok(None),
    };
    let source = Source::read(path, Content::Document).into_diagnostic()?;
    Ok(Some((source.name().to_owned(), Digest::of(source.text().as_bytes()))))
}

fn config(path: Option<&Path>) -> Result<Config> {
    Ok(match path {
        Some(path) => Config::read(path)?,
        None if Path::new(CONFIG).exists() => Config::read(Path::new(CONFIG))?,
        None => Config::default(),
    })
}

fn location(store: Option<&str>, config: &Config) -> Result<Location> {
    Ok(match store {
        Some(url) => Location::parse(url, Path::new(""))?,
        None => config.location()?,
    })
}

impl Place {
    fn config(&self) -> Result<Config> {
        config(self.config.as_deref())
    }

    fn location(&self, config: &Config) -> Result<Location> {
        location(self.store.as_deref(), config)
    }

    /// The store and who is at it: the token of the environment says so.
    fn enter(&self) -> Result<(Store, Identity)> {
        let config = self.config()?;
        // Who is nobody needs no store.
        let identity = identify(&config, &token::from_environment(&config)?)?;
        Ok((Store::at(&self.location(&config)?)?, identity))
    }

    /// The store, to be read; none where there is none yet.
    fn look(&self) -> Result<(Location, Option<Store>)> {
        let location = self.location(&self.config()?)?;
        let store = if location.is_missing() { None } else { Some(Store::at(&location)?) };
        Ok((location, store))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_stands_behind_the_id() {
        let read = |text: &str| {
            let reference: Reference = text.parse().unwrap();
            (reference.id.as_str().to_owned(), reference.revision)
        };
        assert_eq!(read("churn-v8-Production"), ("churn-v8-Production".into(), None));
        assert_eq!(read("churn-v8-Production@12"), ("churn-v8-Production".into(), Some(12)));
        assert_eq!(read("a@b-v8-Production"), ("a@b-v8-Production".into(), None));
        assert_eq!(read("a@"), ("a@".into(), None));
        for wrong in ["", " ", "@1", "a@99999999999"] {
            assert!(wrong.parse::<Reference>().is_err(), "{wrong}");
        }
    }
}
