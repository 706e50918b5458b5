//! Every way to cheat a chain, each by hand, as someone with an editor would.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails panics")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tollgate::canonical;
use tollgate_engine::Digest;
use tollgate_records::log::{Appended, ReadError, Records, append};
use tollgate_records::record::{Draft, Head};
use tollgate_test_support::{Dice, fresh};

fn draft(body: Value) -> Draft<'static> {
    let time = "2026-11-30T12:00:00Z".parse().unwrap();
    Draft { time, host: "tollgate 0.1.0", kind: "test", body }
}

/// A log of so many records.
fn log(folder: &Path, name: &str, records: u64) -> PathBuf {
    let path = folder.join(name);
    for number in 1..=records {
        let appended = append(&path, &draft(json!({ "of": name, "number": number }))).unwrap();
        assert_eq!((appended.head.seq, appended.torn), (number, None));
    }
    path
}

/// How many records are intact, where they end, and what is told of the rest.
fn read(path: &Path) -> (u64, Option<Head>, Option<String>) {
    let mut records = Records::open(path).unwrap();
    let mut count = 0;
    for record in &mut records {
        match record {
            Ok(_) => count += 1,
            Err(ReadError::Broken { line, flaw, .. }) => {
                return (count, records.head(), Some(format!("line {line}: {flaw}")));
            }
            Err(error) => unreachable!("{error}"),
        }
    }
    (count, records.head(), None)
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

/// The same content under a hash that is right again.
fn resealed(line: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut value: Value = serde_json::from_str(line).unwrap();
    change(&mut value);
    value.as_object_mut().unwrap().remove("hash");
    let hash = Digest::of(canonical::to_text(&value).as_bytes()).to_string();
    value["hash"] = hash.into();
    canonical::to_text(&value)
}

/// A log of five records, changed by hand: which line is told, and why.
fn cheated(change: impl FnOnce(&mut Vec<String>, &[String])) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = log(folder.path(), "a.jsonl", 5);
    let other = lines(&log(folder.path(), "b.jsonl", 5));
    let mut own = lines(&path);
    change(&mut own, &other);
    fs::write(&path, own.join("\n") + "\n").unwrap();
    let (count, head, told) = read(&path);
    let told = told.unwrap_or_default();
    assert_eq!(head.map_or(0, |head| head.seq), count, "{told}");
    assert!(told.is_empty() || told.starts_with(&format!("line {}:", count + 1)), "{told}");
    told
}

#[test]
fn an_untouched_chain_is_whole() {
    assert_eq!(cheated(|_, _| {}), "");
}

