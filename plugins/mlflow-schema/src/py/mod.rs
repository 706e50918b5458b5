//! Python, NumPy and pandas, as far as a payload meets them on its way to a
//! model: objects, arrays and columns, and how each turns one into another.

mod array;
mod base64;
mod calendar;
mod cast;
mod column;
mod dtype;
mod frame;
mod iso;
mod loads;
mod number;
mod object;
mod repr;
mod when;
mod written;

pub use array::{Array, array, array_as, array_of};
pub use base64::{decode as base64_decode, encode as base64_encode, is_encoded as is_base64};
pub use calendar::{Moment, write_date, write_iso};
pub use cast::cell_as;
pub use column::{Column, cast_number, infer, infer_objects, to_numeric};
pub use dtype::{Dtype, Unit};
pub use frame::{Frame, Index, Unframed, missing_as_nan, typed};
pub use iso::{Instant, datetime64, instant};
pub use loads::{Twice, loads, loads_noting};
pub use number::{float_from_text, int_from_text, to_f32, wrap_float, wrap_int};
pub use object::{Py, Raised, Taking};
pub use repr::{float_repr, str_of};
pub use when::to_datetime;
pub use written::read_written;
