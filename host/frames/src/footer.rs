//! A Parquet file's description of itself, looked at before anybody builds
//! anything from it: how deep it nests, how much it lists, and that it is
//! whole. The fields are those of `FileMetaData` in the format's
//! `parquet.thrift`.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use crate::limits::{COLUMNS, ROW_BYTES};
use crate::thrift::{BINARY, Compact, I32, LIST, STRUCT};

/// The longest description. One of 1,000 columns in 100 row groups takes some
/// 10 MB.
const LENGTH: u64 = 32 << 20;

/// Columns of all row groups together: each takes some hundred bytes.
const CHUNKS: u64 = 100_000;

/// How deep columns nest: a list takes two levels.
const DEPTH: usize = 128;

/// The names of all columns, each with those that it is in.
const NAMES: usize = 16 << 20;

/// A physical type: values of a fixed number of bytes.
const FIXED: i64 = 7;

/// What is wrong with the description; none when it can be read.
pub(crate) fn problem(file: &File) -> Option<String> {
    let bytes = match read(file) {
        Ok(bytes) => bytes,
        Err(problem) => return Some(problem),
    };
    match walk(&mut Compact(&bytes)) {
        Some(problem) => problem,
        None => Some(damaged()),
    }
}

fn damaged() -> String {
    "its description, which ends the file, is damaged: copy or write the file again".to_owned()
}

fn read(mut file: &File) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| error.to_string();
    let end = file.seek(SeekFrom::End(-8)).map_err(unreadable)?;
    let mut tail = [0; 4];
    file.read_exact(&mut tail).map_err(unreadable)?;
    let length = u64::from(u32::from_le_bytes(tail));
    let start = end.checked_sub(length).filter(|start| *start >= 4).ok_or_else(damaged)?;
    if length > LENGTH {
        return Err(format!(
            "its description takes {} MiB, and the limit is {} MiB",
            length >> 20,
            LENGTH >> 20
        ));
    }
    file.seek(SeekFrom::Start(start)).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// None when it is no description; else what is too much in it.
#[allow(clippy::option_option, reason = "a damaged description is not one that is too large")]
fn walk(rest: &mut Compact<'_>) -> Option<Option<String>> {
    let mut field = 0;
    let mut chunks = 0u64;
    while let Some(kind) = rest.field(&mut field)? {
        match (field, kind) {
            (2, LIST) => {
                if let Some(problem) = schema(rest)? {
                    return Some(Some(problem));
                }
            }
            (4, LIST) => {
                let (groups, STRUCT) = rest.list()? else { return None };
                for _ in 0..groups {
                    chunks = chunks.checked_add(row_group(rest)?)?;
                }
            }
            _ => rest.skip(kind)?,
        }
    }
    if chunks > CHUNKS {
        return Some(Some(format!(
            "its row groups have {chunks} columns together, and the limit is {CHUNKS}: write it \
             with fewer row groups"
        )));
    }
    Some(None)
}

/// How many columns a row group has.
fn row_group(rest: &mut Compact<'_>) -> Option<u64> {
    let (mut field, mut chunks) = (0, 0);
    while let Some(kind) = rest.field(&mut field)? {
        if (field, kind) == (1, LIST) {
            let (count, STRUCT) = rest.list()? else { return None };
            for _ in 0..count {
                rest.skip(STRUCT)?;
            }
            chunks = count;
        } else {
            rest.skip(kind)?;
        }
    }
    Some(chunks)
}

/// A node of the tree of columns, which is written parents first.
#[derive(Default)]
struct Element {
    kind: Option<i64>,
    width: i64,
    name: usize,
    children: i64,
}

impl Element {
    fn read(rest: &mut Compact<'_>) -> Option<Self> {
        let mut element = Self::default();
        let mut field = 0;
        while let Some(kind) = rest.field(&mut field)? {
            match (field, kind) {
                (1, I32) => element.kind = Some(rest.number()?),
                (2, I32) => element.width = rest.number()?,
                (4, BINARY) => element.name = rest.binary()?.len(),
                (5, I32) => element.children = rest.number()?,
                _ => rest.skip(kind)?,
            }
        }
        Some(element)
    }
}

#[allow(clippy::option_option, reason = "as above")]
fn schema(rest: &mut Compact<'_>) -> Option<Option<String>> {
    let (count, STRUCT) = rest.list()? else { return None };
    // Of the groups that are open: how many children are to come, and the
    // length of the names so far.
    let mut open: Vec<(u64, usize)> = Vec::new();
    let mut names = 0usize;
    let (mut leaves, mut deepest) = (0usize, 0usize);
    for place in 0..count {
        let element = Element::read(rest)?;
        while open.last().is_some_and(|(left, _)| *left == 0) {
            open.pop();
        }
        let above = match open.last_mut() {
            Some((left, above)) => {
                *left -= 1;
                *above
            }
            // Only the root is in nothing.
            None if place == 0 => 0,
            None => return None,
        };
        let name = above.saturating_add(element.name).saturating_add(24);
        let children = u64::try_from(element.children).ok()?;
        if children > 0 || place == 0 {
            open.push((children, name));
            deepest = deepest.max(open.len());
        } else {
            leaves += 1;
            names = names.saturating_add(name);
        }
        if deepest > DEPTH {
            return Some(Some(format!("its columns nest more than {DEPTH} levels deep")));
        }
        if leaves > COLUMNS {
            return Some(Some(format!("it has more than {COLUMNS} columns")));
        }
        if names > NAMES {
            let limit = NAMES >> 20;
            return Some(Some(format!("the names of its columns take more than {limit} MiB")));
        }
        let widest = i64::try_from(ROW_BYTES).unwrap_or(i64::MAX);
        if element.kind == Some(FIXED) && !(1..=widest).contains(&element.width) {
            return Some(Some(format!(
                "it has a column whose values take {} bytes each, and 1 to {widest} can be read",
                element.width
            )));
        }
    }
    // Each group has all of its children.
    open.iter().all(|(left, _)| *left == 0).then_some(None)
}
