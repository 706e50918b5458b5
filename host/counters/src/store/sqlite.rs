//! Counters in a file of SQLite.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use tollgate::facts::Instant;

use super::StoreError;
use crate::counter::{Counter, Seen};

/// A decision waits for its counters: not long.
const PATIENCE: Duration = Duration::from_millis(100);

/// "tolm": what marks the file as ours.
const APPLICATION: i64 = 0x746f_6c6d;

const TABLE: &str = "
CREATE TABLE IF NOT EXISTS tollgate_counters (
    space TEXT NOT NULL, key TEXT NOT NULL, counter TEXT NOT NULL,
    period INTEGER NOT NULL, count INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    PRIMARY KEY (space, key, counter)
) STRICT, WITHOUT ROWID;
";

#[derive(Debug)]
pub(crate) struct Sqlite {
    name: String,
    connection: Mutex<Connection>,
}

impl Sqlite {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let name = path.display().to_string();
        let unusable = |problem: &dyn ToString| StoreError::Unusable {
            place: name.clone(),
            problem: problem.to_string(),
        };
        let connection = Connection::open(path).map_err(|error| unusable(&error))?;
        if !prepared(&connection).map_err(|error| unusable(&error))? {
            return Err(unusable(&"it is the database of another program"));
        }
        Ok(Self { connection: Mutex::new(connection), name })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn down(&self, error: &rusqlite::Error) -> StoreError {
        StoreError::Down { place: self.name.clone(), problem: error.to_string() }
    }

    pub(super) fn read(
        &self,
        space: &str,
        key: &str,
        counters: &[Counter],
    ) -> Result<Vec<Option<Seen>>, StoreError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = |counter: &Counter| seen(&connection, space, key, counter);
        counters.iter().map(seen).collect::<Result<_, _>>().map_err(|error| self.down(&error))
    }

    pub(super) fn add(
        &self,
        space: &str,
        key: &str,
        counters: &[&Counter],
        at: Instant,
    ) -> Result<(), StoreError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        add(&mut connection, space, key, counters, at).map_err(|error| self.down(&error))
    }
}

/// Makes the table; false where the file is another program's.
fn prepared(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    let number = |query| connection.query_row(query, [], |row| row.get::<_, i64>(0));
    let is_ours = number("PRAGMA application_id")? == APPLICATION;
    if !is_ours && number("SELECT count(*) FROM sqlite_schema")? > 0 {
        return Ok(false);
    }
    // Readers go on while somebody counts, and a fall of the machine may cost
    // the last few counts, never the file.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute_batch(TABLE)?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    Ok(true)
}

fn add(
    connection: &mut Connection,
    space: &str,
    key: &str,
    counters: &[&Counter],
    at: Instant,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for counter in counters {
        let before = seen(&transaction, space, key, counter)?;
        let Seen { period, count, last } = counter.after(before, at);
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        transaction
            .prepare("INSERT OR REPLACE INTO tollgate_counters VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![space, key, counter.name, period, count, last])?;
    }
    transaction.commit()
}

fn seen(
    connection: &Connection,
    space: &str,
    key: &str,
    counter: &Counter,
) -> rusqlite::Result<Option<Seen>> {
    let query = "SELECT period, count, last_ms FROM tollgate_counters
        WHERE space = ?1 AND key = ?2 AND counter = ?3";
    let seen = |row: &rusqlite::Row<'_>| {
        let count = row.get::<_, i64>(1)?;
        let count = u64::try_from(count).unwrap_or_default();
        Ok(Seen { period: row.get(0)?, count, last: row.get(2)? })
    };
    connection.prepare(query)?.query_row(params![space, key, counter.name], seen).optional()
}
