//! One pass over the bytes of a payload that has nothing wrong with it.
//!
//! Most payloads are clean: known columns in every row, cells that are already
//! what the signature wants. For those no object is built. A [`Plan`] only
//! ever says *clean* (no fault, no change, no warning, in either mode and
//! whatever else the column holds); whatever it does not recognise at once is
//! left to the general path, malformed JSON included.

use alloc::vec::Vec;

use crate::body::Field;
use crate::json::{Reader, Text};
use crate::py::Dtype;
use crate::schema::{DataType, Schema, Signature, Type};

/// The cells that a column or a tensor takes as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Boolean,
    Integer,
    Long,
    Float,
    Double,
    Text,
    Time,
}

#[derive(Debug)]
struct Column {
    name: Vec<u8>,
    cell: Cell,
    required: bool,
}

#[derive(Debug)]
struct Tensor {
    name: Vec<u8>,
    cell: Cell,
    shape: Vec<i64>,
}

/// What to look for, worked out from the signature once.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Rows or columns of named primitives.
    Columns(Columns),
    /// Tensors, by name or the only one.
    Tensors(Tensors),
    /// Nothing can be told in one pass.
    None,
}

/// See [`Plan::Columns`].
#[derive(Debug)]
pub(crate) struct Columns(Vec<Column>);

/// See [`Plan::Tensors`].
#[derive(Debug)]
pub(crate) struct Tensors {
    named: bool,
    tensors: Vec<Tensor>,
}

impl Plan {
    /// The plan for a signature.
    pub(crate) fn of(signature: &Signature) -> Self {
        let plan = match &signature.inputs {
            Some(Schema::Columns { named: true, columns }) => columns
                .iter()
                .map(|column| {
                    let Type::Data(data_type) = column.kind else {
                        return None;
                    };
                    Some(Column {
                        name: column.name.clone().into_bytes(),
                        cell: cell_of(data_type)?,
                        required: column.required,
                    })
                })
                .collect::<Option<Vec<_>>>()
                .map(|columns| Self::Columns(Columns(columns))),
            Some(Schema::Tensors { named, tensors }) => tensors
                .iter()
                .map(|tensor| {
                    Some(Tensor {
                        name: tensor.name.clone().into_bytes(),
                        cell: match tensor.dtype {
                            Dtype::Bool => Cell::Boolean,
                            Dtype::Int(32) => Cell::Integer,
                            Dtype::Int(64) => Cell::Long,
                            Dtype::Float(32) => Cell::Float,
                            Dtype::Float(64) => Cell::Double,
                            _ => return None,
                        },
                        shape: tensor.shape.clone(),
                    })
                })
                .collect::<Option<Vec<_>>>()
                .map(|tensors| Self::Tensors(Tensors { named: *named, tensors })),
            _ => None,
        };
        // Equal names mean what only the general path knows.
        match plan {
            Some(Self::Columns(Columns(columns))) if doubled(columns.iter().map(|c| &c.name)) => {
                Self::None
            }
            Some(Self::Tensors(given)) if doubled(given.tensors.iter().map(|t| &t.name)) => {
                Self::None
            }
            Some(plan) => plan,
            None => Self::None,
        }
    }

    /// Whether the payload is clean.
    pub(crate) fn clean(&self, payload: &[u8]) -> bool {
        !matches!(self, Self::None) && self.body(payload).is_some()
    }

    /// The body: one known field and nothing else.
    fn body(&self, payload: &[u8]) -> Option<()> {
        let mut reader = Reader::new(payload).ok()?;
        reader.take(b'{').then_some(())?;
        let key = reader.key().ok()?;
        let field = Field::NAMED.into_iter().find(|field| key.is(field.key()))?;
        match self {
            Self::Columns(columns) => columns.field(&mut reader, field)?,
            Self::Tensors(tensors) => tensors.field(&mut reader, field)?,
            Self::None => return None,
        }
        reader.take(b'}').then_some(())?;
        reader.end().ok()
    }
}

fn doubled<'n>(names: impl Iterator<Item = &'n Vec<u8>>) -> bool {
    let mut names: Vec<&Vec<u8>> = names.collect();
    names.sort_unstable();
    names.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
}

