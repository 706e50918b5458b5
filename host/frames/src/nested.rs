//! Values that no plain column holds, as the texts that the contract takes
//! for them: base64 for bytes, JSON for all else. Where rows are judged
//! together, `{"$date": ...}`, `{"$datetime": ...}`, `{"$decimal": ...}`,
//! `{"$bytes": ...}` and `{"$float": ...}` say what JSON cannot; where each is
//! judged by itself, it is the text or the number that JSON has for it.

use std::fmt::Write as _;

use arrow_array::cast::AsArray as _;
use arrow_array::temporal_conversions as time;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use tollgate::rows::Judged;
use tollgate::tree::non_finite_name;

/// Deeper values are an error: plugins refuse them, too.
const DEPTH: usize = 64;

/// Writes cells as texts.
pub(crate) struct Written {
    text: String,
    judged: Judged,
    /// A longer text is given up: a few bytes of a file can hold a list of
    /// billions.
    most: usize,
}

/// Why a cell has no text.
#[derive(Debug)]
pub(crate) enum Unwritten {
    /// The text would be too long.
    TooLong,
    /// The file is wrong.
    Wrong(String),
}

impl From<&str> for Unwritten {
    fn from(problem: &str) -> Self {
        Self::Wrong(problem.to_owned())
    }
}

impl Written {
    /// Whether cells of this type can be written. No signature has times of
    /// day.
    pub(crate) fn can(data_type: &DataType, judged: Judged) -> bool {
        let is_time = matches!(data_type, DataType::Time32(_) | DataType::Time64(_));
        Self::can_at(data_type, 0) && !(is_time && judged != Judged::Apart)
    }

