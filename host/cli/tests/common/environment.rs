//! The surroundings of a command: the same whoever runs the tests, in whatever
//! terminal and language, and whatever ran before.

use std::env;
use std::path::Path;
use std::process::Command;

/// Leaves the command nothing of this process's environment but the path and
/// the folder for temporary files.
pub(crate) fn only(command: &mut Command, home: &Path) {
    command.env_clear();
    for kept in ["PATH", "TMPDIR"] {
        if let Some(value) = env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command
        .env("HOME", home)
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_STATE_HOME", home.join("state"))
        .env("LC_ALL", "C.UTF-8")
        .env("NO_COLOR", "1");
}
