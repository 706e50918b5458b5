//! What becomes of a panic: one that crossed the boundary would end Envoy.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a hook, whose panic comes to `otherwise`.
pub(crate) fn guarded<T>(
    hook: &'static str,
    body: impl FnOnce() -> T,
    otherwise: impl FnOnce() -> T,
) -> T {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => value,
        Err(panic) => {
            // What was thrown may itself panic when it is dropped.
            std::mem::forget(panic);
            let told = || tracing::error!(hook, "a hook broke, and what it judged is denied");
            // Whatever cannot be said was said to standard error already.
            if let Err(panic) = catch_unwind(told) {
                std::mem::forget(panic);
            }
            otherwise()
        }
    }
}
