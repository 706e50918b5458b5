//! SQLite: one file, for one machine.

mod file;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params_from_iter};

use self::file::Access;
use super::rows::{self, Cell, Row, Rows, SCHEMA, Table};
use super::{Request, StoreError, Vote};

/// "toll": what marks the file as ours.
const APPLICATION: i64 = 0x746f_6c6c;

/// How long another program's lock is waited for. It writes for milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Rows are never changed or removed, so that nobody votes for somebody by
/// mistake, and an auditor sees it all.
const TABLES: &str = "
CREATE TABLE tollgate_approval_requests (
    seq INTEGER PRIMARY KEY,
    request_key TEXT NOT NULL, request TEXT NOT NULL, revision INTEGER NOT NULL,
    model TEXT NOT NULL, version TEXT NOT NULL, stage TEXT NOT NULL,
    person TEXT NOT NULL, role TEXT NOT NULL, reason TEXT NOT NULL,
    model_digest TEXT NOT NULL, policy_digest TEXT NOT NULL, report_digest TEXT NOT NULL,
    issuer TEXT NOT NULL, subject TEXT NOT NULL, at_us INTEGER NOT NULL,
    UNIQUE (request_key, revision)
) STRICT;
CREATE TABLE tollgate_approval_votes (
    seq INTEGER PRIMARY KEY,
    request_key TEXT NOT NULL, request TEXT NOT NULL, revision INTEGER NOT NULL,
    person TEXT NOT NULL, role TEXT NOT NULL,
    vote TEXT NOT NULL CHECK (vote IN ('approved', 'rejected')), note TEXT NOT NULL,
    model_digest TEXT NOT NULL, policy_digest TEXT NOT NULL, report_digest TEXT NOT NULL,
    issuer TEXT NOT NULL, subject TEXT NOT NULL, at_us INTEGER NOT NULL,
    FOREIGN KEY (request_key, revision)
        REFERENCES tollgate_approval_requests (request_key, revision)
) STRICT;
CREATE INDEX tollgate_approval_votes_request ON tollgate_approval_votes (request_key);
CREATE TRIGGER tollgate_approval_requests_stay BEFORE UPDATE ON tollgate_approval_requests
    BEGIN SELECT RAISE(ABORT, 'requests are never changed'); END;
CREATE TRIGGER tollgate_approval_requests_are_kept BEFORE DELETE ON tollgate_approval_requests
    BEGIN SELECT RAISE(ABORT, 'requests are never removed'); END;
CREATE TRIGGER tollgate_approval_votes_stay BEFORE UPDATE ON tollgate_approval_votes
    BEGIN SELECT RAISE(ABORT, 'votes are never changed'); END;
CREATE TRIGGER tollgate_approval_votes_are_kept BEFORE DELETE ON tollgate_approval_votes
    BEGIN SELECT RAISE(ABORT, 'votes are never removed'); END;
PRAGMA application_id = 0x746f6c6c;
PRAGMA user_version = 1;
";

/// An open file.
#[derive(Debug)]
pub(super) struct Sqlite {
    connection: Connection,
    path: PathBuf,
}

