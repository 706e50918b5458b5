use tollgate::source::Source;

use super::*;

fn version(text: &str) -> PinnedVersion {
    text.parse().unwrap()
}

fn audit(reason: &str) -> Audit {
    let at = "2026-11-21T12:00:00Z".parse().unwrap();
    Audit { by: "alice".to_owned(), at, reason: reason.to_owned() }
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn of(text: &str) -> Pin {
    let source = Source::new("pins.yaml", &format!("models: {{ fraud: {text} }}"));
    Snapshot::parse(source).unwrap().pin("fraud").unwrap().unwrap()
}

/// `current previous fallback bad`
fn shown(pin: &Pin) -> String {
    let named = |version: &Option<PinnedVersion>| {
        version.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string)
    };
    let bad: Vec<String> = pin.bad.iter().map(ToString::to_string).collect();
    let (previous, fallback) = (named(&pin.previous), named(&pin.fallback));
    format!("{} {previous} {fallback} [{}]", pin.current, bad.join(" "))
}

fn pinned(pin: &Pin, to: &str) -> Pin {
    pin.pinned("fraud", version(to), digest(to), false, &audit("better")).unwrap()
}

fn back(pin: &Pin, target: Target) -> Result<Pin, PinError> {
    pin.rolled_back("fraud", target, &audit("worse"))
}

#[test]
fn three_rollbacks_in_a_row_bring_nothing_bad_back_and_keep_the_fallback() {
    let pin = of("{ current: 42, previous: 41, fallback: 40 }");
    let once = back(&pin, Target::Previous).unwrap();
    assert_eq!(shown(&once), "41 40 40 [42]");
    let twice = back(&once, Target::Previous).unwrap();
    assert_eq!(shown(&twice), "40 - 40 [41 42]");
    // The fallback is what is live: a third has nowhere to go.
    let third = back(&twice, Target::Previous).unwrap_err().to_string();
    assert!(third.starts_with("`fraud` has no previous version to go back to from 40"), "{third}");
    assert_eq!((once.generation, twice.generation), (1, 2));
}

#[test]
fn a_rollback_to_the_fallback_passes_over_the_previous_version() {
    let pin = of("{ current: 42, previous: 41, fallback: 40 }");
    let once = back(&pin, Target::Fallback).unwrap();
    assert_eq!(shown(&once), "40 - 40 [42]");
    assert!(back(&once, Target::Previous).is_err());
    // Nothing goes back to itself.
    assert!(back(&once, Target::Fallback).is_err());
}

#[test]
fn pins_rotate_without_what_is_bad() {
    let first = Pin::first(version("1"), digest("1"), &audit("begin"));
    assert_eq!(shown(&first), "1 - - []");
    let third = pinned(&pinned(&first, "2"), "3");
    assert_eq!(shown(&third), "3 2 1 []");
    assert_eq!(shown(&pinned(&third, "2")), "2 3 1 []");
    let rolled = back(&third, Target::Previous).unwrap();
    assert_eq!(shown(&rolled), "2 1 1 [3]");
    let fourth = pinned(&rolled, "4");
    assert_eq!(shown(&fourth), "4 2 1 [3]");
    assert_eq!(fourth.history.len(), 5);
    let versions: Vec<u64> = fourth.history.iter().map(|change| change.generation).collect();
    assert_eq!(versions, [1, 2, 3, 4, 5]);
}

#[test]
fn what_is_bad_comes_back_on_demand_only() {
    let pin = back(&of("{ current: 42, previous: 41 }"), Target::Previous).unwrap();
    let again = |even| pin.pinned("fraud", version("42"), digest("42"), even, &audit("mended"));
    assert!(matches!(again(false), Err(PinError::Bad { .. })));
    assert_eq!(shown(&again(true).unwrap()), "42 41 - []");
}

#[test]
fn what_was_pinned_is_never_changed() {
    let pin = pinned(&of("{ current: 41 }"), "42");
    let other = pin.pinned("fraud", version("42"), digest("other"), true, &audit("x"));
    assert!(matches!(other, Err(PinError::Changed { .. })));
    let same = pin.pinned("fraud", version("42.0.0"), digest("42"), true, &audit("x"));
    assert!(matches!(same, Err(PinError::Current { .. })));
    let later = pinned(&pinned(&pin, "43"), "44");
    let other = later.pinned("fraud", version("42"), digest("other"), true, &audit("x"));
    assert!(matches!(other, Err(PinError::Changed { .. })), "however long ago");
}

#[test]
fn versions_are_whole_or_have_three_parts() {
    assert_eq!(version("42"), version("42.0.0"));
    assert_eq!(
        (version("42").to_string(), version("42.0.0").to_string().as_str()),
        ("42".into(), "42.0.0")
    );
    for wrong in ["", "2.1", "v2", "-1", "042", "1.02.0", " 1", "latest", "99999999999999999999"] {
        assert!(wrong.parse::<PinnedVersion>().is_err(), "{wrong}");
    }
}

