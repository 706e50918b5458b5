//! How this repository is set up, built, tested and measured.
//!
//! Plain Rust behind `cargo xtask`: no make, no shell, nothing to install by
//! hand. Each command is one file here.

mod attestation;
mod bench;
mod chromium;
mod ci;
mod clone;
mod conformance;
mod contract;
mod crosscheck;
mod debian;
mod demo;
mod digest;
mod envoy;
mod fresh;
mod fuzz;
mod haproxy;
mod house;
mod lint;
mod load;
mod nginx;
mod node;
mod package;
mod parity;
mod places;
mod plugins;
mod postgres;
mod process;
mod prometheus;
mod python;
mod redis;
mod registry;
mod served;
mod setup;
mod sources;
mod telemetry;
mod test;
mod toolchain;
mod unpacked;
mod words;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use places::Places;

const HELP: &str = "\
How Tollgate is set up, built, tested and measured.

Usage: cargo xtask <command>

Start here:
  demo      build everything, then gate a model, check a payload, decide on a
            transaction, take a version from a registry to Production and back,
            and put a policy in front of a served model, with the real commands
            and their real output (`--tollgate FILE`: of a binary at hand)

While you work:
  plugins   build every plugin into a component and print its digest
  test      run every test of the workspace; ends with `N passed, N failed`
            (what follows is passed to cargo: `cargo xtask test --test hostile`)
  lint      formatting, clippy, documentation, and that released contracts in
            wit/ are untouched
  bench     measure Tollgate beside its peers (what follows is passed to the
            benchmark: `cargo xtask bench --quick`, `cargo xtask bench --help`);
            `--dist` first measures the profile with link-time optimisation
  conformance FILE [--mode mlflow|strict]
            run recorded cases of MLflow through the built component; ends with
            `N passed, N failed`
  crosscheck [--cases N] [--seed S]
            random signatures and payloads, asked of a real MLflow and of the
            built component (`test` does so with 500 cases)
  parity [--cases N] [--seed S] [--place NAME]
            drawn requests, answered by the binary, in Node, in headless Chromium
            and by PyPI's wasmtime: the same bytes (`test` draws 400)
  load [--minutes N]
            a server under load while it is restarted, killed, its disk full, its
            policy swapped, and another hangs: no answer wrong, none lost
  fuzz [--seconds N] [--target X] [--seed S]
            every reader, given valid files that chance has changed (`test` does
            so for ten seconds each)
  hostile [--cases N] [--seed S]
            the binary, given drawn inputs that mean it no good: time, memory,
            exit code and output of each

Rarely:
  setup     find or install what compiles plugins to WebAssembly; every command
            above does so by itself
  plugins --verify
            show that a plugin's bytes hang on its sources and its compiler
            alone, and, under the compiler of releases, that they are those that
            plugins/DIGESTS records
  plugins --record
            record them, before a release
  package [--verify]
            the crates as a release has them, the components in the library's;
            --verify installs the binary from them, without a network
  fresh     `demo` and `test` in a new clone with an empty home, once with each
            compiler; `cargo xtask fresh --help`
  plugins --cargo-component
            show that every plugin also builds with `cargo component`
  wit-freeze
            record the digests of a contract version that is about to be
            released, in wit/DIGESTS

What is built goes to $CARGO_TARGET_DIR, or else to a folder in the user's
cache that all clones share, so that only the first clone builds wasmtime.
Plugins are found there as plugins/<name>.wasm. TOLLGATE_PLUGINS_RUSTC names
another compiler for plugins than the active one: the path of a `rustc` that has
its `cargo` beside it, or `debian`.
";

