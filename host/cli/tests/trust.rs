//! Whose code runs, and who is said to have judged: the cache of compiled
//! code, and baked components.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: a report without the key is wrong")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{command, report, text};

const MODEL: &str = "tests/fixtures/mlflow/tumor_screening-v2";

/// Looks at a signature, in a home of its own.
fn check(home: &Path, more: &[&str]) -> Output {
    let arguments = [&["check", "--signature", MODEL, "--format", "json"], more].concat();
    let mut command = command(&arguments);
    command.env("HOME", home).env_remove("XDG_CACHE_HOME").env_remove("XDG_STATE_HOME");
    command.output().unwrap()
}

/// The command works without a cache, and its report is as ever.
fn assert_uncached(output: &Output, why: &str) {
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert_eq!(report(output)["verdict"], "pass");
    assert_eq!(told.lines().count(), 1, "{told}");
    let line = told.trim();
    assert!(line.starts_with("warning: compiled plugins are not kept"), "{line}");
    assert!(line.contains(why) && line.contains("--no-cache"), "{line}");
}

#[test]
fn a_home_keeps_compiled_plugins() {
    let home = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let output = check(home.path(), &[]);
        assert_eq!(text(&output.stderr), "");
        assert_eq!(report(&output)["verdict"], "pass");
    }
    assert_eq!(
        fs::metadata(home.path().join(".local/state/tollgate/cache.key")).unwrap().len(),
        32
    );
    assert!(home.path().join(".cache/tollgate/compiled").is_dir());
}

#[test]
#[cfg(unix)]
fn a_cache_that_cannot_be_trusted_is_told_of_and_not_used() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let home = tempfile::tempdir().unwrap();
    check(home.path(), &[]);
    let key = home.path().join(".local/state/tollgate/cache.key");
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(&key, 0o644);
    assert_uncached(&check(home.path(), &[]), "can be read by others");
    let silent = check(home.path(), &["--no-cache"]);
    assert_eq!(text(&silent.stderr), "", "whoever wants no cache hears nothing of it");
    fs::remove_file(&key).unwrap();
    symlink("/dev/zero", &key).unwrap();
    assert_uncached(&check(home.path(), &[]), "is a link");
    fs::remove_file(&key).unwrap();
    assert_eq!(text(&check(home.path(), &[]).stderr), "", "a new key is made");
    mode(&home.path().join(".cache/tollgate"), 0o777);
    assert_uncached(&check(home.path(), &[]), "can be written by others");
}

/// A folder from elsewhere brings `.cache` and `.local` with it, and a home of
/// `.` would take them for the user's.
#[test]
fn a_home_that_hangs_on_the_present_folder_is_no_cache() {
    for home in [".", "some/folder"] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = command(&["plugin", "list"]);
        command
            .current_dir(folder.path())
            .env("HOME", home)
            .env("XDG_CACHE_HOME", "cache")
            .env("XDG_STATE_HOME", "state");
        let output = command.output().unwrap();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{told}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "`{home}` brought files");
        assert!(told.contains("the home folder has no absolute path"), "{told}");
    }
}

/// `sudo` that keeps `HOME`: the key in there is another user's.
#[test]
#[cfg(unix)]
fn root_does_not_take_another_user_s_key() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let home = tempfile::tempdir().unwrap();
    check(home.path(), &[]);
    if fs::metadata(home.path()).unwrap().uid() != 0 {
        // Only root can make a file another user's; the engine's own tests
        // have what others can do.
        return;
    }
    let key = home.path().join(".local/state/tollgate/cache.key");
    chown(&key, Some(12345), None).unwrap();
    assert_uncached(&check(home.path(), &[]), "belongs to user 12345");
    chown(&key, Some(0), None).unwrap();
    assert_eq!(text(&check(home.path(), &[]).stderr), "");
    chown(home.path(), Some(12345), None).unwrap();
    assert_uncached(&check(home.path(), &[]), "belongs to user 12345");
}
