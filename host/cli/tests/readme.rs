//! The README and the page of the CI kit show what the commands print, and
//! nothing else.
//!
//! `TOLLGATE_UPDATE_README=1 cargo test --test readme` writes what they print
//! now into it.

// A test that fails panics.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

#[path = "common/comparable.rs"]
mod comparable;
#[path = "common/environment.rs"]
mod environment;

use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

use comparable::comparable;

/// Runs one shell command as a reader would, in `folder`, whoever runs the
/// test and whatever ran before.
fn shell(command: &str, folder: &Path, home: &Path) -> (String, i32) {
    let binary = Path::new(env!("CARGO_BIN_EXE_tollgate")).parent().unwrap();
    let path = env::join_paths(
        [binary.to_path_buf()].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap())),
    )
    .unwrap();
    let mut sh = Command::new("sh");
    environment::only(&mut sh, home);
    let output = sh
        .args(["-c", &format!("exec 2>&1; {command}")])
        .current_dir(folder)
        .env("PATH", path)
        .env("COLUMNS", "100")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    (printed, output.status.code().unwrap())
}

/// The text with the output of every command in its `console` blocks as it is
/// now. A command may go on over lines that end with a backslash.
fn replayed(text: &str, folder: &Path, home: &Path) -> String {
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    let mut code = 0;
    let mut console = false;
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            console = line == "```console";
        }
        let Some(command) = line.strip_prefix("$ ").filter(|_| console) else {
            if !console || line.starts_with("```") {
                out.push_str(line);
                out.push('\n');
            }
            continue;
        };
        let mut command = command.to_owned();
        out.push_str(line);
        out.push('\n');
        while command.ends_with('\\') {
            let more = lines.next().unwrap();
            out.push_str(more);
            out.push('\n');
            command.truncate(command.len() - 1);
            command.push_str(more.trim_start());
        }
        let printed = if command == "echo $?" {
            format!("{code}\n")
        } else {
            let (printed, exit) = shell(&command, folder, home);
            code = exit;
            printed
        };
        out.push_str(&printed);
    }
    out
}

#[test]
fn the_readme_shows_what_commands_print() {
    shows_what_commands_print("README.md");
}

#[test]
fn the_page_of_the_ci_kit_shows_what_commands_print() {
    shows_what_commands_print("host/ci/README.md");
}

fn shows_what_commands_print(page: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let (folder, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for name in ["tests", "policies", "plugins"] {
        // Folders of this test's own: what a command writes there is not left
        // among the sources.
        fs::create_dir(folder.path().join(name)).unwrap();
        for entry in fs::read_dir(root.join(name)).unwrap() {
            let entry = entry.unwrap();
            let place = folder.path().join(name).join(entry.file_name());
            std::os::unix::fs::symlink(entry.path(), place).unwrap();
        }
    }
    let readme = root.join(page);
    let text = fs::read_to_string(&readme).unwrap();
    let now = replayed(&text, folder.path(), home.path());
    let (shown, printed) = (comparable(&text), comparable(&now));
    if env::var_os("TOLLGATE_UPDATE_README").is_some() {
        // What only another compiler changes is left as it is.
        if shown != printed {
            fs::write(&readme, now).unwrap();
        }
        return;
    }
    let differs = shown.lines().zip(printed.lines()).find(|(shown, printed)| shown != printed);
    assert!(shown == printed, "TOLLGATE_UPDATE_README=1 writes it anew; first: {differs:?}");
}
