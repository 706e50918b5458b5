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
        Line { level: Level::Info, file: String::new(), number: 0, text: Vec::new() }
    }

    fn make_writer_for(&'w self, of: &Metadata<'_>) -> Line {
        let level = match *of.level() {
            tracing::Level::ERROR => Level::Error,
            tracing::Level::WARN => Level::Warn,
            tracing::Level::INFO => Level::Info,
            tracing::Level::DEBUG => Level::Debug,
            tracing::Level::TRACE => Level::Trace,
        };
        let (file, number) = (of.file().unwrap_or_default(), of.line().unwrap_or_default());
        Line { level, file: file.to_owned(), number, text: Vec::new() }
    }
}

/// One line, which is told whole.
struct Line {
    level: Level,
    /// Where it is said.
    file: String,
    number: u32,
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
            let text = String::from_utf8_lossy(&self.text);
            abi::log(
                self.level,
                &format!("tollgate: {}", text.trim_end()),
                &self.file,
                self.number,
            );
        }
    }
}
