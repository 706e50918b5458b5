//! `tollgate compile-component`: what the command line calls itself by, so that
//! no component takes more time and memory to compile than it may.

use std::io::Write as _;

use crate::arguments::CompileComponent;
use crate::exit::Exit;

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
