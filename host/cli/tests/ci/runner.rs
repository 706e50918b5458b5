//! Steps of workflows and actions, run as GitHub's runner runs them: one script
//! a step, inputs and outputs by variables and files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};
use tollgate::source::Source;
use tollgate::tree::{Node, NonFinite};

use super::common::{root, text};

/// A file of the kit.
pub(crate) fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(root().join(path)).unwrap();
    Node::parse(&Source::new(path, &text), NonFinite::Refused).unwrap().to_json()
}

/// The machine of one job.
pub(crate) struct Runner {
    pub(crate) folder: tempfile::TempDir,
    /// What the job's steps find in their environment.
    pub(crate) env: BTreeMap<String, String>,
    /// `inputs`, `steps`, `github`, ... of expressions.
    pub(crate) context: Value,
    pub(crate) path: Vec<PathBuf>,
    /// Whether a step failed.
    pub(crate) failed: bool,
    count: usize,
}

/// What became of a step.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    /// Standard output and standard error, as the log shows them.
    pub(crate) log: String,
    pub(crate) outputs: Map<String, Value>,
}

impl Runner {
    /// With the repository's kit in its workspace.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["workspace", "temp", "home", "files"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let runner = Self {
            folder,
            env: BTreeMap::new(),
            context: json!({ "inputs": {}, "steps": {}, "github": {}, "env": {} }),
            path: Vec::new(),
            failed: false,
            count: 0,
        };
        for name in ["host/ci", "policies", "tests/fixtures/mlflow"] {
            copy(&root().join(name), &runner.workspace().join(name));
        }
        runner
    }

    pub(crate) fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("files").join(name)
    }

    pub(crate) fn summary(&self) -> String {
        fs::read_to_string(self.file("summary")).unwrap_or_default()
    }

    /// Runs the action of the kit with these inputs.
    pub(crate) fn action(&mut self, inputs: &[(&str, &str)]) -> Ran {
        let with: Map<String, Value> =
            inputs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        self.uses(&with)
    }

    fn uses(&mut self, with: &Map<String, Value>) -> Ran {
        let action = yaml("host/ci/action.yml");
        let mut inputs = Map::new();
        for (name, input) in action["inputs"].as_object().unwrap() {
            let given = with.get(name).unwrap_or(&input["default"]);
            inputs.insert(name.clone(), plain(given).into());
        }
        for name in with.keys() {
            assert!(inputs.contains_key(name), "the action has no input `{name}`");
        }
        let caller = self.context.clone();
        self.context["inputs"] = inputs.into();
        self.context["steps"] = json!({});
        let folder = self.workspace().join("host/ci");
        let mut last = Ran { code: 0, log: String::new(), outputs: Map::new() };
        for step in action["runs"]["steps"].as_array().unwrap() {
            let runs = step.get("if").is_none_or(|it| self.condition(&plain(it)));
            if !runs || last.code != 0 {
                continue;
            }
            let ran = self.run(step, Some(&folder));
            let log = format!("{}{}", last.log, ran.log);
            if let Some(id) = step.get("id") {
                self.context["steps"][plain(id)] = json!({ "outputs": ran.outputs });
            }
            last = Ran { log, ..ran };
        }
        let outputs = action["outputs"].as_object().unwrap();
        last.outputs = outputs
            .iter()
            .map(|(name, output)| (name.clone(), self.expand(&plain(&output["value"])).into()))
            .collect();
        self.context = caller;
        last
    }

    /// Runs a step of a job, as far as it is the kit's or a script.
    pub(crate) fn step(&mut self, step: &Value) -> Option<Ran> {
        let runs = match step.get("if") {
            Some(condition) => self.condition(&plain(condition)),
            None => !self.failed,
        };
        if !runs {
            return None;
        }
        let ran = match step.get("uses").map(plain) {
            Some(uses) if uses == "./host/ci" => {
                let with = step["with"].as_object().into_iter().flatten();
                let with = with
                    .map(|(name, value)| (name.clone(), self.expand(&plain(value)).into()))
                    .collect();
                self.uses(&with)
            }
            // What is GitHub's own.
            Some(_) => return None,
            None => self.run(step, None),
        };
        if ran.code != 0 && step.get("continue-on-error").is_none() {
            self.failed = true;
        }
        if let Some(id) = step.get("id") {
            self.context["steps"][plain(id)] = json!({ "outputs": ran.outputs });
        }
        Some(ran)
    }

    /// Runs one script with its own files for outputs.
    fn run(&mut self, step: &Value, action: Option<&Path>) -> Ran {
        self.count += 1;
        let script = plain(&step["run"]);
        assert!(!script.contains("${{"), "an expression in a script: {script}");
        let [file, output, path] =
            ["script", "output", "path"].map(|name| self.file(&format!("{name}-{}", self.count)));
        fs::write(&file, &script).unwrap();
        for file in [&output, &path] {
            fs::write(file, "").unwrap();
        }
        // `shell: bash`, and what Linux takes without it.
        let mut bash = Command::new("bash");
        match step.get("shell") {
            Some(_) => bash.args(["--noprofile", "--norc", "-eo", "pipefail"]),
            None => bash.arg("-e"),
        };
        bash.arg(&file).current_dir(self.workspace()).stdin(Stdio::null());
        let system = std::env::var_os("PATH").unwrap();
        let folders = self.path.iter().cloned().chain(std::env::split_paths(&system));
        bash.env_clear().env("PATH", std::env::join_paths(folders).unwrap());
        for (name, value) in [
            ("HOME", self.folder.path().join("home")),
            ("RUNNER_TEMP", self.folder.path().join("temp")),
            ("GITHUB_WORKSPACE", self.workspace()),
            ("GITHUB_OUTPUT", output.clone()),
            ("GITHUB_PATH", path.clone()),
            ("GITHUB_STEP_SUMMARY", self.file("summary")),
        ] {
            bash.env(name, value);
        }
        bash.env("CI", "true").env("GITHUB_ACTIONS", "true").env("GITHUB_ACTOR", "dana");
        if let Some(folder) = action {
            bash.env("GITHUB_ACTION_PATH", folder);
        }
        bash.envs(&self.env);
        for (name, value) in step.get("env").and_then(Value::as_object).into_iter().flatten() {
            bash.env(name, self.expand(&plain(value)));
        }
        let ran = bash.output().unwrap();
        let added = fs::read_to_string(&path).unwrap();
        self.path.splice(0..0, added.lines().map(PathBuf::from));
        let outputs = fs::read_to_string(&output).unwrap();
        let outputs = outputs.lines().map(|line| {
            let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("output: {line}"));
            (name.to_owned(), Value::from(value))
        });
        Ran {
            code: ran.status.code().unwrap(),
            log: text(&ran.stdout) + &text(&ran.stderr),
            outputs: outputs.collect(),
        }
    }

    /// The text with each `${{ a.b }}` replaced by what is there.
    pub(crate) fn expand(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${{") {
            let (expression, after) = behind.split_once("}}").unwrap();
            out.push_str(before);
            out.push_str(&self.value(expression.trim()));
            rest = after;
        }
        out + rest
    }

    fn value(&self, expression: &str) -> String {
        if let Some(quoted) = expression.strip_prefix('\'') {
            return quoted.strip_suffix('\'').unwrap().to_owned();
        }
        let known = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        assert!(expression.chars().all(known), "no value: {expression}");
        let mut value = &self.context;
        for member in expression.split('.') {
            value = &value[member];
        }
        plain(value)
    }

    fn condition(&self, text: &str) -> bool {
        text.split("&&").map(str::trim).all(|part| match part {
            "always()" => true,
            "failure()" => self.failed,
            _ => match (part.split_once("!="), part.split_once("==")) {
                (Some((one, other)), _) => self.value(one.trim()) != self.value(other.trim()),
                (_, Some((one, other))) => self.value(one.trim()) == self.value(other.trim()),
                _ => panic!("no condition: {part}"),
            },
        })
    }
}

/// A scalar as an expression or a variable has it.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &to),
            // What a link leads to.
            false => drop(fs::copy(&path, &to).unwrap()),
        }
    }
}
