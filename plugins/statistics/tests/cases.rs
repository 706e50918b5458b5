//! Runs `tests/cases/*.yaml`, and the profiles.

use std::path::Path;

use statistics::Statistics;
use tollgate_test_support::gates;

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let cases = gates::hold::<Statistics>(&folder);
    assert!(cases > 100, "only {cases} cases");
}

/// Every profile is a document that the plugin takes.
#[test]
fn profiles_configure() {
    let profiles = gates::profiles::<Statistics>("statistics");
    assert!(profiles >= 4, "only {profiles} profiles");
}
