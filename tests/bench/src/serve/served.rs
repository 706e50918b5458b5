//! A server of the binary, for as long as it is asked.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

/// A process that ends with this program's measurements.
pub(super) struct Server(pub(super) Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server, and where it listens.
#[derive(Clone)]
pub(super) struct Served {
    pub(super) server: Arc<Server>,
    pub(super) address: String,
    /// How often it said that a version goes live.
    live: Arc<AtomicUsize>,
}

impl Served {
    /// Starts one with these arguments, and waits until it says this.
    pub(super) fn start(
        program: &Path,
        arguments: &[&dyn AsRef<OsStr>],
        until: &str,
    ) -> Result<Self> {
        let mut command = Command::new(program);
        command.arg("serve").args(arguments.iter().map(|argument| argument.as_ref()));
        let mut child =
            command.stderr(Stdio::piped()).spawn().context("`tollgate` is not built")?;
        let mut told = BufReader::new(child.stderr.take().context("its words")?);
        let server = Arc::new(Server(child));
        let mut address = String::new();
        let mut line = String::new();
        let live = Arc::new(AtomicUsize::new(0));
        while !line.contains(until) {
            line.clear();
            ensure!(told.read_line(&mut line)? > 0, "the server {} ended", server.0.id());
            if let Some((_, url)) = line.trim().split_once("address=http://") {
                url.clone_into(&mut address);
            }
        }
        let counted = Arc::clone(&live);
        // Whatever it says from here on is taken off its hands.
        std::thread::spawn(move || {
            for line in told.lines().map_while(Result::ok) {
                let is_live = usize::from(line.contains(" live kind="));
                counted.fetch_add(is_live, Ordering::Release);
            }
        });
        Ok(Self { server, address, live })
    }

    /// One that is as quick as it will be.
    pub(super) fn settled(program: &Path, arguments: &[&dyn AsRef<OsStr>]) -> Result<Self> {
        Self::start(program, arguments, "frozen judges are served")
    }
}

/// Swaps one policy for another, again and again.
pub(super) struct Reloads {
    served: Served,
    file: PathBuf,
    versions: [String; 2],
}

impl Reloads {
    pub(super) fn of(served: &Served, file: &Path) -> Result<Self> {
        let old = fs::read_to_string(file)?;
        // What is asked here has no history of blocks.
        let new = old.replace("blocks_per_customer: 3", "blocks_per_customer: 4");
        ensure!(new != old, "{} has other settings", file.display());
        Ok(Self { served: served.clone(), file: file.to_owned(), versions: [new, old] })
    }

    /// Gives it the next version, and waits until it is live.
    pub(super) fn swap(&self) -> Result<()> {
        let before = self.served.live.load(Ordering::Acquire);
        let new = self.file.with_extension("new");
        let [odd, even] = &self.versions;
        fs::write(&new, if before.is_multiple_of(2) { odd } else { even })?;
        fs::rename(&new, &self.file)?;
        let told =
            Command::new("kill").args(["-HUP", &self.served.server.0.id().to_string()]).status()?;
        ensure!(told.success(), "the server is gone");
        let start = Instant::now();
        while self.served.live.load(Ordering::Acquire) == before {
            ensure!(start.elapsed() < Duration::from_secs(30), "it does not go live");
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}
