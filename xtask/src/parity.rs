//! `cargo xtask parity`: drawn requests, answered by the same policy in every
//! place that it runs in; the answers are the same bytes.

mod hosts;

use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail, ensure};

use self::hosts::{HOSTS, Host, Reads, Setting};
use crate::places::Places;
use crate::words::asked;
use crate::{node, plugins, process};

const HELP: &str = "\
Draws requests (numbers at every edge, unicode, duplicates, wrong kinds, deep nesting, bytes that are
no text, and no JSON at all), and has the same policies answer them in every place that they run in:
the binary, the server over HTTP, Envoy that asks it by ext_authz, Envoy with the module inside, Node,
headless Chromium, and PyPI's wasmtime. The answers must be the same bytes.

Usage: cargo xtask parity [--cases N] [--seed S] [--place NAME]... [--tollgate FILE]

  --cases N        how many a policy (default 10000)
  --seed S         the same seed draws the same requests (default: a new one, which is printed)
  --place NAME     only these, beside the binary: server, ext_authz, module, node, browser, wasmtime
  --tollgate FILE  a binary that is at hand, instead of building it

What is drawn and answered stays under $CARGO_TARGET_DIR/parity/. Another place is one more line in
xtask/src/parity/hosts.rs. TOLLGATE_NODE, TOLLGATE_ENVOY, TOLLGATE_ENVOY_MODULE,
TOLLGATE_CHROMIUM and TOLLGATE_WASMTIME_PYTHON may name programs of one's own.
";

const CASES: u64 = 10_000;

/// What every run of the tests draws, each time others.
const CASES_AMONG_TESTS: u64 = 400;

/// The policies, by the names that `tests/parity/draw.mjs` knows them by.
const POLICIES: [(&str, &str); 2] =
    [("fraud", "policies/fraud.yaml"), ("mapped", "tests/parity/mapped.yaml")];

/// How many differences are shown.
const SHOWN: usize = 3;

/// What is asked.
struct Asked {
    cases: u64,
    seed: u64,
    /// All, where it is empty.
    places: Vec<String>,
    tollgate: Option<PathBuf>,
}

impl Default for Asked {
    fn default() -> Self {
        Self { cases: CASES, seed: seed(), places: Vec::new(), tollgate: None }
    }
}

/// The seed that `TOLLGATE_SEED` names, else a new one.
fn seed() -> u64 {
    let named = std::env::var("TOLLGATE_SEED").ok().and_then(|text| text.trim().parse().ok());
    named.unwrap_or_else(|| RandomState::new().hash_one(std::process::id()) >> 24)
}

/// How the places came out.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Places and policies whose answers are the same.
    pub(crate) passed: u64,
    /// Those whose answers are not.
    pub(crate) failed: u64,
    /// Those that this machine lacks.
    pub(crate) not_run: u64,
}

/// Runs it; `arguments` as `--help` says. Exit code 1 when an answer differs or
/// a place is not there, 2 when the command is wrong.
pub(crate) fn run(places: &Places, arguments: &[String]) -> Result<ExitCode> {
    let asked = match asked("parity", HELP, arguments, parse) {
        Ok(asked) => asked,
        Err(ended) => return Ok(ended),
    };
    let Outcome { passed, failed, not_run } = compare(places, &asked)?;
    println!("{passed} passed, {failed} failed, {not_run} not run");
    let same = passed > 0 && failed == 0 && not_run == 0;
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The part of `cargo xtask test`: some hundreds of requests, and the tests of
/// the package for JavaScript. What this machine lacks is said.
pub(crate) fn among_tests(places: &Places) -> Result<Outcome> {
    let lacks = |error: anyhow::Error| {
        println!("\nthe same answers in Node and in a browser: not run: {error:#}");
        Ok(Outcome { not_run: 1, ..Outcome::default() })
    };
    let node = match node::program() {
        Ok(node) => node,
        Err(error) => return lacks(error),
    };
    let package = match node::package(places) {
        Ok(package) => package,
        Err(error) => return lacks(error),
    };
    let asked = Asked { cases: CASES_AMONG_TESTS, ..Asked::default() };
    let mut outcome = compare(places, &asked)?;
    let mut tests = Command::new(node);
    tests.arg("--test").current_dir(package);
    tests.env("TOLLGATE", places.target.join("release/tollgate"));
    tests.env("TOLLGATE_GUESTS", places.test_guests());
    process::announce("the package for JavaScript", &tests);
    match tests.status().context("cannot start node")?.success() {
        true => outcome.passed += 1,
        false => outcome.failed += 1,
    }
    Ok(outcome)
}

fn parse(arguments: &[String]) -> Result<Asked, String> {
    let mut asked = Asked::default();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("`{word}` needs a value"));
        let number = |text: &String| text.parse().map_err(|_| format!("`{word}` needs a number"));
        match word.as_str() {
            "--cases" => asked.cases = number(value()?)?,
            "--seed" => asked.seed = number(value()?)?,
            "--tollgate" => asked.tollgate = Some(value()?.into()),
            "--place" => {
                let name = value()?;
                if !HOSTS.iter().any(|host| host.name == name) {
                    let names: Vec<_> = HOSTS.iter().map(|host| host.name).collect();
                    return Err(format!("there is no place `{name}`, only {}", names.join(", ")));
                }
                asked.places.push(name.clone());
            }
            _ => return Err(format!("`parity` takes no `{word}`")),
        }
    }
    if asked.cases == 0 { Err("`--cases` must be at least 1".into()) } else { Ok(asked) }
}

