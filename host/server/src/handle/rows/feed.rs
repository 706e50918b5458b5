//! A body that comes by and by, for whoever reads it in a thread.

use std::io::{self, BufRead, Read};
use std::time::Duration;

use axum::body::Body;
use bytes::{Buf as _, Bytes};
use http_body_util::BodyExt as _;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Parts of a body that wait to be read.
const AHEAD: usize = 4;

/// The reader's end. A body that does not come to its end is an error, never a
/// shorter body.
pub(super) struct Feed {
    parts: mpsc::Receiver<io::Result<Bytes>>,
    now: Bytes,
    /// How it ended: whoever asks again is told again.
    ended: Option<Result<(), io::ErrorKind>>,
}

impl Feed {
    /// Begins to read a body, of which something must come each `patience`.
    pub(super) fn start(mut body: Body, patience: Duration) -> Self {
        let (sender, parts) = mpsc::channel(AHEAD);
        tokio::spawn(async move {
            loop {
                let part = match timeout(patience, body.frame()).await {
                    Ok(None) => {
                        // An empty part is the end that somebody meant.
                        let _ = sender.send(Ok(Bytes::new())).await;
                        return;
                    }
                    Ok(Some(Ok(frame))) => match frame.into_data() {
                        Ok(data) if data.is_empty() => continue,
                        Ok(data) => Ok(data),
                        Err(_) => continue,
                    },
                    Ok(Some(Err(_))) => Err(io::ErrorKind::UnexpectedEof.into()),
                    Err(_) => Err(io::ErrorKind::TimedOut.into()),
                };
                let is_last = part.is_err();
                // Nobody reads on where nobody reads.
                if sender.send(part).await.is_err() || is_last {
                    return;
                }
            }
        });
        Self { parts, now: Bytes::new(), ended: None }
    }
}

impl BufRead for Feed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.now.is_empty() && self.ended.is_none() {
            // What ends without a word was broken off.
            let part = self.parts.blocking_recv();
            match part.unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into())) {
                Ok(part) if part.is_empty() => self.ended = Some(Ok(())),
                Ok(part) => self.now = part,
                Err(error) => self.ended = Some(Err(error.kind())),
            }
        }
        if let Some(Err(kind)) = self.ended {
            return Err(kind.into());
        }
        Ok(&self.now)
    }

    fn consume(&mut self, amount: usize) {
        self.now.advance(amount.min(self.now.len()));
    }
}

impl Read for Feed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let from = self.fill_buf()?;
        let count = from.len().min(into.len());
        if let (Some(from), Some(into)) = (from.get(..count), into.get_mut(..count)) {
            into.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}
