//! What Tollgate is measured beside, in a process of its own: other engines,
//! and the plugins' code compiled natively.
//!
//! It answers on standard output what it is asked on standard input, one line
//! each, so that the benchmark can take turns between processes:
//!
//! | asked | answered |
//! | --- | --- |
//! | `cases` | the cases' names, a JSON list |
//! | `answers <case>` | the answer to each request, a JSON list |
//! | `run <case> <times>` | how many nanoseconds of its thread that took |

mod case;
mod cedar;
mod cel;
mod fraud;
mod jsonlogic;
mod native;
mod rego;
mod rows;

use std::io::{BufRead as _, Write as _};

use anyhow::{Context as _, Result, bail};

use case::Case;

fn main() -> Result<()> {
    let mut cases = native::cases()?;
    cases.extend(cel::cases()?);
    cases.extend(jsonlogic::cases()?);
    cases.extend(cedar::cases()?);
    cases.extend(rego::cases()?);
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        writeln!(out, "{}", answer(&mut cases, &line?)?)?;
        out.flush()?;
    }
    Ok(())
}

fn answer(cases: &mut [Case], line: &str) -> Result<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    Ok(match words.as_slice() {
        ["cases"] => {
            serde_json::to_string(&cases.iter().map(|case| case.name).collect::<Vec<_>>())?
        }
        ["answers", name] => serde_json::to_string(&find(cases, name)?.answers()?)?,
        ["run", name, times] => {
            let times = times.parse().context("the number of times")?;
            find(cases, name)?.run(times)?.as_nanos().to_string()
        }
        _ => bail!("`{line}` is none of `cases`, `answers <case>`, `run <case> <times>`"),
    })
}

fn find<'a>(cases: &'a mut [Case], name: &str) -> Result<&'a mut Case> {
    cases.iter_mut().find(|case| case.name == name).with_context(|| format!("no case `{name}`"))
}
