//! What is made anew. None of it may be repeated: a second request makes a
//! second version.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::describe::logged_id;
use super::{API, Mlflow, MlflowError, Version, wire};

/// A version that is to be made of files that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion<'a> {
    /// Where its files are.
    pub source: &'a str,
    /// The run that it came from; empty where there is none.
    pub run_id: &'a str,
    /// What is said of it.
    pub description: &'a str,
    /// Its tags by key.
    pub tags: &'a BTreeMap<String, String>,
}

impl Mlflow {
    /// Makes a registered model, with its tags, in one write. Of two who make
    /// the same one wins.
    ///
    /// # Errors
    /// When there is one of that name, or it was not made as far as one can
    /// know.
    pub fn create_model(
        &self,
        name: &str,
        description: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), MlflowError> {
        let body = json!({ "name": name, "description": description, "tags": listed(tags) });
        self.http.post_once(&format!("{API}/registered-models/create"), &body)?;
        Ok(())
    }

    /// Makes the next version of a model, with its tags, in one write.
    ///
    /// # Errors
    /// When it was not made, as far as one can know.
    pub fn create_version(
        &self,
        model: &str,
        new: &NewVersion<'_>,
    ) -> Result<Version, MlflowError> {
        let path = format!("{API}/model-versions/create");
        let mut body = json!({
            "name": model,
            "source": new.source,
            "description": new.description,
            "tags": listed(new.tags),
        });
        if let Some(body) = body.as_object_mut() {
            if !new.run_id.is_empty() {
                body.insert("run_id".to_owned(), new.run_id.into());
            }
            // MLflow 3 wants the model that it logged named apart.
            if let Some(id) = logged_id(new.source) {
                body.insert("model_id".to_owned(), id.into());
            }
        }
        let answer = self.http.post_once(&path, &body)?;
        let answer: wire::VersionAnswer = self.json(&path, &answer)?;
        Ok(answer.model_version.into())
    }
}

fn listed(tags: &BTreeMap<String, String>) -> Vec<Value> {
    tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}
