//! Compiling in a process of its own.
//!
//! The component goes in by standard input, the code comes out by standard
//! output, behind one byte that says whether it is code or a reason. Whatever
//! else the process does (it runs out of what it may use, it crashes) is the
//! component's fault and no harm to anybody.

use std::io::{self, Read, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use wasmtime::InstanceAllocationStrategy;

use super::{Budget, CompileCommand};
use crate::config::config;
use crate::error::LoadError;
use crate::limits::Limits;
use crate::system;
use crate::text::size;

/// The first byte of an answer.
const CODE: u8 = 0;
const REASON: u8 = 1;

/// The largest answer, in bytes: eight times the largest component.
const ANSWER: u64 = 512 << 20;

/// How much is read of what the process says when it breaks.
const LAST_WORDS: u64 = 4096;

/// The threads that compile. Each needs memory of its own, so a machine with
/// many processors must not have one for each.
const THREADS: &str = "2";

/// Has `command` compile a component.
pub(super) fn compile(
    command: &CompileCommand,
    component: &[u8],
    budget: Budget,
) -> Result<Vec<u8>, LoadError> {
    let Budget { seconds, memory, deadline } = budget;
    let mut child = start(command, budget).map_err(|error| {
        LoadError::Compiler(format!("`{}` cannot be started: {error}", command.program.display()))
    })?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (answer, last_words, status) = thread::scope(|scope| {
        // Each ends when the process does.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(component)));
        let last_words = scope.spawn(move || all(stderr, LAST_WORDS));
        let (send, answer) = channel();
        scope.spawn(move || send.send(all(stdout, ANSWER)));
        let answer = answer.recv_timeout(deadline);
        if answer.is_err() {
            let _ = child.kill();
        }
        (answer, last_words.join().unwrap_or_default(), child.wait())
    });
    let of = format!("the limit for a component of {}", size(component.len()));
    let time = || LoadError::Costly(format!("more than {seconds} s of processor time, {of}"));
    let room = || {
        let memory = usize::try_from(memory).unwrap_or(usize::MAX);
        LoadError::Costly(format!("more than {} of memory, {of}", size(memory)))
    };
    let Ok(mut answer) = answer else {
        return Err(LoadError::Costly(format!("more than {} s, {of}", deadline.as_secs())));
    };
    let status = status.map_err(|error| LoadError::Compiler(error.to_string()))?;
    let last_words = String::from_utf8_lossy(&last_words);
    match answer.first() {
        Some(&CODE) if status.success() => {
            answer.remove(0);
            Ok(answer)
        }
        Some(&REASON) if status.success() => {
            answer.remove(0);
            let reason = String::from_utf8_lossy(&answer).into_owned();
            Err(if is_about_memory(&reason) { room() } else { LoadError::Invalid(reason) })
        }
        _ if is_out_of_time(status) => Err(time()),
        _ if is_about_memory(&last_words) => Err(room()),
        _ => {
            let said = last_words.lines().next().unwrap_or("it says nothing");
            Err(LoadError::Compiler(format!("it ended with {status}: {said}")))
        }
    }
}

fn start(command: &CompileCommand, budget: Budget) -> io::Result<Child> {
    Command::new(&command.program)
        .args(&command.arguments)
        .arg(budget.memory.to_string())
        .arg(budget.seconds.to_string())
        .env("RAYON_NUM_THREADS", THREADS)
        // Each arena of the C library reserves 64 MiB.
        .env("MALLOC_ARENA_MAX", THREADS)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

fn all(from: Option<impl Read>, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        // A process that has been ended leaves half an answer, which counts
        // for nothing.
        let _ = from.take(most).read_to_end(&mut bytes);
    }
    bytes
}

/// What the runtime, the C library and wasmtime say when there is no more.
fn is_about_memory(text: &str) -> bool {
    let phrases = ["memory allocation of", "Cannot allocate memory", "failed to spawn thread"];
    phrases.iter().any(|phrase| text.contains(phrase))
}

#[cfg(unix)]
fn is_out_of_time(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    status.signal() == Some(libc::SIGXCPU)
}

#[cfg(not(unix))]
fn is_out_of_time(_status: ExitStatus) -> bool {
    false
}

/// Compiles the component on standard input to standard output, within so many
/// bytes of memory and seconds of processor time: what the program of a
/// [`CompileCommand`] does, and nothing else, since the limits are the whole
/// process's.
///
/// # Errors
/// When the limits cannot be set, or standard input or output fail.
pub fn serve(memory: u64, seconds: u64) -> io::Result<()> {
    system::limit(memory, seconds)?;
    let mut component = Vec::new();
    io::stdin().lock().read_to_end(&mut component)?;
    let (kind, answer) = match precompile(&component) {
        Ok(code) => (CODE, code),
        Err(error) => (REASON, format!("{error:#}").into_bytes()),
    };
    let mut out = io::stdout().lock();
    out.write_all(&[kind])?;
    out.write_all(&answer)?;
    out.flush()
}

fn precompile(component: &[u8]) -> wasmtime::Result<Vec<u8>> {
    let mut config = config(&Limits::default());
    // The pool reserves more addresses than this process may have; what is
    // compiled is the same.
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    wasmtime::Engine::new(&config)?.precompile_component(component)
}
