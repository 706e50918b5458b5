//! The command line on a file, and what it takes.

use std::fs;
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::{command, text};

/// The most memory, in MiB.
const MEMORY: u64 = 256;

/// Far more than anything may take, so that a test that hangs ends.
const PATIENCE: Duration = Duration::from_secs(120);

/// Checks a file; fails where that takes too much memory, or ends by itself.
pub(crate) fn check(payload: &Path, arguments: &[&str]) -> Output {
    let payload = payload.to_str().unwrap();
    let mut command = command(&[&["check", "--payload", payload], arguments].concat());
    let child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    let (output, peak) = watched(child);
    if std::env::var_os("TOLLGATE_SHOW").is_some() {
        println!("{peak} MiB, {:?}, {:?}", start.elapsed(), output.status.code());
    }
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(peak <= MEMORY, "{payload} takes {peak} MiB: {said}");
    assert!(matches!(output.status.code(), Some(0..=3)), "{payload}: {:?} {said}", output.status);
    assert!(!said.contains("panicked"), "{payload}: {said}");
    output
}

/// What a child says, and the most memory that it had.
fn watched(mut child: Child) -> (Output, u64) {
    let (id, start) = (child.id(), Instant::now());
    // Its output must not wait for us.
    let drain = |pipe: Option<Box<dyn std::io::Read + Send>>| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.unwrap().read_to_end(&mut bytes).unwrap();
            bytes
        })
    };
    let stdout = drain(child.stdout.take().map(|pipe| Box::new(pipe) as _));
    let stderr = drain(child.stderr.take().map(|pipe| Box::new(pipe) as _));
    let mut peak = 0;
    let status = loop {
        peak = peak_of(id).unwrap_or(0).max(peak);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(1));
    };
    let output = Output { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() };
    (output, peak)
}

/// The most memory a process had so far in MiB, where the system tells.
fn peak_of(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? >> 10)
}
