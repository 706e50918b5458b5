//! Where requests and votes are kept. Rows are added and never changed, so that
//! they tell who said what when.

mod error;
mod location;
mod postgres;
mod rows;
mod sqlite;

use tollgate::facts::Instant;
use tollgate_engine::types::Fact;

pub use self::error::StoreError;
pub use self::location::{Location, LocationError};
use self::postgres::Postgres;
use self::rows::Rows;
use self::sqlite::Sqlite;
use crate::facts;
use crate::request::{Digests, Request, RequestId, Says, Subject, Vote, Voucher};

/// An open store: one connection.
#[derive(Debug)]
pub struct Store {
    backend: Backend,
    location: Location,
}

#[derive(Debug)]
enum Backend {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

/// What somebody asks for.
#[derive(Debug, Clone)]
pub struct NewRequest {
    /// The model version and the stage.
    pub subject: Subject,
    /// Who asks.
    pub by: String,
    /// In which role.
    pub role: String,
    /// Why.
    pub reason: String,
    /// What the version, its policies and its report are now.
    pub digests: Digests,
    /// Who says who asks.
    pub voucher: Voucher,
}

/// What somebody says.
#[derive(Debug, Clone)]
pub struct NewVote {
    /// To which request.
    pub request: RequestId,
    /// The revision that they looked at; only one that is the newest can be
    /// voted on. It may be left out while there is one only.
    pub revision: Option<u32>,
    /// Who.
    pub by: String,
    /// In which role.
    pub role: String,
    /// Yes or no.
    pub says: Says,
    /// Why.
    pub note: String,
    /// Who says who they are.
    pub voucher: Voucher,
}

/// Whether something was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded<T> {
    /// It was.
    New(T),
    /// The same is there already.
    Before(T),
}

impl<T> Recorded<T> {
    /// What is there now.
    pub fn into_inner(self) -> T {
        match self {
            Self::New(it) | Self::Before(it) => it,
        }
    }
}

impl Store {
    /// Opens a store: `sqlite:PATH` or a path, or `postgres://...`. What is
    /// missing is made: the tables, and the file of SQLite.
    ///
    /// # Errors
    /// When it cannot be reached or used.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        Self::at(&Location::parse(url, std::path::Path::new(""))?)
    }

    /// As [`Store::open`].
    ///
    /// # Errors
    /// As there.
    pub fn at(location: &Location) -> Result<Self, StoreError> {
        let backend = match location {
            Location::Sqlite { path, is_default } => {
                Backend::Sqlite(Sqlite::open(path, *is_default)?)
            }
            Location::Postgres(server) => Backend::Postgres(Box::new(Postgres::open(server)?)),
        };
        Ok(Self { backend, location: location.clone() })
    }

    /// Where it is, without secrets.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Records that somebody asks. With the digests of the newest revision
    /// nothing is new; with others it is a new revision, which asks everybody
    /// anew.
    ///
    /// # Errors
    /// When another version has this id, the text cannot be stored, or the
    /// store cannot be written.
    pub fn request(&mut self, new: &NewRequest) -> Result<Recorded<Request>, StoreError> {
        let id = new.subject.id();
        self.write(&id.key(), |rows| rows::request(rows, new, now()))
    }

    /// Records what somebody says to the newest revision.
    ///
    /// # Errors
    /// When there is no such request, another revision was meant, or the store
    /// cannot be written.
    pub fn vote(&mut self, new: &NewVote) -> Result<(Request, Vote), StoreError> {
        let name = self.location.to_string();
        self.write(&new.request.key(), |rows| rows::vote(rows, &name, new, now()))
    }

    /// All revisions of a request, oldest first; none, where nobody asked.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn revisions(&mut self, id: &RequestId) -> Result<Vec<Request>, StoreError> {
        self.read(|rows| rows.requests(Some(&id.key())))
    }

    /// All votes on all revisions of a request, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn votes(&mut self, id: &RequestId) -> Result<Vec<Vote>, StoreError> {
        self.read(|rows| rows.votes(Some(&id.key())))
    }

    /// Everything, oldest first: revisions and votes.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn all(&mut self) -> Result<(Vec<Request>, Vec<Vote>), StoreError> {
        self.read(|rows| Ok((rows.requests(None)?, rows.votes(None)?)))
    }

    /// The same, of a store that may not be there yet: nobody asked then.
    ///
    /// # Errors
    /// As [`Store::facts`].
    pub fn facts_at(location: &Location, id: &RequestId) -> Result<Vec<Fact>, StoreError> {
        if location.is_missing() {
            return Ok(Vec::new());
        }
        Self::at(location)?.facts(id)
    }

    /// What a gate is told of a request; see `policies/facts.md`. None, where
    /// nobody asked.
    ///
    /// # Errors
    /// When the store cannot be read: that is no answer, and none may be made
    /// of it.
    pub fn facts(&mut self, id: &RequestId) -> Result<Vec<Fact>, StoreError> {
        let key = id.key();
        let (requests, votes) =
            self.read(|rows| Ok((rows.requests(Some(&key))?, rows.votes(Some(&key))?)))?;
        Ok(facts::of(&requests, &votes))
    }

    /// One transaction that reads: what it sees belongs together.
    fn read<T>(
        &mut self,
        work: impl FnOnce(&mut dyn Rows) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &mut self.backend {
            Backend::Sqlite(sqlite) => sqlite.read(work),
            Backend::Postgres(postgres) => postgres.read(work),
        }
    }

    /// One transaction that writes, after all others on the same request.
    fn write<T>(
        &mut self,
        key: &str,
        work: impl FnOnce(&mut dyn Rows) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &mut self.backend {
            Backend::Sqlite(sqlite) => sqlite.write(work),
            Backend::Postgres(postgres) => postgres.write(key, work),
        }
    }
}

/// By this machine's clock, in microseconds, which both stores keep.
fn now() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

/// The point in time; none beyond the calendar.
fn instant(microseconds: i64) -> Option<Instant> {
    jiff::Timestamp::from_microsecond(microseconds).ok()?.to_string().parse().ok()
}
