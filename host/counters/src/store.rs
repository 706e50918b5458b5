//! Where counters are kept.

mod memory;
#[cfg(feature = "redis")]
mod redis;
mod sqlite;

use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;
use tollgate::facts::Instant;

use crate::counter::{Counter, Seen};

/// Where counters are kept, as people write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In this process: gone with it, and each replica has its own.
    Memory,
    /// A file, for the processes of one machine.
    Sqlite(PathBuf),
    /// `redis://…` or `rediss://…`, for many machines.
    Redis(String),
}

impl std::str::FromStr for Location {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            _ if text == "memory" => Ok(Self::Memory),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("redis" | "rediss" | "redis+unix", _)) => Ok(Self::Redis(text.to_owned())),
            _ => Err(format!(
                "`{text}` is no place for counters: give `memory`, `sqlite:FILE` or \
                 `redis://HOST:PORT/DATABASE`"
            )),
        }
    }
}

/// Why counters could not be read or added to.
#[derive(Debug, Clone, Error, Diagnostic)]
pub enum StoreError {
    /// The place cannot be used at all.
    #[error("counters cannot be kept in `{place}`: {problem}")]
    Unusable {
        /// The place, without secrets.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// It does not answer now.
    #[error("`{place}` does not answer: {problem}")]
    Down {
        /// The place, without secrets.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// More keys than the memory of a process should hold.
    #[error("there are counters of {0} customers already, the most that are kept in memory")]
    Full(usize),
}

/// An open store.
#[derive(Debug)]
pub(crate) enum Store {
    Memory(memory::Memory),
    Sqlite(Box<sqlite::Sqlite>),
    #[cfg(feature = "redis")]
    Redis(Box<redis::Redis>),
}

impl Store {
    pub(crate) fn open(location: &Location) -> Result<Self, StoreError> {
        Ok(match location {
            Location::Memory => Self::Memory(memory::Memory::default()),
            Location::Sqlite(path) => Self::Sqlite(Box::new(sqlite::Sqlite::open(path)?)),
            #[cfg(feature = "redis")]
            Location::Redis(url) => Self::Redis(Box::new(redis::Redis::open(url)?)),
            #[cfg(not(feature = "redis"))]
            Location::Redis(_) => {
                return Err(StoreError::Unusable {
                    place: "redis".to_owned(),
                    problem: "this program was built without the feature `redis`".to_owned(),
                });
            }
        })
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Memory(_) => "memory",
            Self::Sqlite(sqlite) => sqlite.name(),
            #[cfg(feature = "redis")]
            Self::Redis(redis) => redis.name(),
        }
    }

    /// What is kept of each counter of a key.
    pub(crate) fn read(
        &self,
        space: &str,
        key: &str,
        counters: &[Counter],
    ) -> Result<Vec<Option<Seen>>, StoreError> {
        match self {
            Self::Memory(memory) => Ok(memory.read(space, key, counters)),
            Self::Sqlite(sqlite) => sqlite.read(space, key, counters),
            #[cfg(feature = "redis")]
            Self::Redis(redis) => redis.read(space, key, counters),
        }
    }

    /// Counts one more, of all the counters or of none.
    pub(crate) fn add(
        &self,
        space: &str,
        key: &str,
        counters: &[&Counter],
        at: Instant,
    ) -> Result<(), StoreError> {
        match self {
            Self::Memory(memory) => memory.add(space, key, counters, at),
            Self::Sqlite(sqlite) => sqlite.add(space, key, counters, at),
            #[cfg(feature = "redis")]
            Self::Redis(redis) => redis.add(space, key, counters, at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_known_by_how_it_is_written() {
        let read = |text: &str| text.parse::<Location>();
        assert_eq!(read("memory"), Ok(Location::Memory));
        assert_eq!(
            read("sqlite:/var/counters.db"),
            Ok(Location::Sqlite("/var/counters.db".into()))
        );
        assert_eq!(read("redis://h/0"), Ok(Location::Redis("redis://h/0".to_owned())));
        for wrong in ["", "sqlite:", "sqlite", "memory:", "postgres://h/d", "counters.db"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
