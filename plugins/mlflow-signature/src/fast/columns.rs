//! Rows and columns with names.

use alloc::vec::Vec;

use mlflow_schema::json::{Key, Reader};
use mlflow_schema::schema::{ColSpec, Type};

use super::cell::Cell;
use super::nested::Nested;
use crate::body::Field;

#[derive(Debug)]
struct Column {
    key: Key,
    cells: Cells,
    required: bool,
}

/// What the cells of a column are.
#[derive(Debug)]
enum Cells {
    Single(Cell),
    /// Lists or objects.
    Nested(Nested),
}

impl Cells {
    fn of(kind: &Type) -> Option<Self> {
        match kind {
            Type::Data(data_type) => Cell::of(*data_type).map(Self::Single),
            nested => Nested::of(nested).map(Self::Nested),
        }
    }

    /// Reads one clean cell; see [`Cell::read`].
    #[inline(always)]
    fn read(&self, reader: &mut Reader<'_>, frame: bool, time: &mut u8) -> Option<()> {
        match self {
            Self::Single(cell) => cell.read(reader, frame, time),
            Self::Nested(nested) => nested.read(reader),
        }
    }
}

/// The columns that payloads are looked through for.
#[derive(Debug)]
pub(crate) struct Columns(Vec<Column>);

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
    /// The columns of a signature; none when one pass cannot tell of them.
    pub(super) fn of(specs: &[ColSpec]) -> Option<Self> {
        let column = |spec: &ColSpec| {
            Some(Column {
                key: Key::new(&spec.name),
                cells: Cells::of(&spec.kind)?,
                required: spec.required,
            })
        };
        specs.iter().map(column).collect::<Option<_>>().map(Self)
    }

    fn progress(&self, frame: bool) -> Progress {
        Progress { seen: alloc::vec![0; self.0.len()], times: alloc::vec![0; self.0.len()], frame }
    }

    /// Reads the value of an input field.
    pub(super) fn field(&self, reader: &mut Reader<'_>, field: Field) -> Option<()> {
        match (field, reader.peek()) {
            (Field::Split, b'{') => self.split(reader),
            (Field::Records, b'[') => self.records(reader, self.progress(true)),
            // Beside lists or objects an object is as well one row.
            _ if self.0.iter().any(|column| matches!(column.cells, Cells::Nested(_))) => None,
            (Field::Inputs | Field::Instances, b'[') => self.records(reader, self.progress(false)),
            (Field::Inputs | Field::Instances, b'{') => self.columns(reader, field),
            _ => None,
        }
    }

    /// Takes the name of a column, whose likely place is `guess`, and its colon.
    #[inline(always)]
    fn name(&self, reader: &mut Reader<'_>, guess: usize) -> Option<usize> {
        reader.member(&self.0, |column| &column.key, guess)
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
        self.0.get(at)?.cells.read(reader, progress.frame, time)
    }

    /// A list of objects.
    fn records(&self, reader: &mut Reader<'_>, mut progress: Progress) -> Option<()> {
        reader.take(b'[').then_some(())?;
        let mut row = 0;
        loop {
            row += 1;
            self.record(reader, &mut progress, row)?;
            if !reader.another(b']').ok()? {
                return Some(());
            }
        }
    }

    /// Objects that stand alone, the rows of one frame.
    pub(super) fn all<'r>(&self, records: impl Iterator<Item = &'r [u8]>) -> Option<()> {
        let mut progress = self.progress(true);
        let mut rows = 0;
        for (row, record) in (1..).zip(records) {
            rows = row;
            let mut reader = Reader::trusting(record);
            self.record(&mut reader, &mut progress, row)?;
            reader.end().ok()?;
            reader.is_utf8().then_some(())?;
        }
        (rows > 0).then_some(())
    }

    /// The object of row `row`, counted from 1.
    #[inline]
    fn record(&self, reader: &mut Reader<'_>, progress: &mut Progress, row: u32) -> Option<()> {
        reader.take(b'{').then_some(())?;
        let mut guess = 0;
        loop {
            let at = self.name(reader, guess)?;
            guess = at + 1;
            self.cell(reader, progress, at, row)?;
            if !reader.another(b'}').ok()? {
                return self.complete(progress, row);
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
            let at = name.place(&self.0, |column| &column.key, places.len())?;
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
            columns.push((&self.0.get(*place)?.cells, 0u8));
        }
        reader.take(b'[').then_some(())?;
        let mut rows = 0;
        loop {
            reader.take(b'[').then_some(())?;
            let mut rest = columns.iter_mut();
            loop {
                let (cells, time) = rest.next()?;
                cells.read(reader, true, time)?;
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
            let at = self.name(reader, guess)?;
            guess = at + 1;
            let rows = if reader.take(b'[') {
                let time = progress.times.get_mut(at)?;
                let mut rows = 0u32;
                loop {
                    rows += 1;
                    self.0.get(at)?.cells.read(reader, false, time)?;
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
