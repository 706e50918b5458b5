//! The columns that are asked for, out of JSON.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// A cell of JSON.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum JsonCell {
    /// Null, or nothing.
    Missing,
    /// True or false.
    Boolean(bool),
    /// A whole number of 64 bits.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// Text.
    Text(String),
    /// A list or a map.
    Other,
}

impl<'de> Deserialize<'de> for JsonCell {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(CellReader)
    }
}

struct CellReader;

impl<'de> Visitor<'de> for CellReader {
    type Value = JsonCell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<JsonCell, E> {
        Ok(JsonCell::Missing)
    }

    fn visit_bool<E>(self, value: bool) -> Result<JsonCell, E> {
        Ok(JsonCell::Boolean(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<JsonCell, E> {
        Ok(JsonCell::Integer(number))
    }

    #[allow(clippy::cast_precision_loss, reason = "the nearest double is what pandas takes")]
    fn visit_u64<E>(self, number: u64) -> Result<JsonCell, E> {
        Ok(i64::try_from(number).map_or(JsonCell::Number(number as f64), JsonCell::Integer))
    }

    fn visit_f64<E>(self, number: f64) -> Result<JsonCell, E> {
        Ok(JsonCell::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<JsonCell, E> {
        Ok(JsonCell::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<JsonCell, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(JsonCell::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<JsonCell, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(JsonCell::Other)
    }
}

/// Adds a cell to each of the columns of these names, from one record.
///
/// # Errors
/// What is wrong with the record: no object, or a column twice.
pub(crate) fn record(
    text: &[u8],
    names: &[String],
    columns: &mut [Vec<JsonCell>],
) -> Result<(), String> {
    let mut from = serde_json::Deserializer::from_slice(text);
    let mut row = vec![None; names.len()];
    let read = from
        .deserialize_map(Record { names, row: &mut row })
        .and_then(|()| from.end())
        .map_err(|error| format!("the line is no JSON object: {}", plain(&error)));
    read?;
    for (column, cell) in columns.iter_mut().zip(row) {
        column.push(cell.unwrap_or(JsonCell::Missing));
    }
    Ok(())
}

/// An error without the place in its line, which is one line of many.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => text.get(..at).unwrap_or_default().to_owned(),
        None => text,
    }
}

struct Record<'a> {
    names: &'a [String],
    row: &'a mut [Option<JsonCell>],
}

impl<'de> Visitor<'de> for Record<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(place) = entries.next_key_seed(Key(self.names))? {
            match place.and_then(|place| Some((self.row.get_mut(place)?, place))) {
                None => {
                    entries.next_value::<IgnoredAny>()?;
                }
                Some((cell, place)) => {
                    if cell.is_some() {
                        let name = self.names.get(place).map_or("", String::as_str);
                        return Err(A::Error::custom(format!("`{name}` is there twice")));
                    }
                    *cell = Some(entries.next_value()?);
                }
            }
        }
        Ok(())
    }
}

/// A key, as the place of its column.
struct Key<'a>(&'a [String]);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<usize>, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|name| name == text))
    }
}

/// A table as data frames are written: `{"columns": [...], "data": [[...]]}`,
/// which is what MLflow keeps of an evaluation.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    text: &'a [u8],
    /// The names of its columns.
    pub(crate) columns: Vec<String>,
}

#[derive(serde::Deserialize)]
struct Names {
    columns: Vec<String>,
    #[serde(rename = "data")]
    _data: IgnoredAny,
}

impl<'a> Table<'a> {
    /// Reads the names alone.
    ///
    /// # Errors
    /// Why it is no table.
    pub(crate) fn open(text: &'a [u8]) -> Result<Self, String> {
        let names: Names = serde_json::from_slice(text).map_err(|error| {
            format!(
                "is neither rows nor a table with `columns` and `data`: {error}; rows are CSV, \
                 JSON lines, Parquet or Arrow"
            )
        })?;
        Ok(Self { text, columns: names.columns })
    }

    /// The cells of the columns at these places.
    ///
    /// # Errors
    /// Which row has too many cells, or too few.
    pub(crate) fn cells(&self, places: &[usize]) -> Result<Vec<Vec<JsonCell>>, String> {
        let width = self.columns.len();
        let mut cells: Vec<Vec<JsonCell>> = vec![Vec::new(); places.len()];
        let data = Data(Rows { places, width, cells: &mut cells });
        serde_json::Deserializer::from_slice(self.text)
            .deserialize_map(data)
            .map_err(|error| format!("has rows that cannot be read: {error}"))?;
        Ok(cells)
    }
}

struct Data<'a>(Rows<'a>);

impl<'de> Visitor<'de> for Data<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        while let Some(key) = entries.next_key::<String>()? {
            if key == "data" {
                entries.next_value_seed(&mut self.0)?;
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Rows<'a> {
    places: &'a [usize],
    width: usize,
    cells: &'a mut Vec<Vec<JsonCell>>,
}

impl<'de> DeserializeSeed<'de> for &mut Rows<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for &mut Rows<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        let mut count = 0_u64;
        loop {
            let row = Row { places: self.places, width: self.width, cells: self.cells };
            if rows.next_element_seed(row)?.is_none() {
                return Ok(());
            }
            count += 1;
            if self.cells.iter().any(|cells| cells.len() as u64 != count) {
                return Err(A::Error::custom("a row lacks a cell"));
            }
        }
    }
}

struct Row<'a> {
    places: &'a [usize],
    width: usize,
    cells: &'a mut [Vec<JsonCell>],
}

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row of as many cells as columns")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<(), A::Error> {
        let mut count = 0;
        loop {
            let wanted = self.places.iter().position(|place| *place == count);
            match wanted.and_then(|place| self.cells.get_mut(place)) {
                Some(cells) => match row.next_element()? {
                    Some(cell) => cells.push(cell),
                    None => break,
                },
                None => {
                    if row.next_element::<IgnoredAny>()?.is_none() {
                        break;
                    }
                }
            }
            count += 1;
        }
        if count == self.width { Ok(()) } else { Err(A::Error::invalid_length(count, &self)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn records_give_what_is_asked_for() {
        let mut columns = vec![Vec::new(), Vec::new()];
        let wanted = names(&["s", "g"]);
        let mut read = |text: &str| record(text.as_bytes(), &wanted, &mut columns);
        read(r#"{"g": "a", "x": [1, {"s": 2}], "s": 0.5}"#).unwrap();
        read(r#"{"s": null}"#).unwrap();
        assert_eq!(
            read(r#"{"s": 1, "s": 2}"#).unwrap_err(),
            "the line is no JSON object: `s` is there twice"
        );
        assert!(read("[1]").is_err() && read(r#"{"s": 1} x"#).is_err() && read("{").is_err());
        assert_eq!(columns[0], [JsonCell::Number(0.5), JsonCell::Missing]);
        assert_eq!(columns[1], [JsonCell::Text("a".to_owned()), JsonCell::Missing]);
    }

    #[test]
    fn tables_have_as_many_cells_as_columns_in_each_row() {
        let text = br#"{"columns": ["a", "b"], "data": [[1, "x"], [null, "y"]]}"#;
        let table = Table::open(text).unwrap();
        assert_eq!(table.columns, ["a", "b"]);
        let cells = table.cells(&[1, 0]).unwrap();
        assert_eq!(cells[1], [JsonCell::Integer(1), JsonCell::Missing]);
        let short = Table::open(br#"{"columns": ["a", "b"], "data": [[1]]}"#).unwrap();
        assert!(short.cells(&[0]).is_err());
        assert!(Table::open(br#"{"columns": ["a"]}"#).is_err());
    }
}
