//! The CI kit, `host/ci`: each script is run for real, as GitHub's and GitLab's
//! runners run it, by the binary that was built.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: an answer without the key is wrong")]

mod common;
#[path = "ci/repository.rs"]
#[allow(dead_code, reason = "each test program uses what it needs")]
mod repository;
#[path = "ci/runner.rs"]
#[allow(dead_code, reason = "each test program uses what it needs")]
mod runner;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::{root, text};
use repository::{BINARY, MODELS, commit, edit, git, repository, sha256};
use runner::{Ran, Runner, plain, yaml};
use serde_json::Value;

const EXAMPLES: [&str; 3] = ["promote_model", "approve_model", "policies"];

/// What was asked, of a runner that is there for this alone.
fn action(inputs: &[(&str, &str)]) -> (Runner, Ran) {
    let mut runner = Runner::new();
    let ran = runner.action(&[&[("binary", BINARY)], inputs].concat());
    (runner, ran)
}

fn gate(candidate: u32, more: &[(&str, &str)]) -> (Runner, Ran) {
    let arguments = format!(
        "--candidate\n{MODELS}{candidate}\n--champion={MODELS}1\n\n--profile\n\
         policies/gates/offline.yaml"
    );
    action(&[&[("command", "gate"), ("arguments", &arguments)], more].concat())
}

#[test]
fn a_gate_ends_the_job_as_it_ends() {
    for (candidate, code, verdict) in [(2, 0, "passed"), (3, 1, "failed")] {
        let (runner, ran) = gate(candidate, &[]);
        assert_eq!(ran.code, code, "{}", ran.log);
        assert_eq!(ran.outputs["exit-code"], code.to_string());
        assert_eq!(ran.outputs["verdict"], verdict);
        // The reports are there, and tell of this run.
        for name in ["json", "junit", "sarif", "markdown"] {
            let file = plain(&ran.outputs[name]);
            let report = fs::read_to_string(&file).unwrap();
            assert!(
                report.contains("tumor_screening") || report.contains("tumor\\_screening"),
                "{file}"
            );
        }
        let annotated = ran
            .log
            .lines()
            .any(|line| line.starts_with("::error file=policies/gates/offline.yaml,line="));
        assert_eq!(annotated, code == 1, "{}", ran.log);
        assert!(ran.log.contains("::group::tollgate gate\n") && ran.log.contains("::endgroup::"));
        assert!(runner.summary().contains("tollgate gate"), "{}", runner.summary());
    }
    // What cannot be judged, and what is wrong.
    let arguments = format!("--candidate\n{MODELS}2\n--profile\npolicies/gates/ab-test.yaml");
    let (_, ran) = action(&[("command", "gate"), ("arguments", &arguments)]);
    assert!(matches!(ran.code, 1 | 3), "{}", ran.log);
    let (_runner, ran) = action(&[
        ("command", "gate"),
        ("arguments", "--candidate\nnowhere\n--profile\nnowhere.yaml"),
    ]);
    assert_eq!((ran.code, &ran.outputs["verdict"]), (2, &"error".into()), "{}", ran.log);
    let junit = fs::read_to_string(plain(&ran.outputs["junit"])).unwrap();
    assert!(junit.contains("<error") || junit.contains("<failure"), "{junit}");
}

#[test]
fn other_commands_run_as_well() {
    let payload = format!("{MODELS}1/payloads/missing-column.json");
    let arguments = format!("--signature\n{MODELS}1\n--payload\n{payload}");
    let (_, ran) = action(&[("command", "check"), ("arguments", &arguments)]);
    assert_eq!(ran.code, 1, "{}", ran.log);
    let (_, ran) = action(&[("command", "policy lint"), ("arguments", "policies")]);
    assert_eq!(ran.code, 0, "{}", ran.log);
    let (_runner, ran) = action(&[("command", "")]);
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert!(Path::new(&plain(&ran.outputs["binary"])).is_file());
    // What would run anything, or nothing, is refused.
    for command in ["decide; touch pwned", "compile-component", "gate --exit-zero", " gate", "help"]
    {
        let (runner, ran) = action(&[("command", command)]);
        assert_eq!(ran.code, 2, "{command}: {}", ran.log);
        assert!(!runner.workspace().join("pwned").exists());
    }
}