/// What the command line asks for.
enum Command {
    Help,
    Setup,
    Plugins,
    PluginsByCargoComponent,
    PluginsVerify,
    PluginsRecord,
    Package { verify: bool },
    Demo(Vec<String>),
    Test(Vec<String>),
    Lint,
    Bench(Vec<String>),
    Conformance(Vec<String>),
    Crosscheck(Vec<String>),
    Parity(Vec<String>),
    Load(Vec<String>),
    Fuzz(Vec<String>),
    Hostile(Vec<String>),
    Fresh(Vec<String>),
    WitFreeze,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let command = match parse(&arguments) {
        Ok(command) => command,
        Err(mistake) => {
            eprintln!("error: {mistake}; see `cargo xtask --help`");
            return ExitCode::from(2);
        }
    };
    match run(command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn parse(arguments: &[String]) -> Result<Command, String> {
    let Some((name, rest)) = arguments.split_first() else {
        return Ok(Command::Help);
    };
    let command = match name.as_str() {
        "test" => return Ok(Command::Test(rest.to_vec())),
        "bench" => return Ok(Command::Bench(rest.to_vec())),
        "crosscheck" => return Ok(Command::Crosscheck(rest.to_vec())),
        "parity" => return Ok(Command::Parity(rest.to_vec())),
        "load" => return Ok(Command::Load(rest.to_vec())),
        "fuzz" => return Ok(Command::Fuzz(rest.to_vec())),
        "hostile" => return Ok(Command::Hostile(rest.to_vec())),
        "conformance" => return Ok(Command::Conformance(rest.to_vec())),
        "fresh" => return Ok(Command::Fresh(rest.to_vec())),
        "help" | "--help" | "-h" => return Ok(Command::Help),
        _ if rest.iter().any(|word| word == "--help" || word == "-h") => return Ok(Command::Help),
        "demo" => return Ok(Command::Demo(rest.to_vec())),
        "plugins" if rest == ["--cargo-component"] => return Ok(Command::PluginsByCargoComponent),
        "plugins" if rest == ["--verify"] => return Ok(Command::PluginsVerify),
        "plugins" if rest == ["--record"] => return Ok(Command::PluginsRecord),
        "package" if rest == ["--verify"] => return Ok(Command::Package { verify: true }),
        "package" => Command::Package { verify: false },
        "setup" => Command::Setup,
        "plugins" => Command::Plugins,
        "lint" => Command::Lint,
        "wit-freeze" => Command::WitFreeze,
        _ => return Err(format!("there is no command `{name}`")),
    };
    match rest.first() {
        Some(word) => Err(format!("`{name}` takes no `{word}`")),
        None => Ok(command),
    }
}

fn run(command: Command) -> Result<ExitCode> {
    if matches!(command, Command::Help) {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let places = Places::find()?;
    if matches!(command, Command::WitFreeze) {
        return contract::freeze(&places).map(|()| ExitCode::SUCCESS);
    }
    if let Command::Fresh(arguments) = command {
        // In a target folder of its own.
        return fresh::run(&places, &arguments);
    }
    let _claim = clone::claim(&places)?;
    match command {
        // These have exit codes of their own.
        Command::Conformance(arguments) => return conformance::run(&places, &arguments),
        Command::Fuzz(arguments) => return fuzz::readers(&places, &arguments),
        Command::Hostile(arguments) => return fuzz::hostile(&places, &arguments),
        Command::Crosscheck(arguments) => return crosscheck::run(&places, &arguments),
        Command::Load(arguments) => return load::run(&places, &arguments),
        Command::Parity(arguments) => return parity::run(&places, &arguments),
        Command::Help | Command::WitFreeze | Command::Fresh(_) => Ok(()),
        Command::Setup => setup::run(&places),
        Command::Plugins => plugins::run(&places),
        Command::PluginsByCargoComponent => plugins::by_cargo_component(&places),
        Command::PluginsVerify => plugins::verify(&places),
        Command::PluginsRecord => plugins::record(&places),
        Command::Package { verify } => package::run(&places, verify),
        Command::Demo(arguments) => demo::run(&places, &arguments),
        Command::Test(arguments) => test::run(&places, &arguments),
        Command::Lint => lint::run(&places),
        Command::Bench(arguments) => bench::run(&places, &arguments),
    }
    .map(|()| ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Command, String> {
        let words: Vec<String> = line.split_whitespace().map(String::from).collect();
        parse(&words)
    }

    #[test]
    fn what_follows_test_and_bench_is_passed_on() {
        let Ok(Command::Test(rest)) = parse_line("test -p tollgate -- --nocapture") else {
            panic!("not a test command");
        };
        assert_eq!(rest, ["-p", "tollgate", "--", "--nocapture"]);
        assert!(
            matches!(parse_line("bench decide"), Ok(Command::Bench(rest)) if rest == ["decide"])
        );
    }

    #[test]
    fn nothing_and_help_show_the_help() {
        for line in ["", "help", "-h", "--help", "demo --help"] {
            assert!(matches!(parse_line(line), Ok(Command::Help)), "{line}");
        }
    }

    #[test]
    fn a_word_too_many_is_refused_by_name() {
        assert_eq!(parse_line("lint --fix").err().unwrap(), "`lint` takes no `--fix`");
        assert_eq!(parse_line("deploy").err().unwrap(), "there is no command `deploy`");
    }
}
