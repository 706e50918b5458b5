//! A version's way: registered, refused, trained anew, approved, promoted,
//! found to decay, rolled back; and judged again from the record.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Step, play, words};
use crate::crosscheck;
use crate::places::Places;
use crate::registry::Registry;

/// What becomes versions 1 to 3.
const KINDS: [&str; 3] = ["good", "bare", "better"];
const PEOPLE: [&str; 3] = ["kim", "dana", "lee"];
/// Who has which role, by tokens of the desk that signs them.
const APPROVALS: &str = "\
issuers:
  - { issuer: release-desk, audience: tollgate, person: sub, keys: desk.pem }
roles:
  ml_engineer: [kim]
  release_manager: [dana, lee]
store: approvals.db
";

/// Plays it before a real MLflow, where one can be had. Returns how many
/// commands that were.
///
/// Errors: a step ended with another exit code than it should.
pub(super) fn among_demo(places: &Places, tollgate: &Path) -> Result<usize> {
    let python = match crosscheck::mlflow(places) {
        Ok(python) => python,
        Err(error) => {
            println!("\nfrom a registry to Production: left out, it needs MLflow: {error:#}");
            return Ok(0);
        }
    };
    println!("\nxtask: an MLflow server with three trained models, some 20 seconds");
    let registry = Registry::start(places, &python, "demo/mlflow")?;
    play_in(places, &registry, tollgate, "tumor_screening")
}

/// Plays it before this server, under a name that it does not know yet. Returns
/// how many commands that were.
///
/// Errors: a step ended with another exit code than it should.
pub(crate) fn play_in(
    places: &Places,
    registry: &Registry,
    tollgate: &Path,
    model: &str,
) -> Result<usize> {
    registry.register(places, model, &KINDS)?;
    let desk = Desk::open(places, registry, model)?;
    let environment = [
        ("MLFLOW_TRACKING_URI", registry.address.clone().into()),
        ("TOLLGATE_RECORDS", desk.folder.join("records.jsonl")),
        ("TOLLGATE_ACTOR", "kim".into()),
    ];
    let steps = desk.steps();
    for step in &steps {
        play(places, tollgate, step, &environment)?;
    }
    Ok(steps.len())
}

/// The folder with what the steps share.
struct Desk {
    folder: PathBuf,
    model: String,
    tokens: Vec<String>,
}

impl Desk {
    fn open(places: &Places, registry: &Registry, model: &str) -> Result<Self> {
        let folder = places.target.join("demo/desk");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        // The store of approvals is its owner's alone.
        #[cfg(unix)]
        fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        let store = folder.join("approvals.db");
        let configuration = APPROVALS.replace("approvals.db", &store.to_string_lossy());
        fs::write(folder.join("approvals.yaml"), configuration)?;
        let place = folder.to_string_lossy();
        let arguments = [&[&*place], &PEOPLE[..]].concat();
        let tokens = registry.script(places, "desk.py", &arguments)?;
        let tokens = tokens.lines().map(str::to_owned).collect();
        Ok(Self { folder, model: model.to_owned(), tokens })
    }

    fn step(&self, title: &'static str, line: &str, more: &[&str], expected: i32) -> Step {
        let desk = format!("{}/", self.folder.display());
        let named = |word: &str| word.replace("desk/", &desk).replace("MODEL", &self.model);
        let mut arguments: Vec<String> = line.split_whitespace().map(named).collect();
        arguments.extend(words(more));
        Step::new(title, arguments, expected)
    }

    fn by(&self, person: &str, step: Step) -> Step {
        let number = PEOPLE.iter().position(|it| *it == person);
        let token = number.and_then(|number| self.tokens.get(number)).cloned();
        Step { token, ..step }
    }

    fn steps(&self) -> Vec<Step> {
        let first = "there is no champion yet";
        vec![
            self.step(
                "The first version of a model has no champion to beat: a person says so by name.",
                "promote models:/MODEL/1 --to Production --by dana --override",
                &[first],
                0,
            ),
            self.step(
                "The next one lacks its owner, its dataset and its slices, and is refused.",
                "gate models:/MODEL/2 --to Staging",
                &[],
                1,
            ),
            self.step(
                "Trained anew with all of them.",
                "promote models:/MODEL/3 --to Staging",
                &[],
                0,
            ),
            self.step(
                "To Production it needs what Staging measured, and two approvals.",
                "gate models:/MODEL/3 --to Production --facts tests/registry/evidence.yaml \
                 --approvals desk/approvals.yaml --format json=desk/case.json --format human",
                &[],
                1,
            ),
            self.by(
                "kim",
                self.step(
                    "Approval is asked for, bound to this model, these policies and this report.",
                    "approve request models:/MODEL/3 --to Production --case desk/case.json \
                     --config desk/approvals.yaml --reason",
                    &["recall +1 pp"],
                    0,
                ),
            ),
            self.by(
                "dana",
                self.step(
                    "Two people vote; a token says who they are.",
                    "approve approve MODEL-v3-Production --config desk/approvals.yaml",
                    &[],
                    0,
                ),
            ),
            self.by(
                "lee",
                self.step(
                    "And the second.",
                    "approve approve MODEL-v3-Production --config desk/approvals.yaml",
                    &[],
                    0,
                ),
            ),
            self.step(
                "Now it may.",
                "promote models:/MODEL/3 --to Production --facts tests/registry/evidence.yaml \
                 --approvals desk/approvals.yaml",
                &[],
                0,
            ),
            self.step(
                "Weeks later: the live model against what it was approved for.",
                "gate models:/MODEL@champion --profile policies/gates/drift.yaml \
                 --facts tests/registry/decay.yaml",
                &[],
                1,
            ),
            self.step(
                "Back to the version that served before; this one is marked as bad.",
                "rollback MODEL --reason",
                &["predictions drifted, PSI of mean_radius 0.31"],
                0,
            ),
            self.step("What serves, since when, by whom.", "status MODEL", &[], 0),
            self.step(
                "A year later: nothing was changed, and the same report comes of the record alone.",
                "log replay desk/records.jsonl --seq 5",
                &[],
                0,
            ),
        ]
    }
}
