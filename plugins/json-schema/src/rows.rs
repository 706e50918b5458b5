//! Rows, each of which is judged by itself.

use tollgate_sdk::Finding;
use tollgate_sdk::signature::{Gathered, Records};

use crate::judge::judge;
use crate::payload;
use crate::report;
use crate::schema::Compiled;

/// Judges rows that are JSON values.
pub(crate) fn records(compiled: &Compiled, records: &Records) -> Vec<Finding> {
    let mut gathered = Gathered::default();
    for (row, record) in records.iter().enumerate() {
        match payload::read(record) {
            Err(malformed) => {
                gathered.add(report::without_place(*malformed).in_record(row));
            }
            Ok(document) => {
                for finding in judge(compiled, "the row", &document, usize::MAX) {
                    gathered.add(finding.in_record(row));
                }
            }
        }
    }
    gathered.finish(compiled.max_findings)
}
