//! What is said, into Envoy's log (`dynamic_modules`).

use std::io;

use tracing::Metadata;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::abi::{self, Level};

/// From here on, what is said is in Envoy's log, as far as it listens now.
pub(crate) fn start() {
    let most = if abi::is_logged(Level::Debug) { LevelFilter::DEBUG } else { LevelFilter::INFO };
    let lines = tracing_subscriber::fmt()
        .with_max_level(most)
        .with_writer(EnvoyLog)
        .with_ansi(false)
        .with_level(false)
        .with_target(false)
        .without_time();
    // Another module of this process cannot have begun: each has its own.
    let _ = lines.try_init();
}

struct EnvoyLog;

impl<'w> MakeWriter<'w> for EnvoyLog {
    type Writer = Line;

    fn make_writer(&'w self) -> Line {
        Line { level: Level::Info, text: Vec::new() }
    }

    fn make_writer_for(&'w self, of: &Metadata<'_>) -> Line {
        let level = match *of.level() {
            tracing::Level::ERROR => Level::Error,
            tracing::Level::WARN => Level::Warn,
            tracing::Level::INFO => Level::Info,
            tracing::Level::DEBUG => Level::Debug,
            tracing::Level::TRACE => Level::Trace,
        };
        Line { level, text: Vec::new() }
    }
}

/// One line, which is told whole.
struct Line {
    level: Level,
    text: Vec<u8>,
}

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.text.is_empty() {
            abi::log(
                self.level,
                &format!("tollgate: {}", String::from_utf8_lossy(&self.text).trim_end()),
            );
        }
    }
}
