//! All that a registry knows of a version.

use std::thread;

use serde::Deserialize;
use tollgate::model::Description;
use tollgate::source::Source;
use tollgate::tree::{Node, NonFinite};

use super::{API, Mlflow, MlflowError, Registered, Version, segment};
use crate::http::HttpError;

/// A version, and what describes it.
#[derive(Debug, Clone)]
pub struct Found {
    /// The version.
    pub version: Version,
    /// What describes it.
    pub description: Description,
}

/// The most folders of artifacts that are looked into: a run that logged
/// thousands of checkpoints has more, and no rule asks for them.
const MOST_FOLDERS: usize = 32;

#[derive(Deserialize)]
struct RunAnswer {
    run: Run,
}

#[derive(Deserialize)]
struct Run {
    info: RunInfo,
}

#[derive(Deserialize)]
struct RunInfo {
    #[serde(default)]
    artifact_uri: String,
}

#[derive(Deserialize)]
struct LoggedInfo {
    #[serde(default)]
    artifact_uri: String,
    #[serde(default)]
    source_run_id: String,
}

#[derive(Deserialize)]
struct LoggedAnswer {
    model: Logged,
}

#[derive(Deserialize)]
struct Logged {
    info: LoggedInfo,
}

#[derive(Deserialize)]
struct Files {
    #[serde(default)]
    files: Vec<File>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct File {
    path: String,
    #[serde(default)]
    is_dir: bool,
}

impl Mlflow {
    /// All that the registry knows of a version of `registered`.
    ///
    /// # Errors
    /// When the version is not there or not whole, or there is no answer. A
    /// run or a file that is not there is not: the facts are missing then.
    pub fn describe(&self, registered: &Registered, version: u64) -> Result<Found, MlflowError> {
        let (version, text) = self.version_with_text(&registered.name, version)?;
        if !["", "READY"].contains(&&*version.status) {
            return Err(MlflowError::NotReady {
                model: version.name,
                version: version.version,
                status: version.status,
            });
        }
        let mut description = Description {
            from: format!("models:/{}/{}", version.name, version.version),
            version: Some(text),
            registered: registered.text.clone(),
            ..Description::default()
        };
        let (run, logged) = thread::scope(|scope| {
            let run = scope.spawn(|| self.run(&version.run_id));
            let logged = self.logged(&version.source);
            (ended(run.join()), logged)
        });
        let run = run?;
        let run_root = run.as_ref().map(|(root, _)| root.clone());
        let root = match logged? {
            Some(logged) => {
                same_run(&version, &logged.source_run_id)?;
                Some(logged.artifact_uri)
            }
            None => root_of(&version, run_root.as_deref()),
        };
        let (mlmodel, requirements, artifacts) = thread::scope(|scope| {
            let file = |name: &'static str| {
                let (root, version) = (root.as_deref(), &version);
                scope.spawn(move || self.file(root, version, name))
            };
            let (mlmodel, requirements) = (file("MLmodel"), file("requirements.txt"));
            let artifacts = self.artifacts(&version);
            (ended(mlmodel.join()), ended(requirements.join()), artifacts)
        });
        description.run = run.map(|(_, text)| text);
        description.mlmodel = mlmodel?;
        if let Some(run) = description.mlmodel.as_ref().and_then(run_of) {
            same_run(&version, &run)?;
        }
        description.requirements = requirements?;
        description.artifacts = artifacts?;
        Ok(Found { version, description })
    }

    /// A file that the run of a version logged; none where there is no such run
    /// or file.
    ///
    /// # Errors
    /// When the version is not there, or there is no answer.
    pub fn run_file(
        &self,
        name: &str,
        version: u64,
        path: &str,
    ) -> Result<Option<Vec<u8>>, MlflowError> {
        let version = self.version(name, version)?;
        let Some((root, _)) = self.run(&version.run_id)? else { return Ok(None) };
        let body = match below_proxy(&root) {
            Some(root) => self.http.get(&proxied(root, path), &[]),
            None => {
                let run = ("run_id", &*version.run_id);
                self.http.get("/get-artifact", &[("path", path), run])
            }
        };
        present(body)
    }

