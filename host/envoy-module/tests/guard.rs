//! What becomes of a panic.
#![allow(clippy::panic, reason = "what is tested")]

#[path = "../src/guard.rs"]
mod guard;

use guard::guarded;

/// Panics when it is dropped.
struct Spiteful;

impl Drop for Spiteful {
    fn drop(&mut self) {
        panic!("again");
    }
}

#[test]
fn a_panic_comes_to_what_is_given_for_it() {
    assert_eq!(guarded("test", || 1, || 2), 1);
    assert_eq!(guarded("test", || panic!("broken"), || 2), 2);
    assert_eq!(guarded("test", || std::panic::panic_any(Spiteful), || 2), 2);
    assert_eq!(guarded("test", || guarded("inner", || panic!("broken"), || 2) + 1, || 4), 3);
}