fn cell_of(data_type: DataType) -> Option<Cell> {
    Some(match data_type {
        DataType::Boolean => Cell::Boolean,
        DataType::Integer => Cell::Integer,
        DataType::Long => Cell::Long,
        DataType::Float => Cell::Float,
        DataType::Double => Cell::Double,
        DataType::String => Cell::Text,
        DataType::Datetime => Cell::Time,
        // Whether base64 is canonical is not worth a second decoder.
        DataType::Binary => return None,
    })
}

/// What is known of the columns so far.
struct Progress {
    /// For each column the row, counted from 1, that last had it.
    seen: Vec<u32>,
    /// For each column how its times are written; 0 when not known.
    times: Vec<u8>,
    /// In data frames a missing text stays missing.
    frame: bool,
}

impl Columns {
    fn progress(&self, frame: bool) -> Progress {
        Progress { seen: alloc::vec![0; self.0.len()], times: alloc::vec![0; self.0.len()], frame }
    }

    fn field(&self, reader: &mut Reader<'_>, field: Field) -> Option<()> {
        match (field, reader.peek()) {
            (Field::Split, b'{') => self.split(reader),
            (Field::Records, b'[') => self.records(reader, self.progress(true)),
            (Field::Inputs | Field::Instances, b'[') => self.records(reader, self.progress(false)),
            (Field::Inputs | Field::Instances, b'{') => self.columns(reader, field),
            _ => None,
        }
    }

    /// The column of a name; `guess` is its likely place.
    #[inline]
    fn find(&self, key: &Text<'_>, guess: usize) -> Option<usize> {
        if self.0.get(guess).is_some_and(|column| column.name == key.bytes()) {
            return Some(guess);
        }
        self.0.iter().position(|column| column.name == key.bytes())
    }

    /// Whether every required column was in row `row`, and the others either
    /// in every row or in none.
    fn complete(&self, progress: &Progress, row: u32) -> Option<()> {
        self.0
            .iter()
            .zip(&progress.seen)
            .all(|(column, seen)| *seen == row || (*seen == 0 && !column.required))
            .then_some(())
    }

    #[inline]
    fn cell(
        &self,
        reader: &mut Reader<'_>,
        progress: &mut Progress,
        at: usize,
        row: u32,
    ) -> Option<()> {
        let seen = progress.seen.get_mut(at)?;
        // Twice in a row: the last one wins, but then the first was read.
        if *seen == row || *seen + 1 < row {
            return None;
        }
        *seen = row;
        let time = progress.times.get_mut(at)?;
        self.0.get(at)?.cell.read(reader, progress.frame, time)
    }

    /// A list of objects.
    fn records(&self, reader: &mut Reader<'_>, mut progress: Progress) -> Option<()> {
        reader.take(b'[').then_some(())?;
        let mut row = 0;
        loop {
            row += 1;
            reader.take(b'{').then_some(())?;
            let mut guess = 0;
            loop {
                let key = reader.key().ok()?;
                let at = self.find(&key, guess)?;
                guess = at + 1;
                self.cell(reader, &mut progress, at, row)?;
                if !reader.another(b'}').ok()? {
                    break;
                }
            }
            self.complete(&progress, row)?;
            if !reader.another(b']').ok()? {
                return Some(());
            }
        }
    }

    /// `dataframe_split`; the names may stand before or behind the rows.
    fn split(&self, reader: &mut Reader<'_>) -> Option<()> {
        reader.take(b'{').then_some(())?;
        let mut places = None;
        let mut rows = None;
        let mut labels = None;
        let mut later = None;
        loop {
            let key = reader.key().ok()?;
            match key.bytes() {
                b"columns" if places.is_none() => places = Some(self.places(reader)?),
                b"data" if rows.is_none() && later.is_none() => match &places {
                    Some(places) => rows = Some(self.rows(reader, places)?),
                    None => {
                        later = Some(reader.clone());
                        reader.skip(0).ok()?;
                    }
                },
                b"index" if labels.is_none() => labels = Some(count(reader)?),
                _ => return None,
            }
            if !reader.another(b'}').ok()? {
                break;
            }
        }
        if let Some(mut later) = later {
            rows = Some(self.rows(&mut later, places.as_ref()?)?);
        }
        (labels.is_none() || labels == rows).then_some(())?;
        rows.map(drop)
    }

