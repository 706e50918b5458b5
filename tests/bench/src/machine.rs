//! The machine that the figures are of.

use std::fs;
use std::thread::available_parallelism;

/// The processor, the cores that this process may use, the operating system.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) os: String,
}

impl Machine {
    pub(crate) fn this() -> Self {
        let unknown = || "unknown".to_owned();
        Self {
            cpu: value("/proc/cpuinfo", "model name", ':').unwrap_or_else(unknown),
            cores: available_parallelism().map_or(1, usize::from),
            os: value("/etc/os-release", "PRETTY_NAME", '=')
                .unwrap_or_else(|| std::env::consts::OS.to_owned()),
        }
    }
}

/// The value of the first line `key<separator>value` of a file.
fn value(path: &str, key: &str, separator: char) -> Option<String> {
    fs::read_to_string(path).ok()?.lines().find_map(|line| {
        let (found, value) = line.split_once(separator)?;
        (found.trim() == key).then(|| value.trim().trim_matches('"').to_owned())
    })
}