#[test]
fn whatever_is_done_to_a_line_is_told() {
    let told = cheated(|own, _| own[2] = own[2].replace("\"number\":3", "\"number\":4"));
    assert!(told.starts_with("line 3: its hash is") && told.ends_with("was changed"), "{told}");

    // With a hash that is right again, the next line follows another record.
    let told = cheated(|own, _| own[2] = resealed(&own[2], |it| it["body"]["number"] = 4.into()));
    assert!(told.starts_with("line 4: it follows"), "{told}");

    let removed = cheated(|own, _| drop(own.remove(2)));
    assert!(removed.starts_with("line 3: it is record 4, and record 3 is to be here"), "{removed}");
    let removed = cheated(|own, _| drop(own.remove(0)));
    assert!(removed.starts_with("line 1: it is record 2, and record 1 is to be here"), "{removed}");

    let swapped = cheated(|own, _| own.swap(1, 2));
    assert!(swapped.starts_with("line 2: it is record 3"), "{swapped}");

    let twice = cheated(|own, _| own.insert(2, own[1].clone()));
    assert!(twice.starts_with("line 3: it is record 2, and record 3"), "{twice}");
    let twice = cheated(|own, _| own.push(own[4].clone()));
    assert!(twice.starts_with("line 6: it is record 5, and record 6"), "{twice}");

    // Of another chain, at its number.
    let foreign = cheated(|own, other| own[2] = other[2].clone());
    assert!(foreign.starts_with("line 3: it follows"), "{foreign}");
    let foreign = cheated(|own, other| own[0] = other[0].clone());
    assert!(foreign.starts_with("line 2: it follows"), "{foreign}");
    let inserted = cheated(|own, other| own.insert(2, other[2].clone()));
    assert!(inserted.starts_with("line 3: it follows"), "{inserted}");

    // Numbers that begin anew: a second chain in one file.
    let anew = cheated(|own, other| own.extend(other.iter().cloned()));
    assert!(anew.starts_with("line 6: it is record 1, and record 6"), "{anew}");
    let anew = cheated(|own, _| own[3] = resealed(&own[3], |it| it["seq"] = 1.into()));
    assert!(anew.starts_with("line 4: it is record 1, and record 4"), "{anew}");

    // Two records that follow the same one.
    let fork = cheated(|own, _| own.push(resealed(&own[4], |it| it["body"]["number"] = 9.into())));
    assert!(fork.starts_with("line 6: it is record 5, and record 6"), "{fork}");
    let fork = cheated(|own, _| {
        own.push(resealed(&own[4], |it| {
            it["body"]["number"] = 9.into();
            it["seq"] = 6.into();
        }));
    });
    assert!(fork.starts_with("line 6: it follows"), "{fork}");

    // A first record that claims one before it, and a later one that claims none.
    let claims = cheated(|own, _| {
        own[0] = resealed(&own[0], |it| it["previous"] = Digest::of(b"").to_string().into());
    });
    assert!(claims.starts_with("line 1: it follows sha256:"), "{claims}");
    let claims = cheated(|own, _| own[2] = resealed(&own[2], |it| it["previous"] = Value::Null));
    assert!(claims.starts_with("line 3: it follows no record"), "{claims}");

    for (blank, what) in [("", "no JSON"), (" ", "no JSON"), ("null", "no record"), ("{}", "no")] {
        let told = cheated(|own, _| own.insert(2, blank.to_owned()));
        assert!(told.starts_with("line 3: it is no") && told.contains(what), "{blank}: {told}");
    }
    let windows = cheated(|own, _| own[2].push('\r'));
    assert!(windows.contains("canonical"), "{windows}");
    let spaced = cheated(|own, _| own[2] = own[2].replacen("\":", "\": ", 1));
    assert!(spaced.contains("canonical"), "{spaced}");
    let upper = cheated(|own, _| {
        let value: Value = serde_json::from_str(&own[2]).unwrap();
        let hash = value["hash"].as_str().unwrap();
        own[2] = own[2].replace(hash, &hash.replace(|c: char| c.is_ascii_lowercase(), "A"));
        assert_ne!(serde_json::from_str::<Value>(&own[2]).unwrap(), value);
    });
    assert!(upper.starts_with("line 3: its hash is"), "{upper}");
}

/// What a file alone cannot show is what `--expect-head` is for.
#[test]
fn a_lost_end_shows_in_the_head_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = log(folder.path(), "a.jsonl", 5);
    let (_, whole, _) = read(&path);
    let own = lines(&path);
    fs::write(&path, own[..4].join("\n") + "\n").unwrap();
    let (count, head, told) = read(&path);
    assert_eq!((count, told), (4, None));
    assert_ne!(head, whole);
}

/// At whatever byte a log is cut, what is whole is read, what is not is told,
/// and the next record follows the last whole one.
#[test]
fn a_torn_end_is_told_moved_aside_and_never_glued() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read(log(folder.path(), "a.jsonl", 3)).unwrap();
    let breaks: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').collect();
    let mut dice = Dice::new(fresh());
    let mut cuts: Vec<usize> = (0..40).map(|_| dice.roll(whole.len())).collect();
    cuts.extend(breaks.iter().flat_map(|at| [*at, at + 1, at + 2]));
    for cut in cuts.into_iter().filter(|cut| *cut <= whole.len()) {
        let path = folder.path().join(format!("{cut}.jsonl"));
        let _ = fs::remove_file(&path);
        fs::write(&path, &whole[..cut]).unwrap();
        let complete = breaks.iter().filter(|at| **at < cut).count() as u64;
        let torn = cut > 0 && whole[cut - 1] != b'\n';
        let (count, _, told) = read(&path);
        assert_eq!(count, complete);
        let line = complete + 1;
        assert_eq!(told.is_some(), torn, "{cut}");
        if let Some(told) = told {
            assert!(told.starts_with(&format!("line {line}: it has no line break")), "{told}");
        }
        let Appended { head, torn: aside } = append(&path, &draft(json!({}))).unwrap();
        assert_eq!(head.seq, line);
        assert_eq!(aside.is_some(), torn);
        if let Some(aside) = aside {
            let start = breaks.iter().rev().find(|at| **at < cut).map_or(0, |at| at + 1);
            assert_eq!(fs::read(aside).unwrap(), &whole[start..cut]);
        }
        assert_eq!(read(&path), (line, Some(head), None));
    }
}

