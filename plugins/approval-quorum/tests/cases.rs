//! Runs `tests/cases/*.yaml`, and the profiles.

use std::path::Path;

use approval_quorum::ApprovalQuorum;
use tollgate_test_support::gates;

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let cases = gates::hold::<ApprovalQuorum>(&folder);
    assert!(cases > 60, "only {cases} cases");
}

/// Every profile is a document that the plugin takes.
#[test]
fn profiles_configure() {
    assert!(gates::profiles::<ApprovalQuorum>("approval-quorum") >= 1);
}
