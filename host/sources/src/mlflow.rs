//! MLflow's registry over REST.
//!
//! What a version is described by takes these requests, those of two versions
//! side by side:
//!
//! | request | how many |
//! | --- | --- |
//! | `registered-models/get` | 1 a model |
//! | `model-versions/get` | 1 a version |
//! | `runs/get` | 1 a version that has a run |
//! | `logged-models/{id}` | 1 a version that MLflow 3 logged |
//! | `MLmodel`, `requirements.txt` | 1 each |
//! | `artifacts/list` | 1 a folder, at most 32 |
//!
//! and the metrics of versions before it, where they are asked for, these:
//!
//! | request | how many |
//! | --- | --- |
//! | `model-versions/search` | 1 a hundred versions |
//! | `runs/search` | 1 a hundred runs of the experiment of the version |
//! | `runs/get` | 1 a run of another experiment |

mod create;
mod describe;
mod environment;
mod error;
mod history;
mod writes;

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tollgate::source::Source;

pub use self::create::NewVersion;
pub use self::describe::Found;
pub use self::error::MlflowError;
pub use self::history::Earlier;
use crate::http::{Client, Connection, HttpError};
use crate::reference::{ModelReference, Pick};

const API: &str = "/api/2.0/mlflow";

/// What a segment of a path may not hold as it is.
const SEGMENT: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'/').add(b'<').add(b'>').add(b'?');

/// The most pages of a list, of a hundred versions or models each.
const MOST_PAGES: usize = 1_000;

/// A registry of MLflow, for many threads.
#[derive(Debug, Clone)]
pub struct Mlflow {
    http: Client,
}

/// A registered model.
#[derive(Debug, Clone, Default)]
pub struct Registered {
    /// Its name.
    pub name: String,
    /// What is said of it.
    pub description: String,
    /// Its tags by key.
    pub tags: BTreeMap<String, String>,
    /// The version that each alias names.
    pub aliases: BTreeMap<String, u64>,
    /// The newest version of each stage.
    pub latest: Vec<Version>,
    /// MLflow's answer; none where it is one of a list.
    pub(crate) text: Option<Source>,
}

/// A version of a registered model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Version {
    /// The model's name.
    pub name: String,
    /// Its number.
    pub version: u64,
    /// `None`, `Staging`, `Production` or `Archived`.
    pub stage: String,
    /// What is said of it.
    pub description: String,
    /// Where its files are.
    pub source: String,
    /// The run that it came from; empty where there is none.
    pub run_id: String,
    /// `READY`, where it is whole.
    pub status: String,
    /// When it was made, in milliseconds since 1970.
    pub created: i64,
    /// When it was last changed, in milliseconds since 1970.
    pub updated: i64,
    /// Its tags by key.
    pub tags: BTreeMap<String, String>,
}

impl Mlflow {
    /// A registry. Nothing is asked yet.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub fn new(connection: &Connection) -> Result<Self, HttpError> {
        Ok(Self { http: Client::new(connection)? })
    }

    /// How it is reached.
    #[must_use]
    pub fn http(&self) -> &Client {
        &self.http
    }

    /// A registered model, its aliases included.
    ///
    /// # Errors
    /// When there is none of that name, or no answer.
    pub fn registered(&self, name: &str) -> Result<Registered, MlflowError> {
        let path = format!("{API}/registered-models/get");
        let body = self.http.get(&path, &[("name", name)]).map_err(|error| match error {
            error if error.is_absent() => MlflowError::NoModel(name.to_owned()),
            error => error.into(),
        })?;
        let answer: wire::RegisteredAnswer = self.json(&path, &body)?;
        let mut registered = Registered::from(answer.registered_model);
        registered.text = Some(self.text(&path, body)?);
        Ok(registered)
    }

    /// A version of a model.
    ///
    /// # Errors
    /// When there is none of that number, or no answer.
    pub fn version(&self, name: &str, version: u64) -> Result<Version, MlflowError> {
        self.version_with_text(name, version).map(|(version, _)| version)
    }

    /// The version that a reference names.
    ///
    /// # Errors
    /// When the model has no such alias.
    pub fn resolve(
        &self,
        reference: &ModelReference,
        registered: &Registered,
    ) -> Result<u64, MlflowError> {
        match &reference.pick {
            Pick::Version(version) => Ok(*version),
            Pick::Alias(alias) => {
                registered.aliases.get(alias).copied().ok_or_else(|| MlflowError::NoAlias {
                    model: registered.name.clone(),
                    alias: alias.clone(),
                    known: registered.aliases.keys().cloned().collect(),
                })
            }
        }
    }

    /// All versions of a model, the newest first.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn versions(&self, name: &str) -> Result<Vec<Version>, MlflowError> {
        let filter = format!("name='{}'", name.replace('\'', "''"));
        let mut found: Vec<Version> =
            self.pages("model-versions/search", &[("filter", &filter)], |page: wire::Versions| {
                (page.model_versions.into_iter().map(Version::from).collect(), page.next_page_token)
            })?;
        found.sort_by_key(|version| std::cmp::Reverse(version.version));
        Ok(found)
    }

    /// Tells of the registered models, a hundred at a time, by name; `each` says
    /// whether it wants more. Whether a list names their aliases hangs on
    /// MLflow's version: [`Mlflow::registered`] knows them.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn each_model(&self, mut each: impl FnMut(Registered) -> bool) -> Result<(), MlflowError> {
        self.each_page("registered-models/search", &[], |page: wire::Models| {
            let wants = page.registered_models.into_iter().all(|model| each(model.into()));
            page.next_page_token.filter(|_| wants)
        })
    }

    /// All of a list.
    fn pages<P: DeserializeOwned, T>(
        &self,
        what: &str,
        asked: &[(&str, &str)],
        split: impl Fn(P) -> (Vec<T>, Option<String>),
    ) -> Result<Vec<T>, MlflowError> {
        let mut found = Vec::new();
        self.each_page(what, asked, |page: P| {
            let (items, next) = split(page);
            found.extend(items);
            next
        })?;
        Ok(found)
    }

    /// The pages of a list, a hundred items each; `take` gives the token of the
    /// next.
    fn each_page<P: DeserializeOwned>(
        &self,
        what: &str,
        asked: &[(&str, &str)],
        mut take: impl FnMut(P) -> Option<String>,
    ) -> Result<(), MlflowError> {
        let path = format!("{API}/{what}");
        let mut token = String::new();
        for _ in 0..MOST_PAGES {
            let mut query = vec![("max_results", "100")];
            query.extend(asked);
            query.extend(Some(("page_token", &*token)).filter(|(_, token)| !token.is_empty()));
            let body = self.http.get(&path, &query)?;
            match take(self.json(&path, &body)?).filter(|next| !next.is_empty()) {
                // A server that gives one page for ever.
                Some(next) if next == token => break,
                Some(next) => token = next,
                None => return Ok(()),
            }
        }
        Err(MlflowError::Endless(path))
    }

    fn version_with_text(
        &self,
        name: &str,
        version: u64,
    ) -> Result<(Version, Source), MlflowError> {
        let path = format!("{API}/model-versions/get");
        let number = version.to_string();
        let query = [("name", name), ("version", &number)];
        let body = self.http.get(&path, &query).map_err(|error| match error {
            error if error.is_absent() => {
                MlflowError::NoVersion { model: name.to_owned(), version }
            }
            error => error.into(),
        })?;
        let answer: wire::VersionAnswer = self.json(&path, &body)?;
        Ok((answer.model_version.into(), self.text(&path, body)?))
    }

    fn json<T: DeserializeOwned>(&self, path: &str, body: &[u8]) -> Result<T, HttpError> {
        serde_json::from_slice(body)
            .map_err(|_| HttpError::unexpected(&self.url(path), body, "MLflow's JSON"))
    }

    /// The answer as a text that errors can point into.
    fn text(&self, path: &str, body: Vec<u8>) -> Result<Source, MlflowError> {
        Source::from_bytes(&self.url(path), body)
            .map_err(|error| MlflowError::Text(error.to_string()))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.http.base())
    }
}

fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// What MLflow answers, as far as it is read. JSON of 64-bit integers may be
/// text, and a member that is empty may be absent.
mod wire {
    use super::{BTreeMap, Deserialize, Registered, Version};

    #[derive(Deserialize)]
    pub(super) struct RegisteredAnswer {
        pub(super) registered_model: RegisteredModel,
    }

    #[derive(Deserialize)]
    pub(super) struct VersionAnswer {
        pub(super) model_version: ModelVersion,
    }

    #[derive(Deserialize)]
    pub(super) struct Versions {
        #[serde(default)]
        pub(super) model_versions: Vec<ModelVersion>,
        pub(super) next_page_token: Option<String>,
    }

    #[derive(Deserialize)]
    pub(super) struct Models {
        #[serde(default)]
        pub(super) registered_models: Vec<RegisteredModel>,
        pub(super) next_page_token: Option<String>,
    }

    #[derive(Deserialize)]
    pub(super) struct RegisteredModel {
        name: String,
        #[serde(default)]
        description: String,
        #[serde(default)]
        tags: Vec<Tag>,
        #[serde(default)]
        aliases: Vec<Alias>,
        #[serde(default)]
        latest_versions: Vec<ModelVersion>,
    }

    #[derive(Deserialize)]
    pub(super) struct ModelVersion {
        name: String,
        version: Whole,
        #[serde(default)]
        current_stage: String,
        #[serde(default)]
        description: String,
        #[serde(default)]
        source: String,
        #[serde(default)]
        run_id: String,
        #[serde(default)]
        status: String,
        creation_timestamp: Option<Whole>,
        last_updated_timestamp: Option<Whole>,
        #[serde(default)]
        tags: Vec<Tag>,
    }

    #[derive(Deserialize)]
    struct Tag {
        key: String,
        #[serde(default)]
        value: String,
    }

    #[derive(Deserialize)]
    struct Alias {
        alias: String,
        version: Whole,
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Whole {
        Number(u64),
        Text(String),
    }

    impl Whole {
        fn number(&self) -> u64 {
            match self {
                Self::Number(number) => *number,
                Self::Text(text) => text.parse().unwrap_or_default(),
            }
        }

        fn time(&self) -> i64 {
            i64::try_from(self.number()).unwrap_or_default()
        }
    }

    fn tags(tags: Vec<Tag>) -> BTreeMap<String, String> {
        tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
    }

    impl From<RegisteredModel> for Registered {
        fn from(wire: RegisteredModel) -> Self {
            let aliases = wire.aliases.into_iter();
            Self {
                name: wire.name,
                description: wire.description,
                tags: tags(wire.tags),
                aliases: aliases.map(|it| (it.alias, it.version.number())).collect(),
                latest: wire.latest_versions.into_iter().map(Version::from).collect(),
                text: None,
            }
        }
    }

    impl From<ModelVersion> for Version {
        fn from(wire: ModelVersion) -> Self {
            Self {
                name: wire.name,
                version: wire.version.number(),
                stage: wire.current_stage,
                description: wire.description,
                source: wire.source,
                run_id: wire.run_id,
                status: wire.status,
                created: wire.creation_timestamp.map_or(0, |at| at.time()),
                updated: wire.last_updated_timestamp.map_or(0, |at| at.time()),
                tags: tags(wire.tags),
            }
        }
    }
}
