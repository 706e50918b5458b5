//! Files of rows, read in batches that a plugin can judge, so that memory
//! stays the same however long the file is.
//!
//! One reader a format: [`open`] and [`rows()`] give its batches, as a
//! [`RowSource`](tollgate::rows::RowSource). CSV has no types: its cells are
//! what was written, and what they become is for whoever judges to say. JSON
//! lines stay JSON. Parquet and Arrow declare types, which become the
//! contract's dtypes; what those cannot say is an error, never another value.
//!
//! ```no_run
//! # use tollgate::judge::{Checker, CheckerOptions, Subject};
//! # use tollgate::{model, plugins::Plugins};
//! use tollgate_frames::{Payload, PayloadFormat};
//! # let plugins = Plugins::new(tollgate_engine::Engine::builder().build()?);
//! # let signature = model::read_signature("models/churn".as_ref())?;
//! # let (part, mode, protocol) = Default::default();
//! # let subject = Subject::Signature { signature, part, mode, protocol };
//! let reporting = CheckerOptions::default();
//! let checker = Checker::new(&plugins, &subject, reporting.of_batches())?;
//! let path = "customers.parquet".as_ref();
//! match tollgate_frames::open(path, PayloadFormat::Auto, checker.judged())? {
//!     Payload::Frames(mut rows) => {
//!         let checked = checker.check_rows(&mut rows, reporting, &mut |_| {})?;
//!         println!("{} rows: {}", checked.rows.count, checked.verdict.name());
//!     }
//!     Payload::Request(body) => println!("{}", checker.check(&body)?.verdict().name()),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ahead;
mod arrow;
mod claims;
mod csv;
mod delimited;
mod delta;
mod error;
mod footer;
mod frames;
mod guard;
mod ipc;
mod levels;
mod limits;
mod lines;
mod messages;
mod nested;
mod open;
mod pages;
mod parquet;
mod payload;
mod pieces;
mod plan;
mod progress;
mod sniff;
mod stream;
mod thrift;
mod types;
mod unpack;

pub use self::error::FrameError;
pub use self::frames::Frames;
pub use self::guard::is_guarded;
pub use self::open::{Payload, open, read, rows};
pub use self::payload::PayloadFile;
pub use self::sniff::{PayloadFormat, marked};