#[test]
fn whatever_is_written_is_read_again() {
    let mut pin =
        Pin::first(version("2.1.0-rc.1+b"), digest("1"), &audit("\"quoted\" # no: {comment}"));
    for to in ["7", "2.1.0", "8"] {
        pin = pinned(&pin, to);
    }
    pin = back(&pin, Target::Previous).unwrap();
    for name in ["fraud", "true", "1.5", "NULL", "a.b-c_d", "9", "y"] {
        let pins = BTreeMap::from([(name.to_owned(), pin.clone())]);
        let text = write::file(Some("# ours\n\n# kept\nmodels: {} # not kept\n"), &pins);
        assert!(text.starts_with("# ours\n\n# kept\nmodels:\n"), "{text}");
        let snapshot = Snapshot::parse(Source::new("pins.yaml", &text)).unwrap();
        assert_eq!(snapshot.pin(name).unwrap().as_ref(), Some(&pin), "{text}");
        assert_eq!(write::file(Some(&text), &pins), text, "written the same again");
    }
    let line = write::line(&pin);
    assert_eq!(read::one(&Source::new("fraud", &line)).unwrap(), pin, "{line}");
    let json: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(json["generation"], 5, "it is JSON, too");
}

#[test]
fn all_mistakes_are_told_at_once_each_at_its_place() {
    let text = "\
models:
  fraud:
    curent: 42
    previous: 2.1
  churn:
    current: 41
    bad: [41, 41.0.0, x]
    fallback: true
    generation: 3
    history:
      - { generation: 5, at: 2026-11-21T12:00:00Z, by: a, action: pin, to: 41, reason: r }
      - { generation: 4, at: yesterday, by: a, action: pinned, to: 41, reason: r }
";
    let source = |text: &str| Source::new("pins.yaml", text);
    let told = |text: &str| match Snapshot::parse(source(text)).unwrap_err() {
        PinsError::Document(tollgate::document::DocumentError::Mistakes(mistakes)) => {
            mistakes.lines().collect::<Vec<_>>().join("\n")
        }
        other => other.to_string(),
    };
    insta::assert_snapshot!(told(text));
    let of_shape = text.replace("curent", "current").replace("2.1\n", "2.1.0\n");
    let of_shape = of_shape.replace("fallback: true", "fallback: 2.1").replace("pinned", "pin");
    insta::assert_snapshot!("of_sense", told(&of_shape));
    let unsaid = "models: { fraud: { current: 7, generation: 1, history: [{ generation: 1, \
                  at: 2026-11-21T12:00:00Z, by: a, action: pin, to: 6, reason: r }] } }";
    insta::assert_snapshot!("unsaid", told(unsaid));
}

#[test]
fn a_manifest_keeps_everything_but_the_key() {
    let pin = pinned(&of("{ current: 41 }"), "42");
    let heads = [
        "fraud: \"41\"",
        "fraud: '41'",
        "fraud: |-\n    41",
        "fraud: |\n    41",
        "fraud: >-\n    {current: 41}",
    ];
    for (at, head) in heads.iter().enumerate() {
        for text in [
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m # ours\ndata:\n  churn: \"15\"\n  {head}\n  z: '8' # last\n"
            ),
            format!("kind: ConfigMap\ndata:\n  {head}\nmetadata: {{ name: m }}\n"),
            format!("kind: ConfigMap\ndata:\n  {head}"),
        ] {
            let source = Source::new("m.yaml", &text);
            let snapshot = Snapshot::parse(source).unwrap();
            let snapshot::Form::Manifest(source, tree, _) = &snapshot.form else { unreachable!() };
            let line = write::line(&pin);
            let changed = manifest::with_key(source, tree, "fraud", &line, &pin);
            let changed = changed.unwrap_or_else(|error| panic!("{at}: {error}: {text}"));
            assert_eq!(changed.contains("# ours"), text.contains("# ours"));
            assert_eq!(changed.contains("z: '8' # last"), text.contains("z: '8' # last"));
            let added = manifest::with_key(source, tree, "new", &line, &pin).unwrap();
            let added = Snapshot::parse(Source::new("m.yaml", &added)).unwrap();
            assert_eq!(added.pin("new").unwrap(), Some(pin.clone()));
        }
    }
    let json = r#"{"kind": "ConfigMap", "data": {"fraud": "41"}}"#;
    let snapshot = Snapshot::parse(Source::new("m.json", json)).unwrap();
    let snapshot::Form::Manifest(source, tree, _) = &snapshot.form else { unreachable!() };
    for name in ["fraud", "new"] {
        let changed = manifest::with_key(source, tree, name, &write::line(&pin), &pin).unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(&changed).is_ok(), "{changed}");
    }
    for without in ["kind: ConfigMap\n", "kind: ConfigMap\ndata: {}\n"] {
        let snapshot = Snapshot::parse(Source::new("m.yaml", without)).unwrap();
        let snapshot::Form::Manifest(source, tree, _) = &snapshot.form else { unreachable!() };
        let refused = manifest::with_key(source, tree, "new", &write::line(&pin), &pin);
        assert!(matches!(refused, Err(PinsError::NoPlace { .. })));
    }
}

#[test]
fn a_key_of_a_configmap_that_is_wrong_leaves_the_others() {
    let text = "kind: ConfigMap\ndata:\n  fraud: \"2.1\"\n  churn: \"{current: 15, previus: 14}\"\n  good: \"8\"\n";
    let snapshot = Snapshot::parse(Source::new("m.yaml", text)).unwrap();
    assert_eq!(snapshot.pin("good").unwrap().unwrap().current, version("8"));
    for wrong in ["fraud", "churn"] {
        assert!(snapshot.pin(wrong).is_err(), "{wrong}");
    }
    let error = Snapshot::parse(Source::new("m.yaml", "kind: ConfigMap\ndata: { fraud: 42 }\n"));
    assert!(error.unwrap_err().to_string().contains("holds texts, found an integer"));
}
