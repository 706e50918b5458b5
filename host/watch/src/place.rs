//! Where people are told.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tollgate_sources::http::{Client, Connection, HttpError};

use crate::WatchError;
use crate::notice::{Letter, Notice, message, payload};

/// A kind of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum To {
    /// A webhook.
    Webhook,
    /// Mail as files in a folder.
    Folder,
    /// Mail into a command.
    Command,
}

impl To {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Folder => "folder",
            Self::Command => "command",
        }
    }
}

/// A place where people are told.
#[derive(Debug)]
pub enum Place {
    /// A webhook that takes Slack's JSON.
    Webhook(Webhook),
    /// A folder, in which each letter becomes a file under its key.
    Folder(PathBuf, Letter),
    /// A command that takes a letter on its standard input, and how long it may
    /// take.
    Command(Vec<String>, Letter, Duration),
}

/// A webhook. Its path is a secret.
#[derive(Debug)]
pub struct Webhook {
    client: Client,
    path: String,
}

impl Webhook {
    /// The webhook at this address, which is never shown beyond its host.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub fn new(address: &str, timeout: Duration) -> Result<Self, HttpError> {
        let address = address.trim();
        let host = address.find("://").map_or(0, |at| at + 3);
        let rest = address.get(host..).unwrap_or_default();
        let end = rest.find(['/', '?', '#']).map_or(address.len(), |at| host + at);
        let (origin, path) = address.split_at(end);
        if path.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(HttpError::Address { problem: "there is white space in it" });
        }
        let mut connection = Connection::new(origin);
        connection.timeout = timeout;
        Ok(Self { client: Client::new(&connection)?, path: path.to_owned() })
    }

    fn deliver(&self, notice: &Notice) -> Result<(), Undelivered> {
        let sent = self.client.post_as(&self.path, &payload(notice), &notice.key);
        sent.map(drop).map_err(|error| Undelivered {
            why: self.without_secrets(&error.to_string()),
            is_refused: matches!(error, HttpError::Refused { status: 400..=499, .. }),
        })
    }

    /// Errors name the address, whose path lets anybody write.
    fn without_secrets(&self, error: &str) -> String {
        if self.path.len() < 2 { error.to_owned() } else { error.replace(&self.path, "/…") }
    }
}

/// Why people were not told, as far as one can know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// One sentence, without secrets.
    pub why: String,
    /// Whether this very notice is refused, and others may not be.
    pub is_refused: bool,
}

impl Undelivered {
    fn of(why: String) -> Self {
        Self { why, is_refused: false }
    }
}

impl Place {
    /// Its kind.
    #[must_use]
    pub fn to(&self) -> To {
        match self {
            Self::Webhook(_) => To::Webhook,
            Self::Folder(..) => To::Folder,
            Self::Command(..) => To::Command,
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Webhook(webhook) => format!("the webhook at {}", webhook.client.base()),
            Self::Folder(folder, _) => format!("`{}`", folder.display()),
            Self::Command(command, ..) => {
                format!("`{}`", command.first().map_or("", String::as_str))
            }
        }
    }

    /// Tells people there. Telling them twice gives them the same key twice.
    ///
    /// # Errors
    /// Why it did not arrive.
    pub fn deliver(&self, notice: &Notice) -> Result<(), Undelivered> {
        match self {
            Self::Webhook(webhook) => webhook.deliver(notice),
            Self::Folder(folder, letter) => {
                let file = folder.join(format!("{}.eml", notice.key));
                let written = message(notice, letter).and_then(|text| write(folder, &file, &text));
                let why = |error| format!("`{}` cannot be written: {error}", file.display());
                written.map_err(|error| Undelivered::of(why(error)))
            }
            Self::Command(command, letter, patience) => message(notice, letter)
                .and_then(|text| pipe(command, &text, *patience))
                .map_err(|error| Undelivered::of(format!("{}: {error}", self.name()))),
        }
    }
}

/// The command of a line, split at its blanks; no shell reads it.
///
/// # Errors
/// When there is none.
pub fn command(line: &str) -> Result<Vec<String>, WatchError> {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    if words.is_empty() { Err(WatchError::NoCommand) } else { Ok(words) }
}

fn write(folder: &Path, file: &Path, text: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    let mut temporary = builder.prefix(".tollgate-").suffix(".tmp").tempfile_in(folder)?;
    temporary.write_all(text)?;
    temporary.as_file().sync_all()?;
    temporary.persist(file).map_err(|error| error.error)?;
    let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

fn pipe(command: &[String], text: &[u8], patience: Duration) -> io::Result<()> {
    let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    // A letter is smaller than a pipe, so that writing it waits for nobody.
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(text));
    let status = waited(&mut child, patience)?;
    if status.success() {
        return written;
    }
    let mut said = String::new();
    if let Some(stderr) = child.stderr.take() {
        let _ = stderr.take(300).read_to_string(&mut said);
    }
    let said = said.lines().next().unwrap_or_default().trim().to_owned();
    let said = if said.is_empty() { said } else { format!(": {said}") };
    Err(io::Error::other(format!("it ended with {status}{said}")))
}

fn waited(child: &mut Child, patience: Duration) -> io::Result<std::process::ExitStatus> {
    let since = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if since.elapsed() > patience {
            child.kill()?;
            child.wait()?;
            return Err(io::Error::other(format!(
                "it did not end within {} s",
                patience.as_secs()
            )));
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails panics")]

    use super::*;

    fn notice() -> Notice {
        Notice::new("broken", &["a".to_owned()], "2026-11-30T12:00:00Z", "churn v8", &[])
    }

    fn letter() -> Letter {
        Letter::new("tollgate@example.org", &["oncall@example.org".to_owned()]).unwrap()
    }

    #[test]
    fn the_path_of_a_webhook_is_not_told() {
        for address in ["http://127.0.0.1:9/services/T0/SECRET", "http://127.0.0.1:9/x?sig=SECRET"]
        {
            let webhook = Webhook::new(address, Duration::from_secs(1)).unwrap();
            let place = Place::Webhook(webhook);
            let error = place.deliver(&notice()).unwrap_err().why;
            assert!(error.contains("127.0.0.1:9"), "{error}");
            assert!(!error.contains("SECRET") && !place.name().contains("SECRET"), "{error}");
        }
        assert!(Webhook::new("hooks.example.org/x", Duration::from_secs(1)).is_err());
        assert!(Webhook::new("http://h/a b", Duration::from_secs(1)).is_err());
    }

    #[test]
    fn a_letter_is_one_file_however_often_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Folder(folder.path().to_owned(), letter());
        for _ in 0..2 {
            place.deliver(&notice()).unwrap();
        }
        let files: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(files.len(), 1);
        let gone = Place::Folder(folder.path().join("no"), letter());
        assert!(gone.deliver(&notice()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_command_that_fails_or_hangs_has_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("letter");
        let run = |words: &[&str]| {
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            let place = Place::Command(words, letter(), Duration::from_millis(300));
            place.deliver(&notice()).map_err(|error| error.why)
        };
        let copy = format!("cat > {}", file.display());
        run(&["sh", "-c", &copy]).unwrap();
        assert!(fs::read_to_string(&file).unwrap().contains("Subject: churn v8"));
        let error =
            run(&["sh", "-c", "cat >/dev/null; echo no such user >&2; exit 67"]).unwrap_err();
        assert!(error.contains("67") && error.contains("no such user"), "{error}");
        assert!(run(&["sleep", "30"]).unwrap_err().contains("did not end"));
        assert!(run(&["/no/such/program"]).is_err());
    }
}
