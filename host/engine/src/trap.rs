//! From a failed call to its cause.

use wasmtime::{AsContext as _, Error, FrameInfo, Store, Trap, WasmBacktrace, WasmCoreDump};

use crate::error::Cause;
use crate::limits::{Accounts, Limits, Refusal};
use crate::text::plain;

/// The word before a panic's length and text in the plugin's memory; see
/// `panic` in the SDK.
const PANIC_MAGIC: &[u8; 16] = b"\x00tollgate-panic\x00";

/// The longest panic message that is taken over, in bytes.
const PANIC_CAPACITY: usize = 1000;

/// How many frames of a backtrace are kept.
const FRAMES: usize = 16;

/// So many frames on top that repeat mean recursion.
const RECURSION: usize = 12;

/// Functions that call each other in a circle no longer than this, with as
/// many others on top, are seen as recursion.
const CIRCLE: usize = 4;

/// What ended the call, and the functions that were active.
pub(crate) fn explain(
    error: &Error,
    store: &Store<Accounts>,
    limits: &Limits,
) -> (Cause, Vec<String>) {
    let dump = error.downcast_ref::<WasmCoreDump>();
    let frames = dump
        .map(WasmCoreDump::frames)
        .or_else(|| error.downcast_ref::<WasmBacktrace>().map(WasmBacktrace::frames))
        .unwrap_or_default();
    let backtrace: Vec<String> = frames.iter().take(FRAMES).map(name).collect();
    (cause(error, dump, &backtrace, store, limits), backtrace)
}

fn cause(
    error: &Error,
    dump: Option<&WasmCoreDump>,
    backtrace: &[String],
    store: &Store<Accounts>,
    limits: &Limits,
) -> Cause {
    let trap = error.downcast_ref::<Trap>();
    match trap {
        Some(Trap::OutOfFuel) => return Cause::Fuel(limits.fuel),
        Some(Trap::Interrupt) => return Cause::Deadline(limits.deadline),
        Some(Trap::StackOverflow) => return Cause::Stack,
        _ => {}
    }
    match store.data().refused {
        Some(Refusal::Memory) => return Cause::Memory(limits.memory),
        Some(Refusal::Table) => return Cause::Tables(limits.table_elements),
        None => {}
    }
    if let Some(message) = dump.and_then(|dump| panic_message(dump, store)) {
        return Cause::Panic(message);
    }
    // A plugin's own stack lies at the start of its memory, so running out of
    // it is an access out of bounds.
    if trap == Some(&Trap::MemoryOutOfBounds) && recurses(backtrace) {
        return Cause::Stack;
    }
    if let Some(trap) = trap {
        let text = trap.to_string();
        return Cause::Trap(text.strip_prefix("wasm trap: ").unwrap_or(&text).to_owned());
    }
    let text = error.root_cause().to_string();
    if text.contains("fuel allocated for hostcalls") {
        return Cause::Output(limits.output);
    }
    Cause::Answer(text)
}

fn recurses(backtrace: &[String]) -> bool {
    (0..CIRCLE).filter_map(|top| backtrace.get(top..top + RECURSION)).any(|frames| {
        (1..=CIRCLE)
            .any(|circle| frames.iter().zip(frames.iter().skip(circle)).all(|(a, b)| a == b))
    })
}

fn name(frame: &FrameInfo) -> String {
    let name = frame.func_name().map_or_else(
        || format!("function {}", frame.func_index()),
        |name| format!("{:#}", rustc_demangle::demangle(name)),
    );
    plain(&name)
}

/// Reads the message that the SDK's panic handler left in memory.
fn panic_message(dump: &WasmCoreDump, store: &Store<Accounts>) -> Option<String> {
    dump.memories().iter().find_map(|memory| {
        let data = memory.data(store.as_context());
        let mut rest = data;
        loop {
            let start = rest.windows(PANIC_MAGIC.len()).position(|word| word == PANIC_MAGIC)?;
            rest = rest.get(start + PANIC_MAGIC.len()..)?;
            let (length, text) = rest.split_first_chunk::<4>()?;
            let length = u32::from_le_bytes(*length) as usize;
            if (1..=PANIC_CAPACITY).contains(&length)
                && let Some(text) = text.get(..length)
            {
                return Some(plain(&String::from_utf8_lossy(text)));
            }
        }
    })
}
