//! The rows of files, batch by batch.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::thread;

use tollgate::document::suggestion::suggestion;
use tollgate::rows::{
    CSV_DTYPE, Judged, RowBatch, RowContent, RowFault, RowFormat, RowNumbers, RowSource as _,
    RowSourceError,
};
use tollgate::source::{self, SourceError};
use tollgate_frames::{Frames, Payload, PayloadFile, PayloadFormat};

use crate::cells::{Cells, Kind};
use crate::columns::Columns;
use crate::error::ScoredError;
use crate::json::{self, JsonCell, Table};

/// Batches that are read ahead while one is counted.
const AHEAD: usize = 2;

/// What is told of each batch, and how many rows it has.
pub(crate) type Counting<'a> = &'a mut dyn FnMut(&Columns, usize) -> Result<(), ScoredError>;

/// Where a file is that is named in a document in `folder`.
pub(crate) fn path(folder: &Path, file: &Path) -> PathBuf {
    if source::is_standard_input(file) { file.to_owned() } else { folder.join(file) }
}

/// Reads all rows of all files, and tells `count` after each batch. Gives how
/// many there are.
///
/// # Errors
/// When a file is there twice, has no rows, or cannot be read; what `count`
/// says.
pub(crate) fn each(
    files: &[PathBuf],
    folder: &Path,
    columns: &mut Columns,
    count: Counting<'_>,
) -> Result<u64, ScoredError> {
    let mut seen = BTreeMap::new();
    let mut total = 0;
    for file in files {
        let path = path(folder, file);
        let name = path.display().to_string();
        // Else its rows would be as many samples again.
        if let Some(first) = seen.insert(identity(&path), name.clone()) {
            let problem = match first == name {
                true => "is given twice".to_owned(),
                false => format!("is the same file as `{first}`"),
            };
            return Err(ScoredError::File { file: name, problem });
        }
        total += one(&path, columns, &mut *count)?;
    }
    Ok(total)
}

/// What a file is by, whatever it is called: a hard link is the same file.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    #[cfg(unix)]
    Inode(u64, u64),
    Path(PathBuf),
}

fn identity(path: &Path) -> Identity {
    #[cfg(unix)]
    if let Ok(there) = path.metadata()
        && !source::is_standard_input(path)
    {
        use std::os::unix::fs::MetadataExt as _;
        return Identity::Inode(there.dev(), there.ino());
    }
    Identity::Path(path.canonicalize().unwrap_or_else(|_| path.to_owned()))
}

fn one(path: &Path, columns: &mut Columns, count: Counting<'_>) -> Result<u64, ScoredError> {
    let is_standard_input = source::is_standard_input(path);
    let name = if is_standard_input { "<stdin>".to_owned() } else { path.display().to_string() };
    let wanted = columns.names();
    let names: Vec<String> = wanted.iter().map(|(name, _)| name.clone()).collect();
    let file = PayloadFile::open(path, PayloadFormat::Auto)?.only(&names);
    let before = columns.missing();
    let (rows, is_named) = match tollgate_frames::read(file, Judged::Apart)? {
        Payload::Request(body) => (table(&body, &name, &wanted, columns, count)?, true),
        Payload::Frames(frames) => {
            let found = frames.columns().to_vec();
            let is_named = frames.format() != RowFormat::Jsonl;
            if is_named {
                has_columns(&name, &wanted, &found, || all_columns(path))?;
            }
            (batches(frames, &name, columns, count)?, is_named)
        }
    };
    if rows == 0 {
        return Err(ScoredError::File { file: name, problem: "holds no rows".to_owned() });
    }
    // JSON lines do not say which columns there are: one that no row has is
    // misspelt, and not missing everywhere.
    let after = columns.missing();
    let mut nowhere = names.iter().zip(before.iter().zip(&after));
    if let Some((column, _)) = nowhere.find(|(_, (before, after))| *after - *before == rows)
        && !is_named
    {
        let (column, help) = (column.clone(), None);
        let problem = "is in no row of it".to_owned();
        return Err(ScoredError::Column { file: name, column, problem, help });
    }
    Ok(rows)
}

