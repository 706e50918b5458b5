//! Moves model versions through their stages.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`plan`] | which profiles a stage asks for, and which alias stands for it |
//! | [`collect`] | what a registry knows of a version and its champion, as a case |
//! | [`ask`] | what an earlier run has settled, else that case |
//! | [`gates`] | the opened profiles of a stage, and their verdict |
//! | [`history`] | what earlier versions were measured at |
//! | [`audit`] | each model of a registry, by what its gates would say today |
//! | [`moves`] | what a move writes, in which order, and how it is taken up again |
//! | [`naming`] | whether a model may have a name |
//! | [`status`] | what is where, since when, by whom |

pub mod ask;
pub mod audit;
pub mod collect;
mod error;
pub mod gates;
pub mod history;
pub mod moves;
pub mod naming;
pub mod plan;
mod stage;
pub mod status;
pub mod unused;

pub use self::error::PromotionError;
pub use self::stage::Stage;