/// A report that an earlier run left is none of this run.
#[test]
fn an_old_report_is_not_taken_for_a_new_one() {
    let mut runner = Runner::new();
    let reports = runner.workspace().join("reports");
    fs::create_dir(&reports).unwrap();
    fs::write(reports.join("report.json"), "{\"verdict\":\"pass\"}").unwrap();
    let ran = runner.action(&[
        ("binary", BINARY),
        ("command", "gate"),
        ("arguments", "--no-such-option"),
        ("reports", reports.to_str().unwrap()),
    ]);
    assert_eq!(ran.code, 2, "{}", ran.log);
    assert_eq!(ran.outputs["json"], "", "{:?}", ran.outputs);
    let ran =
        runner.action(&[("binary", BINARY), ("command", "gate"), ("reports", "a\nverdict=passed")]);
    assert_eq!((ran.code, &ran.outputs["verdict"]), (2, &"".into()), "{}", ran.log);
}

#[test]
fn only_the_program_that_is_meant_is_installed() {
    let digest = sha256(Path::new(BINARY));
    let upper = format!("sha256:{}", digest.to_uppercase());
    let url = format!("file://{BINARY}");
    let zeros = "0".repeat(64);
    let script = "#!/bin/sh\nexit 1\n";
    let broken = tempfile::tempdir().unwrap();
    let broken = broken.path().join("tollgate");
    fs::write(&broken, script).unwrap();
    let empty = broken.with_file_name("empty");
    fs::write(&empty, "").unwrap();
    let empty = empty.to_str().unwrap().to_owned();
    let broken = broken.to_str().unwrap().to_owned();
    type Case<'a> = (&'a [(&'a str, &'a str)], i32, &'a str);
    let cases: [Case<'_>; 14] = [
        (&[("binary", BINARY)], 0, &digest),
        (&[("binary", BINARY), ("sha256", &digest)], 0, &digest),
        (&[("url", &url), ("sha256", &upper)], 0, &digest),
        (&[("url", &url)], 2, "needs `sha256`"),
        (&[("url", &url), ("sha256", &zeros)], 2, "is not used"),
        (&[("binary", BINARY), ("sha256", &zeros)], 2, "is not used"),
        (&[("binary", BINARY), ("sha256", "1234")], 2, "64 hexadecimal digits"),
        (&[("binary", BINARY), ("url", &url), ("sha256", &digest)], 2, "which one is meant"),
        (&[("url", "file:///nowhere"), ("sha256", &digest)], 2, "cannot be downloaded"),
        (&[("binary", "nowhere")], 2, "there is no file"),
        (&[("source", "policies")], 2, "no folder of Tollgate's sources"),
        (&[("binary", &broken)], 2, "does not run"),
        // A shell runs it as a script, which does nothing and ends well.
        (&[("binary", &empty)], 2, "does not run"),
        (&[("binary", "/bin/true")], 2, "does not run"),
    ];
    for (inputs, code, says) in cases {
        let mut runner = Runner::new();
        let ran = runner.action(inputs);
        assert_eq!(ran.code, code, "{inputs:?}: {}", ran.log);
        assert!(ran.log.contains(says), "{inputs:?}: {}", ran.log);
        // The next step has it, or nothing.
        let next = runner.step(&serde_json::json!({ "run": "tollgate --version" })).unwrap();
        assert_eq!(next.code == 0, code == 0, "{}", next.log);
    }
    // Nothing is given: the one on the path, or none.
    let mut runner = Runner::new();
    assert_eq!(runner.action(&[]).code, 2);
    runner.path.push(Path::new(BINARY).parent().unwrap().to_owned());
    assert_eq!(runner.action(&[]).code, 0);
}

/// What cargo is told, by a cargo that takes no ten minutes.
#[test]
fn it_is_built_where_that_is_asked_for() {
    let mut runner = Runner::new();
    let source = runner.file("source of tollgate");
    fs::create_dir_all(source.join("xtask")).unwrap();
    fs::write(source.join("xtask/Cargo.toml"), "").unwrap();
    let cargo = runner.file("cargo");
    let script = format!(
        "#!/bin/sh\necho \"$PWD: $*\" >> \"$HOME/cargo\"\n\
         mkdir -p \"$CARGO_TARGET_DIR/release\" && cp {BINARY} \"$CARGO_TARGET_DIR/release/\"\n"
    );
    fs::write(&cargo, script).unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    runner.path.push(runner.file(""));
    let ran = runner.action(&[("source", source.to_str().unwrap())]);
    assert_eq!(ran.code, 0, "{}", ran.log);
    let told = fs::read_to_string(runner.folder.path().join("home/cargo")).unwrap();
    let folder = source.canonicalize().unwrap().display().to_string();
    assert_eq!(
        told,
        format!(
            "{folder}: xtask plugins\n{folder}: build --release --locked --package tollgate-cli\n"
        )
    );
    // What cannot be built, or only in part, is not installed.
    for fails in ["xtask", "build"] {
        let script = format!("#!/bin/sh\n[ \"$1\" != {fails} ]\n");
        fs::write(&cargo, script).unwrap();
        let ran = runner.action(&[("source", source.to_str().unwrap())]);
        assert_eq!(ran.code, 2, "{fails}: {}", ran.log);
    }
}

