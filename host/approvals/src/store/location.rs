//! Where a store is.

use std::env;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

/// The address is none.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error("the store's address cannot be used: {0}")]
#[diagnostic(help(
    "give `sqlite:PATH`, a path, or `postgres://USER@HOST/DATABASE` with the password in \
     `PGPASSWORD`"
))]
pub struct LocationError(pub(super) String);

/// Where a store is. Shown without secrets.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A file.
    Sqlite {
        /// Its path.
        path: PathBuf,
        /// Whether it is where stores are when nobody says where: the folder is
        /// made, too.
        is_default: bool,
    },
    /// A server.
    Postgres(Server),
}

/// A PostgreSQL server and a database.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    /// As it was given, which may hold a password.
    pub(super) url: String,
    /// Without one.
    pub(super) shown: String,
}

impl Location {
    /// Reads `sqlite:PATH`, `postgres://...`, or a path; one that is relative
    /// starts at `folder`.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, LocationError> {
        let text = text.trim();
        let wrong = |problem: &str| LocationError(problem.to_owned());
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(Server { url: text.to_owned(), shown: shown(text) }));
        }
        let path = text.strip_prefix("sqlite:").unwrap_or(text);
        if let Some((scheme, _)) = text.split_once("://")
            && !text.starts_with("sqlite:")
        {
            return Err(LocationError(format!("there is no store of the kind `{scheme}`")));
        }
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.contains('\0') {
            return Err(wrong("it names no file"));
        }
        if path == ":memory:" {
            return Err(wrong("what is kept in memory only is gone with this command"));
        }
        Ok(Self::Sqlite { path: folder.join(path), is_default: false })
    }

    /// Where a store is when nobody says where:
    /// `$XDG_STATE_HOME/tollgate/approvals.db`, else below `~/.local/state`.
    ///
    /// # Errors
    /// When there is no home.
    pub fn of_user() -> Result<Self, LocationError> {
        let state = env::var_os("XDG_STATE_HOME").map(PathBuf::from);
        let state = state.filter(|path| path.is_absolute());
        let below_home = || Some(env::home_dir()?.join(".local/state"));
        let state = state.or_else(below_home).filter(|path| path.is_absolute());
        let Some(state) = state else {
            return Err(LocationError("the home folder has no absolute path".to_owned()));
        };
        Ok(Self::Sqlite { path: state.join("tollgate/approvals.db"), is_default: true })
    }

    /// Whether there is no file of this name yet. Of a server nobody knows
    /// before it is asked.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Sqlite { path, .. } => {
                path.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
            }
            Self::Postgres(_) => false,
        }
    }

    /// Whether the address itself holds a password.
    #[must_use]
    pub fn holds_a_password(&self) -> bool {
        match self {
            Self::Sqlite { .. } => false,
            Self::Postgres(server) => server.shown != server.url,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { path, .. } => path.display().fmt(f),
            Self::Postgres(server) => f.write_str(&server.shown),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({})", self.shown)
    }
}

/// An address without the password, wherever it stands: before `@`, or as a
/// parameter.
fn shown(url: &str) -> String {
    let (url, query) = url.split_once('?').map_or((url, None), |(url, query)| (url, Some(query)));
    let mut shown = match url.split_once("://") {
        // A password may hold an `@`; a host cannot.
        Some((scheme, rest)) => match rest.rsplit_once('@') {
            Some((who, host)) => {
                let user = who.split(':').next().unwrap_or_default();
                format!("{scheme}://{user}@{host}")
            }
            None => url.to_owned(),
        },
        None => url.to_owned(),
    };
    let kept: Vec<&str> = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .filter(|pair| !pair.to_lowercase().contains("passw"))
        .collect();
    if !kept.is_empty() {
        shown = format!("{shown}?{}", kept.join("&"));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Location, LocationError> {
        Location::parse(text, Path::new("/base"))
    }

    #[test]
    fn paths_and_addresses_are_told_apart() {
        for (text, path) in [
            ("approvals.db", "/base/approvals.db"),
            ("sqlite:a/b.db", "/base/a/b.db"),
            ("sqlite:/var/a.db", "/var/a.db"),
            ("sqlite:///var/a.db", "/var/a.db"),
            ("/var/a.db", "/var/a.db"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), path, "{text}");
        }
        for wrong in ["", "sqlite:", "mysql://host/db", "sqlite::memory:", ":memory:"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(matches!(parse("postgresql://host/db"), Ok(Location::Postgres(_))));
    }

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown) in [
            ("postgres://dana:s3cret@host:5432/db", "postgres://dana@host:5432/db"),
            ("postgres://dana:s3@cret@host/db", "postgres://dana@host/db"),
            ("postgres://:s3cret@host/db", "postgres://@host/db"),
            ("postgres://host/db?user=dana&password=s3cret", "postgres://host/db?user=dana"),
            ("postgres://host/db?sslmode=require", "postgres://host/db?sslmode=require"),
        ] {
            let location = parse(url).unwrap();
            assert_eq!(location.to_string(), shown);
            assert!(!format!("{location:?}").contains("s3"));
            assert_eq!(location.holds_a_password(), url.contains("s3"), "{url}");
        }
    }
}
