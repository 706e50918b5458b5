//! What both stores do alike: rows in, rows out, and what must hold of them.

use super::{NewRequest, NewVote, Recorded, StoreError, instant};
use crate::request::{
    Digests, Invalid, Request, RequestId, Says, Vote, Voucher, name, prose, says_nothing,
};

/// The newest version of the tables that is known.
pub(super) const SCHEMA: i64 = 1;

/// How far clocks of machines may be apart: NTP keeps them within a second.
const SKEW: i64 = 120_000_000;

/// The columns of both tables, in the order of [`Row`].
pub(super) const REQUEST_COLUMNS: &str = "request_key, request, revision, model, version, stage, \
     person, role, reason, model_digest, policy_digest, report_digest, issuer, subject, at_us";
/// See [`REQUEST_COLUMNS`].
pub(super) const VOTE_COLUMNS: &str = "request_key, request, revision, person, role, vote, note, \
     model_digest, policy_digest, report_digest, issuer, subject, at_us";

/// A cell.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    Text(String),
    Integer(i64),
}

/// A row of cells, in the order of its table's columns.
pub(super) type Row = Vec<Cell>;

/// A transaction.
pub(super) trait Rows {
    /// Requests with this key, or all, oldest first.
    fn requests(&mut self, key: Option<&str>) -> Result<Vec<Request>, StoreError>;
    /// Votes with this key, or all, oldest first.
    fn votes(&mut self, key: Option<&str>) -> Result<Vec<Vote>, StoreError>;
    /// Adds a row to a table.
    fn insert(&mut self, table: Table, row: Row) -> Result<(), StoreError>;
}

/// The tables.
#[derive(Debug, Clone, Copy)]
pub(super) enum Table {
    Requests,
    Votes,
}

impl Table {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Requests => "tollgate_approval_requests",
            Self::Votes => "tollgate_approval_votes",
        }
    }

    pub(super) fn columns(self) -> &'static str {
        match self {
            Self::Requests => REQUEST_COLUMNS,
            Self::Votes => VOTE_COLUMNS,
        }
    }

    /// `$1, $2, ...`, which both databases read.
    pub(super) fn insertion(self) -> String {
        let columns = self.columns();
        let places: Vec<String> =
            (1..=columns.split(',').count()).map(|place| format!("${place}")).collect();
        format!("INSERT INTO {} ({columns}) VALUES ({})", self.name(), places.join(", "))
    }

    /// All columns, of one request or of all, in the order of writing.
    pub(super) fn selection(self, is_of_one: bool) -> String {
        let which = if is_of_one { "WHERE request_key = $1 " } else { "" };
        format!("SELECT {} FROM {} {which}ORDER BY seq", self.columns(), self.name())
    }
}

/// Records a request.
pub(super) fn request(
    rows: &mut dyn Rows,
    new: &NewRequest,
    now: i64,
) -> Result<Recorded<Request>, StoreError> {
    let (id, subject) = (new.subject.id(), &new.subject);
    let reason = prose("the reason", &new.reason)?;
    if says_nothing(&reason) {
        return Err(Invalid("a request says why".to_owned()).into());
    }
    let before = rows.requests(Some(&id.key()))?;
    if let Some(newest) = before.last() {
        if newest.model != subject.model || newest.version != subject.version {
            return Err(StoreError::Taken {
                request: id.to_string(),
                model: newest.model.clone(),
                version: newest.version.clone(),
            });
        }
        if newest.digests == new.digests {
            return Ok(Recorded::Before(newest.clone()));
        }
    }
    // The id as it was first written, whatever the case of the stage.
    let id = before.last().map_or(id, |request| request.id.clone());
    let (at, us) = next(rows, &id, &before, now)?;
    let request = Request {
        revision: before.last().map_or(1, |newest| newest.revision.saturating_add(1)),
        model: subject.model.clone(),
        version: subject.version.clone(),
        stage: subject.stage.clone(),
        requested_by: name("who requests", &new.by)?,
        role: name("the role", &new.role)?,
        reason,
        digests: new.digests.clone(),
        voucher: new.voucher.clone(),
        at,
        id,
    };
    rows.insert(Table::Requests, request_row(&request, us))?;
    Ok(Recorded::New(request))
}

/// Records a vote.
pub(super) fn vote(
    rows: &mut dyn Rows,
    store: &str,
    new: &NewVote,
    now: i64,
) -> Result<(Request, Vote), StoreError> {
    let note = prose("the note", &new.note)?;
    if new.says == Says::Rejected && says_nothing(&note) {
        return Err(Invalid("a rejection says why".to_owned()).into());
    }
    let mut revisions = rows.requests(Some(&new.request.key()))?;
    let several = revisions.len() > 1;
    let Some(newest) = revisions.last() else {
        return Err(StoreError::NoRequest {
            name: store.to_owned(),
            request: new.request.to_string(),
        });
    };
    let request = newest.id.to_string();
    match new.revision {
        Some(revision) if revision != newest.revision => {
            return Err(StoreError::OldRevision { request, revision, newest: newest.revision });
        }
        None if several => {
            return Err(StoreError::WhichRevision { request, newest: newest.revision });
        }
        _ => {}
    }
    let (at, us) = next(rows, &newest.id, &revisions, now)?;
    let Some(newest) = revisions.pop() else { return Err(unreadable("the request")) };
    let vote = Vote {
        request: newest.id.clone(),
        by: name("who votes", &new.by)?,
        role: name("the role", &new.role)?,
        says: new.says,
        note,
        digests: newest.digests.clone(),
        voucher: new.voucher.clone(),
        at,
    };
    rows.insert(Table::Votes, vote_row(&vote, newest.revision, us))?;
    Ok((newest, vote))
}

