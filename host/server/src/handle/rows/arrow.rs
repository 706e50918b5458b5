//! Answers as columns: an Arrow stream of record batches, one for each batch
//! of rows.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Float64Builder, StringBuilder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};
use tollgate::judge::{Answer, Decider};

/// The columns, in their order. What is the same of all answers is in the
/// schema's metadata.
fn schema(decider: &Decider) -> Schema {
    let (document, plugin) = (decider.document(), decider.plugin());
    let metadata = [
        ("policy", document.name.clone()),
        ("policy_version", document.version.to_string()),
        ("plugin", plugin.name().to_owned()),
        ("plugin_digest", plugin.digest().to_string()),
        ("settings", document.settings_digest().to_string()),
    ];
    let fields = vec![
        Field::new("row", DataType::UInt64, false),
        Field::new("action", DataType::Utf8, true),
        Field::new("score", DataType::Float64, true),
        Field::new("reason", DataType::Utf8, true),
        Field::new("fallback", DataType::Boolean, false),
        Field::new("error", DataType::Utf8, true),
        Field::new("decision_id", DataType::Utf8, false),
    ];
    let metadata: HashMap<_, _> =
        metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Schema::new(fields).with_metadata(metadata)
}

/// Answers on their way into a stream.
pub(super) struct Columns {
    writer: StreamWriter<Vec<u8>>,
    schema: Arc<Schema>,
    rows: u64,
    row: UInt64Builder,
    action: StringBuilder,
    score: Float64Builder,
    reason: StringBuilder,
    fallback: BooleanBuilder,
    error: StringBuilder,
    id: StringBuilder,
}

impl Columns {
    pub(super) fn new(decider: &Decider) -> Result<Self, ArrowError> {
        let schema = Arc::new(schema(decider));
        Ok(Self {
            writer: StreamWriter::try_new(Vec::new(), &schema)?,
            schema,
            rows: 0,
            row: UInt64Builder::new(),
            action: StringBuilder::new(),
            score: Float64Builder::new(),
            reason: StringBuilder::new(),
            fallback: BooleanBuilder::new(),
            error: StringBuilder::new(),
            id: StringBuilder::new(),
        })
    }

    pub(super) fn add(&mut self, answer: &Answer<'_>) {
        self.rows += 1;
        self.row.append_value(answer.row().map_or(self.rows, |place| place.counted().1));
        self.action.append_option(answer.action());
        self.score.append_option(answer.score());
        match answer.decision() {
            Ok(_) => {
                self.reason.append_value(answer.reasons().collect::<Vec<_>>().join("+"));
                self.error.append_null();
            }
            Err(problem) => {
                self.reason.append_null();
                self.error.append_value(problem.to_string());
            }
        }
        self.fallback.append_value(answer.is_fallback());
        self.id.append_value(answer.id().to_string());
    }

    /// The bytes of what was added since.
    pub(super) fn batch(&mut self) -> Result<Vec<u8>, ArrowError> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.row.finish()),
            Arc::new(self.action.finish()),
            Arc::new(self.score.finish()),
            Arc::new(self.reason.finish()),
            Arc::new(self.fallback.finish()),
            Arc::new(self.error.finish()),
            Arc::new(self.id.finish()),
        ];
        self.writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?)?;
        Ok(std::mem::take(self.writer.get_mut()))
    }

    /// The bytes that end the stream.
    pub(super) fn end(&mut self) -> Result<Vec<u8>, ArrowError> {
        self.writer.finish()?;
        Ok(std::mem::take(self.writer.get_mut()))
    }
}
