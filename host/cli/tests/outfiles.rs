//! Files that are asked for by `-o`: whole or not at all, and nothing else.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use common::{command, text, tollgate};

const FRAUD: &str = "policies/fraud.yaml";
const CHURN: &str = "host/cli/tests/signatures/churn.csv";
const OLD: &str = "host/cli/tests/signatures/old.json";

/// What takes `-o`, and what it writes.
const WRITERS: [&[&str]; 3] = [
    &["bake", "--policy", FRAUD],
    &["signature", "infer", CHURN],
    &["signature", "convert", "--to", "json-schema", OLD],
];

fn to(writer: &[&str], path: &Path) -> Output {
    tollgate(&[writer, &["-o", path.to_str().unwrap()]].concat())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A folder, and what the writer writes.
fn folder(writer: &[&str]) -> (tempfile::TempDir, PathBuf, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("written");
    let output = to(writer, &path);
    assert_eq!(output.status.code(), Some(0), "{writer:?}: {output:?}");
    let content = fs::read(&path).unwrap();
    assert!(content.len() > 100);
    fs::remove_file(&path).unwrap();
    (folder, path, content)
}

fn refused(writer: &[&str], path: &Path, why: &str) {
    let output = to(writer, path);
    assert_eq!(output.status.code(), Some(2), "{writer:?} {path:?}: {output:?}");
    let told = text(&output.stderr).replace("\n  │ ", " ").replace("\n", "");
    assert!(told.contains(why), "{why} in {told}");
}

#[test]
fn a_file_is_new_or_replaced_whole_and_nothing_else_is_there() {
    for writer in WRITERS {
        let (folder, path, content) = folder(writer);
        to(writer, &path);
        let mode = |path: &Path| path.metadata().unwrap().mode() & 0o777;
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        assert_eq!(mode(&path), mode(&plain), "as any new file");
        fs::remove_file(plain).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        fs::write(&path, "older and not as long").unwrap();
        to(writer, &path);
        assert_eq!(fs::read(&path).unwrap(), content);
        assert_eq!(mode(&path), 0o640, "permissions that someone gave it");
        assert_eq!(names(folder.path()), ["written"]);
    }
}

#[test]
fn names_that_could_be_foreseen_are_left_alone() {
    for writer in WRITERS {
        let (folder, path, content) = folder(writer);
        let victim = folder.path().join("victim");
        fs::write(&victim, "mine").unwrap();
        for name in ["written.tmp", "written.wasm.tmp", ".written.tmp"] {
            symlink(&victim, folder.path().join(name)).unwrap();
        }
        assert_eq!(to(writer, &path).status.code(), Some(0));
        assert_eq!(fs::read(&path).unwrap(), content);
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
        assert_eq!(names(folder.path()).len(), 5);
    }
}

#[test]
fn a_link_is_replaced_and_not_followed() {
    for writer in WRITERS {
        let (folder, path, content) = folder(writer);
        let victim = folder.path().join("victim");
        fs::write(&victim, "mine").unwrap();
        for target in [victim.clone(), folder.path().join("nowhere")] {
            symlink(&target, &path).unwrap();
            assert_eq!(to(writer, &path).status.code(), Some(0));
            assert!(!path.is_symlink());
            assert_eq!(fs::read(&path).unwrap(), content);
            assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
            assert_eq!(names(folder.path()), ["victim", "written"]);
            fs::remove_file(&path).unwrap();
        }
    }
}

#[test]
fn devices_and_fifos_are_written_to() {
    for writer in WRITERS {
        let (folder, path, content) = folder(writer);
        for device in ["/dev/null", "/dev/full"] {
            if !Path::new(device).exists() {
                continue;
            }
            // By its name, and by a link's; as root it could be replaced.
            symlink(device, &path).unwrap();
            for path in [Path::new(device), &path] {
                let output = to(writer, path);
                let code = if device == "/dev/null" { 0 } else { 2 };
                assert_eq!(output.status.code(), Some(code), "{output:?}");
                assert!(Path::new(device).metadata().unwrap().file_type().is_char_device());
            }
            assert!(path.is_symlink());
            fs::remove_file(&path).unwrap();
        }
        let made = Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        refused(writer, &path, "is a FIFO that nobody reads from");
        let reader = thread::spawn({
            let path = path.clone();
            move || fs::read(path).unwrap()
        });
        assert_eq!(to(writer, &path).status.code(), Some(0));
        assert!(reader.join().unwrap() == content, "all of it goes through");
        assert!(path.metadata().unwrap().file_type().is_fifo());
        assert_eq!(names(folder.path()), ["written"]);
    }
}

#[test]
fn where_no_file_can_be_nothing_is_left() {
    for writer in WRITERS {
        let (folder, path, _) = folder(writer);
        refused(writer, folder.path(), "is a folder, expected a file to write");
        refused(writer, &folder.path().join("new/"), "is a folder, expected a file to write");
        refused(writer, &folder.path().join("none/x"), "there is no folder");
        fs::write(&path, "a file").unwrap();
        refused(writer, &path.join("x"), "cannot be written");
        assert_eq!(names(folder.path()), ["written"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "a file");
    }
}

/// A limit on the size of files stands for a disk that is full. It holds for
/// the sandbox's memory, too, which is a file in memory.
#[test]
fn a_full_disk_leaves_nothing_and_what_was_there() {
    for writer in WRITERS.into_iter().filter(|writer| writer[0] != "bake") {
        let (folder, path, _) = folder(writer);
        fs::write(&path, "older").unwrap();
        let arguments = [writer, &["--format", "json", "-o", path.to_str().unwrap()]].concat();
        let tollgate = command(&arguments);
        let mut shell = Command::new("sh");
        // The signal would end it; ignored, the write fails.
        shell.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""]);
        shell.arg(tollgate.get_program()).args(tollgate.get_args());
        shell.current_dir(tollgate.get_current_dir().unwrap());
        let output = shell.output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let told = text(&output.stderr);
        assert!(told.contains("cannot be written"), "{told}");
        assert_eq!(names(folder.path()), ["written"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "older");
    }
}

#[test]
fn twenty_at_once_give_whole_files() {
    let writer = WRITERS[0];
    let (folder, path, content) = folder(writer);
    let start = |name: &str| {
        let path = folder.path().join(name);
        let mut command = command(&[writer, &["-o", path.to_str().unwrap()]].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    // Onto one file, and onto names with one stem.
    let started: Vec<_> = (0..20)
        .map(|at| start(&if at % 2 == 0 { "written".into() } else { format!("x.{at}") }))
        .collect();
    for child in started {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    assert_eq!(names(folder.path()).len(), 11);
    for name in names(folder.path()) {
        assert!(fs::read(folder.path().join(&name)).unwrap() == content, "{name}");
    }
    assert!(path.exists());
}

#[test]
fn a_dash_is_standard_output() {
    for writer in WRITERS {
        let (_folder, _, content) = folder(writer);
        for path in ["-", "/dev/stdout"] {
            let output = to(writer, Path::new(path));
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            assert!(output.stdout == content, "{writer:?} {path}");
        }
        assert!(!common::root().join("-").exists());
    }
    let both = [WRITERS[0], &["-o", "-", "--format", "json"]].concat();
    let output = tollgate(&both);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stdout).starts_with('{'), "one value: the error");
}
