//! `tollgate plugin`

use std::fmt::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use miette::Result;
use serde::Serialize;
use serde_json::Value;
use tollgate::judge;
use tollgate::plugins::{BUILT_IN, Plugins};
use tollgate::report::BakedFrom;
use tollgate::text::safe_json;
use tollgate_engine::{Limits, Plugin as Loaded};

use crate::arguments::{Format, Shared};
use crate::exit::Exit;
use crate::output::{self, visible};

/// One plugin.
#[derive(Serialize)]
struct PluginEntry {
    name: String,
    version: String,
    summary: String,
    world: String,
    contract: &'static str,
    size: usize,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    baked_from: Option<BakedFrom>,
}

impl From<&Loaded> for PluginEntry {
    fn from(plugin: &Loaded) -> Self {
        Self {
            name: plugin.info().name.clone(),
            version: plugin.info().version.clone(),
            summary: plugin.info().summary.clone(),
            world: plugin.world().to_string(),
            contract: plugin.contract(),
            size: plugin.size(),
            digest: plugin.digest().to_string(),
            baked_from: BakedFrom::claimed(plugin),
        }
    }
}

/// One plugin, with everything about it.
#[derive(Serialize)]
struct Inspection {
    #[serde(flatten)]
    entry: PluginEntry,
    /// Always empty: anything else is refused.
    imports: [String; 0],
    /// The compiler and its like, as the file claims.
    built_with: Vec<String>,
    limits: LimitsReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    baked: Option<BakedReport>,
    settings_schema: Value,
}

#[derive(Serialize)]
struct LimitsReport {
    fuel: u64,
    deadline_ms: u128,
    memory_bytes: usize,
    table_elements: usize,
    output_bytes: usize,
}

impl From<&Limits> for LimitsReport {
    fn from(limits: &Limits) -> Self {
        Self {
            fuel: limits.fuel,
            deadline_ms: limits.deadline.as_millis(),
            memory_bytes: limits.memory,
            table_elements: limits.table_elements,
            output_bytes: limits.output,
        }
    }
}

