//! What statistics are computed from: sums and counts, or rows that come to the
//! same. Where a subject has both, both must say the same.

pub(crate) mod calibration;
pub(crate) mod distribution;
pub(crate) mod groups;
pub(crate) mod means;
