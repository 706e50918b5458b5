//! Servers that the demo and the load test start, and what they answer over
//! HTTP: one request at a time, as plainly as it can be read.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// A model's server imports for some seconds, more on a machine at work.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A process that ends with this value; what it says is in a file of its name.
pub(crate) struct Served(Child);

impl Served {
    /// Starts it in a folder.
    pub(crate) fn start(folder: &Path, name: &str, command: &mut Command) -> Result<Self> {
        let log = File::options().create(true).append(true).open(folder.join(name))?;
        command.current_dir(folder).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(Self(command.spawn().with_context(|| format!("cannot start what logs to `{name}`"))?))
    }

    pub(crate) fn id(&self) -> String {
        self.0.id().to_string()
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn end(&mut self) -> Result<ExitStatus> {
        Command::new("kill").args(["-TERM", &self.id()]).status()?;
        Ok(self.0.wait()?)
    }

    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// Waits for something.
///
/// Errors: it cannot be asked, or does not become so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if is_so()? {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(50));
    }
    bail!("not within {} s: {what}", PATIENCE.as_secs())
}

/// Ports that are free now; whoever takes one meanwhile makes the start fail.
pub(crate) fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let mut ports = [0; N];
    let mut held = Vec::new();
    for port in &mut ports {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// A connection that is kept.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request and reads the answer, which has a length or comes in parts.
    ///
    /// Errors: the connection ends before the answer does.
    pub(crate) fn ask(&mut self, line: &str, headers: &str, body: &str) -> Result<Answer> {
        let length = body.len();
        let request = format!(
            "{line} HTTP/1.1\r\nhost: tollgate\r\n{headers}content-length: {length}\r\n\r\n{body}"
        );
        self.0.get_mut().write_all(request.as_bytes())?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head)? == 0 {
                bail!("the connection ended");
            }
        }
        head.make_ascii_lowercase();
        let status = head.split(' ').nth(1).context("an answer without a status")?.parse()?;
        let mut body = Vec::new();
        if head.contains("transfer-encoding: chunked") {
            while self.part(&mut body)? {}
        } else if let Some(rest) = head.split("\r\ncontent-length: ").nth(1) {
            let length = rest.lines().next().unwrap_or_default().trim().parse()?;
            body.resize(length, 0);
            self.0.read_exact(&mut body)?;
        }
        Ok(Answer { status, body: String::from_utf8(body)? })
    }

    /// One part, its end included; whether another comes.
    fn part(&mut self, body: &mut Vec<u8>) -> Result<bool> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        let size = usize::from_str_radix(line.trim(), 16).context("a part without its length")?;
        let before = body.len();
        body.resize(before + size, 0);
        self.0.read_exact(body.get_mut(before..).unwrap_or_default())?;
        line.clear();
        self.0.read_line(&mut line)?;
        Ok(size > 0)
    }
}

/// A `GET` on a connection of its own.
pub(crate) fn get(port: u16, path: &str) -> Result<Answer> {
    Connection::open(port)?.ask(&format!("GET {path}"), "", "")
}

/// A `POST` of JSON on a connection of its own.
pub(crate) fn post(port: u16, path: &str, body: &str) -> Result<Answer> {
    let headers = "content-type: application/json\r\n";
    Connection::open(port)?.ask(&format!("POST {path}"), headers, body)
}
