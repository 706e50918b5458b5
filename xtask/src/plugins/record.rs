//! `plugins/DIGESTS`: the compiler that releases are built with, and the bytes
//! that it makes of each plugin.
//!
//! The file is what `sha256sum` writes, with the compiler in a comment. Nobody
//! who works here is held to it, since a plugin's bytes change with its sources;
//! a release is.

use std::collections::BTreeMap;
use std::fs::{self, FileTimes};
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::{compile, component};
use crate::digest::sha256;
use crate::places::Places;
use crate::toolchain::Toolchain;
use crate::workspace::Plugin;
use crate::{setup, sources, workspace};

const FILE: &str = "plugins/DIGESTS";

/// `metric-gate.wasm` to its digest.
type Digests = BTreeMap<String, String>;

#[derive(Debug, PartialEq)]
struct Record {
    /// `rustc 1.95.0 (59807616e 2026-04-14)`
    compiler: String,
    digests: Digests,
}

/// Builds every plugin here, in another folder under another user's home with
/// nothing built before, and there once more.
///
/// Errors: the bytes differ, or the compiler is that of releases and they are
/// not those recorded.
pub(crate) fn verify(places: &Places) -> Result<()> {
    let toolchain = setup::toolchain(places)?;
    let plugins = workspace::guests(places)?.plugins;
    let here = digests(places, &toolchain, &plugins)?;

    let temporary = tempfile::tempdir()?;
    let there = elsewhere(places, temporary.path())?;
    let cold = digests(&there, &toolchain, &plugins)?;
    equal(&here, &cold, "in another folder, as another user, nothing built before")?;
    age(&there, &plugins)?;
    let warm = digests(&there, &toolchain, &plugins)?;
    equal(&here, &warm, "there once more, what they depend on built before")?;

    here.iter().for_each(|(file, digest)| println!("{digest}  {file}"));
    println!("the same in two folders, for two users, from nothing and from what was built before");
    let recorded = Record::read(&places.root)?;
    let by = &toolchain.version;
    if recorded.compiler != *by {
        println!("built by {by}; releases are built by {}, and only", recorded.compiler);
        println!("under that one {FILE} says which bytes they are");
        return Ok(());
    }
    equal(&recorded.digests, &here, "in this clone, by the compiler of releases").with_context(
        || format!("{FILE} is not up to date: `cargo xtask plugins --record` writes it"),
    )?;
    println!("built by {by}, as releases are: these bytes are those of {FILE}");
    Ok(())
}

/// Writes down what the compiler in use makes of the plugins.
pub(crate) fn record(places: &Places) -> Result<()> {
    let toolchain = setup::toolchain(places)?;
    let plugins = workspace::guests(places)?.plugins;
    let digests = digests(places, &toolchain, &plugins)?;
    let record = Record { compiler: toolchain.version.clone(), digests };
    fs::write(places.root.join(FILE), record.to_string())
        .with_context(|| format!("cannot write `{FILE}`"))?;
    print!("{record}");
    println!("recorded in {FILE}");
    Ok(())
}

fn digests(places: &Places, toolchain: &Toolchain, plugins: &[Plugin]) -> Result<Digests> {
    plugins
        .iter()
        .map(|plugin| {
            let module = compile(places, toolchain, plugin, &[])?;
            let component = component::encode(&plugin.name, &module)?;
            Ok((format!("{}.wasm", plugin.name), sha256(&component)))
        })
        .collect()
}

/// A copy of the sources, and a home in which another user might build them.
fn elsewhere(places: &Places, folder: &Path) -> Result<Places> {
    let root = folder.join("somebody-elses/clone");
    sources::copy(places, &root)?;
    // Settings of theirs for all that they build.
    let settings = folder.join("somebody-elses/.cargo/config.toml");
    fs::create_dir_all(folder.join("somebody-elses/.cargo"))?;
    fs::write(settings, "[profile.release]\nincremental = true\nopt-level = 1\n")?;
    let home = folder.join("home");
    sources::share_registry(&home)?;
    Ok(Places {
        root,
        cache: home.join(".cache/tollgate"),
        target: folder.join("target"),
        home: Some(home),
    })
}

/// Makes cargo think that the plugins' sources changed.
fn age(places: &Places, plugins: &[Plugin]) -> Result<()> {
    for plugin in plugins {
        let source = places.root.join("plugins").join(&plugin.name).join("src/lib.rs");
        fs::File::options()
            .append(true)
            .open(&source)
            .and_then(|file| file.set_times(FileTimes::new().set_modified(SystemTime::now())))
            .with_context(|| format!("cannot touch `{}`", source.display()))?;
    }
    Ok(())
}

/// Errors: all that differ, by name.
fn equal(expected: &Digests, found: &Digests, place: &str) -> Result<()> {
    let names: Vec<&str> = expected
        .keys()
        .chain(found.keys().filter(|file| !expected.contains_key(*file)))
        .filter(|file| expected.get(*file) != found.get(*file))
        .map(String::as_str)
        .collect();
    ensure!(names.is_empty(), "other bytes {place}: {}", names.join(", "));
    Ok(())
}

impl std::fmt::Display for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "# {}", self.compiler)?;
        self.digests.iter().try_for_each(|(file, digest)| writeln!(f, "{digest}  {file}"))
    }
}

impl Record {
    fn read(root: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(root.join(FILE)).with_context(|| format!("cannot read `{FILE}`"))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self> {
        let mut lines = text.lines().enumerate();
        let compiler = lines.next().and_then(|(_, line)| line.strip_prefix("# "));
        let Some(compiler) = compiler else { bail!("{FILE}:1: wants `# ` and a compiler") };
        let digests = lines
            .map(|(index, line)| {
                line.split_once("  ")
                    .filter(|(digest, _)| digest.len() == 64)
                    .map(|(digest, file)| (file.to_owned(), digest.to_owned()))
                    .ok_or_else(|| anyhow!("{FILE}:{}: wants `<sha256>  <file>`", index + 1))
            })
            .collect::<Result<_>>()?;
        Ok(Self { compiler: compiler.to_owned(), digests })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let digests = [("a.wasm", "1"), ("b.wasm", "2")];
        let digests = digests.map(|(file, text)| (file.to_owned(), sha256(text.as_bytes()))).into();
        Record { compiler: "rustc 1.95.0 (59807616e 2026-04-14)".into(), digests }
    }

    #[test]
    fn a_record_reads_back() {
        assert_eq!(Record::parse(&record().to_string()).unwrap(), record());
        let error = Record::parse("# rustc 1\nabc  a.wasm\n").unwrap_err().to_string();
        assert_eq!(error, "plugins/DIGESTS:2: wants `<sha256>  <file>`");
        assert!(Record::parse("").is_err());
    }

    #[test]
    fn what_differs_is_named() {
        let mut other = record().digests;
        assert!(equal(&record().digests, &other, "there").is_ok());
        other.insert("a.wasm".into(), sha256(b"3"));
        other.insert("c.wasm".into(), sha256(b"4"));
        other.remove("b.wasm");
        let error = equal(&record().digests, &other, "there").unwrap_err().to_string();
        assert_eq!(error, "other bytes there: a.wasm, b.wasm, c.wasm");
    }
}
