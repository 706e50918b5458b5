//! The tables, made on first use.

use postgres::Client;

use super::problem::problem;
use crate::store::StoreError;
use crate::store::rows::SCHEMA;

/// As those of SQLite.
const TABLES: &str = "
CREATE TABLE tollgate_approval_requests (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_key TEXT NOT NULL, request TEXT NOT NULL, revision BIGINT NOT NULL,
    model TEXT NOT NULL, version TEXT NOT NULL, stage TEXT NOT NULL,
    person TEXT NOT NULL, role TEXT NOT NULL, reason TEXT NOT NULL,
    model_digest TEXT NOT NULL, policy_digest TEXT NOT NULL, report_digest TEXT NOT NULL,
    issuer TEXT NOT NULL, subject TEXT NOT NULL, at_us BIGINT NOT NULL,
    UNIQUE (request_key, revision)
);
CREATE TABLE tollgate_approval_votes (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_key TEXT NOT NULL, request TEXT NOT NULL, revision BIGINT NOT NULL,
    person TEXT NOT NULL, role TEXT NOT NULL,
    vote TEXT NOT NULL CHECK (vote IN ('approved', 'rejected')), note TEXT NOT NULL,
    model_digest TEXT NOT NULL, policy_digest TEXT NOT NULL, report_digest TEXT NOT NULL,
    issuer TEXT NOT NULL, subject TEXT NOT NULL, at_us BIGINT NOT NULL,
    FOREIGN KEY (request_key, revision)
        REFERENCES tollgate_approval_requests (request_key, revision)
);
CREATE INDEX tollgate_approval_votes_request ON tollgate_approval_votes (request_key);
CREATE FUNCTION tollgate_approvals_are_kept() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'requests and votes are never changed or removed'; END $$;
CREATE TRIGGER tollgate_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON tollgate_approval_requests
    EXECUTE FUNCTION tollgate_approvals_are_kept();
CREATE TRIGGER tollgate_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON tollgate_approval_votes
    EXECUTE FUNCTION tollgate_approvals_are_kept();
CREATE TABLE tollgate_approvals (schema_version BIGINT NOT NULL);
INSERT INTO tollgate_approvals (schema_version) VALUES (1);
";

/// Makes the tables where there are none, and looks at their version.
pub(super) fn ensure(client: &mut Client, name: &str) -> Result<(), StoreError> {
    let problem = |error| problem(name, &error);
    if !are_there(client, name)? {
        // Of two that come first, one makes them. The lock is taken before the
        // transaction begins: within one the server may go on to see no table
        // where it has seen none.
        client.execute("SELECT pg_advisory_lock(1953459308)", &[]).map_err(problem)?;
        if !are_there(client, name)? {
            let mut transaction = client.transaction().map_err(problem)?;
            transaction.batch_execute(TABLES).map_err(problem)?;
            transaction.commit().map_err(problem)?;
        }
        client.execute("SELECT pg_advisory_unlock(1953459308)", &[]).map_err(problem)?;
    }
    let found: i64 = client
        .query_one("SELECT max(schema_version) FROM tollgate_approvals", &[])
        .and_then(|row| row.try_get::<_, Option<i64>>(0))
        .map_err(problem)?
        .unwrap_or_default();
    match found {
        SCHEMA => Ok(()),
        found if found > SCHEMA => {
            Err(StoreError::Newer { name: name.to_owned(), found, known: SCHEMA })
        }
        _ => Err(StoreError::Foreign { name: name.to_owned() }),
    }
}

fn are_there(client: &mut Client, name: &str) -> Result<bool, StoreError> {
    client
        .query_one("SELECT to_regclass('tollgate_approvals') IS NOT NULL", &[])
        .and_then(|row| row.try_get(0))
        .map_err(|error| problem(name, &error))
}
