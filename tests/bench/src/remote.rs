//! Peers in processes of their own, which are asked and answer line by line.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::measure::Subject;

/// A process that holds some peers. `peers/src/main.rs` has the protocol.
pub(crate) struct Remote {
    child: Child,
    asked: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    what: String,
}

impl Remote {
    pub(crate) fn start(mut command: Command) -> Result<Rc<RefCell<Self>>> {
        let what = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {what}"))?;
        let asked = child.stdin.take();
        let answers = child.stdout.take().context("no standard output")?;
        Ok(Rc::new(RefCell::new(Self { child, asked, answers: BufReader::new(answers), what })))
    }

    fn ask(&mut self, question: &str) -> Result<String> {
        let asked = self.asked.as_mut().context("it was told to end")?;
        writeln!(asked, "{question}")?;
        asked.flush()?;
        let mut answer = String::new();
        if self.answers.read_line(&mut answer)? == 0 {
            bail!("{} ended at `{question}`: {}", self.what, self.child.wait()?);
        }
        Ok(answer)
    }

    /// The names of its cases.
    pub(crate) fn cases(&mut self) -> Result<Vec<String>> {
        Ok(serde_json::from_str::<Vec<String>>(&self.ask("cases")?)?)
    }

    /// What a case answers to each of its inputs.
    pub(crate) fn answers(&mut self, case: &str) -> Result<Vec<Value>> {
        Ok(serde_json::from_str::<Vec<Value>>(&self.ask(&format!("answers {case}"))?)?)
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        drop(self.asked.take());
        let _ = self.child.wait();
    }
}

/// One case of a remote peer.
pub(crate) struct RemoteCase {
    pub(crate) remote: Rc<RefCell<Remote>>,
    pub(crate) name: &'static str,
}

impl Subject for RemoteCase {
    fn run(&mut self, times: u64) -> Result<Duration> {
        let answer = self.remote.borrow_mut().ask(&format!("run {} {times}", self.name))?;
        Ok(Duration::from_nanos(answer.trim().parse().context("nanoseconds")?))
    }
}
