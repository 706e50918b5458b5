//! Requests and votes for a person: what can be pasted into a review.

use std::fmt::{self, Write as _};

use tollgate_approvals::{Request, Says, Standing, Vote};
use tollgate_engine::types::Outcome;

use crate::output::{self, visible};

/// What was asked for.
pub(super) fn requested(out: &mut String, request: &Request, is_new: bool) -> fmt::Result {
    let said = if is_new { "requested" } else { "requested before, nothing is new:" };
    writeln!(out, "{said} {}", reference(request))?;
    details(out, request)?;
    writeln!(out, "\nvote with: tollgate approve approve {}", reference(request))
}

/// What was said.
pub(super) fn voted(
    out: &mut String,
    request: &Request,
    vote: &Vote,
    revisions: &[Request],
) -> fmt::Result {
    writeln!(out, "{} {}", sign(vote.says), reference(request))?;
    field(out, "by", &person(&vote.by, &vote.role))?;
    field(out, "at", &vote.at.to_string())?;
    if !vote.note.is_empty() {
        field(out, "note", &vote.note)?;
    }
    digests(out, request)?;
    let standing = Standing::of(revisions, std::slice::from_ref(vote));
    if !standing.own.is_empty() {
        let style = output::style(Outcome::Warn);
        writeln!(out, "\n{style}note{style:#}: who requests it does not count")?;
    }
    Ok(())
}

/// One line a request.
pub(super) fn list(
    out: &mut String,
    requests: &[(&Request, Standing<'_>)],
    store: &str,
) -> fmt::Result {
    if requests.is_empty() {
        return writeln!(out, "no requests in {}", visible(store));
    }
    for (request, standing) in requests {
        let outcome = match standing.status() {
            "approved" => Outcome::Pass,
            "rejected" => Outcome::Fail,
            _ => Outcome::Inconclusive,
        };
        let style = output::style(outcome);
        writeln!(
            out,
            "{style}{:<9}{style:#} {}  requested by {} at {}{}",
            standing.status(),
            reference(request),
            visible(&request.requested_by),
            request.at,
            tally(standing)
        )?;
    }
    Ok(())
}

/// Everything of one request, what is asked for now first.
pub(super) fn show(
    out: &mut String,
    revisions: &[Request],
    votes: &[Vote],
    standing: &Standing<'_>,
) -> fmt::Result {
    for (at, request) in revisions.iter().rev().enumerate() {
        if at == 0 {
            writeln!(out, "{} is {}{}", reference(request), standing.status(), tally(standing))?;
        } else {
            writeln!(out, "\n{}, which is not asked for any more", reference(request))?;
        }
        details(out, request)?;
        for vote in votes.iter().filter(|vote| vote.digests == request.digests) {
            let note = match vote.note.as_str() {
                "" => String::new(),
                note => format!(": {}", visible(note)),
            };
            let own = if standing.own.iter().any(|own| std::ptr::eq(*own, vote)) {
                " (who requests it does not count)"
            } else {
                ""
            };
            writeln!(
                out,
                "  {} by {} at {}{own}{note}",
                sign(vote.says),
                person(&vote.by, &vote.role),
                vote.at
            )?;
        }
    }
    Ok(())
}

fn details(out: &mut String, request: &Request) -> fmt::Result {
    field(out, "by", &person(&request.requested_by, &request.role))?;
    field(out, "at", &request.at.to_string())?;
    field(out, "reason", &request.reason)?;
    digests(out, request)
}

fn digests(out: &mut String, request: &Request) -> fmt::Result {
    field(out, "model", &request.digests.model)?;
    field(out, "policy", &request.digests.policy)?;
    field(out, "report", &request.digests.report)
}

fn field(out: &mut String, name: &str, value: &str) -> fmt::Result {
    writeln!(out, "  {name:<7} {}", visible(value))
}

fn reference(request: &Request) -> String {
    format!("{}@{}", visible(request.id.as_str()), request.revision)
}

fn person(name: &str, role: &str) -> String {
    format!("{} ({})", visible(name), visible(role))
}

fn sign(says: Says) -> String {
    let style = output::style(match says {
        Says::Approved => Outcome::Pass,
        Says::Rejected => Outcome::Fail,
    });
    format!("{style}{}{style:#}", says.name())
}

/// Who says what, where somebody does.
fn tally(standing: &Standing<'_>) -> String {
    let names = |votes: &[&Vote]| {
        let names: Vec<String> = votes.iter().map(|vote| visible(&vote.by).to_string()).collect();
        names.join(", ")
    };
    let mut text = String::new();
    if !standing.rejections.is_empty() {
        text += &format!("; rejected by {}", names(&standing.rejections));
    }
    if !standing.approvals.is_empty() {
        text += &format!("; approved by {}", names(&standing.approvals));
    }
    if !standing.void.is_empty() {
        let (count, were) = match standing.void.len() {
            1 => ("1 vote".to_owned(), "was"),
            count => (format!("{count} votes"), "were"),
        };
        text += &format!("; {count} {were} for what it was before");
    }
    text
}

#[cfg(test)]
mod tests {
    use tollgate::facts::Instant;
    use tollgate_approvals::{Digests, RequestId, Voucher};

    use super::*;
    use crate::output::hostile::assert_harmless;

    /// Every field that is a text, so that a new one is not forgotten here.
    fn request(text: &str, by: &str) -> Request {
        let text = || text.to_owned();
        Request {
            id: RequestId::new(&text()),
            revision: 1,
            model: text(),
            version: text(),
            stage: text(),
            requested_by: by.to_owned(),
            role: text(),
            reason: text(),
            digests: Digests { model: text(), policy: text(), report: text() },
            voucher: Voucher { issuer: text(), subject: text() },
            at: Instant::from_milliseconds(0).unwrap(),
        }
    }

    fn vote(text: &str, by: &str, says: Says) -> Vote {
        let Request { id, role, reason, digests, voucher, at, .. } = request(text, by);
        Vote { request: id, by: by.to_owned(), role, says, note: reason, digests, voucher, at }
    }

    #[test]
    fn whatever_people_say_is_only_read() {
        assert_harmless(|out, text| {
            let other = format!("{text}2");
            let revisions = [request(&other, text), request(text, text)];
            let votes = [
                vote(text, text, Says::Approved),
                vote(text, &other, Says::Approved),
                vote(text, &format!("{text}3"), Says::Rejected),
                vote(&other, &other, Says::Approved),
            ];
            let standing = Standing::of(&revisions, &votes);
            let [_, newest] = &revisions;
            let [own, ..] = &votes;
            requested(out, newest, true)?;
            requested(out, newest, false)?;
            voted(out, newest, own, &revisions)?;
            list(out, &[(newest, standing.clone())], text)?;
            list(out, &[], text)?;
            show(out, &revisions, &votes, &standing)
        });
    }
}
