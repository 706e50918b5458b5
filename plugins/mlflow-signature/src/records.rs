//! Rows of JSON lines: the records of one data frame, each of which may be
//! wrong in a way of its own.

use alloc::format;
use alloc::vec::Vec;

use mlflow_plugin::{Part, finding};
use mlflow_schema::fault::{Fault, Kind, doubled_key};
use mlflow_schema::py::{Py, loads_noting};
use mlflow_schema::unjudged::{no_outputs, no_rows};
use tollgate_sdk::Finding;
use tollgate_sdk::signature::{Gathered, Records};

use crate::body::{Body, Field, Layout, Origin};
use crate::data::Data;
use crate::settings::Mode;
use crate::{Judged, MlflowSignature, cast, one};

impl MlflowSignature {
    /// What is wrong with records: of those that are no JSON objects each; of
    /// the others what is wrong with the frame that they make. Where that is
    /// refused each is judged by itself as well, since of a frame MLflow tells
    /// the first fault that it meets.
    pub(crate) fn record_findings(&self, records: &Records) -> Vec<Finding> {
        let mut gathered = Gathered::default();
        let mut rows = Vec::with_capacity(records.len());
        for (row, record) in records.iter().enumerate() {
            match self.record(record, row) {
                Ok(warning) => {
                    rows.push((row, record));
                    warning.into_iter().for_each(|fault| gathered.add(finding(fault)));
                }
                Err(fault) => gathered.add(finding(fault)),
            }
        }
        let blocks = |faults: &[Fault]| faults.iter().any(|fault| fault.kind.blocks());
        let together = if rows.is_empty() { Vec::new() } else { self.frame_faults(&rows) };
        let mut alone = Vec::new();
        if blocks(&together) && rows.len() > 1 {
            for row in &rows {
                alone.extend(self.frame_faults(&[*row]));
            }
        }
        let mut faults = if blocks(&alone) { alone } else { together };
        faults.extend(self.unjudged(&faults, || records.is_empty().then(no_rows)));
        for fault in faults.into_iter().chain(self.doubled_input()) {
            gathered.add(finding(fault));
        }
        gathered.finish(self.settings.max_findings)
    }

    /// Whether a record is one, or a warning about it.
    fn record(&self, record: &[u8], row: usize) -> Result<Option<Fault>, Fault> {
        let bad = |message: &str| Fault::new(Kind::BadJson, message).in_row(row);
        match loads_noting(record) {
            Ok((Py::Dict(_), twice)) => {
                let strict = self.mode == Mode::Strict;
                let twice = twice.filter(|_| strict);
                Ok(twice.map(|twice| doubled_key(&twice.steps, Kind::DuplicateKey).in_row(row)))
            }
            Ok(_) => Err(bad("the line is no JSON object")),
            Err(error) if error.is_cut(record.len()) => {
                Err(bad("the line ends in the middle of its object; it may be cut off"))
            }
            Err(error) if error.is_behind() => {
                Err(bad("there is more behind the line's object; each line holds one"))
            }
            Err(error) => Err(bad(&format!("the line is no JSON: expected {}", error.what))),
        }
    }

    /// What is wrong with the frame of these records, which are JSON.
    fn frame_faults(&self, rows: &[(usize, &[u8])]) -> Vec<Fault> {
        let judged = self.judge_records(rows);
        let mut faults = match judged {
            Ok((_, warnings)) => warnings,
            Err(faults) => faults,
        };
        for fault in &mut faults {
            // What is wrong with a single record is wrong there.
            match (&mut fault.cell, rows) {
                (Some((row, _)), rows) => *row = rows.get(*row).map_or(*row, |(row, _)| *row),
                (None, [(row, _)]) => fault.row = Some(*row),
                (None, _) => {}
            }
        }
        faults
    }

    fn judge_records<'a>(&self, rows: &[(usize, &'a [u8])]) -> Judged<'a> {
        let values = rows.iter().filter_map(|(_, record)| Some(loads_noting(record).ok()?.0));
        let mut body = Body {
            field: Field::Lines,
            data: Py::List(values.collect()),
            params: Py::None,
            ignored: Vec::new(),
            twice: None,
        };
        let part = self.settings.part;
        let origin = Origin { field: Field::Lines, layout: Layout::Records, part };
        match part {
            Part::Inputs => self.judge_body(body, origin),
            Part::Outputs => {
                let schema = self.settings.schema().ok_or_else(|| one(no_outputs()))?;
                let frame = crate::frames::records(&mut body.data, self.taking(), origin);
                let frame = cast::frame(frame.map_err(one)?, schema, origin, self.reading.today)?;
                let data = self.enforced(Data::Frame(frame), origin)?;
                self.compared((data, None), &body, origin)
            }
        }
    }
}
