//! Where decisions are logged, and how.

use tollgate::document::{DocumentError, shaped_part};
use tollgate::tree::Node;
use tollgate_decisions::{LOG_SCHEMA, Settings};

use super::Reader;

/// Who says so, in records.
const HOST: &str = concat!("tollgate ", env!("CARGO_PKG_VERSION"));

/// Reads how decisions are logged; none where they are not.
pub(super) fn read(
    tree: &Node,
    reader: &mut Reader<'_>,
) -> Result<Option<Settings>, DocumentError> {
    let Some(node) = tree.get("decision_log") else { return Ok(None) };
    shaped_part(reader.source, tree, "/decision_log", "decision log", LOG_SCHEMA)?;
    let (source, folder) = (reader.source, reader.folder);
    Ok(Some(Settings::read(source, node, folder, HOST, &mut reader.mistakes)))
}
