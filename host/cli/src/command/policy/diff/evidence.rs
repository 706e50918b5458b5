//! What gates judged before, from wherever it is.

use std::fs;
use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic as _, Result, WrapErr as _};
use tollgate::difference::Evidenced;
use tollgate::facts::FactsError;
use tollgate::judge::GateCase;
use tollgate::source::{Content, Source};
use tollgate_records::gate::{KIND, recorded};
use tollgate_records::log::Records;

/// Gives each case of the files and folders, in the order of their names, and
/// nothing for a record of something else.
pub(super) fn each(paths: &[PathBuf], mut take: impl FnMut(Option<Evidenced>)) -> Result<()> {
    for path in paths {
        if !path.is_dir() {
            file(path, &mut take)?;
            continue;
        }
        let names = fs::read_dir(path).and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
        });
        let folder = || format!("`{}` cannot be read", path.display());
        let mut names = names.into_diagnostic().wrap_err_with(folder)?;
        names.sort();
        let kept = |path: &PathBuf| ["json", "jsonl"].iter().any(|it| has_extension(path, it));
        names.iter().filter(|path| kept(path)).try_for_each(|path| file(path, &mut take))?;
    }
    Ok(())
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension == wanted)
}

fn file(path: &Path, take: &mut impl FnMut(Option<Evidenced>)) -> Result<()> {
    let name = path.display().to_string();
    if has_extension(path, "json") {
        let source = Source::read(path, Content::Kept).map_err(FactsError::from)?;
        take(Some(Evidenced { place: name, case: GateCase::parse(&source)?, judged: None }));
        return Ok(());
    }
    for record in Records::open(path)? {
        let record = record?;
        match record.kind == KIND {
            true => take(Some(recorded(&name, &record)?)),
            false => take(None),
        }
    }
    Ok(())
}