#[test]
fn a_second_torn_end_does_not_replace_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = log(folder.path(), "a.jsonl", 1);
    let own = fs::read(&path).unwrap();
    let mut kept = Vec::new();
    for torn in ["{\"body\":{\"first", "{\"body\":{\"second"] {
        fs::write(&path, [&own[..], torn.as_bytes()].concat()).unwrap();
        kept.push(append(&path, &draft(json!({}))).unwrap().torn.unwrap());
    }
    assert_ne!(kept[0], kept[1]);
    assert_eq!(fs::read_to_string(&kept[0]).unwrap(), "{\"body\":{\"first");
    // Where the power went before anything was written.
    fs::write(&path, [&own[..], &[0; 700]].concat()).unwrap();
    assert!(append(&path, &draft(json!({}))).unwrap().torn.is_some());
    assert_eq!(read(&path).0, 2);
}

/// What is no log is left as it is, to the byte.
#[test]
fn a_file_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let own = fs::read_to_string(log(folder.path(), "a.jsonl", 2)).unwrap();
    for (name, content) in [
        ("words", "a line\nanother one\n".to_owned()),
        ("no-break", "words".to_owned()),
        ("binary", "\u{7f}ELF\u{1}\u{2}".to_owned()),
        ("json", "{\"facts\": []}\n".to_owned()),
        ("a-record-and-more", format!("{own}words")),
        ("a-record-and-a-line", format!("{own}words\n")),
        ("a-record-and-a-blank", format!("{own}\n")),
        ("changed", own.replace("\"number\":2", "\"number\":3")),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, &content).unwrap();
        let error = append(&path, &draft(json!({}))).unwrap_err().to_string();
        assert!(error.contains("the last line of") && error.contains("is no record"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), content, "{name}");
    }
    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    assert_eq!(append(&empty, &draft(json!({}))).unwrap().head.seq, 1);
}

#[test]
fn threads_that_add_at_once_make_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let path = &path;
            scope.spawn(move || {
                for number in 0..25 {
                    let body = json!({ "writer": writer, "number": number });
                    append(path, &draft(body)).unwrap();
                }
            });
        }
        // Whoever reads meanwhile sees a chain that is whole.
        while read(&path_when_there(&path)).0 < 200 {
            let (_, _, told) = read(&path);
            assert_eq!(told, None);
        }
    });
    let (count, _, told) = read(&path);
    assert_eq!((count, told), (200, None));
}

fn path_when_there(path: &Path) -> PathBuf {
    while !path.exists() {
        std::thread::yield_now();
    }
    path.to_owned()
}

#[test]
fn a_record_may_be_long_and_not_too_long() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    let long = json!({ "text": "x".repeat(3 << 20) });
    for seq in 1..=3 {
        assert_eq!(append(&path, &draft(long.clone())).unwrap().head.seq, seq);
    }
    assert_eq!(read(&path).0, 3);
    let length = path.metadata().unwrap().len();
    let too_long = draft(json!({ "text": "x".repeat(64 << 20) }));
    let error = append(&path, &too_long).unwrap_err().to_string();
    assert_eq!(error, "nothing is recorded: it is longer than 64 MiB");
    assert_eq!(path.metadata().unwrap().len(), length);
    // By another hand.
    let mut content = fs::read(&path).unwrap();
    content.extend(vec![b'x'; 65 << 20]);
    fs::write(&path, content).unwrap();
    let (count, _, told) = read(&path);
    assert_eq!((count, told.as_deref()), (3, Some("line 4: it is longer than 64 MiB")));
    assert!(append(&path, &draft(json!({}))).is_err());
}

#[cfg(unix)]
#[test]
fn what_is_no_file_of_its_own_is_refused() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    log(folder.path(), "a.jsonl", 1);
    symlink("a.jsonl", at("link")).unwrap();
    symlink("none", at("broken")).unwrap();
    fs::create_dir(at("folder")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(at("fifo")).status().unwrap();
    assert!(fifo.success());
    for (name, says) in [
        ("link", "is a link"),
        ("broken", "is a link"),
        ("folder", "is a folder"),
        ("new/", "is a folder"),
        ("socket", "is no regular file"),
        ("fifo", "is no regular file"),
        ("none/records.jsonl", "there is no folder"),
        ("a.jsonl/records.jsonl", "a.jsonl"),
        ("/dev/null", "is no regular file"),
        ("/dev/full", "is no regular file"),
    ] {
        let error = append(&at(name), &draft(json!({}))).unwrap_err().to_string();
        assert!(error.contains(says), "{name}: {error}");
    }
    assert!(!at("none").exists());
    assert_eq!(read(&at("a.jsonl")).0, 1);
}