/// What a baked component says of its settings.
#[derive(Serialize)]
struct BakedReport {
    settings: String,
    document: Value,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// List the built-in plugins
    List(List),
    /// Show what a plugin is: world, contract, imports, limits, settings
    Inspect(Inspect),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// A component file, or the name of a built-in plugin
    #[arg(value_name = "FILE")]
    pub(crate) plugin: PathBuf,
    /// Bake a baked component again, and fail when the bytes differ
    ///
    /// What a component says that it was baked from is a claim that anyone can
    /// write. The plugin it names is looked for among the built-in ones and
    /// those given with `--plugin`, and the document is the one in it.
    #[arg(long)]
    pub(crate) verify: bool,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

pub(crate) fn run(command: &Plugin) -> Exit {
    match command {
        Plugin::List(list) => output::shown("plugin", list.format, || self::list(list)),
        Plugin::Inspect(inspect) => {
            output::shown("plugin", inspect.format, || self::inspect(inspect))
        }
    }
}

fn list(arguments: &List) -> Result<Exit> {
    let plugins = super::plugins(&arguments.shared)?;
    let entries = BUILT_IN
        .iter()
        .map(|(name, _)| Ok(PluginEntry::from(&plugins.built_in(name)?)))
        .collect::<Result<Vec<_>>>()?;
    match arguments.format {
        Format::Json => output::json_value(&entries),
        Format::Human => output::page(|out| print_list(out, &entries)),
    }
    Ok(Exit::Passed)
}

fn print_list(out: &mut String, entries: &[PluginEntry]) -> fmt::Result {
    let width = entries.iter().map(|entry| entry.name.len()).max().unwrap_or_default();
    for entry in entries {
        let PluginEntry { name, version, world, summary, .. } = entry;
        let (name, version, summary) = (visible(name), visible(version), visible(summary));
        writeln!(out, "{name:<width$}  {version:<8}  {world:<10}  {summary}")?;
    }
    Ok(())
}

fn inspect(arguments: &Inspect) -> Result<Exit> {
    let plugins = super::plugins(&arguments.shared)?;
    let plugin = find(&plugins, arguments)?;
    let mut entry = PluginEntry::from(&plugin);
    if arguments.verify {
        let name = arguments.plugin.display().to_string();
        let verified = judge::verify(&plugins, &name, &plugin)?;
        entry.baked_from = entry.baked_from.map(|claimed| BakedFrom { verified, ..claimed });
    }
    let inspection = Inspection {
        entry,
        imports: [],
        built_with: plugin.built_with(),
        limits: LimitsReport::from(plugins.engine().limits()),
        baked: plugin.baked().map(|baked| BakedReport {
            settings: baked.settings.to_string(),
            document: serde_json::from_str(&baked.metadata).unwrap_or(Value::Null),
        }),
        settings_schema: serde_json::from_str(&plugin.info().settings_schema)
            .unwrap_or(Value::Null),
    };
    match arguments.format {
        Format::Json => output::json_value(&inspection),
        Format::Human => {
            output::page(|out| print_inspection(out, &inspection, arguments.verify));
        }
    }
    let refuted = arguments.verify && inspection.entry.baked_from.is_none_or(|from| !from.verified);
    Ok(if refuted { Exit::Failed } else { Exit::Passed })
}

/// A file, or the name of a built-in plugin when there is no such file.
fn find(plugins: &Plugins, arguments: &Inspect) -> Result<Loaded> {
    let path = &arguments.plugin;
    let name = path.to_str().filter(|name| BUILT_IN.iter().any(|(known, _)| known == name));
    match name.filter(|_| !path.exists()) {
        Some(name) => Ok(plugins.built_in(name)?),
        None if path.symlink_metadata().is_err() => {
            let known: Vec<String> = BUILT_IN.iter().map(|(name, _)| format!("`{name}`")).collect();
            let (path, known) = (path.display(), known.join(", "));
            miette::bail!("`{path}` is neither a file nor a built-in plugin: those are {known}")
        }
        None => Ok(plugins.open(path)?),
    }
}

fn print_inspection(out: &mut String, inspection: &Inspection, verify: bool) -> fmt::Result {
    let Inspection { entry, limits, .. } = inspection;
    let (name, version) = (visible(&entry.name), visible(&entry.version));
    writeln!(out, "{name} {version}: {}", visible(&entry.summary))?;
    writeln!(out, "world      {}", entry.world)?;
    writeln!(out, "contract   tollgate:plugin@{}", entry.contract)?;
    writeln!(out, "imports    none")?;
    writeln!(out, "size       {} bytes", entry.size)?;
    writeln!(out, "digest     {}", entry.digest)?;
    if let Some(BakedFrom { digest, verified }) = entry.baked_from {
        let verified = match (verified, verify) {
            (true, _) => "verified: baking again gives these bytes",
            (false, true) => "NOT SO: baking again gives other bytes",
            (false, false) => "says the component; `--verify` bakes again and compares",
        };
        writeln!(out, "baked from {digest} ({verified})")?;
    }
    if !inspection.built_with.is_empty() {
        let tools = inspection.built_with.join(", ");
        writeln!(out, "built with {}, by its own account", visible(&tools))?;
    }
    writeln!(
        out,
        "limits     fuel {}, deadline {} ms, memory {} MiB, tables {} elements, output {} MiB",
        limits.fuel,
        limits.deadline_ms,
        limits.memory_bytes >> 20,
        limits.table_elements,
        limits.output_bytes >> 20,
    )?;
    if let Some(baked) = &inspection.baked {
        writeln!(out, "settings   {}", visible(&baked.settings))?;
        return Ok(());
    }
    writeln!(out, "settings   JSON Schema:")?;
    let schema = serde_json::to_string_pretty(&inspection.settings_schema).unwrap_or_default();
    writeln!(out, "{}", safe_json(&schema))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::hostile::assert_harmless;

    fn entry(text: &str) -> PluginEntry {
        let text = || text.to_owned();
        PluginEntry {
            name: text(),
            version: text(),
            summary: text(),
            world: "gate".to_owned(),
            contract: "1.2.0",
            size: 1,
            digest: "sha256:0".to_owned(),
            baked_from: None,
        }
    }

    #[test]
    fn whatever_a_plugin_says_of_itself_is_only_read() {
        assert_harmless(|out, text| print_list(out, &[entry(text), entry("b")]));
        for baked in [false, true] {
            assert_harmless(|out, text| {
                let baked = baked.then(|| BakedReport {
                    settings: text.to_owned(),
                    document: Value::String(text.to_owned()),
                });
                let inspection = Inspection {
                    entry: entry(text),
                    imports: [],
                    built_with: vec![text.to_owned(), "b".to_owned()],
                    limits: LimitsReport::from(&Limits::default()),
                    baked,
                    settings_schema: serde_json::json!({ "title": text }),
                };
                print_inspection(out, &inspection, true)
            });
        }
    }
}
