//! How many rows of a Parquet file are read at a time, and whether it claims
//! to hold more than it does: by the headers of its pages, before any of them
//! is unpacked.

use std::fs::File;

use parquet::basic::Type;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::schema::types::ColumnDescriptor;

use crate::delta::{Unfolded, unfolded};
use crate::levels::Windows;
use crate::limits::ROW_BYTES;
use crate::pages::{BAD_HEADER, Chunk, DELTA_BYTE_ARRAY, Header, Kind, Shared};

/// What the rows that are read at a time may take here, before they are cut
/// for the plugin.
const READ_BYTES: u64 = 16 << 20;

/// What a single row may take, nested ones with all their parts.
const ROW_MEMORY: u64 = 64 << 20;

/// As a power of two.
const READ_ROWS: usize = 16;

/// What the pages that are open at a time may take: one of values and a
/// dictionary a column. Writers make pages of 1 MB.
const OPEN_PAGES: u64 = 96 << 20;

/// Values that a file may hold beyond 64 for each of its bytes: a run of the
/// same value takes some bytes, however long it is.
const VALUES: u64 = 32 << 20;
const VALUES_A_BYTE: u64 = 64;

/// The same for bytes that it may unpack to.
const UNPACKED: u64 = 4 << 30;
const UNPACKED_A_BYTE: u64 = 64;

/// A column, over all row groups.
#[derive(Default)]
struct Leaf {
    /// Its name, for messages.
    name: String,
    /// What a value takes, at least.
    width: u64,
    /// The largest pages.
    dictionary: u64,
    values: u64,
    packed: u64,
    /// For lists: their values by rows.
    windows: Option<Windows>,
}

/// What the file unfolds to.
#[derive(Default)]
struct Totals {
    values: u64,
    unpacked: u64,
}

/// How many rows of these columns to read at a time. `shared` texts stay where
/// they are in their page, others are copied. Errors say what is too much.
pub(crate) fn rows_at_a_time(
    file: &File,
    metadata: &ParquetMetaData,
    columns: &[usize],
    shared: bool,
) -> Result<usize, String> {
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    places(metadata, length)?;
    let most_values = length.saturating_mul(VALUES_A_BYTE).saturating_add(VALUES);
    let mut totals = Totals::default();
    let rows = metadata.row_groups().iter().map(|group| group.num_rows());
    for count in rows.chain([metadata.file_metadata().num_rows()]) {
        let count = u64::try_from(count).map_err(|_| "it says that it has fewer than 0 rows")?;
        totals.values = totals.values.saturating_add(count);
    }
    claims(totals.values, most_values, "rows", length)?;
    totals.values = 0;
    let shared_file = Shared::new(file.try_clone().map_err(|error| error.to_string())?);
    let schema = metadata.file_metadata().schema_descr();
    let is_wanted = |column| columns.binary_search(&column).is_ok();
    let count = schema.num_columns();
    let is_read: Vec<bool> =
        (0..count).map(|leaf| is_wanted(schema.get_column_root_idx(leaf))).collect();
    let mut leaves: Vec<Leaf> = std::iter::repeat_with(Leaf::default).take(count).collect();
    for group in metadata.row_groups() {
        let read = leaves.iter_mut().zip(group.columns()).zip(&is_read);
        for ((leaf, column), _) in read.filter(|(_, is_read)| **is_read) {
            totals.values =
                totals.values.saturating_add(column.num_values().max(0).cast_unsigned());
            claims(totals.values, most_values, "values", length)?;
            leaf.read(chunk(&shared_file, column), column, shared, &mut totals, length)?;
        }
        open_pages(&leaves)?;
    }
    fitting(&mut leaves)
}

fn claims(found: u64, most: u64, what: &str, length: u64) -> Result<(), String> {
    if found <= most {
        return Ok(());
    }
    Err(format!(
        "it says that it holds {found} {what} or more in {length} bytes, and of a file of this \
         size at most {most} are read"
    ))
}

/// Where a column's pages are.
pub(crate) fn chunk(file: &Shared, column: &ColumnChunkMetaData) -> Chunk {
    let (at, size) = column.byte_range();
    Chunk { file: file.clone(), at, end: at.saturating_add(size), codec: column.compression() }
}