/// A program that says which arguments it got.
fn echo(runner: &Runner) -> PathBuf {
    let file = runner.file("echo");
    let script = "#!/bin/sh\n[ \"$1\" = --version ] && { echo tollgate 0; exit; }\n\
                  printf '%s\\0' \"$@\" > \"$HOME/arguments\"\n";
    fs::write(&file, script).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    file
}

const HOSTILE: [&str; 14] = [
    "$(touch pwned)",
    "`touch pwned`",
    "\"; touch pwned; \"",
    "'; touch pwned; '",
    "a\ntouch pwned",
    "a\n--override\nx",
    "--override=x",
    "-x",
    "${{ secrets.TOKEN }}",
    "%0A::error::forged",
    "a\n::error::forged",
    "a\r\n::add-path::/tmp",
    "* ? [a-z] ~ $HOME \\",
    "a b\tc",
];

const FEW: [&str; 4] =
    ["$(touch pwned)", "'; touch pwned; '", "a\n::error::forged", "a\r\n::add-path::/tmp"];

/// What somebody else chose, a model's name or a reason, is one argument and
/// nothing else.
#[test]
fn what_others_choose_is_text() {
    for hostile in HOSTILE {
        let mut runner = Runner::new();
        let echo = echo(&runner);
        let ran = runner.action(&[
            ("binary", echo.to_str().unwrap()),
            ("command", "promote"),
            ("arguments", "--to\nStaging"),
            ("model", hostile),
            ("reason", hostile),
        ]);
        assert_eq!(ran.code, 0, "{hostile:?}: {}", ran.log);
        let got = fs::read_to_string(runner.folder.path().join("home/arguments")).unwrap();
        let reason = format!("--reason={hostile}");
        let expected = ["promote", "--to", "Staging", &reason, "--", hostile, ""];
        assert_eq!(got.split('\0').collect::<Vec<_>>(), expected);
        assert!(!runner.workspace().join("pwned").exists(), "{hostile:?}");

        // The program itself refuses such a name, and says so without harm.
        let ran = runner.action(&[
            ("binary", BINARY),
            ("command", "gate"),
            ("arguments", "--to\nStaging"),
            ("model", hostile),
        ]);
        assert_eq!(ran.code, 2, "{hostile:?}: {}", ran.log);
        for line in ran.log.lines() {
            assert!(
                !line.starts_with("::error::forged") && !line.starts_with("::add-path"),
                "{line}"
            );
        }
        // As does every other input; a few are enough, since each takes a while.
        if !FEW.contains(&hostile) {
            continue;
        }
        for input in [
            "sha256",
            "url",
            "source",
            "binary",
            "command",
            "base",
            "policies",
            "fail-on",
            "decisions",
        ] {
            let mut inputs = vec![("command", "policy changes"), ("base", "HEAD")];
            inputs.retain(|(name, _)| *name != input);
            if !["url", "source", "binary"].contains(&input) {
                inputs.push(("binary", BINARY));
            }
            inputs.push((input, hostile));
            let ran = runner.action(&inputs);
            assert_ne!(ran.code, 0, "{input} {hostile:?}: {}", ran.log);
            for line in ran.log.lines() {
                assert!(
                    !line.starts_with("::error::forged") && !line.starts_with("::add-path"),
                    "{line}"
                );
            }
        }
        assert!(!runner.workspace().join("pwned").exists(), "{hostile:?}");
    }
}

/// No script of the kit has an expression in it.
#[test]
fn no_input_is_part_of_a_script() {
    fn scripts(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    match value {
                        Value::String(text) if key == "run" => found.push(text.clone()),
                        Value::Array(lines) if key.ends_with("script") => {
                            found.extend(lines.iter().map(plain));
                        }
                        value => scripts(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| scripts(item, found)),
            _ => {}
        }
    }
    let examples = EXAMPLES.map(|name| format!("host/ci/examples/{name}.yml"));
    let others = ["host/ci/action.yml", "host/ci/gitlab.yml"].map(str::to_owned);
    for file in examples.iter().chain(&others) {
        let mut found = Vec::new();
        scripts(&yaml(file), &mut found);
        assert!(!found.is_empty(), "{file}");
        for script in found {
            assert!(!script.contains("${{"), "{file}: {script}");
        }
    }
}

