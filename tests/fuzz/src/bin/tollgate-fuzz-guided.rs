//! A target under libFuzzer, which goes on from the inputs that reach code no
//! other reached. `tollgate-fuzz --guided` starts it.
#![no_main]
#![allow(clippy::panic, reason = "without a target there is nothing to do")]

use std::panic;
use std::sync::LazyLock;

use tollgate_fuzz::{Target, guided, target};

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var(guided::TARGET).unwrap_or_default();
    target(&name).unwrap_or_else(|| panic!("there is no target `{name}` in {}", guided::TARGET))
});

libfuzzer_sys::fuzz_target!(init: spare_the_guarded(), |bytes: &[u8]| (TARGET.read)(bytes));

/// libFuzzer ends with the first panic; those of a library that files of rows
/// are guarded against become errors.
fn spare_the_guarded() {
    let end = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !tollgate_frames::is_guarded() {
            end(panic);
        }
    }));
}