fn compare(places: &Places, asked: &Asked) -> Result<Outcome> {
    let node = node::program()?;
    let package = node::package(places)?;
    let tollgate = match &asked.tollgate {
        Some(named) => named.clone(),
        None => {
            plugins::ensure(places)?;
            process::build_program(places, "tollgate")?
        }
    };
    let folder = places.target.join("parity");
    fs::create_dir_all(&folder)?;
    println!("parity: {} requests a policy, seed {}", asked.cases, asked.seed);
    let mut outcome = Outcome::default();
    for (name, document) in POLICIES {
        let setting = Setting {
            places,
            tollgate: &tollgate,
            policy: folder.join(format!("{name}.wasm")),
            folder: folder.join(name),
        };
        let mut bake = Command::new(&tollgate);
        bake.args(["bake", "--policy"]).arg(places.root.join(document));
        quietly(bake.arg("--output").arg(&setting.policy))?;
        let mut transpile = Command::new(&node);
        transpile.arg(package.join("bin/tollgate-web.js")).arg("transpile").arg(&setting.policy);
        quietly(transpile.arg("--output").arg(&setting.folder))?;
        let mut draw = Command::new(&node);
        draw.arg(places.root.join("tests/parity/draw.mjs")).arg(name);
        draw.args([asked.cases.to_string(), asked.seed.to_string()]);
        let requests = folder.join(format!("{name}.requests"));
        answered(&mut draw, None, &requests)?;
        let drawn = Drawn { name, setting, requests, folder: &folder };
        drawn.compare(asked, &mut outcome)?;
    }
    Ok(outcome)
}

/// Requests for one policy.
struct Drawn<'a> {
    name: &'a str,
    setting: Setting<'a>,
    requests: PathBuf,
    folder: &'a Path,
}

impl Drawn<'_> {
    fn compare(&self, asked: &Asked, outcome: &mut Outcome) -> Result<()> {
        let [reference, others @ ..] = &HOSTS;
        let expected = self.answers(reference, (reference.program)(&self.setting)?)?;
        let count = usize::try_from(asked.cases)?;
        ensure!(expected.len() == count, "{} answers to {count} requests", expected.len());
        let errors = expected.iter().filter(|answer| answer.contains(",\"error\":")).count();
        println!(
            "{:<8}{:<10}{count} answers, {errors} without a decision",
            self.name, reference.name
        );
        // Nothing but decisions, or none at all, would show little.
        ensure!(count < 100 || (1..count).contains(&errors), "the requests are all of one sort");
        for host in others {
            if !asked.places.is_empty() && !asked.places.iter().any(|name| name == host.name) {
                continue;
            }
            let program = match (host.program)(&self.setting) {
                Ok(program) => program,
                Err(error) => {
                    println!("{:<8}{:<10}not run: {error:#}", "", host.name);
                    outcome.not_run += 1;
                    continue;
                }
            };
            let answers = match self.answers(host, program) {
                Ok(answers) => answers,
                Err(error) => {
                    println!("{:<8}{:<10}FAILED: {error:#}", "", host.name);
                    outcome.failed += 1;
                    continue;
                }
            };
            let asks = match host.reads {
                Reads::Requests => vec![true; count],
                Reads::Values => {
                    let has_values = |line: &String| line != "null";
                    lines(&self.values()?)?.iter().map(has_values).collect()
                }
            };
            if self.same(host, &expected, &answers, &asks)? {
                outcome.passed += 1;
            } else {
                outcome.failed += 1;
            }
        }
        Ok(())
    }

    fn answers(&self, host: &Host, mut program: Command) -> Result<Vec<String>> {
        let input = match host.reads {
            Reads::Requests => self.requests.clone(),
            Reads::Values => self.values()?,
        };
        let output = self.file(host.name);
        answered(&mut program, Some(&input), &output)?;
        lines(&output)
    }

    /// A file with the values of the requests.
    fn values(&self) -> Result<PathBuf> {
        let values = self.file("values");
        answered(&mut hosts::values(&self.setting)?, Some(&self.requests), &values)?;
        Ok(values)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{}.{name}", self.name))
    }

    /// Whether a place answers each request that it can be asked as it should,
    /// and nothing else.
    fn same(
        &self,
        host: &Host,
        expected: &[String],
        answers: &[String],
        asks: &[bool],
    ) -> Result<bool> {
        let name = host.name;
        let found = differences(expected, answers, asks);
        if found.is_empty() {
            let asked = asks.iter().filter(|asks| **asks).count();
            let rest = match asks.len() - asked {
                0 => String::new(),
                rest => format!("; {rest} requests give no values to ask it with"),
            };
            println!("{:<8}{name:<10}the same bytes{rest}", "");
            return Ok(true);
        }
        println!("{:<8}{name:<10}{} ANSWERS DIFFER", "", found.len());
        let requests = lines(&self.requests)?;
        for index in found.into_iter().take(SHOWN) {
            let line = |lines: &[String]| lines.get(index).cloned().unwrap_or_default();
            println!("  request {} (in base64): {}", index + 1, line(&requests));
            println!("    {:<10}{}", "expected", line(expected));
            println!("    {name:<10}{}", line(answers));
        }
        Ok(false)
    }
}

