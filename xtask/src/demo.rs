//! `cargo xtask demo`: Tollgate's three jobs on real input, the way of a model
//! from a registry to Production and back, and a policy in the request path.

mod gateway;
pub(crate) mod release;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::places::Places;
use crate::{plugins, process};

const CHAMPION: &str = "tests/fixtures/mlflow/tumor_screening-v1";
const GOOD: &str = "tests/fixtures/mlflow/tumor_screening-v2";
const BAD: &str = "tests/fixtures/mlflow/tumor_screening-v3";
const PROFILE: &str = "policies/gates/offline.yaml";
const POLICY: &str = "policies/fraud.yaml";
const TRANSACTIONS: &str = "tests/fixtures/mlflow/fraud/transactions.jsonl";

/// Scored between the two thresholds below, and no other rule concerns it.
const TRANSACTION: &str = "t-0085";
const THRESHOLD: &str = "block: 0.7";
const LOWER_THRESHOLD: &str = "block: 0.5";

/// One call of `tollgate`.
struct Step {
    title: &'static str,
    arguments: Vec<String>,
    /// Whose token it carries, where people approve.
    token: Option<String>,
    /// Exit code; 1 is a refusal, which some steps are there to show.
    expected: i32,
}

impl Step {
    fn new(title: &'static str, arguments: Vec<String>, expected: i32) -> Self {
        Self { title, arguments, token: None, expected }
    }
}

/// Builds what is needed and runs every step; with `--tollgate FILE` nothing is
/// built.
///
/// Errors: a step ended with another exit code than it should.
pub(crate) fn run(places: &Places, arguments: &[String]) -> Result<()> {
    let tollgate = match arguments {
        [] => {
            plugins::ensure(places)?;
            process::build_program(places, "tollgate")?
        }
        [word, file] if word == "--tollgate" => std::path::absolute(file)?,
        _ => bail!("`demo` takes `--tollgate FILE` and nothing else"),
    };
    let files = Files::write(places)?;
    let steps = steps(&files);
    for step in &steps {
        play(places, &tollgate, step, &[])?;
    }
    let more = release::among_demo(places, &tollgate)? + gateway::among_demo(places, &tollgate)?;
    println!("\n{} steps, each ended as it should.", steps.len() + more);
    println!("The binary is {}", tollgate.display());
    Ok(())
}

/// What the demo makes out of the repository's own files.
struct Files {
    transaction: PathBuf,
    stricter: PathBuf,
}

impl Files {
    fn write(places: &Places) -> Result<Self> {
        let folder = places.target.join("demo");
        fs::create_dir_all(&folder)?;
        let files = Self {
            transaction: folder.join("transaction.json"),
            stricter: folder.join("fraud-stricter.yaml"),
        };
        let transactions = read(&places.root.join(TRANSACTIONS))?;
        let transaction = transactions
            .lines()
            .find(|line| line.contains(TRANSACTION))
            .with_context(|| format!("`{TRANSACTIONS}` has no `{TRANSACTION}`"))?;
        fs::write(&files.transaction, format!("{transaction}\n"))?;
        fs::write(&files.stricter, stricter(&read(&places.root.join(POLICY))?)?)?;
        Ok(files)
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// The policy with one number edited.
fn stricter(policy: &str) -> Result<String> {
    let places = policy.matches(THRESHOLD).count();
    ensure!(places == 1, "`{POLICY}` has `{THRESHOLD}` {places} times, the demo edits the one");
    Ok(policy.replace(THRESHOLD, LOWER_THRESHOLD))
}

/// Another version of the policy, with another threshold and a line of its
/// changelog.
pub(crate) fn version(places: &Places, version: &str, threshold: &str) -> Result<String> {
    let policy = read(&places.root.join(POLICY))?;
    let entry = format!(
        "changelog:\n  - {{ version: {version}, date: 2024-11-30, by: risk-platform, change: \
         \"block: {threshold}\" }}\n"
    );
    let edits = [
        ("\nversion: 2.1.0\n", format!("\nversion: {version}\n")),
        ("changelog:\n", entry),
        (THRESHOLD, format!("block: {threshold}")),
    ];
    edits.iter().try_fold(policy, |policy, (from, to)| {
        let places = policy.matches(from).count();
        ensure!(places == 1, "`{POLICY}` has `{from}` {places} times, one was expected");
        Ok(policy.replace(from, to))
    })
}

fn steps(files: &Files) -> Vec<Step> {
    let gate = |candidate| {
        words(&["gate", "--candidate", candidate, "--champion", CHAMPION, "--profile", PROFILE])
    };
    let check = |payload| {
        words(&["check", "--signature", GOOD, "--payload", &format!("{GOOD}/payloads/{payload}")])
    };
    let decide = |policy: &str| {
        words(&["decide", "--policy", policy, "--input", &files.transaction.to_string_lossy()])
    };
    vec![
        Step::new("May this model version move on? It is better than the champion.", gate(GOOD), 0),
        Step::new("This one is worse, so CI stops here.", gate(BAD), 1),
        Step::new("Does a request honour the model's signature?", check("one-row.json"), 0),
        Step::new("A request that lacks a column.", check("missing-column.json"), 1),
        Step::new("What do we do with this score?", decide(POLICY), 0),
        Step::new(
            "The same transaction after one number of the policy was edited, `block: 0.7` to \
             `block: 0.5`; nothing was built.",
            decide(&files.stricter.to_string_lossy()),
            0,
        ),
    ]
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn play(
    places: &Places,
    tollgate: &Path,
    step: &Step,
    environment: &[(&str, PathBuf)],
) -> Result<()> {
    println!("\n# {}\n$ tollgate {}", step.title, shown(&step.arguments));
    let status = Command::new(tollgate)
        .args(&step.arguments)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .envs(step.token.iter().map(|token| ("TOLLGATE_ID_TOKEN", token)))
        .current_dir(&places.root)
        .status()
        .with_context(|| format!("cannot start `{}`", tollgate.display()))?;
    match status.code() {
        Some(code) if code == step.expected => {
            println!("(exit code {code})");
            Ok(())
        }
        Some(code) => bail!("the command above ended with {code}, not with {}", step.expected),
        None => bail!("the command above crashed: {status}"),
    }
}

/// As it would be typed.
fn shown(arguments: &[String]) -> String {
    let quoted = arguments.iter().map(|word| match word.contains(' ') {
        true => format!("'{word}'"),
        false => word.clone(),
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inputs_are_where_the_steps_say() {
        let root = Path::new(env!("TOLLGATE_ROOT"));
        let files =
            Files { transaction: "transaction.json".into(), stricter: "stricter.yaml".into() };
        for step in steps(&files) {
            for word in step.arguments.iter().filter(|word| word.contains('/')) {
                assert!(root.join(word).exists(), "{word}");
            }
        }
        let policy = read(&root.join(POLICY)).unwrap();
        assert_eq!(stricter(&policy).unwrap().matches(LOWER_THRESHOLD).count(), 1);
        assert!(stricter("thresholds: {}").is_err());
    }
}