    /// The run, and where its files are.
    fn run(&self, id: &str) -> Result<Option<(String, Source)>, MlflowError> {
        if id.is_empty() {
            return Ok(None);
        }
        let path = format!("{API}/runs/get");
        let body = match self.http.get(&path, &[("run_id", id)]) {
            Ok(body) => body,
            Err(error) if error.is_absent() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let answer: RunAnswer = self.json(&path, &body)?;
        Ok(Some((answer.run.info.artifact_uri, self.text(&path, body)?)))
    }

    /// What is known of a model that MLflow 3 logged: `models:/m-...`.
    fn logged(&self, source: &str) -> Result<Option<LoggedInfo>, MlflowError> {
        let Some(id) = logged_id(source) else { return Ok(None) };
        let path = format!("{API}/logged-models/{}", segment(id));
        match self.http.get(&path, &[]) {
            Ok(body) => Ok(Some(self.json::<LoggedAnswer>(&path, &body)?.model.info)),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A text of the model's files; none where it is not there.
    fn file(
        &self,
        root: Option<&str>,
        version: &Version,
        name: &str,
    ) -> Result<Option<Source>, MlflowError> {
        let from = format!("models:/{}/{}/{name}", version.name, version.version);
        let by_proxy = root.and_then(below_proxy).map(|root| proxied(root, name));
        let number = version.version.to_string();
        let body = match &by_proxy {
            Some(path) => self.http.get(path, &[]),
            // A store that the server does not stand before: the server's own
            // page of the version reads it.
            None => self.http.get(
                "/model-versions/get-artifact",
                &[("path", name), ("name", &version.name), ("version", &number)],
            ),
        };
        let text = present(body)?.map(|body| Source::from_bytes(&from, body)).transpose();
        text.map_err(|error| MlflowError::Text(error.to_string()))
    }

    /// The paths of the files of the run, and of the model where it was logged
    /// by itself.
    fn artifacts(&self, version: &Version) -> Result<Option<Vec<String>>, MlflowError> {
        let mut found = Vec::new();
        let mut looked = false;
        if !version.run_id.is_empty() {
            let path = format!("{API}/artifacts/list");
            let run = ("run_id", &*version.run_id);
            looked |= self.list(&path, "path", &[run], &mut found)?;
        }
        if let Some(id) = logged_id(&version.source) {
            let path = format!("{API}/logged-models/{}/artifacts/directories", segment(id));
            looked |= self.list(&path, "artifact_directory_path", &[], &mut found)?;
        }
        found.sort();
        found.dedup();
        Ok(looked.then_some(found))
    }

    fn list(
        &self,
        path: &str,
        folder_key: &str,
        query: &[(&str, &str)],
        found: &mut Vec<String>,
    ) -> Result<bool, MlflowError> {
        let mut folders = vec![String::new()];
        let mut asked = 0;
        while let Some(folder) = folders.pop() {
            let mut token = String::new();
            loop {
                if asked == MOST_FOLDERS {
                    return Ok(true);
                }
                asked += 1;
                let mut query = query.to_vec();
                query.extend([(folder_key, &*folder), ("page_token", &*token)]);
                query.retain(|(_, value)| !value.is_empty());
                let body = match self.http.get(path, &query) {
                    Ok(body) => body,
                    Err(error) if error.is_absent() => return Ok(false),
                    Err(HttpError::Refused { status: 400 | 500, .. }) => return Ok(false),
                    Err(error) => return Err(error.into()),
                };
                let page: Files = self.json(path, &body)?;
                for file in page.files {
                    if file.is_dir {
                        folders.push(file.path);
                    } else {
                        found.push(file.path);
                    }
                }
                match page.next_page_token.filter(|next| !next.is_empty() && *next != token) {
                    Some(next) => token = next,
                    None => break,
                }
            }
        }
        Ok(true)
    }
}

/// What a file's request gave; nothing where the file is not there.
fn present(body: Result<Vec<u8>, HttpError>) -> Result<Option<Vec<u8>>, MlflowError> {
    match body {
        Ok(body) => Ok(Some(body)),
        Err(error) if error.is_absent() => Ok(None),
        // What MLflow answers where the file is not there, or its store cannot
        // be reached: the facts are missing, which no rule passes.
        Err(HttpError::Refused { status: 400 | 500, .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Where the server gives a file below a folder of its own store.
fn proxied(root: &str, path: &str) -> String {
    let parts: Vec<String> = root.split('/').chain(path.split('/')).map(segment).collect();
    format!("/api/2.0/mlflow-artifacts/artifacts/{}", parts.join("/"))
}

/// That the files come from the run whose metrics are taken for theirs. MLflow
/// lets anyone register files under another run.
fn same_run(version: &Version, files: &str) -> Result<(), MlflowError> {
    if files.is_empty() || version.run_id.is_empty() || files == version.run_id {
        return Ok(());
    }
    Err(MlflowError::OtherRun {
        model: version.name.clone(),
        version: version.version,
        said: version.run_id.clone(),
        files: files.to_owned(),
    })
}

/// The run that `MLmodel` says it was logged by.
fn run_of(mlmodel: &Source) -> Option<String> {
    let tree = Node::parse(mlmodel, NonFinite::Kept).ok()?;
    tree.get("run_id").and_then(Node::text).map(str::to_owned)
}

/// The id in `models:/m-84ad699a`, which is no name of a registered model.
pub(super) fn logged_id(source: &str) -> Option<&str> {
    let id = source.strip_prefix("models:/")?.trim_start_matches('/');
    (id.starts_with("m-") && !id.contains('/')).then_some(id)
}

/// Where the files of a version are that was made of a run's or of a folder.
fn root_of(version: &Version, run_root: Option<&str>) -> Option<String> {
    let Some(below) = version.source.strip_prefix("runs:/") else {
        return Some(version.source.clone());
    };
    let (run, path) = below.split_once('/')?;
    (run == version.run_id).then(|| format!("{}/{path}", run_root.unwrap_or_default()))
}

/// The path below the server's own store: `mlflow-artifacts:/1/0af3/artifacts`.
fn below_proxy(uri: &str) -> Option<&str> {
    let rest = uri.strip_prefix("mlflow-artifacts:")?;
    let path = match rest.strip_prefix("//") {
        Some(with_host) => with_host.split_once('/').map(|(_, path)| path)?,
        None => rest,
    };
    let path = path.trim_matches('/');
    let climbs = path.split('/').any(|folder| folder == ".." || folder.is_empty());
    (!climbs).then_some(path)
}

/// A thread that panicked is a defect of this program, and says so.
fn ended<T>(joined: thread::Result<Result<T, MlflowError>>) -> Result<T, MlflowError> {
    joined.unwrap_or_else(|_| Err(MlflowError::Text("a request ended in a panic".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_below_the_servers_store_is_asked_of_it() {
        let below = Some("1/0af3/artifacts/model");
        assert_eq!(below_proxy("mlflow-artifacts:/1/0af3/artifacts/model"), below);
        assert_eq!(below_proxy("mlflow-artifacts://host:5000/1/0af3/artifacts/model/"), below);
        for elsewhere in [
            "s3://bucket/1/0af3",
            "file:///srv/1",
            "mlflow-artifacts:/../x",
            "mlflow-artifacts:/1//x",
            "mlflow-artifacts:/1/../../mlflow.db",
            "mlflow-artifacts:",
        ] {
            assert_eq!(below_proxy(elsewhere), None, "{elsewhere}");
        }
        assert_eq!(logged_id("models:/m-84ad"), Some("m-84ad"));
        assert_eq!(logged_id("models:/m-84ad/1"), None);
    }
}
