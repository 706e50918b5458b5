//! Compiling components, within bounds.
//!
//! What a component costs to compile is foreseen first: `bounds` counts what
//! is in it, the same on every machine. No count foresees everything, so a
//! program can have the work done by a process of its own, which gets so much
//! processor time and memory and no more: [`CompileCommand`].

mod bounds;
mod process;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use wasmtime::component::Component;

use self::bounds::Unbounded;
pub use self::process::serve;
use crate::error::LoadError;

/// A program that compiles a component and ends: it is given two numbers
/// behind its arguments, hands them to [`serve_compilation`], and does nothing
/// else. It is trusted as this program is; a program may name itself.
///
/// [`serve_compilation`]: crate::serve_compilation
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileCommand {
    /// The program's file.
    pub program: PathBuf,
    /// What it is called with.
    pub arguments: Vec<OsString>,
}

/// What compiling a component may take in a process of its own.
///
/// That is 4 s of processor time and 320 MiB, and 3 s and 64 MiB more for each
/// MiB of the component. The largest plugin here, of 4.4 MiB in Rust, takes a
/// third of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Seconds of processor time.
    seconds: u64,
    /// Bytes of memory.
    memory: u64,
    /// Time by the clock, for a machine that does much else.
    deadline: Duration,
}

impl Budget {
    fn of(size: usize) -> Self {
        let size = size as u64;
        let seconds = 4 + (3 * size).div_ceil(1 << 20);
        Self {
            seconds,
            memory: (320 + (64 * size).div_ceil(1 << 20)) << 20,
            deadline: Duration::from_secs(5 * seconds),
        }
    }
}

/// A component ready to run, and its code where that is at hand.
pub(crate) struct Compiled {
    pub(crate) component: Component,
    pub(crate) code: Option<Vec<u8>>,
}

/// Compiles a component here, or in a process of its own.
pub(crate) fn compile(
    engine: &wasmtime::Engine,
    command: Option<&CompileCommand>,
    bytes: &[u8],
) -> Result<Compiled, LoadError> {
    bounds::check(bytes).map_err(|error| match error {
        Unbounded::TooMuch(much) => LoadError::Costly(much.to_string()),
        Unbounded::Invalid(error) => LoadError::Invalid(error.to_string()),
    })?;
    let Some(command) = command else {
        let component = Component::new(engine, bytes).map_err(invalid)?;
        return Ok(Compiled { component, code: None });
    };
    let code = process::compile(command, bytes, Budget::of(bytes.len()))?;
    // SAFETY: it comes from the program that we have called, which is trusted
    // as this one is.
    #[allow(unsafe_code)]
    let component = unsafe { Component::deserialize(engine, &code) }.map_err(invalid)?;
    Ok(Compiled { component, code: Some(code) })
}

impl Compiled {
    /// The code, to be kept.
    pub(crate) fn code(&mut self) -> Option<Vec<u8>> {
        self.code.take().or_else(|| self.component.serialize().ok())
    }
}

fn invalid(error: wasmtime::Error) -> LoadError {
    let text = format!("{error:#}");
    // The pool looks at what a component starts with: memories and tables.
    if text.contains("pooling allocator") {
        return LoadError::Limits(error.root_cause().to_string());
    }
    LoadError::Invalid(text)
}