    fn can_at(data_type: &DataType, depth: usize) -> bool {
        let below = |data_type: &DataType| depth < DEPTH && Self::can_at(data_type, depth + 1);
        match data_type {
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                below(item.data_type())
            }
            DataType::Struct(fields) => fields.iter().all(|field| below(field.data_type())),
            DataType::Map(entries, _) => below(entries.data_type()),
            DataType::Dictionary(_, values) => below(values),
            DataType::Null
            | DataType::Boolean
            | DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_)
            | DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Date32
            | DataType::Date64
            | DataType::Timestamp(..)
            | DataType::Time32(_)
            | DataType::Time64(_)
            | DataType::Decimal32(..)
            | DataType::Decimal64(..)
            | DataType::Decimal128(..)
            | DataType::Decimal256(..) => true,
            other => other.is_integer() || other.is_floating(),
        }
    }

    /// The text of a cell that is present.
    pub(crate) fn cell(
        array: &dyn Array,
        row: usize,
        judged: Judged,
        most: usize,
    ) -> Result<String, Unwritten> {
        if let Some(bytes) = bytes(array, row) {
            return if bytes.len() > most { Err(Unwritten::TooLong) } else { Ok(base64(bytes)) };
        }
        let mut written = Self { text: String::new(), judged, most };
        written.value(array, row)?;
        Ok(written.text)
    }

    fn value(&mut self, array: &dyn Array, row: usize) -> Result<(), Unwritten> {
        if self.text.len() > self.most {
            return Err(Unwritten::TooLong);
        }
        if array.is_null(row) {
            self.text.push_str("null");
            return Ok(());
        }
        if let Some(bytes) = bytes(array, row) {
            if bytes.len() > self.most {
                return Err(Unwritten::TooLong);
            }
            self.tagged("bytes", &base64(bytes));
            return Ok(());
        }
        match array.data_type() {
            DataType::Null => self.text.push_str("null"),
            DataType::Boolean => {
                self.text.push_str(if array.as_boolean().value(row) { "true" } else { "false" });
            }
            DataType::Int8 => self.shown(array.as_primitive::<Int8Type>().value(row)),
            DataType::Int16 => self.shown(array.as_primitive::<Int16Type>().value(row)),
            DataType::Int32 => self.shown(array.as_primitive::<Int32Type>().value(row)),
            DataType::Int64 => self.shown(array.as_primitive::<Int64Type>().value(row)),
            DataType::UInt8 => self.shown(array.as_primitive::<UInt8Type>().value(row)),
            DataType::UInt16 => self.shown(array.as_primitive::<UInt16Type>().value(row)),
            DataType::UInt32 => self.shown(array.as_primitive::<UInt32Type>().value(row)),
            DataType::UInt64 => self.shown(array.as_primitive::<UInt64Type>().value(row)),
            DataType::Float16 => {
                self.float(array.as_primitive::<Float16Type>().value(row).to_f64())
            }
            DataType::Float32 => self.float(array.as_primitive::<Float32Type>().value(row).into()),
            DataType::Float64 => self.float(array.as_primitive::<Float64Type>().value(row)),
            DataType::Utf8 => self.string(array.as_string::<i32>().value(row)),
            DataType::LargeUtf8 => self.string(array.as_string::<i64>().value(row)),
            DataType::Utf8View => self.string(array.as_string_view().value(row)),
            DataType::Date32 => {
                let days = array.as_primitive::<Date32Type>().value(row);
                let date = time::date32_to_datetime(days).ok_or("a date is out of range")?;
                self.tagged("date", &date.date().to_string());
            }
            DataType::Date64 => {
                let millis = array.as_primitive::<Date64Type>().value(row);
                let date = time::date64_to_datetime(millis).ok_or("a date is out of range")?;
                self.tagged("date", &date.date().to_string());
            }
            DataType::Timestamp(unit, _) => {
                let moment = match unit {
                    TimeUnit::Second => time::timestamp_s_to_datetime(
                        array.as_primitive::<TimestampSecondType>().value(row),
                    ),
                    TimeUnit::Millisecond => time::timestamp_ms_to_datetime(
                        array.as_primitive::<TimestampMillisecondType>().value(row),
                    ),
                    TimeUnit::Microsecond => time::timestamp_us_to_datetime(
                        array.as_primitive::<TimestampMicrosecondType>().value(row),
                    ),
                    TimeUnit::Nanosecond => time::timestamp_ns_to_datetime(
                        array.as_primitive::<TimestampNanosecondType>().value(row),
                    ),
                };
                let moment = moment.ok_or("a time is out of range")?;
                self.moment(&format!("{moment:?}"));
            }
            DataType::Time32(_) | DataType::Time64(_) => {
                let time = clock(array, row).ok_or("a time of day is out of range")?;
                self.tagged("time", &time);
            }
            DataType::Decimal32(..) => {
                self.tagged("decimal", &array.as_primitive::<Decimal32Type>().value_as_string(row));
            }
            DataType::Decimal64(..) => {
                self.tagged("decimal", &array.as_primitive::<Decimal64Type>().value_as_string(row));
            }
            DataType::Decimal128(..) => {
                let decimal = array.as_primitive::<Decimal128Type>().value_as_string(row);
                self.tagged("decimal", &decimal);
            }
            DataType::Decimal256(..) => {
                let decimal = array.as_primitive::<Decimal256Type>().value_as_string(row);
                self.tagged("decimal", &decimal);
            }
            DataType::List(_) => self.list(&array.as_list::<i32>().value(row))?,
            DataType::LargeList(_) => self.list(&array.as_list::<i64>().value(row))?,
            DataType::FixedSizeList(..) => self.list(&array.as_fixed_size_list().value(row))?,
            DataType::Struct(fields) => {
                let columns = array.as_struct().columns();
                let named = fields.iter().map(|field| field.name().as_str()).zip(columns);
                self.object(named.map(|(name, column)| (name, column.as_ref(), row)))?;
            }
            DataType::Map(..) => self.map(array, row)?,
            DataType::Dictionary(..) => {
                let cell = array.slice(row, 1);
                let dictionary = cell.as_any_dictionary();
                let key = dictionary.normalized_keys().first().copied().unwrap_or_default();
                self.value(dictionary.values().as_ref(), key)?;
            }
            _ => return Err("a cell is of a type that JSON has no value for".into()),
        }
        Ok(())
    }

    fn list(&mut self, items: &ArrayRef) -> Result<(), Unwritten> {
        self.text.push('[');
        for item in 0..items.len() {
            if item > 0 {
                self.text.push(',');
            }
            self.value(items.as_ref(), item)?;
        }
        self.text.push(']');
        Ok(())
    }

    fn object<'a>(
        &mut self,
        items: impl Iterator<Item = (&'a str, &'a dyn Array, usize)>,
    ) -> Result<(), Unwritten> {
        self.text.push('{');
        for (place, (name, array, row)) in items.enumerate() {
            if place > 0 {
                self.text.push(',');
            }
            self.string(name);
            self.text.push(':');
            self.value(array, row)?;
        }
        self.text.push('}');
        Ok(())
    }

    /// An object where the keys are texts; otherwise the list of pairs that
    /// pandas makes of it.
    fn map(&mut self, array: &dyn Array, row: usize) -> Result<(), Unwritten> {
        let entries = array.as_map().value(row);
        let [keys, values] = entries.columns() else {
            return Err("a map has no keys and values".into());
        };
        let text = |row: usize| match keys.data_type() {
            DataType::Utf8 => Some(keys.as_string::<i32>().value(row)),
            DataType::LargeUtf8 => Some(keys.as_string::<i64>().value(row)),
            DataType::Utf8View => Some(keys.as_string_view().value(row)),
            _ => None,
        };
        if (0..entries.len()).all(|row| text(row).is_some()) {
            let items = 0..entries.len();
            return self.object(items.filter_map(|row| Some((text(row)?, values.as_ref(), row))));
        }
        self.text.push('[');
        for row in 0..entries.len() {
            self.text.push_str(if row > 0 { ",[" } else { "[" });
            self.value(keys.as_ref(), row)?;
            self.text.push(',');
            self.value(values.as_ref(), row)?;
            self.text.push(']');
        }
        self.text.push(']');
        Ok(())
    }

    fn shown(&mut self, value: impl std::fmt::Display) {
        let _ = write!(self.text, "{value}");
    }

    fn float(&mut self, value: f64) {
        if value.is_finite() {
            // The shortest digits that give the number back.
            let _ = write!(self.text, "{value:?}");
        } else {
            let name = non_finite_name(value);
            match self.judged {
                Judged::Together | Judged::Decided => self.tagged("float", name),
                // No JSON, and whoever judges the row says so.
                Judged::Apart => self.text.push_str(name),
            }
        }
    }

    fn moment(&mut self, text: &str) {
        match self.judged {
            Judged::Together | Judged::Decided => self.tagged("datetime", text),
            // As in a column of times: by RFC 3339, with the fraction there is.
            Judged::Apart => {
                let text = if text.contains('.') {
                    text.trim_end_matches('0').trim_end_matches('.')
                } else {
                    text
                };
                let _ = write!(self.text, "\"{text}Z\"");
            }
        }
    }

    fn string(&mut self, text: &str) {
        match serde_json::to_string(text) {
            Ok(text) => self.text.push_str(&text),
            Err(_) => self.text.push_str("null"),
        }
    }

    fn tagged(&mut self, tag: &str, text: &str) {
        let _ = match (self.judged, tag) {
            (Judged::Together | Judged::Decided, _) => {
                write!(self.text, "{{\"${tag}\":\"{text}\"}}")
            }
            (Judged::Apart, "decimal") => write!(self.text, "{text}"),
            (Judged::Apart, _) => write!(self.text, "\"{text}\""),
        };
    }
}