/// Columns lie in the file, and none on another: else a few bytes were read
/// again and again.
fn places(metadata: &ParquetMetaData, length: u64) -> Result<(), String> {
    let mut places = Vec::new();
    for column in metadata.row_groups().iter().flat_map(|group| group.columns()) {
        if column.file_path().is_some_and(|path| !path.is_empty()) {
            return Err("it keeps columns in other files, which are not looked for".to_owned());
        }
        let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
        let place = u64::try_from(start).ok().zip(u64::try_from(column.compressed_size()).ok());
        let place = place.and_then(|(start, size)| Some((start, start.checked_add(size)?)));
        match place.filter(|(_, end)| *end <= length) {
            Some(place) => places.push(place),
            None => return Err(outside(column)),
        }
    }
    places.sort_unstable();
    let mut end = 0;
    for (start, next) in places {
        if start < end && start < next {
            return Err("its description places several columns on the same bytes".to_owned());
        }
        end = end.max(next);
    }
    Ok(())
}

fn outside(column: &ColumnChunkMetaData) -> String {
    let name = column.column_path().string();
    format!("its description places column `{name}` outside of the file: it may be cut off")
}

impl Leaf {
    fn read(
        &mut self,
        mut chunk: Chunk,
        column: &ColumnChunkMetaData,
        shared: bool,
        totals: &mut Totals,
        length: u64,
    ) -> Result<(), String> {
        let descriptor = column.column_descr();
        if self.name.is_empty() {
            self.name = column.column_path().string();
        }
        let name = self.name.clone();
        let problem = |problem: String| format!("column `{name}`: {problem}");
        let levels = descriptor.max_rep_level();
        let is_text = column.column_type() == Type::BYTE_ARRAY;
        let fixed = match column.column_type() {
            Type::BOOLEAN => 1,
            Type::INT32 | Type::FLOAT => 4,
            Type::INT64 | Type::DOUBLE => 8,
            Type::INT96 => 12,
            // A view of a text, or where it begins.
            Type::BYTE_ARRAY => 16,
            Type::FIXED_LEN_BYTE_ARRAY => u64::try_from(descriptor.type_length()).unwrap_or(0),
        };
        let mut width = fixed;
        let mut dictionary = 0;
        let mut found = 0u64;
        while let Some((header, start)) = chunk.header().map_err(problem)? {
            let unpacked = header.unpacked as u64;
            let values = u64::from(header.values);
            totals.unpacked = totals.unpacked.saturating_add(unpacked);
            unpacks(totals, length)?;
            self.packed = self.packed.max(header.packed as u64);
            if unpacked > OPEN_PAGES {
                return Err(problem(format!(
                    "a page unpacks to {} MiB, and the limit is {} MiB: write it with smaller \
                     pages",
                    unpacked >> 20,
                    OPEN_PAGES >> 20
                )));
            }
            match header.kind {
                Kind::Other => {}
                Kind::Dictionary => {
                    // Each text has its length before it.
                    let least = if is_text { 4 } else { fixed };
                    if values.saturating_mul(least) > unpacked {
                        return Err(problem(BAD_HEADER.to_owned()));
                    }
                    dictionary = unpacked;
                    // What is made of a text, beside it.
                    let made = if is_text { values.saturating_mul(16) } else { unpacked };
                    self.dictionary = self.dictionary.max(unpacked.saturating_add(made));
                }
                Kind::Values | Kind::Values2 { .. } => {
                    found = found.saturating_add(values);
                    if found > column.num_values().max(0).cast_unsigned() {
                        return Err(problem("its pages hold more than it says".to_owned()));
                    }
                    self.values = self.values.max(unpacked);
                    if column.column_type() == Type::FIXED_LEN_BYTE_ARRAY {
                        // A dictionary gives the same bytes to many.
                        let copied = values.saturating_mul(fixed);
                        totals.unpacked = totals.unpacked.saturating_add(copied);
                        unpacks(totals, length)?;
                    }
                    width = width.max(unpacked.div_ceil(values.max(1)).saturating_add(fixed));
                    if header.encoding == DELTA_BYTE_ARRAY {
                        let texts = texts(&chunk, &header, start, descriptor).map_err(problem)?;
                        totals.unpacked = totals.unpacked.saturating_add(texts.sum);
                        unpacks(totals, length)?;
                        width = width.max(texts.longest.saturating_add(fixed));
                    }
                    if levels > 0 {
                        let windows = self.windows.get_or_insert_default();
                        let bits = u32::from(levels.cast_unsigned());
                        let bits = u32::BITS - bits.leading_zeros();
                        rows(&chunk, &header, start, bits, windows).map_err(problem)?;
                    }
                }
            }
        }
        if is_text && !shared {
            width = width.max(dictionary.saturating_add(fixed));
        }
        // Levels take two bytes each.
        self.width = self.width.max(width + if levels > 0 { 4 } else { 2 });
        Ok(())
    }
}

