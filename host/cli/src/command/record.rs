//! What commands that judge take, to keep evidence of it.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use miette::Result;
use tollgate::facts::Instant;
use tollgate::judge::{Gate, GateCase, JudgeError};
use tollgate::report::GateReport;
use tollgate_records::gate;
use tollgate_records::log::{self, Appended};
use tollgate_records::record::Draft;
use tollgate_records::store::Store;

use crate::output::{self, visible};

/// The variable that names a log where no option does.
const VARIABLE: &str = "TOLLGATE_RECORDS";

/// Who says so, in records.
pub(super) const HOST: &str = concat!("tollgate ", env!("CARGO_PKG_VERSION"));

#[derive(Debug, Args)]
pub(crate) struct Recording {
    /// Add a record of this run to a file, which is made when it is not there
    ///
    /// A record holds the evidence, the profiles and the report, and the hash of
    /// the record before. `tollgate log` verifies, shows and replays them. Many
    /// may add to one file at a time. Without the option the variable
    /// TOLLGATE_RECORDS names the file, where it is set. What cannot be recorded
    /// ends the command with 2.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Do not keep the plugins that judged in `plugins/` beside the records
    ///
    /// Without them a record can be replayed where the same plugins are built
    /// in or given.
    #[arg(long)]
    pub(crate) no_keep_plugins: bool,
}

impl Recording {
    /// Where to, if anywhere.
    fn log(&self) -> Option<PathBuf> {
        let named = || std::env::var_os(VARIABLE).filter(|name| !name.is_empty());
        self.record.clone().or_else(|| named().map(PathBuf::from))
    }

    /// Records a gate run, where that is asked for, and gives its report. A run
    /// that fails is recorded as well: what was judged, and the error.
    pub(super) fn gate(
        &self,
        case: &GateCase,
        gates: &[Gate],
        judged: Result<GateReport>,
    ) -> Result<GateReport> {
        match &judged {
            Ok(report) => self.add(case, gates, Ok(report))?,
            Err(error) => {
                if let Some(failed) = error.downcast_ref::<JudgeError>() {
                    // What the run failed of is what a person must read first.
                    if let Err(unrecorded) = self.add(case, gates, Err(failed)) {
                        output::note(|out| {
                            writeln!(out, "warning: {}", visible(&unrecorded.to_string()))
                        });
                    }
                }
            }
        }
        judged
    }

    fn add(
        &self,
        case: &GateCase,
        gates: &[Gate],
        judged: Result<&GateReport, &JudgeError>,
    ) -> Result<()> {
        let Some(log) = self.log() else { return Ok(()) };
        if output::is_standard_output(&log) {
            miette::bail!("records are kept in a file, and `{}` is none", log.display());
        }
        let body = gate::body(case, gates, judged).map_err(|error| miette::miette!("{error}"))?;
        let draft = Draft { time: Instant::now(), host: HOST, kind: gate::KIND, body };
        // First: a record never names a plugin that was to be kept and is not.
        if !self.no_keep_plugins {
            // Nor is one kept beside a log that there cannot be.
            log::usable(&log)?;
            gate::keep_plugins(&Store::beside(&log), gates)?;
        }
        let Appended { head, torn } = log::append(&log, &draft)?;
        let name = log.display().to_string();
        output::note(|out| {
            if let Some(torn) = torn {
                writeln!(
                    out,
                    "warning: the end of `{}` was left by a writer that was interrupted; it is in \
                     `{}` now",
                    visible(&name),
                    visible(&torn.display().to_string())
                )?;
            }
            writeln!(out, "record {} in {}: {}", head.seq, visible(&name), head.hash)
        });
        Ok(())
    }
}