/// A time of day.
fn clock(array: &dyn Array, row: usize) -> Option<String> {
    let time = match array.data_type() {
        DataType::Time32(TimeUnit::Second) => {
            time::time32s_to_time(array.as_primitive::<Time32SecondType>().value(row))
        }
        DataType::Time32(_) => {
            time::time32ms_to_time(array.as_primitive::<Time32MillisecondType>().value(row))
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            time::time64us_to_time(array.as_primitive::<Time64MicrosecondType>().value(row))
        }
        _ => time::time64ns_to_time(array.as_primitive::<Time64NanosecondType>().value(row)),
    };
    Some(time?.to_string())
}

fn bytes(array: &dyn Array, row: usize) -> Option<&[u8]> {
    Some(match array.data_type() {
        DataType::Binary => array.as_binary::<i32>().value(row),
        DataType::LargeBinary => array.as_binary::<i64>().value(row),
        DataType::BinaryView => array.as_binary_view().value(row),
        DataType::FixedSizeBinary(_) => array.as_fixed_size_binary().value(row),
        _ => return None,
    })
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut word = 0u32;
        for place in 0..3 {
            word = word << 8 | u32::from(chunk.get(place).copied().unwrap_or(0));
        }
        for place in 0..4 {
            let digit = (word >> (18 - place * 6) & 63) as usize;
            let digit = DIGITS.get(digit).filter(|_| place <= chunk.len());
            text.push(digit.map_or('=', |digit| char::from(*digit)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn bytes_become_base64() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(super::base64(bytes.as_bytes()), text);
        }
    }
}
