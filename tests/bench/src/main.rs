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
    for mut group in groups(&places, &options.only, options.effort)? {
        group.keep(&options.only);
        if !group.rows.is_empty() {
            eprintln!("measuring: {}", group.title);
            results.push(group.measure(options.effort)?);
        }
    }
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
fn groups(places: &Places, only: &str, effort: Effort) -> Result<Vec<Group>> {
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
    let mut groups = Vec::new();
    if wanted("decision") {
        groups.push(decisions::group(places, &peers)?);
    }
    if wanted("columns") {
        groups.push(columns::group(places, &peers)?);
    }
    if wanted("check") {
        groups.extend(checks::groups(places, &peers)?);
    }
    if wanted("bulkhead") {
        groups.push(bulkhead::group(places)?);
    }
    if wanted("load") {
        groups.push(load::group(places)?);
    }
    if wanted("gate") {
        groups.push(gate::group(places)?);
    }
    if wanted("serve") {
        groups.extend(serve::groups(places)?);
    }
    if wanted("rules") {
        groups.push(rules::group()?);
    }
    if wanted("log-write") {
        groups.push(log_write::group(places)?);
    }
    if only.starts_with("log-diff") {
        groups.push(log_diff::group(places, effort)?);
    }
    if only.starts_with("frames") {
        groups.push(frames::group(places)?);
    }
    if only.starts_with("scored") {
        groups.push(scored::group(places, effort)?);
    }
    Ok(groups)
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
