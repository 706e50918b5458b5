//! What the system tells a server.

use std::io;

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// To end, once the requests under way are answered.
    End,
    /// To load documents anew.
    Reload,
}

/// The signals that are listened for.
#[cfg(unix)]
pub(super) struct Signals {
    end: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    reload: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            end: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            reload: signal(SignalKind::hangup())?,
        })
    }

    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.end.recv() => Signal::End,
            _ = self.interrupt.recv() => Signal::End,
            _ = self.reload.recv() => Signal::Reload,
        }
    }
}

/// The signals that are listened for.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[allow(clippy::unnecessary_wraps, reason = "elsewhere the system may refuse")]
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    pub(super) async fn next(&mut self) -> Signal {
        // Without it nothing could end the server but its death.
        let _ = tokio::signal::ctrl_c().await;
        Signal::End
    }
}

impl Signals {
    /// The next one that asks to end.
    pub(super) async fn next_end(&mut self) {
        while self.next().await != Signal::End {}
    }
}
