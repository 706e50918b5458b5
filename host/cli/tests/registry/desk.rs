//! Where someone sits who moves models: a plan, a registry, and the binary.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Output, Stdio};

use serde_json::{Value, json};

use crate::common::{command, root, text};

/// A plan of few profiles, so that whatever is legal passes.
pub(crate) fn plan(folder: &tempfile::TempDir, profiles: &[&str]) -> PathBuf {
    let path = folder.path().join("plan.yaml");
    let gates = root().join("policies/gates");
    let profile = |name: &str| gates.join(name).with_extension("yaml").display().to_string();
    let profiles: Vec<String> = profiles.iter().map(|name| profile(name)).collect();
    let target = json!({ "profiles": profiles });
    let plan = json!({
        "aliases": { "champion": "Production", "challenger": "Staging" },
        "stages": true,
        "audit": [profile("deprecation")],
        "naming": profile("naming-snake"),
        "unused": profile("unused"),
        "targets": { "Staging": target, "Production": target },
    });
    fs::write(&path, plan.to_string()).unwrap();
    path
}

pub(crate) struct Desk {
    folder: tempfile::TempDir,
    plan: PathBuf,
    address: String,
}

impl Desk {
    pub(crate) fn at(address: &str) -> Self {
        Self::by_profiles(address, &["stages"])
    }

    pub(crate) fn by_profiles(address: &str, profiles: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { plan: plan(&folder, profiles), folder, address: address.to_owned() }
    }

    /// A file beside the plan.
    pub(crate) fn write(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// That a name had so many requests in the last week.
    pub(crate) fn unused(&self, requests: u64) -> String {
        let now = tollgate::facts::Instant::now().to_string();
        let fact = serde_json::json!(
            { "name": "requests{window=7d}", "value": requests, "observed_at": now });
        let facts = serde_json::json!({ "facts": [fact] });
        self.write(&format!("requests-{requests}.json"), &facts.to_string())
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = command(arguments);
        command.arg("--plan").arg(&self.plan).arg("--registry").arg(&self.address);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.start(arguments).wait_with_output().unwrap()
    }

    /// Runs what must pass.
    pub(crate) fn pass(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        said
    }
}

pub(crate) fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}{}", text(&output.stdout), text(&output.stderr)))
}
