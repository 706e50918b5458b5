//! From the start of a server until it serves all of its policies.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::served::Served;
use crate::group::{Group, Row};
use crate::measure::WallStep;
use crate::places::Places;
use crate::process;

const ROWS: [(&str, &str, usize); 2] =
    [("serve-start/1", "1 policy", 1), ("serve-start/1000", "1,000 policies", 1_000)];

pub(crate) fn group(places: &Places) -> Result<Group> {
    let mut rows = Vec::new();
    for (id, title, count) in ROWS {
        let file = configured(places, count)?;
        let until = format!("serving judges={count} of={count}");
        let program = places.program("tollgate");
        let start = move || Served::start(&program, &[&"-c", &file], &until);
        let memory = process::memory(start()?.server.0.id()).unwrap_or(0) >> 10;
        let label = format!("{title}, peak memory {memory} MB");
        rows.push(Row::new(id, &label, WallStep(move |_| start())));
    }
    Ok(Group {
        title: "A server, until it serves all of its policies",
        unit: "start",
        reference: "serve-start/1",
        long: true,
        rows,
    })
}

/// A server's configuration of so many policies, each a file of its own.
fn configured(places: &Places, count: usize) -> Result<PathBuf> {
    let folder = places.scratch(&format!("serve-{count}"))?;
    let fraud = fs::read_to_string(places.root.join("policies/fraud.yaml"))?;
    ensure!(fraud.contains("\nname: fraud_detector\n"), "the policy has another name");
    let mut text = "listen: { http: '127.0.0.1:0' }\npolicies:\n".to_owned();
    for number in 0..count {
        let name = format!("fraud_{number:04}");
        let named = fraud.replace("\nname: fraud_detector\n", &format!("\nname: {name}\n"));
        fs::write(folder.join(&name).with_extension("yaml"), named)?;
        writeln!(text, "  {name}: {name}.yaml")?;
    }
    let file = folder.join("tollgate.yaml");
    fs::write(&file, text)?;
    Ok(file)
}
