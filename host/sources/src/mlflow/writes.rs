//! What a promotion changes. Each write may be repeated: it sets, and does not
//! add.

use serde_json::{Value, json};

use super::{API, Mlflow, MlflowError};

impl Mlflow {
    /// Lets an alias name a version.
    ///
    /// # Errors
    /// When it was not written, as far as one can know.
    pub fn set_alias(&self, model: &str, alias: &str, version: u64) -> Result<(), MlflowError> {
        let version = version.to_string();
        self.write(
            "registered-models/alias",
            &json!({ "name": model, "alias": alias, "version": version }),
        )
    }

    /// Takes an alias away; one that is not there is fine.
    ///
    /// # Errors
    /// As [`Mlflow::set_alias`].
    pub fn delete_alias(&self, model: &str, alias: &str) -> Result<(), MlflowError> {
        self.erase("registered-models/alias", &json!({ "name": model, "alias": alias }))
    }

    /// Sets a tag of a version.
    ///
    /// # Errors
    /// As [`Mlflow::set_alias`].
    pub fn set_version_tag(
        &self,
        model: &str,
        version: u64,
        key: &str,
        value: &str,
    ) -> Result<(), MlflowError> {
        let version = version.to_string();
        self.write(
            "model-versions/set-tag",
            &json!({ "name": model, "version": version, "key": key, "value": value }),
        )
    }

    /// Takes a tag of a version away; one that is not there is fine.
    ///
    /// # Errors
    /// As [`Mlflow::set_alias`].
    pub fn delete_version_tag(
        &self,
        model: &str,
        version: u64,
        key: &str,
    ) -> Result<(), MlflowError> {
        let version = version.to_string();
        self.erase(
            "model-versions/delete-tag",
            &json!({ "name": model, "version": version, "key": key }),
        )
    }

    /// Sets a tag of a registered model.
    ///
    /// # Errors
    /// As [`Mlflow::set_alias`].
    pub fn set_model_tag(&self, model: &str, key: &str, value: &str) -> Result<(), MlflowError> {
        self.write(
            "registered-models/set-tag",
            &json!({ "name": model, "key": key, "value": value }),
        )
    }

    /// Takes a tag of a registered model away; one that is not there is fine.
    ///
    /// # Errors
    /// As [`Mlflow::set_alias`].
    pub fn delete_model_tag(&self, model: &str, key: &str) -> Result<(), MlflowError> {
        self.erase("registered-models/delete-tag", &json!({ "name": model, "key": key }))
    }

    /// Sets the stage of a version: MLflow's own, deprecated since 2.9, which
    /// older readers go by. Other versions of the stage stay in it.
    ///
    /// # Errors
    /// As [`Mlflow::set_alias`].
    pub fn set_stage(&self, model: &str, version: u64, stage: &str) -> Result<(), MlflowError> {
        let version = version.to_string();
        self.write(
            "model-versions/transition-stage",
            &json!({
                "name": model, "version": version, "stage": stage,
                "archive_existing_versions": false,
            }),
        )
    }

    /// Says something of a registered model, in place of what was said.
    ///
    /// # Errors
    /// As [`Mlflow::set_alias`].
    pub fn describe_model(&self, model: &str, description: &str) -> Result<(), MlflowError> {
        self.change(
            "registered-models/update",
            &json!({ "name": model, "description": description }),
        )
    }

    /// Says something of a version, in place of what was said.
    ///
    /// # Errors
    /// As [`Mlflow::set_alias`].
    pub fn describe_version(
        &self,
        model: &str,
        version: u64,
        description: &str,
    ) -> Result<(), MlflowError> {
        let version = version.to_string();
        self.change(
            "model-versions/update",
            &json!({ "name": model, "version": version, "description": description }),
        )
    }

    fn change(&self, what: &str, body: &Value) -> Result<(), MlflowError> {
        self.http.patch(&format!("{API}/{what}"), body)?;
        Ok(())
    }

    fn write(&self, what: &str, body: &Value) -> Result<(), MlflowError> {
        self.http.post(&format!("{API}/{what}"), body)?;
        Ok(())
    }

    fn erase(&self, what: &str, body: &Value) -> Result<(), MlflowError> {
        match self.http.delete(&format!("{API}/{what}"), body) {
            Err(error) if !error.is_absent() => Err(error.into()),
            _ => Ok(()),
        }
    }
}
