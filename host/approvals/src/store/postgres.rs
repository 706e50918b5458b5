//! PostgreSQL: one database, for many machines.

mod problem;
mod tables;
mod tls;

use std::env;
use std::time::Duration;

use ::postgres::config::Host;
use ::postgres::types::ToSql;
use ::postgres::{Client, Config, IsolationLevel, NoTls, Transaction};

use self::problem::{PATIENCE, problem};
use self::tls::Transport;
use super::location::{LocationError, Server};
use super::rows::{self, Cell, Row, Rows, Table};
use super::{Request, StoreError, Vote};

/// How long a server may take to let us in, and to answer at all.
const CONNECTING: Duration = Duration::from_secs(10);
const ANSWERING: Duration = Duration::from_secs(20);

/// A connection.
pub(super) struct Postgres {
    client: Client,
    name: String,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Postgres").field(&self.name).finish()
    }
}

impl Postgres {
    pub(super) fn open(server: &Server) -> Result<Self, StoreError> {
        let name = server.shown.clone();
        let (url, asked) = tls::split(&server.url)?;
        let mut config: Config =
            url.parse().map_err(|_| LocationError("it is no address of PostgreSQL".to_owned()))?;
        if config.get_hosts().is_empty() {
            return Err(LocationError("it names no host".to_owned()).into());
        }
        let given = |variable| env::var(variable).ok().filter(|value| !value.is_empty());
        if config.get_password().is_none()
            && let Some(password) = given("PGPASSWORD")
        {
            config.password(password);
        }
        if config.get_user().is_none()
            && let Some(user) = given("PGUSER")
        {
            config.user(&user);
        }
        config.connect_timeout(CONNECTING).tcp_user_timeout(ANSWERING);
        config.application_name("tollgate");
        let is_local = config.get_hosts().iter().all(is_local);
        let connected = match Transport::of(&asked, is_local)? {
            Transport::Plain => {
                config.ssl_mode(::postgres::config::SslMode::Disable);
                config.connect(NoTls)
            }
            Transport::Tls(tls) => {
                config.ssl_mode(::postgres::config::SslMode::Require);
                config.connect(*tls)
            }
        };
        let mut client = connected.map_err(|error| problem(&name, &error))?;
        let limits = format!(
            "SET lock_timeout = {}; SET statement_timeout = {}; \
             SET idle_in_transaction_session_timeout = {}",
            PATIENCE.as_millis(),
            ANSWERING.as_millis(),
            ANSWERING.as_millis()
        );
        client.batch_execute(&limits).map_err(|error| problem(&name, &error))?;
        tables::ensure(&mut client, &name)?;
        Ok(Self { client, name })
    }

    /// Sees one moment of the database, however many queries it takes.
    pub(super) fn read<T>(
        &mut self,
        work: impl FnOnce(&mut dyn Rows) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self
            .client
            .build_transaction()
            .isolation_level(IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()
            .map_err(|error| problem(&self.name, &error))?;
        let mut open = Open { transaction, name: &self.name };
        let done = work(&mut open)?;
        open.transaction.commit().map_err(|error| problem(&self.name, &error))?;
        Ok(done)
    }

    /// Waits for other writers of the same request, and then sees what they
    /// wrote.
    pub(super) fn write<T>(
        &mut self,
        key: &str,
        work: impl FnOnce(&mut dyn Rows) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let problem = |error| problem(&self.name, &error);
        let mut transaction = self
            .client
            .build_transaction()
            .isolation_level(IsolationLevel::ReadCommitted)
            .start()
            .map_err(problem)?;
        transaction
            .execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 1953459308))", &[&key])
            .map_err(problem)?;
        let mut open = Open { transaction, name: &self.name };
        // What is dropped before it commits is rolled back.
        let done = work(&mut open)?;
        open.transaction.commit().map_err(|error| match problem(error) {
            // It may have been on its way back.
            StoreError::Gone { name, .. } => StoreError::Unknown { name },
            error => error,
        })?;
        Ok(done)
    }
}

/// Whether nobody can listen on the way there.
fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(host) => {
            host == "localhost"
                || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// A transaction.
struct Open<'a> {
    transaction: Transaction<'a>,
    name: &'a str,
}

impl Open<'_> {
    fn select<T>(
        &mut self,
        table: Table,
        key: Option<&str>,
        read: impl Fn(Row) -> Option<T>,
    ) -> Result<Vec<T>, StoreError> {
        let corrupt = || StoreError::Corrupt {
            name: self.name.to_owned(),
            problem: format!("a row of `{}` holds what nobody wrote", table.name()),
        };
        let query = table.selection(key.is_some());
        let found = match &key {
            Some(key) => self.transaction.query(&query, &[key]),
            None => self.transaction.query(&query, &[]),
        };
        let mut rows = Vec::new();
        for row in found.map_err(|error| problem(self.name, &error))? {
            let cells: Result<Row, _> = (0..row.len())
                .map(|at| match row.try_get::<_, i64>(at) {
                    Ok(number) => Ok(Cell::Integer(number)),
                    Err(_) => row.try_get(at).map(Cell::Text),
                })
                .collect();
            rows.push(cells.ok().and_then(&read).ok_or_else(corrupt)?);
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
        let values: Vec<&(dyn ToSql + Sync)> = row
            .iter()
            .map(|cell| match cell {
                Cell::Text(text) => text as &(dyn ToSql + Sync),
                Cell::Integer(number) => number,
            })
            .collect();
        let inserted = self.transaction.execute(&table.insertion(), &values);
        inserted.map(drop).map_err(|error| problem(self.name, &error))
    }
}