    /// The names of the columns, as places in the signature.
    fn places(&self, reader: &mut Reader<'_>) -> Option<Vec<usize>> {
        let mut places: Vec<usize> = Vec::with_capacity(self.0.len());
        let mut taken = alloc::vec![false; self.0.len()];
        reader.take(b'[').then_some(())?;
        loop {
            if reader.peek() != b'"' {
                return None;
            }
            let name = reader.string().ok()?;
            let at = self.find(&name, places.len())?;
            let taken = taken.get_mut(at)?;
            if *taken {
                return None;
            }
            *taken = true;
            places.push(at);
            if !reader.another(b']').ok()? {
                break;
            }
        }
        self.0
            .iter()
            .zip(&taken)
            .all(|(column, taken)| *taken || !column.required)
            .then_some(places)
    }

    fn rows(&self, reader: &mut Reader<'_>, places: &[usize]) -> Option<u32> {
        let mut columns = Vec::with_capacity(places.len());
        for place in places {
            columns.push((self.0.get(*place)?.cell, 0u8));
        }
        reader.take(b'[').then_some(())?;
        let mut rows = 0;
        loop {
            reader.take(b'[').then_some(())?;
            let mut rest = columns.iter_mut();
            loop {
                let (cell, time) = rest.next()?;
                cell.read(reader, true, time)?;
                if !reader.another(b']').ok()? {
                    break;
                }
            }
            // Short rows would be filled up.
            if rest.next().is_some() {
                return None;
            }
            rows += 1;
            if !reader.another(b']').ok()? {
                return Some(rows);
            }
        }
    }

    /// An object of lists, or of single values.
    fn columns(&self, reader: &mut Reader<'_>, field: Field) -> Option<()> {
        let mut progress = self.progress(false);
        let mut length = None;
        let mut guess = 0;
        reader.take(b'{').then_some(())?;
        loop {
            let key = reader.key().ok()?;
            let at = self.find(&key, guess)?;
            guess = at + 1;
            let rows = if reader.take(b'[') {
                let time = progress.times.get_mut(at)?;
                let mut rows = 0u32;
                loop {
                    rows += 1;
                    self.0.get(at)?.cell.read(reader, false, time)?;
                    if !reader.another(b']').ok()? {
                        break;
                    }
                }
                *progress.seen.get_mut(at)? += 1;
                rows
            } else {
                // `instances` takes lists only.
                if field == Field::Instances {
                    return None;
                }
                self.cell(reader, &mut progress, at, 1)?;
                0
            };
            if progress.seen.get(at) != Some(&1) || *length.get_or_insert(rows) != rows {
                return None;
            }
            if !reader.another(b'}').ok()? {
                return self.complete(&progress, 1);
            }
        }
    }
}

/// The number of single values in a list.
fn count(reader: &mut Reader<'_>) -> Option<u32> {
    reader.take(b'[').then_some(())?;
    let mut values = 0;
    loop {
        if matches!(reader.peek(), b'[' | b'{') {
            return None;
        }
        reader.skip(0).ok()?;
        values += 1;
        if !reader.another(b']').ok()? {
            return Some(values);
        }
    }
}

impl Tensors {
    fn field(&self, reader: &mut Reader<'_>, field: Field) -> Option<()> {
        match (self.named, field) {
            (false, Field::Inputs | Field::Instances) => {
                let [tensor] = self.tensors.as_slice() else {
                    return None;
                };
                tensor.read(reader)
            }
            (true, Field::Inputs) => {
                reader.take(b'{').then_some(())?;
                let mut seen = alloc::vec![false; self.tensors.len()];
                loop {
                    let key = reader.key().ok()?;
                    let at = self.tensors.iter().position(|tensor| tensor.name == key.bytes())?;
                    if core::mem::replace(seen.get_mut(at)?, true) {
                        return None;
                    }
                    self.tensors.get(at)?.read(reader)?;
                    if !reader.another(b'}').ok()? {
                        return seen.iter().all(|seen| *seen).then_some(());
                    }
                }
            }
            _ => None,
        }
    }
}