/// One job of the template, in one shell as GitLab's runner does it.
fn gitlab(runner: &Runner, job: &str, variables: &[(&str, &str)]) -> Output {
    let template = yaml("host/ci/gitlab.yml");
    let (base, job) = (&template[".tollgate"], &template[job]);
    assert_eq!(job["extends"], ".tollgate");
    let part = |name: &str| {
        let lines = job.get(name).unwrap_or(&base[name]);
        lines.as_array().unwrap().iter().map(plain).collect::<Vec<_>>().join("\n")
    };
    let script = format!("{}\n{}\n", part("before_script"), part("script"));
    let mut bash = Command::new("bash");
    bash.args(["-eo", "pipefail", "-c", &script]).current_dir(runner.workspace());
    bash.env_clear().stdin(Stdio::null());
    bash.env("PATH", std::env::var_os("PATH").unwrap());
    bash.env("HOME", runner.folder.path().join("home")).env("GITLAB_CI", "true").env("CI", "true");
    for part in [base, job] {
        for (name, value) in part["variables"].as_object().unwrap() {
            bash.env(name, plain(value).replace("$CI_MERGE_REQUEST_DIFF_BASE_SHA", "main"));
        }
    }
    bash.envs(variables.iter().copied()).env("TOLLGATE_BINARY", BINARY);
    bash.output().unwrap()
}

#[test]
fn gitlab_has_the_same() {
    let runner = repository();
    let arguments = |version: u32| {
        format!(
            "--candidate\n{MODELS}{version}\n--champion\n{MODELS}1\n--profile\npolicies/gates/offline.yaml\n"
        )
    };
    for (version, code) in [(2, 0), (3, 1)] {
        let ran = gitlab(&runner, ".tollgate-gate", &[("TOLLGATE_ARGUMENTS", &arguments(version))]);
        assert_eq!(ran.status.code(), Some(code), "{}", text(&ran.stderr));
        let told = text(&ran.stdout);
        assert!(told.contains(if code == 0 { "PASSED" } else { "FAILED" }), "{told}");
        // The files that the template names as the job's reports.
        let job = &yaml("host/ci/gitlab.yml")[".tollgate-gate"];
        for name in ["junit", "codequality"] {
            let file = plain(&job["artifacts"]["reports"][name]);
            let report = fs::read_to_string(runner.workspace().join(&file)).unwrap();
            assert!(!report.is_empty(), "{file}");
        }
    }
    let ran = gitlab(&runner, ".tollgate-policy-lint", &[]);
    assert_eq!(ran.status.code(), Some(0), "{}{}", text(&ran.stdout), text(&ran.stderr));
    edit(&runner, "policies/fraud.yaml", "block: 0.7", "block: 0.5");
    commit(&runner);
    let evidence = [("TOLLGATE_DECISIONS", "policies/fraud.yaml=evidence/yesterday.jsonl")];
    let ran = gitlab(&runner, ".tollgate-policy-changes", &evidence);
    let told = text(&ran.stdout);
    assert_eq!(ran.status.code(), Some(0), "{told}{}", text(&ran.stderr));
    assert!(told.contains("DIFFERENT: 11 of 285 rows"), "{told}");
    assert!(runner.workspace().join("tollgate-reports/diff-1.xml").is_file());
    for hostile in HOSTILE {
        let variables = [("TOLLGATE_MODEL", hostile), ("TOLLGATE_ARGUMENTS", "--to\nStaging")];
        let ran = gitlab(&runner, ".tollgate-promote", &variables);
        assert_eq!(ran.status.code(), Some(2), "{hostile:?}: {}", text(&ran.stdout));
        assert!(!runner.workspace().join("pwned").exists(), "{hostile:?}");
    }
}

/// The Python with pre-commit and others that `cargo xtask test` brings.
fn python() -> Option<PathBuf> {
    let python = std::env::var_os("TOLLGATE_CI_PYTHON").map(PathBuf::from);
    if python.is_none() {
        eprintln!("not run: no `TOLLGATE_CI_PYTHON`; `cargo xtask test` makes it");
    }
    python
}

