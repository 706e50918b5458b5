//! `tollgate compile-component`: what the command line calls itself by, so that
//! no component takes more time and memory to compile than it may.

use std::io::Write as _;

use clap::Args;

use crate::exit::Exit;

/// What this program calls itself with.
#[derive(Debug, Args)]
pub(crate) struct CompileComponent {
    /// Bytes of memory that it may take
    pub(crate) memory: u64,
    /// Seconds of processor time that it may take
    pub(crate) seconds: u64,
}

pub(crate) fn run(arguments: &CompileComponent) -> Exit {
    match tollgate_engine::serve_compilation(arguments.memory, arguments.seconds) {
        Ok(()) => Exit::Passed,
        Err(error) => {
            // For the process that waits for the code.
            let _ = writeln!(std::io::stderr(), "{error}");
            Exit::Error
        }
    }
}
