//! What commands that judge take, to keep evidence of it.

use std::fmt::{Display, Write as _};
use std::path::PathBuf;

use clap::Args;
use miette::Result;
use tollgate::facts::Instant;
use tollgate::judge::{Gate, GateCase, JudgeError};
use tollgate::report::GateReport;
use tollgate_records::gate::{self, RecordError, Recorder};
use tollgate_records::log::Appended;

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
    ///
    /// # Errors
    /// When that can be no log, or there is to be none and yet it is said how.
    pub(super) fn recorder(&self) -> Result<Option<Recorder>> {
        let named = || std::env::var_os(VARIABLE).filter(|name| !name.is_empty());
        let Some(log) = self.record.clone().or_else(|| named().map(PathBuf::from)) else {
            if self.no_keep_plugins {
                miette::bail!(
                    help = "give `--record FILE`, or leave `--no-keep-plugins` out",
                    "nothing is recorded, so that no plugins are kept anyway"
                );
            }
            return Ok(None);
        };
        if output::is_standard_output(&log) {
            miette::bail!("records are kept in a file, and `{}` is none", log.display());
        }
        Ok(Some(Recorder { log, host: HOST, keeps_plugins: !self.no_keep_plugins }))
    }
}

/// Records a gate run, where that is asked for, and gives its report. A run that
/// fails is recorded as well: what was judged, and the error.
pub(super) fn gate(
    recorder: Option<&Recorder>,
    case: &GateCase,
    gates: &[Gate],
    judged: Result<GateReport>,
) -> Result<GateReport> {
    let Some(recorder) = recorder else { return judged };
    match &judged {
        Ok(report) => add(recorder, case, gates, Ok(report))?,
        Err(error) => {
            if let Some(failed) = error.downcast_ref::<JudgeError>() {
                // What the run failed of is what a person must read first.
                if let Err(unrecorded) = add(recorder, case, gates, Err(failed)) {
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
    recorder: &Recorder,
    case: &GateCase,
    gates: &[Gate],
    judged: Result<&GateReport, &JudgeError>,
) -> Result<(), RecordError> {
    let body = gate::body(case, gates, judged)?;
    recorder.keep_plugins(gates)?;
    let Appended { head, torn } = recorder.add(Instant::now(), body)?;
    let log = recorder.log.display().to_string();
    output::note(|out| {
        if let Some(torn) = torn {
            writeln!(out, "warning: {}", moved_aside(&log, &torn.display().to_string()))?;
        }
        writeln!(out, "{}", added(&log, head.seq, &head.hash))
    });
    Ok(())
}

/// Which record was added.
pub(super) fn added(log: &str, seq: u64, hash: &dyn Display) -> String {
    format!("record {seq} in `{}`: {hash}", visible(log))
}

/// What became of half a record.
pub(super) fn moved_aside(log: &str, torn: &str) -> String {
    format!(
        "the end of `{}` was left by a writer that was interrupted; it is in `{}` now",
        visible(log),
        visible(torn)
    )
}
