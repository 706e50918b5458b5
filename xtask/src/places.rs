//! Where things are.

use std::env;
use std::path::PathBuf;

use anyhow::{Result, anyhow};

/// The folders that a command works with, all absolute.
pub(crate) struct Places {
    /// This clone.
    pub(crate) root: PathBuf,
    /// What the user's clones share: the standard library's build, tools.
    pub(crate) cache: PathBuf,
    /// What cargo builds for the host.
    pub(crate) target: PathBuf,
    /// Another home than the user's, for builds as if by somebody else.
    pub(crate) home: Option<PathBuf>,
}

impl Places {
    /// From the environment: `CARGO_TARGET_DIR`, else a folder in the cache.
    pub(crate) fn find() -> Result<Self> {
        // Compiled in, so that cargo rebuilds xtask for another clone; see
        // .cargo/config.toml.
        let root = PathBuf::from(env!("TOLLGATE_ROOT"));
        let cache = folder("XDG_CACHE_HOME")
            .or_else(|| Some(folder("HOME")?.join(".cache")))
            .ok_or_else(|| {
                anyhow!("neither XDG_CACHE_HOME nor HOME is set: nowhere to cache builds")
            })?
            .join("tollgate");
        let target = match folder("CARGO_TARGET_DIR") {
            Some(target) => env::current_dir()?.join(target),
            None => cache.join("target"),
        };
        Ok(Self { root, cache, target, home: None })
    }

    /// What cargo builds for WebAssembly. Apart from the host's builds, since
    /// another compiler may do it.
    pub(crate) fn guest_target(&self) -> PathBuf {
        self.target.join("wasm")
    }

    /// The finished components, where the host's build looks for them.
    pub(crate) fn components(&self) -> PathBuf {
        self.target.join("plugins")
    }

    /// The components that only tests load. Apart from the plugins, since the
    /// host embeds all of those.
    pub(crate) fn test_guests(&self) -> PathBuf {
        self.target.join("guests")
    }
}

fn folder(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}