impl Tensor {
    fn read(&self, reader: &mut Reader<'_>) -> Option<()> {
        if self.shape.is_empty() || self.shape.len() > 8 {
            return None;
        }
        // What a free dimension turned out to be.
        let mut lengths = self.shape.clone();
        self.level(reader, 0, &mut lengths)
    }

    fn level(&self, reader: &mut Reader<'_>, depth: usize, lengths: &mut [i64]) -> Option<()> {
        reader.take(b'[').then_some(())?;
        let leaf = depth + 1 == lengths.len();
        let mut length = 0;
        loop {
            length += 1;
            if leaf {
                self.cell.read(reader, false, &mut 0)?;
            } else {
                self.level(reader, depth + 1, lengths)?;
            }
            if !reader.another(b']').ok()? {
                break;
            }
        }
        let expected = lengths.get_mut(depth)?;
        if *expected == -1 {
            *expected = length;
        }
        (*expected == length).then_some(())
    }
}

impl Cell {
    /// Reads one clean cell. `frame` when it stands in a data frame; `time` is
    /// how the times of its column are written.
    #[inline]
    fn read(self, reader: &mut Reader<'_>, frame: bool, time: &mut u8) -> Option<()> {
        match (self, reader.peek()) {
            (Self::Boolean, b't') => reader.word("true").then_some(()),
            (Self::Boolean, b'f') => reader.word("false").then_some(()),
            (Self::Integer | Self::Long | Self::Float | Self::Double, b'-' | b'0'..=b'9') => {
                let number = reader.number().ok()?;
                self.number(number.raw, number.whole).then_some(())
            }
            (Self::Text, b'"') => {
                let text = reader.string().ok()?;
                // NumPy drops NULs at the end.
                (frame || text.bytes().last() != Some(&0)).then_some(())
            }
            (Self::Time, b'"') => {
                let text = reader.string().ok()?;
                let written = written(text.bytes())?;
                if *time == 0 {
                    *time = written;
                }
                (*time == written).then_some(())
            }
            (Self::Float | Self::Double, b'n') => reader.word("null").then_some(()),
            (Self::Text, b'n') if frame => reader.word("null").then_some(()),
            _ => None,
        }
    }

    #[inline]
    fn number(self, raw: &str, whole: bool) -> bool {
        /// Up to here every whole number is a double.
        const EXACT: u64 = 1 << 53;
        match (self, whole) {
            (Self::Integer, true) => raw.len() < 10 || raw.parse::<i32>().is_ok(),
            (Self::Long, true) => raw.len() < 19 || raw.parse::<i64>().is_ok(),
            (Self::Float | Self::Double, true) => {
                raw.len() < 16 || raw.parse::<i64>().is_ok_and(|n| n.unsigned_abs() <= EXACT)
            }
            (Self::Double, false) => true,
            // 32 bits overflow above 3e38, and underflow below 1e-45.
            (Self::Float, false) => {
                raw.len() < 18 && !raw.bytes().any(|byte| matches!(byte, b'e' | b'E'))
            }
            _ => false,
        }
    }
}

/// Whether this is `2021-01-31` (1) or `2021-01-31T23:59:59` (2), with a year
/// that fits 64 bits of nanoseconds and a day that every month has.
fn written(text: &[u8]) -> Option<u8> {
    let digits = |from: usize, to: usize| {
        let mut number = 0;
        for byte in text.get(from..to)? {
            number = number * 10 + char::from(*byte).to_digit(10)?;
        }
        Some(number)
    };
    let dashes = text.get(4) == Some(&b'-') && text.get(7) == Some(&b'-');
    let date = (1678..2262).contains(&digits(0, 4)?)
        && (1..=12).contains(&digits(5, 7)?)
        && (1..=28).contains(&digits(8, 10)?);
    (dashes && date).then_some(())?;
    if text.len() == 10 {
        return Some(1);
    }
    let colons = text.get(13) == Some(&b':') && text.get(16) == Some(&b':');
    let time = digits(11, 13)? < 24 && digits(14, 16)? < 60 && digits(17, 19)? < 60;
    (text.len() == 19 && text.get(10) == Some(&b'T') && colons && time).then_some(2)
}
