//! What commands that decide take, to keep a log of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use miette::{Result, miette};
use tollgate::document::suggestion::suggestion;
use tollgate::judge::{Answer, Decider};
use tollgate_decisions::{
    Context, DecisionLog, HowMasked, KEY_VARIABLE, Key, Masks, Sample, Settings, WhenFull,
};

use super::record::HOST;
use crate::output::{self, visible};

/// A command has time, and a disk that takes nothing for so long has none.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
pub(crate) struct Logging {
    /// Log each decision into a folder, which is made when it is not there
    ///
    /// Records in a chain of hashes, with what was decided on, by what and why;
    /// `tollgate log` verifies, queries, replays and compares them. What cannot
    /// be logged ends the command with 2.
    #[arg(long, value_name = "FOLDER")]
    log: Option<PathBuf>,
    /// Log the value of an input as a keyed hash; may be given several times
    ///
    /// The key is the secret in TOLLGATE_LOG_KEY.
    #[arg(long, value_name = "INPUT", requires = "log")]
    mask: Vec<String>,
    /// Log this share of decisions, chosen by their ids
    #[arg(long, value_name = "SHARE", requires = "log")]
    sample: Option<f64>,
}

/// A log that is open, perhaps.
pub(super) struct Logged(Option<DecisionLog>);

impl Logging {
    pub(super) fn open(&self, decider: &Decider) -> Result<Logged> {
        let Some(folder) = &self.log else { return Ok(Logged(None)) };
        let mut settings = Settings::new(folder, HOST);
        settings.when_full = WhenFull::Block(PATIENCE);
        if let Some(share) = self.sample {
            settings.sample = Sample::of(share)?;
        }
        if !self.mask.is_empty() {
            let inputs: BTreeMap<_, _> =
                self.mask.iter().map(|name| (name.clone(), HowMasked::Hash)).collect();
            settings.masks = Masks::new(inputs, Key::from_environment(KEY_VARIABLE)?);
        }
        let surface = decider.policy().surface();
        let names = || surface.inputs.iter().map(|input| input.name.as_str());
        // What was meant would be written as it is.
        if let [unread, ..] = *settings.masks.unread(names()) {
            let near = suggestion(unread, names())
                .unwrap_or_else(|| format!("it reads {}", names().collect::<Vec<_>>().join(", ")));
            return Err(miette!(help = near, "the policy reads no input `{unread}` to mask"));
        }
        let log = DecisionLog::open(settings)?;
        for aside in log.set_aside() {
            let aside = aside.display().to_string();
            output::note(|out| {
                writeln!(
                    out,
                    "warning: the end of a file was left by a writer that was interrupted; it is \
                     in `{}` now",
                    visible(&aside)
                )
            });
        }
        Ok(Logged(Some(log)))
    }
}

impl Logged {
    /// Logs an answer, before anybody is told it.
    pub(super) fn write(&self, answer: &Answer<'_>) -> Result<()> {
        if let Some(log) = &self.0 {
            log.write(answer, &Context::default()).map_err(|refused| miette!("{refused}"))?;
        }
        Ok(())
    }

    /// Waits until all is written.
    pub(super) fn close(self) -> Result<()> {
        let Some(log) = self.0 else { return Ok(()) };
        let closed = log.close();
        if closed.lost > 0 {
            let problem = log.health().failing.unwrap_or_else(|| "its writer failed".to_owned());
            return Err(miette!("{} decisions are not logged: {problem}", closed.lost));
        }
        if let Some(head) = closed.head {
            output::note(|out| writeln!(out, "logged up to record {}: {}", head.seq, head.hash));
        }
        Ok(())
    }
}
