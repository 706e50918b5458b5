//! Moves model versions through their stages.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`plan`] | which profiles a stage asks for, and which alias stands for it |
//! | [`collect`] | what a registry knows of a version and its champion, as a case |
//! | [`moves`] | what a move writes, in which order, and how it is taken up again |
//! | [`status`] | what is where, since when, by whom |

pub mod collect;
mod error;
pub mod moves;
pub mod plan;
mod stage;
pub mod status;

pub use self::error::PromotionError;
pub use self::stage::Stage;
