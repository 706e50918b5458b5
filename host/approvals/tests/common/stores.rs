//! What every store does, whatever it is made of.
#![allow(dead_code, reason = "each test program uses what it needs")]

use std::collections::BTreeSet;
use std::thread;

use tollgate_approvals::{
    Digests, NewRequest, NewVote, Recorded, RequestId, Says, Standing, Store, StoreError, Subject,
    Voucher,
};
use tollgate_engine::types::FactValue;

/// `sha256:111...`
pub(crate) fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

pub(crate) fn digests(report: char) -> Digests {
    Digests::new(&digest('1'), &digest('2'), &digest(report)).unwrap()
}

fn voucher() -> Voucher {
    Voucher { issuer: "https://login.acme.example".into(), subject: "job:1".into() }
}

pub(crate) fn asks(model: &str, by: &str, report: char) -> NewRequest {
    NewRequest {
        subject: Subject::new(model, "8", "Production").unwrap(),
        by: by.into(),
        role: "ml_engineer".into(),
        reason: "better recall".into(),
        digests: digests(report),
        voucher: voucher(),
    }
}

pub(crate) fn says(id: &str, revision: Option<u32>, by: &str, says: Says) -> NewVote {
    NewVote {
        request: RequestId::new(id),
        revision,
        by: by.into(),
        role: "release_manager".into(),
        says,
        note: "read the report".into(),
        voucher: voucher(),
    }
}

fn text(value: &FactValue) -> &str {
    match value {
        FactValue::Text(text) => text,
        _ => panic!("{value:?}"),
    }
}

/// What is asked for and said is there for whoever opens it next.
pub(crate) fn what_is_said_is_kept(open: &dyn Fn() -> Store) {
    let id = RequestId::new("kept-v8-Production");
    let mut store = open();
    assert!(store.facts(&id).unwrap().is_empty());
    let error = store.vote(&says(id.as_str(), None, "dana", Says::Approved)).unwrap_err();
    assert!(matches!(error, StoreError::NoRequest { .. }), "{error}");
    let Recorded::New(request) = store.request(&asks("kept", "kim", '3')).unwrap() else {
        panic!("it is new")
    };
    assert_eq!((request.revision, request.id.as_str()), (1, id.as_str()));
    store.vote(&says("KEPT-v8-production", None, "dana", Says::Approved)).unwrap();
    drop(store);

    let mut store = open();
    assert_eq!(store.revisions(&id).unwrap(), [request]);
    let facts = store.facts(&id).unwrap();
    let [request, vote] = facts.as_slice() else { panic!("{facts:?}") };
    assert_eq!((request.name.as_str(), text(&request.value)), ("approval_request", "kim"));
    assert_eq!((vote.name.as_str(), text(&vote.value)), ("approval", "approved"));
    for fact in &facts {
        assert_eq!(fact.subject, "run");
        assert!(fact.observed_at.as_ref().unwrap().ends_with('Z'));
        assert!(fact.labels.is_sorted());
    }
    let labels: Vec<(&str, &str)> =
        vote.labels.iter().map(|label| (label.key.as_str(), label.value.as_str())).collect();
    let (model, policy, report) = (digest('1'), digest('2'), digest('3'));
    assert_eq!(
        labels,
        [
            ("by", "dana"),
            ("model", &model),
            ("policy", &policy),
            ("report", &report),
            ("request", id.as_str()),
            ("role", "release_manager"),
        ]
    );
    assert!(vote.observed_at > request.observed_at);
}

/// Another digest is another revision, and a vote says which it means.
pub(crate) fn a_change_asks_everybody_anew(open: &dyn Fn() -> Store) {
    let id = "changes-v8-Production";
    let mut store = open();
    let first = asks("changes", "kim", '3');
    store.request(&first).unwrap();
    assert!(matches!(store.request(&first).unwrap(), Recorded::Before(_)));
    store.vote(&says(id, Some(1), "dana", Says::Approved)).unwrap();
    let second = store.request(&asks("changes", "lee", '4')).unwrap().into_inner();
    assert_eq!(second.revision, 2);

    let error = store.vote(&says(id, None, "ada", Says::Approved)).unwrap_err();
    assert!(matches!(error, StoreError::WhichRevision { newest: 2, .. }), "{error}");
    for old in [Some(1), Some(0), Some(3)] {
        let error = store.vote(&says(id, old, "ada", Says::Approved)).unwrap_err();
        assert!(matches!(error, StoreError::OldRevision { newest: 2, .. }), "{error}");
    }
    store.vote(&says(id, Some(2), "ada", Says::Approved)).unwrap();

    let id = RequestId::new(id);
    let (revisions, votes) = (store.revisions(&id).unwrap(), store.votes(&id).unwrap());
    let standing = Standing::of(&revisions, &votes);
    assert_eq!(standing.void.len(), 1);
    assert_eq!(standing.approvals.iter().map(|vote| &vote.by).collect::<Vec<_>>(), ["ada"]);
    // The facts tell of both, with the digests of the moment.
    let facts = store.facts(&id).unwrap();
    let of = |name: &str| facts.iter().filter(|fact| fact.name == name).collect::<Vec<_>>();
    let requesters: Vec<&str> = of("approval_request").iter().map(|it| text(&it.value)).collect();
    assert_eq!(requesters, ["kim", "lee"]);
    let reports: Vec<&str> = of("approval").iter().map(|it| it.labels[3].value.as_str()).collect();
    assert_eq!(reports, [digest('3'), digest('4')]);
}

