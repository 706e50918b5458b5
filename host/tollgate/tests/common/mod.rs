//! What the tests share. Each test is a crate of its own and uses a part.
#![allow(dead_code, reason = "no test uses all of it")]

use std::io::{BufReader, Cursor, Read};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use tollgate::input::{Cases, Extractor, Outside, RowsError};
use tollgate::rows::{Judged, RowFormat};
use tollgate_frames::Frames;

/// What a policy decides on in CSV or JSON lines.
pub(crate) fn rows<'a>(
    format: RowFormat,
    text: impl AsRef<[u8]>,
    extractor: &'a Extractor,
    outside: &'a Outside,
) -> Result<Cases<'a, Frames>, RowsError> {
    rows_of(format, Cursor::new(text.as_ref().to_vec()), extractor, outside)
}

/// The same, out of a reader.
pub(crate) fn rows_of<'a>(
    format: RowFormat,
    reader: impl Read + Send + 'static,
    extractor: &'a Extractor,
    outside: &'a Outside,
) -> Result<Cases<'a, Frames>, RowsError> {
    Cases::new(frames(format, reader), extractor, outside)
}

/// As policies read them.
pub(crate) fn frames(format: RowFormat, reader: impl Read + Send + 'static) -> Frames {
    let reader = BufReader::new(reader);
    tollgate_frames::rows("rows", format, Judged::Decided, reader).expect("rows of this format")
}

/// A diagnostic as a terminal of 100 columns shows it, without colours.
pub(crate) fn shown(diagnostic: &dyn Diagnostic) -> String {
    let mut text = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .with_links(false)
        .render_report(&mut text, diagnostic)
        .expect("rendered");
    text
}

/// The files of a folder of cases, by name.
pub(crate) fn cases(folder: &str) -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder);
    let mut cases: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder of cases")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            (name.into_owned(), std::fs::read_to_string(&path).expect("text"))
        })
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

/// Compares with the snapshot of a case.
pub(crate) fn assert_shown(folder: &str, name: &str, shown: &str) {
    let snapshots =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(folder);
    insta::with_settings!({
        omit_expression => true,
        prepend_module_to_snapshot => false,
        snapshot_path => snapshots,
    }, {
        insta::assert_snapshot!(name, shown);
    });
}
