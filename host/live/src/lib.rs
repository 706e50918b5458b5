//! Policies that are live: which version of each answers, reloaded when its
//! document changes, and the last good one where the new one is none.
//!
//! | room | what it does |
//! | --- | --- |
//! | [`settings`] | what is to be served, and where it is |
//! | [`pins`] | which version is pinned, and how that changes |
//! | [`load`] | from a file to a judge that has proved itself |
//! | [`serving`] | the judge that answers now, and which version it is |
//! | [`live`] | all of them: asked, reloaded, watched |
//! | [`state`] | what is live since when, for health and metrics |
//!
//! Nothing here is asynchronous. Whoever asks for a judge waits for nobody; to
//! reload is the work of the thread that does it.

mod documents;
mod found;
mod inputs;
mod lane;
pub mod live;
pub mod load;
mod mount;
pub mod pins;
mod prove;
pub mod serving;
pub mod settings;
mod sight;
mod stamp;
pub mod state;
mod watch;

pub use self::documents::DocumentsError;
pub use self::inputs::InputsError;
pub use self::live::Live;
pub use self::load::LoadError;
pub use self::prove::{Proved, prove};
pub use self::serving::{Judge, Serving};
pub use self::settings::{Origin, Served, Settings};
pub use self::state::State;
pub use self::watch::Watcher;
