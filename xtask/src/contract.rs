//! Released versions of the contract never change: `wit/DIGESTS` says so.
//!
//! The file is what `sha256sum` writes: `cd wit && sha256sum -c DIGESTS`
//! checks the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};

use crate::digest::sha256;
use crate::places::Places;

/// `1.0.0/gate.wit` to its digest.
type Digests = BTreeMap<String, String>;

/// Errors: a file of a recorded version changed, came or went; the message
/// names all of them.
pub(crate) fn check(places: &Places) -> Result<()> {
    let wit = places.root.join("wit");
    let broken = changes(&recorded(&wit)?, &present(&wit)?);
    ensure!(
        broken.is_empty(),
        "released versions of the contract never change, but in wit/ {}; put a change into a new version",
        broken.join(", ")
    );
    Ok(())
}

/// Records the versions that are not recorded yet.
///
/// Errors: a recorded one changed.
pub(crate) fn freeze(places: &Places) -> Result<()> {
    check(places)?;
    let wit = places.root.join("wit");
    let mut digests = recorded(&wit)?;
    let mut added = 0;
    for (file, digest) in present(&wit)? {
        if digests.insert(file.clone(), digest).is_none() {
            println!("recorded wit/{file}");
            added += 1;
        }
    }
    if added == 0 {
        println!("every version in wit/ is recorded already");
    }
    let text: String = digests.iter().map(|(file, digest)| format!("{digest}  {file}\n")).collect();
    fs::write(wit.join("DIGESTS"), text).context("cannot write `wit/DIGESTS`")
}

fn changes(recorded: &Digests, present: &Digests) -> Vec<String> {
    let mut broken = Vec::new();
    for (file, digest) in recorded {
        match present.get(file) {
            None => broken.push(format!("`{file}` is gone")),
            Some(now) if now != digest => broken.push(format!("`{file}` changed")),
            Some(_) => {}
        }
    }
    for file in present.keys() {
        let version = version(file);
        let is_released = recorded.keys().any(|known| self::version(known) == version);
        if is_released && !recorded.contains_key(file) {
            broken.push(format!("`{file}` is new"));
        }
    }
    broken
}

fn version(file: &str) -> &str {
    file.split_once('/').map_or(file, |(version, _)| version)
}

fn recorded(wit: &Path) -> Result<Digests> {
    let path = wit.join("DIGESTS");
    if !path.exists() {
        return Ok(Digests::new());
    }
    let text = fs::read_to_string(&path).context("cannot read `wit/DIGESTS`")?;
    text.lines().enumerate().map(parse).collect()
}

fn parse((index, line): (usize, &str)) -> Result<(String, String)> {
    line.split_once("  ")
        .filter(|(digest, file)| digest.len() == 64 && file.contains('/'))
        .map(|(digest, file)| (file.to_owned(), digest.to_owned()))
        .ok_or_else(|| anyhow!("wit/DIGESTS:{}: wants `<sha256>  <version>/<file>`", index + 1))
}

fn present(wit: &Path) -> Result<Digests> {
    let mut digests = Digests::new();
    for version in fs::read_dir(wit).context("cannot read `wit/`")? {
        let version = version?.path();
        if !version.is_dir() {
            continue;
        }
        for file in fs::read_dir(&version)? {
            let file = file?.path();
            let bytes =
                fs::read(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
            let Some(name) = file.strip_prefix(wit).ok().and_then(Path::to_str) else {
                bail!("`{}` has no plain name", file.display());
            };
            digests.insert(name.to_owned(), sha256(&bytes));
        }
    }
    Ok(digests)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digests(files: &[(&str, &str)]) -> Digests {
        files.iter().map(|(file, text)| ((*file).to_owned(), sha256(text.as_bytes()))).collect()
    }

    #[test]
    fn a_new_version_is_free_and_an_old_one_is_not() {
        let recorded = digests(&[("1.0.0/gate.wit", "a"), ("1.0.0/types.wit", "b")]);
        let with_new =
            digests(&[("1.0.0/gate.wit", "a"), ("1.0.0/types.wit", "b"), ("1.1.0/gate.wit", "c")]);
        assert!(changes(&recorded, &with_new).is_empty());
        let broken = digests(&[("1.0.0/gate.wit", "A"), ("1.0.0/extra.wit", "c")]);
        assert_eq!(
            changes(&recorded, &broken),
            ["`1.0.0/gate.wit` changed", "`1.0.0/types.wit` is gone", "`1.0.0/extra.wit` is new"]
        );
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        let error = parse((4, "abc  1.0.0/gate.wit")).unwrap_err().to_string();
        assert!(error.starts_with("wit/DIGESTS:5: "), "{error}");
    }
}
