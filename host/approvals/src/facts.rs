//! Requests and votes as facts; see `policies/facts.md`.

use tollgate::facts::{Instant, RUN};
use tollgate_engine::types::{Fact, FactValue, Label};

use crate::request::{Request, Vote};

/// Where they come from, for the report.
const SOURCE: &str = "approvals";

/// All that was ever said of one request: what counts is for the gate to judge.
pub(crate) fn of(revisions: &[Request], votes: &[Vote]) -> Vec<Fact> {
    let requests = revisions.iter().map(|request| {
        let labels = [("request", request.id.as_str())];
        fact("approval_request", &labels, &request.requested_by, request.at)
    });
    let votes = votes.iter().map(|vote| {
        let labels = [
            ("by", vote.by.as_str()),
            ("model", &vote.digests.model),
            ("policy", &vote.digests.policy),
            ("report", &vote.digests.report),
            ("request", vote.request.as_str()),
            ("role", &vote.role),
        ];
        fact("approval", &labels, vote.says.name(), vote.at)
    });
    requests.chain(votes).collect()
}

fn fact(name: &str, labels: &[(&str, &str)], value: &str, at: Instant) -> Fact {
    let label =
        |(key, value): &(&str, &str)| Label { key: (*key).to_owned(), value: (*value).to_owned() };
    Fact {
        name: name.to_owned(),
        subject: RUN.to_owned(),
        labels: labels.iter().map(label).collect(),
        value: FactValue::Text(value.to_owned()),
        unit: None,
        samples: None,
        observed_at: Some(at.to_string()),
        source: Some(SOURCE.to_owned()),
    }
}
