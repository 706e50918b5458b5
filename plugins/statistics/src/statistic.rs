//! The statistics themselves, from counts and rows that were looked at before.

pub mod bins;
pub mod bootstrap;
pub mod calibration;
pub mod divergence;
pub mod fairness;
pub mod rate;
pub mod split;
pub mod welch;
