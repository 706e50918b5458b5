//! What MLflow's own variables say of a registry.

use std::env;
use std::path::Path;
use std::time::Duration;

use super::Mlflow;
use crate::http::{Auth, Connection, HttpError};

impl Mlflow {
    /// The registry at an address, asked by whom the environment says, in
    /// MLflow's own names: `MLFLOW_TRACKING_TOKEN`, or
    /// `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`;
    /// `MLFLOW_TRACKING_SERVER_CERT_PATH` names certificates to trust instead of
    /// the machine's. A request may take `timeout`. Nothing is asked yet.
    ///
    /// # Errors
    /// When the address or the certificates cannot be used.
    pub fn by_environment(address: &str, timeout: Duration) -> Result<Self, HttpError> {
        let mut connection = Connection::new(address);
        connection.timeout = timeout;
        connection.auth =
            match (variable("MLFLOW_TRACKING_TOKEN"), variable("MLFLOW_TRACKING_USERNAME")) {
                (Some(token), _) => Auth::Bearer(token),
                (None, Some(name)) => {
                    Auth::Basic(name, variable("MLFLOW_TRACKING_PASSWORD").unwrap_or_default())
                }
                (None, None) => Auth::None,
            };
        if let Some(path) = variable("MLFLOW_TRACKING_SERVER_CERT_PATH") {
            connection = connection.trusting(Path::new(&path))?;
        }
        Self::new(&connection)
    }

    /// The address that the environment says: `MLFLOW_TRACKING_URI`.
    #[must_use]
    pub fn address_of_environment() -> Option<String> {
        variable("MLFLOW_TRACKING_URI")
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}