/// The store records what is said; a gate judges it.
pub(crate) fn the_requester_and_second_thoughts_are_recorded(open: &dyn Fn() -> Store) {
    let id = "thoughts-v8-Production";
    let mut store = open();
    store.request(&asks("thoughts", "kim", '3')).unwrap();
    for (by, what) in [
        ("KIM", Says::Approved),
        ("dana", Says::Rejected),
        ("Dana", Says::Approved),
        ("lee", Says::Approved),
        ("lee ", Says::Rejected),
    ] {
        store.vote(&says(id, None, by, what)).unwrap();
    }
    let id = RequestId::new(id);
    let facts = store.facts(&id).unwrap();
    let said: Vec<(&str, &str)> =
        facts[1..].iter().map(|fact| (fact.labels[0].value.as_str(), text(&fact.value))).collect();
    assert_eq!(
        said,
        [
            ("KIM", "approved"),
            ("dana", "rejected"),
            ("Dana", "approved"),
            ("lee", "approved"),
            ("lee", "rejected"),
        ]
    );
    // Of each person the newest can be told, however fast they were.
    let times: BTreeSet<_> = facts.iter().map(|fact| fact.observed_at.clone()).collect();
    assert_eq!(times.len(), facts.len());
    let (revisions, votes) = (store.revisions(&id).unwrap(), store.votes(&id).unwrap());
    let standing = Standing::of(&revisions, &votes);
    assert_eq!(standing.status(), "rejected");
    assert_eq!(
        (standing.own.len(), standing.approvals.len(), standing.rejections.len()),
        (1, 1, 1)
    );
}

/// What cannot be meant is refused, and leaves nothing behind.
pub(crate) fn what_cannot_be_meant_is_refused(open: &dyn Fn() -> Store) {
    let mut store = open();
    let blank = NewRequest { reason: " n/a ".into(), ..asks("refused", "kim", '3') };
    assert!(store.request(&blank).is_err());
    let nobody = NewRequest { by: " ".into(), ..asks("refused", "kim", '3') };
    assert!(store.request(&nobody).is_err());
    assert!(store.revisions(&RequestId::new("refused-v8-Production")).unwrap().is_empty());

    // Two versions with one id: votes for one would be votes for the other.
    store.request(&asks("refused", "kim", '3')).unwrap();
    let mut twin = asks("x", "kim", '3');
    twin.subject = Subject::new("Refused", "8", "production").unwrap();
    let error = store.request(&twin).unwrap_err();
    assert!(matches!(error, StoreError::Taken { .. }), "{error}");

    let id = "refused-v8-Production";
    let silent = NewVote { note: " ".into(), ..says(id, None, "dana", Says::Rejected) };
    let error = store.vote(&silent).unwrap_err();
    assert_eq!(error.to_string(), "a rejection says why");
    let loud = NewVote { note: "x".repeat(4_001), ..says(id, None, "dana", Says::Approved) };
    assert!(store.vote(&loud).is_err());
    assert!(store.votes(&RequestId::new(id)).unwrap().is_empty());
    let hostile = NewVote {
        note: "'); DROP TABLE tollgate_approval_votes; --\u{1b}[31m".into(),
        ..says(id, None, "Robert'); --", Says::Approved)
    };
    store.vote(&hostile).unwrap();
    assert_eq!(store.votes(&RequestId::new(id)).unwrap()[0].note, hostile.note);
}

/// Many at once, each with a connection of their own: every vote is there, and
/// none is of the same instant.
pub(crate) fn many_at_once_lose_nothing(open: &(dyn Fn() -> Store + Sync)) {
    open().request(&asks("crowd", "kim", '3')).unwrap();
    thread::scope(|scope| {
        for number in 0..8 {
            scope.spawn(move || {
                let mut store = open();
                for vote in 0..4 {
                    let says = says(
                        "crowd-v8-Production",
                        None,
                        &format!("person-{number}"),
                        if vote % 2 == 0 { Says::Approved } else { Says::Rejected },
                    );
                    store.vote(&says).unwrap();
                }
            });
        }
    });
    let votes = open().votes(&RequestId::new("crowd-v8-Production")).unwrap();
    assert_eq!(votes.len(), 32);
    let times: BTreeSet<_> = votes.iter().map(|vote| vote.at).collect();
    assert_eq!(times.len(), 32);
    assert!(votes.is_sorted_by_key(|vote| vote.at));
}

/// Two who ask at once for different things: one is the second revision.
pub(crate) fn two_requests_at_once_are_two_revisions(open: &(dyn Fn() -> Store + Sync)) {
    thread::scope(|scope| {
        for letter in ['3', '4', '5', '6'] {
            scope.spawn(move || open().request(&asks("race", "kim", letter)).unwrap());
        }
    });
    let revisions = open().revisions(&RequestId::new("race-v8-Production")).unwrap();
    let numbers: Vec<u32> = revisions.iter().map(|request| request.revision).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
}

/// All of them.
pub(crate) fn behaves(open: &(dyn Fn() -> Store + Sync)) {
    what_is_said_is_kept(open);
    a_change_asks_everybody_anew(open);
    the_requester_and_second_thoughts_are_recorded(open);
    what_cannot_be_meant_is_refused(open);
    many_at_once_lose_nothing(open);
    two_requests_at_once_are_two_revisions(open);
}
