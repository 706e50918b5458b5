//! Envoy in front of a model's server: `ext_authz` decides on requests,
//! `ext_proc` on requests and their answers.
//!
//! | module | what it does |
//! | --- | --- |
//! | `port` | what is behind their door |
//! | `authz`, `process` | Envoy's two services, each a translation |
//! | `exchange` | a request and its answer, part by part: for `process`, and for the module in Envoy |
//! | `judge` | what both ask for |
//! | `route` | which route a request takes |
//! | `head`, `told`, `message`, `reply` | requests, verdicts, and their forms on the wire |
//!
//! Whatever is not understood, is not whole, or comes when it should not is
//! denied.

mod authz;
mod exchange;
mod head;
mod judge;
mod message;
mod port;
mod process;
mod reply;
mod route;
mod told;

pub use self::exchange::{Exchange, Next, OutOfPlace};
pub use self::head::Head;
pub(crate) use self::judge::Judge;
pub use self::judge::Released;
pub(crate) use self::port::behind;
pub use self::told::{Denial, Field, Header, METADATA, OURS, Told, passed};
