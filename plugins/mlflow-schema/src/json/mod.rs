//! JSON as Python's `json.loads` reads it, which is what MLflow's scoring
//! server does: `NaN`, `Infinity` and `-Infinity` are numbers, whole numbers
//! have no limit, a lone surrogate is a character, of several equal keys the
//! last one counts.

mod key;
mod reader;
mod scan;
mod text;
mod write;

pub use key::Key;
pub use reader::{Malformed, Number, Reader, push_code_point};
pub use text::Text;
pub use write::{write_f64, write_text};

/// How deep a payload may nest. Python allows about a thousand levels, but a
/// NumPy array has at most 64 dimensions, and a guest's stack is small.
pub const MAX_DEPTH: u32 = 64;