fn unpacks(totals: &Totals, length: u64) -> Result<(), String> {
    let most = length.saturating_mul(UNPACKED_A_BYTE).saturating_add(UNPACKED);
    if totals.unpacked <= most {
        return Ok(());
    }
    Err(format!(
        "it unpacks to {} MiB or more, and of a file of {length} bytes at most {} MiB are read",
        totals.unpacked >> 20,
        most >> 20
    ))
}

/// What the texts of a page unfold to, each of which may repeat what the one
/// before it is.
fn texts(
    chunk: &Chunk,
    header: &Header,
    start: u64,
    descriptor: &ColumnDescriptor,
) -> Result<Unfolded, String> {
    let page = chunk.page(header, start)?;
    let mut values = page.as_slice();
    match header.kind {
        Kind::Values2 { repetitions, definitions, .. } => {
            let levels = repetitions as usize + definitions as usize;
            values = values.get(levels..).unwrap_or_default();
        }
        _ => {
            for most in [descriptor.max_rep_level(), descriptor.max_def_level()] {
                if most > 0 {
                    let (_, rest) = first_levels(values).ok_or(BAD_LEVELS)?;
                    values = rest;
                }
            }
        }
    }
    if values.is_empty() {
        // Every value is null.
        return Ok(Unfolded::default());
    }
    unfolded(values).ok_or_else(|| "the lengths of texts in a page are damaged".to_owned())
}

const BAD_LEVELS: &str = "a page says wrongly which of its values belong to which row";

/// The levels that a page begins with, after their length, and the rest.
fn first_levels(page: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = page.split_at_checked(4)?;
    rest.split_at_checked(u32::from_le_bytes(length.try_into().ok()?) as usize)
}

/// Counts the values of a page's rows.
fn rows(
    chunk: &Chunk,
    header: &Header,
    start: u64,
    bits: u32,
    windows: &mut Windows,
) -> Result<(), String> {
    let page = chunk.page(header, start)?;
    let levels = match header.kind {
        Kind::Values2 { repetitions, .. } => page.get(..repetitions as usize),
        _ => first_levels(&page).map(|(levels, _)| levels),
    };
    levels
        .and_then(|levels| windows.count(levels, bits, header.values.into()))
        .ok_or_else(|| BAD_LEVELS.to_owned())
}

/// Whether the pages that are open at a time fit.
fn open_pages(leaves: &[Leaf]) -> Result<(), String> {
    let largest = leaves.iter().map(|leaf| leaf.packed).max().unwrap_or(0);
    let open = leaves.iter().map(|leaf| leaf.dictionary.saturating_add(leaf.values));
    let open = open.fold(largest, u64::saturating_add);
    if open <= OPEN_PAGES {
        return Ok(());
    }
    Err(format!(
        "the pages of its {} columns that are read together unpack to {} MiB, and the limit is {} \
         MiB: write it with smaller pages",
        leaves.len(),
        open >> 20,
        OPEN_PAGES >> 20
    ))
}

/// As many rows as fit.
fn fitting(leaves: &mut [Leaf]) -> Result<usize, String> {
    let mut needed = 0;
    for power in (0..=READ_ROWS).rev() {
        let values = |leaf: &mut Leaf| match &mut leaf.windows {
            Some(windows) => windows.most(power),
            None => 1 << power,
        };
        needed = leaves
            .iter_mut()
            .map(|leaf| values(leaf).saturating_mul(leaf.width))
            .fold(0, u64::saturating_add);
        if needed <= READ_BYTES {
            return Ok(1 << power);
        }
    }
    if needed <= ROW_MEMORY {
        return Ok(1);
    }
    let alone = |leaf: &mut Leaf| match &mut leaf.windows {
        Some(windows) => windows.most(0).saturating_mul(leaf.width),
        None => leaf.width,
    };
    let largest = leaves.iter_mut().map(|leaf| (alone(leaf), leaf)).max_by_key(|(most, _)| *most);
    let name = largest.map(|(_, leaf)| leaf.name.clone()).unwrap_or_default();
    Err(format!(
        "a single row may take {} MiB, most of it in column `{name}`, and of a row at most {} MiB \
         can be judged",
        needed >> 20,
        ROW_BYTES >> 20
    ))
}
