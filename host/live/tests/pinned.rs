//! Pins say which version answers, and a rollback waits for nothing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

mod common;

use std::fs;

use common::{NAME, answering, documents, live, pin, policy, refusal, state, version};
use tollgate_engine::World;
use tollgate_live::Served;
use tollgate_live::pins::{PinFile, Target};

fn standby(live: &tollgate_live::Live) -> (Option<String>, Option<String>) {
    let state = state(live);
    let ready = |it: tollgate_live::state::Standby| {
        assert!(it.problem.is_none(), "{:?}", it.problem);
        it.version.to_string()
    };
    (state.previous.map(ready), state.fallback.map(ready))
}

#[test]
fn the_pinned_version_answers_and_those_before_are_ready() {
    let folder = tempfile::tempdir().unwrap();
    let documents = documents(folder.path(), &[40, 41, 42, 43]);
    let file = PinFile::at(folder.path().join("pins.yaml"));
    let live = live(Served::pinned(World::Policy, file.path(), &documents));
    assert_eq!(answering(&live), None);
    assert!(refusal(&live).unwrap().contains("does not exist"));
    for number in [40, 41, 42] {
        pin(&file, number).unwrap();
        live.refresh();
        assert_eq!((answering(&live), refusal(&live)), (Some(number.into()), None));
    }
    assert_eq!(standby(&live), (Some("41".to_owned()), Some("40".to_owned())));

    // The documents of the earlier versions are gone, and still they answer.
    for gone in [40, 41] {
        fs::remove_file(documents.join(format!("{gone}.yaml"))).unwrap();
    }
    let before = file.read().unwrap().pin(NAME).unwrap().unwrap();
    let rolled = before.rolled_back(NAME, Target::Previous, &common::audit("tests")).unwrap();
    file.change(NAME, Some(&before), &rolled).unwrap();
    live.refresh();
    assert_eq!(answering(&live), Some(41));
    assert!(refusal(&live).unwrap().contains("version 41.0.0 of `fraud` is not in"));
    assert_eq!(state(&live).bad, [version(42)]);
    assert_eq!(live.serving(NAME).unwrap().generation(), 4);
}

#[test]
fn what_is_pinned_and_not_there_or_not_the_same_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let documents = documents(folder.path(), &[40, 41]);
    let file = PinFile::at(folder.path().join("pins.yaml"));
    pin(&file, 40).unwrap();
    let live = live(Served::pinned(World::Policy, file.path(), &documents));
    assert_eq!(answering(&live), Some(40));
    let refused = |says: &str| {
        live.refresh();
        let told = refusal(&live).unwrap_or_default();
        assert!(told.contains(says), "{told}");
        assert_eq!(answering(&live), Some(40), "{told}");
    };
    // Not there; half written; there.
    pin(&file, 44).unwrap();
    refused("version 44.0.0 of `fraud` is not in");
    fs::write(documents.join("44.yaml"), &policy(44)[..40]).unwrap();
    refused("44.yaml` cannot be read");
    fs::write(documents.join("44.yaml"), policy(44)).unwrap();
    live.refresh();
    assert_eq!((answering(&live), refusal(&live)), (Some(44), None));

    // Changed under the same version: what was pinned goes on.
    fs::write(documents.join("44.yaml"), policy(44) + "# another\n").unwrap();
    live.refresh();
    assert!(refusal(&live).unwrap().contains("was pinned with sha256:"));
    live.reload();
    assert_eq!(answering(&live), Some(44));
    // Twice, and not the same.
    fs::write(documents.join("44.yaml"), policy(44)).unwrap();
    fs::write(documents.join("copy.yaml"), policy(44) + "# another\n").unwrap();
    live.refresh();
    assert!(refusal(&live).unwrap().contains("and, with other content, in"));
    fs::remove_file(documents.join("copy.yaml")).unwrap();
    live.refresh();
    assert_eq!((answering(&live), refusal(&live)), (Some(44), None));

    // Pins that go back, that do not count, that are half written.
    let text = fs::read_to_string(file.path()).unwrap();
    let write = |text: &str| fs::write(file.path(), text).unwrap();
    let refused = |says: &str| {
        live.refresh();
        let told = refusal(&live).unwrap_or_default();
        assert!(told.contains(says), "{told}");
        assert_eq!(answering(&live), Some(44), "{told}");
    };
    write("models: { fraud: { current: 40, generation: 1 } }");
    refused("has generation 1 of `fraud`, and generation 2 is live already");
    write("models: { fraud: { current: 40, generation: 2 } }");
    refused("in the same generation, 2");
    write(&text[..text.len() / 2]);
    live.refresh();
    assert_eq!(answering(&live), Some(44));
    write("models: { frauds: { current: 40 } }");
    refused("pins nothing for `fraud`; did you mean `frauds`?");
    write("models: { fraud: { current: 40 } }");
    live.refresh();
    assert_eq!((answering(&live), refusal(&live)), (Some(40), None), "nobody counts");
}

/// What the seed documents have: a version alone, under a key of its own.
#[test]
fn a_configmap_is_read_as_a_manifest_and_as_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let documents = documents(folder.path(), &[40, 41]);
    let manifest = folder.path().join("configmap.yaml");
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: model-versions\ndata:\n  \
                fraud: \"40\"\n  churn: \"15\"\n";
    fs::write(&manifest, text).unwrap();
    let file = PinFile::at(&manifest);
    let live = live(Served::pinned(World::Policy, &manifest, &documents));
    assert_eq!(answering(&live), Some(40));
    pin(&file, 41).unwrap();
    live.refresh();
    assert_eq!((answering(&live), refusal(&live)), (Some(41), None));
    let text = fs::read_to_string(&manifest).unwrap();
    assert!(text.contains("  churn: \"15\"\n") && text.contains("name: model-versions"), "{text}");
    let pin = file.read().unwrap().pin(NAME).unwrap().unwrap();
    assert_eq!((pin.previous, pin.generation), (Some(version(40)), 1));
}
