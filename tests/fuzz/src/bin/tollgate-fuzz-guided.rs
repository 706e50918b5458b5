//! A target under libFuzzer, which goes on from the inputs that reach code no
//! other reached. `tollgate-fuzz --guided` starts it.
#![no_main]
#![allow(clippy::panic, reason = "without a target there is nothing to do")]

use std::sync::LazyLock;

use tollgate_fuzz::{Target, guided, target};

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var(guided::TARGET).unwrap_or_default();
    target(&name).unwrap_or_else(|| panic!("there is no target `{name}` in {}", guided::TARGET))
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (TARGET.read)(bytes));