impl Sqlite {
    pub(super) fn open(path: &Path, makes_folder: bool) -> Result<Self, StoreError> {
        let (path, access) = file::prepare(path, makes_folder)?;
        let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        flags |= match access {
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        let problem = |error| problem(&path, error);
        let connection = Connection::open_with_flags(&path, flags).map_err(problem)?;
        connection.busy_timeout(PATIENCE).map_err(problem)?;
        // A file from elsewhere runs no code of its own, and a vote that was
        // said to be recorded survives the machine's fall.
        for (pragma, value) in
            [("trusted_schema", "OFF"), ("foreign_keys", "ON"), ("synchronous", "FULL")]
        {
            connection.pragma_update(None, pragma, value).map_err(problem)?;
        }
        let mut sqlite = Self { connection, path };
        sqlite.recognise()?;
        Ok(sqlite)
    }

    /// Looks whose file it is, and makes the tables of one that is new.
    fn recognise(&mut self) -> Result<(), StoreError> {
        let path = self.path.clone();
        if !self.is_new()? {
            return self.check();
        }
        if self.connection.is_readonly("main").map_err(|error| problem(&path, error))? {
            let problem = ", and is empty".to_owned();
            return Err(StoreError::ReadOnly { name: path.display().to_string(), problem });
        }
        let made = (|| {
            let made = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            // Another program may have been faster.
            if made
                .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?
                == 0
            {
                made.execute_batch(TABLES)?;
            }
            made.commit()
        })();
        made.map_err(|error| problem(&path, error))?;
        self.check()
    }

    fn number(&self, query: &str) -> Result<i64, StoreError> {
        let number = self.connection.query_row(query, [], |row| row.get(0));
        number.map_err(|error| problem(&self.path, error))
    }

    fn is_new(&self) -> Result<bool, StoreError> {
        Ok(self.number("SELECT count(*) FROM sqlite_schema")? == 0
            && self.number("PRAGMA application_id")? == 0
            && self.number("PRAGMA user_version")? == 0)
    }

    fn check(&self) -> Result<(), StoreError> {
        let name = || self.path.display().to_string();
        if self.number("PRAGMA application_id")? != APPLICATION {
            return Err(StoreError::Foreign { name: name() });
        }
        let found = self.number("PRAGMA user_version")?;
        if found > SCHEMA {
            return Err(StoreError::Newer { name: name(), found, known: SCHEMA });
        }
        // Some milliseconds; who votes on what is half there votes on nothing.
        let said: String = self
            .connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(|error| problem(&self.path, error))?;
        if said != "ok" {
            return Err(StoreError::Corrupt { name: name(), problem: said });
        }
        Ok(())
    }

    pub(super) fn read<T>(
        &mut self,
        work: impl FnOnce(&mut dyn Rows) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.within(TransactionBehavior::Deferred, work)
    }

    pub(super) fn write<T>(
        &mut self,
        work: impl FnOnce(&mut dyn Rows) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.within(TransactionBehavior::Immediate, work)
    }

    fn within<T>(
        &mut self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&mut dyn Rows) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let path = self.path.clone();
        let transaction = self
            .connection
            .transaction_with_behavior(behavior)
            .map_err(|error| problem(&path, error))?;
        let mut open = Open { connection: &transaction, path: &path };
        // What is dropped before it commits is rolled back.
        let done = work(&mut open)?;
        transaction.commit().map_err(|error| problem(&path, error))?;
        Ok(done)
    }
}

/// A transaction.
struct Open<'a> {
    connection: &'a Connection,
    path: &'a Path,
}

impl Open<'_> {
    fn select<T>(
        &self,
        table: Table,
        key: Option<&str>,
        read: impl Fn(Row) -> Option<T>,
    ) -> Result<Vec<T>, StoreError> {
        let problem = |error| problem(self.path, error);
        let mut statement =
            self.connection.prepare(&table.selection(key.is_some())).map_err(problem)?;
        let width = statement.column_count();
        let mut found = statement.query(params_from_iter(key)).map_err(problem)?;
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(problem)? {
            let mut cells = Vec::with_capacity(width);
            for at in 0..width {
                cells.push(match row.get_ref(at).map_err(problem)? {
                    rusqlite::types::ValueRef::Integer(number) => Cell::Integer(number),
                    value => Cell::Text(value.as_str().unwrap_or_default().to_owned()),
                });
            }
            let row = read(cells).ok_or_else(|| StoreError::Corrupt {
                name: self.path.display().to_string(),
                problem: format!("a row of `{}` holds what nobody wrote", table.name()),
            })?;
            rows.push(row);
        }
        Ok(rows)
    }
}

impl Rows for Open<'_> {
    fn requests(&mut self, key: Option<&str>) -> Result<Vec<Request>, StoreError> {
        self.select(Table::Requests, key, rows::to_request)
    }

    fn votes(&mut self, key: Option<&str>) -> Result<Vec<Vote>, StoreError> {
        self.select(Table::Votes, key, rows::to_vote)
    }

    fn insert(&mut self, table: Table, row: Row) -> Result<(), StoreError> {
        let values = row.into_iter().map(|cell| match cell {
            Cell::Text(text) => rusqlite::types::Value::Text(text),
            Cell::Integer(number) => rusqlite::types::Value::Integer(number),
        });
        let inserted = self.connection.execute(&table.insertion(), params_from_iter(values));
        inserted.map(drop).map_err(|error| problem(self.path, error))
    }
}

fn problem(path: &Path, error: rusqlite::Error) -> StoreError {
    let name = path.display().to_string();
    let text = match &error {
        rusqlite::Error::SqliteFailure(_, Some(text)) => text.clone(),
        error => error.to_string(),
    };
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Locked { name, seconds: PATIENCE.as_secs() }
        }
        Some(ErrorCode::DiskFull) => StoreError::Full { name },
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { name, problem: String::new() },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Corrupt { name, problem: text }
        }
        _ => StoreError::Other { name, problem: text },
    }
}

#[cfg(test)]
mod tests;
