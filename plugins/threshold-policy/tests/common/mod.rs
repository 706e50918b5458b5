//! What the drawn tests share.

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// Draws anew in each run.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(tollgate_test_support::seed()),
        ..ProptestConfig::default()
    }
}
