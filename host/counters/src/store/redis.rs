//! Counters in Redis, or what speaks its protocol.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant as Moment};

use redis::{Client, Connection, RedisError, RedisResult};
use tollgate::facts::Instant;

use super::StoreError;
use crate::counter::{Counter, Seen};

/// A decision waits for its counters: not long.
const PATIENCE: Duration = Duration::from_millis(100);

/// After it did not answer, it is not asked again for so long: requests would
/// pile up behind each other's patience.
const REST: Duration = Duration::from_secs(1);

/// So many connections are kept for the next request.
const IDLE: usize = 16;

/// A key that nobody counted for so long is gone: 400 days.
const KEPT_SECONDS: u64 = 400 * 24 * 60 * 60;

/// Counts in one step, as [`Counter::after`] does. A field holds `period count
/// last`.
const ADD: &str = "
for i = 2, #ARGV, 3 do
  local period, count, last = tonumber(ARGV[i + 1]), 1, tonumber(ARGV[i + 2])
  local kept = redis.call('HGET', KEYS[1], ARGV[i])
  if kept then
    local p, c, l = string.match(kept, '^(-?%d+) (%d+) (-?%d+)$')
    if not p then return redis.error_reply('a counter is not as it was written') end
    if tonumber(p) >= period then
      period, count, last = tonumber(p), tonumber(c) + 1, math.max(tonumber(l), last)
    end
  end
  redis.call('HSET', KEYS[1], ARGV[i], string.format('%.0f %.0f %.0f', period, count, last))
end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1
";

pub(crate) struct Redis {
    client: Client,
    name: String,
    idle: Mutex<Vec<Connection>>,
    /// Until when it is not asked, and why.
    resting: Mutex<Option<(Moment, StoreError)>>,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Redis {
    pub(super) fn open(url: &str) -> Result<Self, StoreError> {
        let name = without_secrets(url);
        let client = Client::open(url).map_err(|error| StoreError::Unusable {
            place: name.clone(),
            problem: sentence(&error),
        })?;
        Ok(Self { client, name, idle: Mutex::default(), resting: Mutex::default() })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn read(
        &self,
        space: &str,
        key: &str,
        counters: &[Counter],
    ) -> Result<Vec<Option<Seen>>, StoreError> {
        let fields: Vec<Option<String>> = self.ask(|connection| {
            let mut command = redis::cmd("HMGET");
            command.arg(place(space, key));
            for counter in counters {
                command.arg(&counter.name);
            }
            command.query(connection)
        })?;
        let seen = |field: Option<String>| match field {
            None => Ok(None),
            Some(text) => parsed(&text).map(Some).ok_or_else(|| StoreError::Down {
                place: self.name.clone(),
                problem: "a counter is not as it was written".to_owned(),
            }),
        };
        fields.into_iter().map(seen).collect()
    }

    pub(super) fn add(
        &self,
        space: &str,
        key: &str,
        counters: &[&Counter],
        at: Instant,
    ) -> Result<(), StoreError> {
        self.ask(|connection| {
            let mut command = redis::cmd("EVAL");
            command.arg(ADD).arg(1).arg(place(space, key)).arg(KEPT_SECONDS);
            for counter in counters {
                command.arg(&counter.name).arg(counter.period(at)).arg(at.as_milliseconds());
            }
            command.query::<i64>(connection).map(|_| ())
        })
    }

    fn ask<T>(&self, ask: impl Fn(&mut Connection) -> RedisResult<T>) -> Result<T, StoreError> {
        if let Some((until, error)) = &*self.resting.lock().unwrap_or_else(PoisonError::into_inner)
            && Moment::now() < *until
        {
            return Err(error.clone());
        }
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let was_kept = kept.is_some();
        let answer = self.connection(kept).and_then(|mut connection| {
            let answer = ask(&mut connection)?;
            Ok((connection, answer))
        });
        // A connection that was kept may have ended since, which says nothing of
        // the server.
        let answer = match answer {
            Err(error) if was_kept && error.is_connection_dropped() => {
                self.connection(None).and_then(|mut connection| {
                    let answer = ask(&mut connection)?;
                    Ok((connection, answer))
                })
            }
            answer => answer,
        };
        match answer {
            Ok((connection, answer)) => {
                let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
                if idle.len() < IDLE {
                    idle.push(connection);
                }
                Ok(answer)
            }
            Err(error) => {
                let problem = sentence(&error);
                let error = StoreError::Down { place: self.name.clone(), problem };
                let until = Moment::now() + REST;
                *self.resting.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some((until, error.clone()));
                Err(error)
            }
        }
    }

    fn connection(&self, kept: Option<Connection>) -> RedisResult<Connection> {
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let connection = self.client.get_connection_with_timeout(PATIENCE)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.set_write_timeout(Some(PATIENCE))?;
        Ok(connection)
    }
}

/// The length keeps one policy's keys apart from those of another.
fn place(space: &str, key: &str) -> String {
    format!("tollgate:counters:{}:{space}:{key}", space.len())
}

fn parsed(text: &str) -> Option<Seen> {
    let mut parts = text.split(' ');
    let period = parts.next()?.parse().ok()?;
    let count = parts.next()?.parse().ok()?;
    let last = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some(Seen { period, count, last })
}

/// An address without user and password.
fn without_secrets(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let at = rest.get(..end).and_then(|host| host.rfind('@')).map_or(0, |at| at + 1);
            let path = rest.get(at..).unwrap_or_default();
            format!("{scheme}://{}", path.split(['?', '#']).next().unwrap_or_default())
        }
        None => "redis".to_owned(),
    }
}

fn sentence(error: &RedisError) -> String {
    error.category().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_in_a_name() {
        assert_eq!(without_secrets("redis://user:p@ss@host:6379/1?x=y"), "redis://host:6379/1");
        assert_eq!(without_secrets("redis://host"), "redis://host");
        assert_eq!(
            without_secrets("redis+unix:///run/redis.sock?pass=x"),
            "redis+unix:///run/redis.sock"
        );
    }

    #[test]
    fn a_field_reads_back_or_not_at_all() {
        let seen = Seen { period: 20_000, count: 3, last: 1_795_276_455_250 };
        assert_eq!(parsed("20000 3 1795276455250"), Some(seen));
        for wrong in ["", "1", "1 2", "1 2 3 4", "1 -2 3", "a b c", "1  2 3"] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}