#[test]
fn all_is_of_the_shape_that_its_readers_want() {
    let Some(python) = python() else { return };
    let check = |arguments: &[&str], files: &[&str]| {
        let output = Command::new(&python)
            .args(["-m", "check_jsonschema"])
            .args(arguments)
            .args(files)
            .current_dir(root())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{files:?}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
    };
    let examples = EXAMPLES.map(|name| format!("host/ci/examples/{name}.yml"));
    let examples = examples.each_ref().map(String::as_str);
    check(&["--builtin-schema", "vendor.github-workflows"], &examples);
    check(&["--builtin-schema", "vendor.github-actions"], &["host/ci/action.yml"]);
    let gitlab = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"];
    check(&gitlab, &["host/ci/gitlab.yml", "host/ci/examples/.gitlab-ci.yml"]);
    let output = Command::new(&python)
        .args(["-m", "pre_commit", "validate-manifest", ".pre-commit-hooks.yaml"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stdout));
    let shellcheck = python.with_file_name("shellcheck");
    let scripts =
        ["common", "install", "run", "changes"].map(|it| format!("host/ci/scripts/{it}.sh"));
    let output = Command::new(shellcheck)
        .args(["-x", "-P", "."])
        .args(scripts)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stdout));
}

/// pre-commit itself, on a commit of somebody who uses the hooks.
#[test]
fn what_is_wrong_is_not_committed() {
    let Some(python) = python() else { return };
    let runner = repository();
    // The hooks come from a repository of their own.
    let hooks = runner.file("hooks");
    fs::create_dir(&hooks).unwrap();
    fs::copy(root().join(".pre-commit-hooks.yaml"), hooks.join(".pre-commit-hooks.yaml")).unwrap();
    git(&hooks, &["init", "--quiet"]);
    git(&hooks, &["add", "--all"]);
    git(&hooks, &["commit", "--quiet", "--message", "hooks"]);
    let rev = git(&hooks, &["rev-parse", "HEAD"]).trim().to_owned();
    let config = serde_json::json!({ "repos": [{
        "repo": hooks, "rev": rev,
        "hooks": [{ "id": "tollgate-policy-lint" }, { "id": "tollgate-policy-fmt" }],
    }] });
    fs::write(runner.workspace().join(".pre-commit-config.yaml"), config.to_string()).unwrap();
    // Two documents, in the form that `policy fmt` gives.
    let policies = runner.workspace().join("policies");
    let documents = ["fraud.yaml", "gates/offline.yaml"].map(|name| policies.join(name));
    let texts = documents.each_ref().map(|path| fs::read(path).unwrap());
    fs::remove_dir_all(&policies).unwrap();
    fs::create_dir_all(policies.join("gates")).unwrap();
    for (path, text) in documents.iter().zip(texts) {
        fs::write(path, text).unwrap();
    }
    let formatted = Command::new(BINARY).args(["policy", "fmt"]).args(&documents).output().unwrap();
    assert!(formatted.status.success(), "{}", text(&formatted.stderr));
    commit(&runner);
    let run = |arguments: &[&str]| {
        let system = std::env::var_os("PATH").unwrap();
        let binary = Path::new(BINARY).parent().unwrap().to_owned();
        let folders = [binary].into_iter().chain(std::env::split_paths(&system));
        let output = Command::new(&python)
            .args(["-m", "pre_commit", "run"])
            .args(arguments)
            .current_dir(runner.workspace())
            .env("PATH", std::env::join_paths(folders).unwrap())
            .env("HOME", runner.folder.path().join("home"))
            .env("PRE_COMMIT_HOME", runner.file("pre-commit"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
    };
    let (code, log) = run(&["--all-files"]);
    assert_eq!(code, 0, "{log}");
    assert!(log.contains("lint policies") && log.contains("Passed"), "{log}");
    // A mistake, and one that only looks bad.
    edit(&runner, "policies/fraud.yaml", "block: 0.7", "block: 7");
    git(&runner.workspace(), &["add", "--all"]);
    let (code, log) = run(&[]);
    assert_eq!(code, 1, "{log}");
    assert!(log.contains("`7` is above 1"), "{log}");
    edit(&runner, "policies/fraud.yaml", "block: 7", "block:    0.7");
    git(&runner.workspace(), &["add", "--all"]);
    let (code, log) = run(&[]);
    assert_eq!(code, 1, "{log}");
    assert!(log.contains("files were modified by this hook"), "{log}");
    git(&runner.workspace(), &["add", "--all"]);
    assert_eq!(run(&["--all-files"]).0, 0);
}
