//! What facts come to.

use gate_evidence::given::{Given, Reading, Sought, as_of};
use tollgate_sdk::gate::{Fact, FactValue, Label};

fn fact(name: &str, value: FactValue, observed_at: Option<&str>) -> Fact {
    Fact {
        name: name.to_owned(),
        subject: "run".to_owned(),
        labels: Vec::new(),
        value,
        unit: None,
        samples: None,
        observed_at: observed_at.map(str::to_owned),
        source: None,
    }
}

fn text(value: &str, observed_at: Option<&str>) -> Fact {
    fact("reason", FactValue::Text(value.to_owned()), observed_at)
}

fn read(facts: &[Fact]) -> Given<&str> {
    Sought::new("run", "reason").text(facts)
}

#[test]
fn one_value() {
    let facts = [text(" drift ", None), text("drift", Some("2026-11-20T10:00:00Z"))];
    let given = read(&facts);
    assert_eq!((given.value(), &given.facts), (Some(&"drift"), &vec![0, 1]));
}

#[test]
fn the_newest_counts() {
    let early = Some("2026-11-20T10:00:00Z");
    let late = Some("2026-11-20T10:00:01Z");
    assert_eq!(read(&[text("new", late), text("old", early)]).value(), Some(&"new"));
    // One that says nothing now is not what it said before.
    let blank = [text("", late), text("old", early)];
    assert_eq!(
        read(&blank).reading,
        Reading::Missing("`reason` of `run` is missing: it is blank".to_owned())
    );
}

#[test]
fn what_cannot_be_judged() {
    let at = Some("2026-11-20T10:00:00Z");
    let as_of = fact("as_of", FactValue::Text("2026-11-21T00:00:00Z".to_owned()), None);
    for (facts, reason) in [
        (
            vec![text("a", None), text("b", at)],
            "`reason` of `run` is given twice, as `a` and as `b`",
        ),
        (vec![text("a", at), text("b", at)], "`reason` of `run` is given twice, as `a` and as `b`"),
        (
            vec![text("a", None), text("unknown", None)],
            "`reason` of `run` is given twice, as `a` and as `unknown`",
        ),
        (
            vec![fact("reason", FactValue::Integer(3), None)],
            "`reason` of `run` is a number, not text",
        ),
        (
            vec![text("a", Some("today"))],
            "`reason` of `run` was observed at `today`, which is no time such as \
             `2026-11-21T15:54:00Z`",
        ),
        (
            vec![text("a", at), text("b", Some("2036-11-20T10:00:00Z")), as_of],
            "the newest observation of `reason` of `run` is of 2036-11-20T10:00:00Z, which is \
             after the time that this run judges as of",
        ),
    ] {
        assert_eq!(read(&facts).reading, Reading::Doubtful(reason.to_owned()));
    }
}

#[test]
fn what_is_missing() {
    let mut other = text("drift", None);
    other.subject = "candidate".to_owned();
    let mut slice = text("drift", None);
    slice.labels = vec![Label { key: "group".to_owned(), value: "a".to_owned() }];
    for facts in [vec![], vec![other], vec![slice], vec![text("Unknown", None)]] {
        assert!(matches!(read(&facts).reading, Reading::Missing(_)), "{facts:?}");
    }
    let none = [text("None", None)];
    assert_eq!(Sought::new("run", "reason").any_text(&none).value(), Some(&"None"));
}

#[test]
fn labels_in_any_order() {
    let label = |key: &str, value: &str| Label { key: key.to_owned(), value: value.to_owned() };
    let mut fact = fact("alias", FactValue::Boolean(true), None);
    fact.labels = vec![label("b", "2"), label("a", "1")];
    let facts = [fact];
    let sought = Sought::new("run", "alias").labelled(&[("a", "1"), ("b", "2")]);
    assert_eq!(sought.boolean(&facts).value(), Some(&true));
    assert_eq!(sought.to_string(), "`alias{a=1,b=2}` of `run`");
    assert_eq!(Sought::new("run", "alias").labelled(&[("a", "1")]).boolean(&facts).value(), None);
}

#[test]
fn the_runs_own_time() {
    let at = |text: &str| fact("as_of", FactValue::Text(text.to_owned()), None);
    assert!(as_of(&[at("2026-11-21T00:00:00Z")]).value().is_some());
    for facts in [
        vec![at("today")],
        vec![at("2026-11-21T00:00:00Z"), at("2026-11-22T00:00:00Z")],
        vec![fact("as_of", FactValue::Integer(0), None)],
    ] {
        assert!(matches!(as_of(&facts).reading, Reading::Doubtful(_)), "{facts:?}");
    }
    assert!(matches!(as_of(&[]).reading, Reading::Missing(_)));
}