/// The time of the next row: later than all of the same request, so that the
/// newest of a person's votes is the last one.
fn next(
    rows: &mut dyn Rows,
    id: &RequestId,
    revisions: &[Request],
    now: i64,
) -> Result<(tollgate::facts::Instant, i64), StoreError> {
    let votes = rows.votes(Some(&id.key()))?;
    let newest = revisions.iter().map(|it| it.at).chain(votes.iter().map(|it| it.at)).max();
    let last = match newest {
        Some(at) => microseconds(&at).ok_or_else(|| unreadable("a time"))?,
        None => i64::MIN,
    };
    if last > now.saturating_add(SKEW) {
        return Err(StoreError::Clock {
            request: id.to_string(),
            newest: newest.map(|at| at.to_string()).unwrap_or_default(),
            now: instant(now).map(|at| at.to_string()).unwrap_or_default(),
        });
    }
    let us = now.max(last.saturating_add(1));
    Ok((instant(us).ok_or_else(|| unreadable("the time"))?, us))
}

fn microseconds(at: &tollgate::facts::Instant) -> Option<i64> {
    Some(at.to_string().parse::<jiff::Timestamp>().ok()?.as_microsecond())
}

fn unreadable(what: &str) -> StoreError {
    StoreError::Invalid(Invalid(format!("{what} cannot be used")))
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn request_row(request: &Request, us: i64) -> Row {
    vec![
        Cell::Text(request.id.key()),
        text(request.id.as_str()),
        Cell::Integer(request.revision.into()),
        text(&request.model),
        text(&request.version),
        text(&request.stage),
        text(&request.requested_by),
        text(&request.role),
        text(&request.reason),
        text(&request.digests.model),
        text(&request.digests.policy),
        text(&request.digests.report),
        text(&request.voucher.issuer),
        text(&request.voucher.subject),
        Cell::Integer(us),
    ]
}

fn vote_row(vote: &Vote, revision: u32, us: i64) -> Row {
    vec![
        Cell::Text(vote.request.key()),
        text(vote.request.as_str()),
        Cell::Integer(revision.into()),
        text(&vote.by),
        text(&vote.role),
        text(vote.says.name()),
        text(&vote.note),
        text(&vote.digests.model),
        text(&vote.digests.policy),
        text(&vote.digests.report),
        text(&vote.voucher.issuer),
        text(&vote.voucher.subject),
        Cell::Integer(us),
    ]
}

/// Takes the cells of a row one after the other.
struct Cells(std::vec::IntoIter<Cell>);

impl Cells {
    fn text(&mut self) -> Option<String> {
        match self.0.next()? {
            Cell::Text(text) => Some(text),
            Cell::Integer(_) => None,
        }
    }

    fn integer(&mut self) -> Option<i64> {
        match self.0.next()? {
            Cell::Integer(number) => Some(number),
            Cell::Text(_) => None,
        }
    }

    fn digests(&mut self) -> Option<Digests> {
        Digests::new(&self.text()?, &self.text()?, &self.text()?).ok()
    }

    fn voucher(&mut self) -> Option<Voucher> {
        Some(Voucher { issuer: self.text()?, subject: self.text()? })
    }
}

/// Reads a row of requests; none where it is no such row.
pub(super) fn to_request(row: Row) -> Option<Request> {
    let mut cells = Cells(row.into_iter());
    let _key = cells.text()?;
    Some(Request {
        id: RequestId::new(&cells.text()?),
        revision: u32::try_from(cells.integer()?).ok()?,
        model: cells.text()?,
        version: cells.text()?,
        stage: cells.text()?,
        requested_by: cells.text()?,
        role: cells.text()?,
        reason: cells.text()?,
        digests: cells.digests()?,
        voucher: cells.voucher()?,
        at: instant(cells.integer()?)?,
    })
}

/// Reads a row of votes; none where it is no such row.
pub(super) fn to_vote(row: Row) -> Option<Vote> {
    let mut cells = Cells(row.into_iter());
    let _key = cells.text()?;
    let request = RequestId::new(&cells.text()?);
    let _revision = cells.integer()?;
    Some(Vote {
        request,
        by: cells.text()?,
        role: cells.text()?,
        says: Says::from_name(&cells.text()?)?,
        note: cells.text()?,
        digests: cells.digests()?,
        voucher: cells.voucher()?,
        at: instant(cells.integer()?)?,
    })
}