/// All columns of a file of which only some were read, for what was meant.
fn all_columns(path: &Path) -> Vec<String> {
    let opened = path
        .is_file()
        .then(|| tollgate_frames::open(path, PayloadFormat::Auto, Judged::Apart).ok());
    match opened.flatten() {
        Some(Payload::Frames(frames)) => {
            frames.columns().iter().map(|(name, _)| name.clone()).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether each column is there, once, and of a type that can be what it is
/// asked as.
fn has_columns(
    file: &str,
    wanted: &[(String, Kind)],
    found: &[(String, String)],
    all: impl Fn() -> Vec<String>,
) -> Result<(), ScoredError> {
    for (column, kind) in wanted {
        let wrong = |problem: String, help| {
            let (file, column) = (file.to_owned(), column.clone());
            Err(ScoredError::Column { file, column, problem, help })
        };
        let mut those = found.iter().filter(|(name, _)| name == column);
        let Some((_, dtype)) = those.next() else {
            let all = all();
            let help = suggestion(column, all.iter().map(String::as_str));
            return wrong("is not there".to_owned(), help);
        };
        if those.next().is_some() {
            return wrong("is there twice".to_owned(), None);
        }
        if let Some(problem) = kind.problem(dtype) {
            return wrong(problem, None);
        }
    }
    Ok(())
}

fn batches(
    mut frames: Frames,
    name: &str,
    columns: &mut Columns,
    count: Counting<'_>,
) -> Result<u64, ScoredError> {
    let found: Vec<String> = frames.columns().iter().map(|(name, _)| name.clone()).collect();
    thread::scope(|scope| {
        let (send, receive) = sync_channel::<Result<RowBatch, RowSourceError>>(AHEAD);
        scope.spawn(move || {
            while let Some(batch) = frames.next_batch().transpose() {
                let is_last = batch.is_err();
                if send.send(batch).is_err() || is_last {
                    return;
                }
            }
        });
        let mut total = 0;
        for batch in receive {
            let batch = batch?.readable();
            // What cannot be read may be of any group, and half a file is none.
            if let Some(fault) = batch.faults.first() {
                return Err(row(name, fault));
            }
            total += batch.rows.count as u64;
            content(&batch, name, &found, columns)?;
            count(columns, batch.rows.count)?;
        }
        Ok(total)
    })
}

fn row(file: &str, fault: &RowFault) -> ScoredError {
    let place = place(fault.line, fault.row);
    ScoredError::Row { file: file.to_owned(), place, problem: fault.message.clone() }
}

fn place(line: Option<u64>, row: u64) -> String {
    line.map_or_else(|| format!("row {}", row + 1), |line| format!("line {line}"))
}

/// Takes the cells of a batch.
fn content(
    batch: &RowBatch,
    file: &str,
    found: &[String],
    columns: &mut Columns,
) -> Result<(), ScoredError> {
    let at = |name: &str| found.iter().position(|column| column == name);
    let read = match &batch.content {
        RowContent::Columns(typed) => columns.read(file, &batch.rows, |name| {
            typed.iter().find(|column| column.name.as_deref() == Some(name)).map(Cells::Typed)
        }),
        RowContent::Untyped(cells) => {
            columns.read(file, &batch.rows, |name| Some(Cells::Written(cells, at(name)?)))
        }
        RowContent::Records(records) => {
            let mut names: Vec<String> =
                columns.names().into_iter().map(|(name, _)| name).collect();
            names.sort_unstable();
            names.dedup();
            let mut cells = vec![Vec::new(); names.len()];
            for (at, text) in records.iter().enumerate() {
                json::record(text, &names, &mut cells).map_err(|problem| {
                    let place = place(batch.rows.line(at), batch.rows.number(at));
                    ScoredError::Row { file: file.to_owned(), place, problem }
                })?;
            }
            columns.read(file, &batch.rows, |name| json_cells(&names, &cells, name))
        }
    };
    read.map_err(|(column, problem)| ScoredError::Column {
        file: file.to_owned(),
        column,
        problem,
        help: None,
    })
}

fn json_cells<'a>(names: &[String], cells: &'a [Vec<JsonCell>], name: &str) -> Option<Cells<'a>> {
    let place = names.iter().position(|known| known == name)?;
    cells.get(place).map(|cells| Cells::Json(cells))
}

/// A table in JSON, which is read whole.
fn table(
    body: &[u8],
    file: &str,
    wanted: &[(String, Kind)],
    columns: &mut Columns,
    count: Counting<'_>,
) -> Result<u64, ScoredError> {
    let wrong = |problem: String| ScoredError::File { file: file.to_owned(), problem };
    if body.is_empty() {
        return Err(SourceError::Empty(file.to_owned()).into());
    }
    let table = Table::open(body).map_err(wrong)?;
    let found: Vec<(String, String)> =
        table.columns.iter().map(|name| (name.clone(), CSV_DTYPE.to_owned())).collect();
    has_columns(file, wanted, &found, || table.columns.clone())?;
    let mut names: Vec<String> = wanted.iter().map(|(name, _)| name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    let place = |name: &String| table.columns.iter().position(|column| column == name);
    let places: Vec<usize> = names.iter().filter_map(place).collect();
    let cells = table.cells(&places).map_err(wrong)?;
    let rows = cells.first().map_or(0, Vec::len);
    columns
        .read(file, &RowNumbers::from(0, rows), |name| json_cells(&names, &cells, name))
        .map_err(|(column, problem)| ScoredError::Column {
            file: file.to_owned(),
            column,
            problem,
            help: None,
        })?;
    count(columns, rows)?;
    Ok(rows as u64)
}
