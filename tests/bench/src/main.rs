//! Tollgate beside its peers, in one table: `cargo xtask bench`.

mod bulkhead;
mod checks;
mod columns;
mod decisions;
mod figures;
mod frames;
mod fraud;
mod gate;
mod group;
mod load;
mod log_diff;
mod log_write;
mod machine;
mod measure;
mod places;
mod process;
mod remote;
#[path = "../peers/src/rows.rs"]
mod rows;
mod rules;
mod scored;
mod serve;
mod table;
mod targets;

use anyhow::{Context as _, Result, anyhow, bail};

use group::Group;
use machine::Machine;
use measure::Effort;
use places::Places;
use remote::Remote;

const HELP: &str = "\
Measures Tollgate beside native code and other engines, in one run.

Usage: tollgate-bench [--only TEXT] [--quick] [--json]

  --only TEXT  only the rows whose id contains TEXT, and what they are compared
               with: `decision`, `columns`, `check-1000`, `bulkhead`, `load`, `gate`,
               `rules`, `log-write`, `json`, `serve`;
               `frames`, `scored` and `log-diff` (files of ten million rows, some
               minutes) only then
  --quick      fewer and shorter rounds, for a look while working
  --json       the table as JSON

`cargo xtask bench` installs MLflow into a folder of the cache, the one of
`cargo xtask crosscheck`, and for `frames` and `scored` pyarrow, pandas and
pandera into another; or name a Python that has them in TOLLGATE_BENCH_PYTHON.
`cargo xtask bench --dist` measures the profile with link-time optimisation.";

struct Options {
    only: String,
    effort: Effort,
    json: bool,
}

fn main() -> Result<()> {
    let Some(options) = Options::read()? else {
        println!("{HELP}");
        return Ok(());
    };
    let places = Places::find()?;
    let mut results = Vec::new();
    groups(&places, &options.only, options.effort, &mut |mut group| {
        group.keep(&options.only);
        if !group.rows.is_empty() {
            eprintln!("measuring: {}", group.title);
            results.push(group.measure(options.effort)?);
        }
        Ok(())
    })?;
    let mut targets = targets::judge(&results);
    if !options.only.is_empty() {
        targets.retain(|judged| judged.reached.is_some());
    }
    let machine = Machine::this();
    if options.json {
        println!("{:#}", table::json(&machine, options.effort, &results, &targets));
    } else {
        print!("{}", table::text(&machine, options.effort, &results, &targets));
    }
    Ok(())
}

/// The groups of which `only` can name rows: preparing the others takes time.
/// Each is measured before the next is prepared, so that no connection rests
/// and no server runs while others are measured.
fn groups(
    places: &Places,
    only: &str,
    effort: Effort,
    measure: &mut dyn FnMut(Group) -> Result<()>,
) -> Result<()> {
    const KINDS: [&str; 12] = [
        "decision",
        "columns",
        "check",
        "bulkhead",
        "load",
        "gate",
        "rules",
        "frames",
        "scored",
        "serve",
        "log-write",
        "log-diff",
    ];
    let named = KINDS.iter().any(|kind| only.starts_with(kind));
    let wanted = |kind: &str| !named || only.starts_with(kind);
    let peers = if wanted("decision") || wanted("columns") || wanted("check") {
        places.peers().and_then(Remote::start)
    } else {
        Err(anyhow!("not wanted"))
    };
    if wanted("decision") {
        measure(decisions::group(places, &peers)?)?;
    }
    if wanted("columns") {
        measure(columns::group(places, &peers)?)?;
    }
    if wanted("check") {
        checks::groups(places, &peers)?.into_iter().try_for_each(&mut *measure)?;
    }
    if wanted("bulkhead") {
        measure(bulkhead::group(places)?)?;
    }
    if wanted("load") {
        measure(load::group(places)?)?;
    }
    if wanted("gate") {
        measure(gate::group(places)?)?;
    }
    if wanted("serve") {
        measure(serve::group(places)?)?;
        measure(serve::envoy::group(places)?)?;
        measure(serve::start::group(places)?)?;
    }
    if wanted("rules") {
        measure(rules::group()?)?;
    }
    if wanted("log-write") {
        measure(log_write::group(places)?)?;
    }
    if only.starts_with("log-diff") {
        measure(log_diff::group(places, effort)?)?;
    }
    if only.starts_with("frames") {
        measure(frames::group(places)?)?;
    }
    if only.starts_with("scored") {
        measure(scored::group(places, effort)?)?;
    }
    Ok(())
}

impl Options {
    /// From the command line; none when help is asked for.
    fn read() -> Result<Option<Self>> {
        let mut options = Self { only: String::new(), effort: Effort::FULL, json: false };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--only" => options.only = arguments.next().context("`--only` needs a text")?,
                "--quick" => options.effort = Effort::QUICK,
                "--json" => options.json = true,
                "--help" | "-h" => return Ok(None),
                other => bail!("unknown argument `{other}`\n\n{HELP}"),
            }
        }
        Ok(Some(options))
    }
}