/// The requests whose answers are not what they should be; all, where a place
/// gave more or fewer answers than it was asked for.
fn differences(expected: &[String], answers: &[String], asks: &[bool]) -> Vec<usize> {
    if answers.len() != expected.len() || asks.len() != expected.len() {
        return (0..expected.len().max(1)).collect();
    }
    let differs = |(index, ((expected, answer), asks)): (usize, ((&String, &String), &bool))| {
        let wanted = if *asks { expected.as_str() } else { "" };
        (wanted != answer).then_some(index)
    };
    expected.iter().zip(answers).zip(asks).enumerate().filter_map(differs).collect()
}

fn lines(file: &Path) -> Result<Vec<String>> {
    let text = fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let text = String::from_utf8(text).with_context(|| format!("`{}`", file.display()))?;
    // Not `lines`: that would take a carriage return for a part of the end.
    let mut lines: Vec<String> = text.split('\n').map(String::from).collect();
    lines.pop_if(|last| last.is_empty());
    Ok(lines)
}

/// Runs a program from a file into a file.
fn answered(program: &mut Command, input: Option<&Path>, output: &Path) -> Result<()> {
    let input = match input {
        Some(input) => Stdio::from(File::open(input)?),
        None => Stdio::null(),
    };
    let out = File::create(output)?;
    let status = program.stdin(input).stdout(out).status();
    let status = status.with_context(|| format!("cannot start {:?}", program.get_program()))?;
    if !status.success() {
        bail!("{:?} ended with {status}", program.get_program());
    }
    Ok(())
}

/// Runs a program whose words matter only when it fails.
fn quietly(program: &mut Command) -> Result<()> {
    let output = program.output();
    let output = output.with_context(|| format!("cannot start {:?}", program.get_program()))?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').filter(|word| !word.is_empty()).map(String::from).collect()
    }

    #[test]
    fn places_that_are_none_are_refused_by_name() {
        let asked = parse(&words("--cases 5 --seed 7 --place node --place browser")).unwrap();
        assert_eq!((asked.cases, asked.seed, asked.places.len()), (5, 7, 2));
        assert_eq!(
            parse(&words("--place nodes")).err().unwrap(),
            "there is no place `nodes`, only binary, server, ext_authz, module, node, \
             browser, wasmtime"
        );
        assert_eq!(parse(&words("--cases 0")).err().unwrap(), "`--cases` must be at least 1");
        assert_eq!(parse(&words("--seed")).err().unwrap(), "`--seed` needs a value");
    }

    /// An answer too few, too many, elsewhere or to what was not asked is no
    /// agreement.
    #[test]
    fn only_the_same_answers_to_what_was_asked_are_the_same() {
        let differences = |answers: &str, asks: &[bool]| {
            let answers: Vec<String> = answers.split('|').map(String::from).collect();
            differences(&words("a b c"), &answers, asks).len()
        };
        assert_eq!(differences("a|b|c", &[true; 3]), 0);
        assert_eq!(differences("a||c", &[true, false, true]), 0);
        assert_eq!(differences("a|b|c", &[true, false, true]), 1);
        assert_eq!(differences("a||c", &[true; 3]), 1);
        assert_eq!(differences("a|c|b", &[true; 3]), 2);
        assert_eq!(differences("a|b", &[true; 3]), 3);
        assert_eq!(differences("a|b|c|d", &[true; 3]), 3);
        assert_eq!(super::differences(&[], &words("a"), &[]).len(), 1);
    }
}
