//! What the messages of an Arrow stream say that they hold, before anybody
//! believes it.

use std::collections::HashMap;

use arrow_ipc::RecordBatch;
use arrow_schema::{DataType, Schema};

use crate::limits::WHOLE;
use crate::messages::Message;

/// Values that a stream may hold beyond 64 for each of its bytes, packed as
/// they may be.
const VALUES: u64 = 128 << 20;

/// The same for those that take no bytes at all.
const NOTHINGS: u64 = 16 << 20;
const VALUES_A_BYTE: u64 = 64;

/// The same for bytes that it may unpack to.
const UNPACKED: u64 = 4 << 30;
const UNPACKED_A_BYTE: u64 = 64;

/// What was claimed so far.
#[derive(Default)]
pub(crate) struct Claims {
    values: u64,
    nothings: u64,
    unpacked: u64,
    /// What each dictionary takes.
    dictionaries: HashMap<i64, u64>,
    /// What was copied to make dictionaries longer.
    copied: u64,
}

impl Claims {
    /// Looks at what a record batch says of its rows and buffers. `at` is how
    /// many bytes were read so far.
    pub(crate) fn rows(
        &mut self,
        batch: &RecordBatch<'_>,
        message: &Message,
        schema: &Schema,
        at: u64,
    ) -> Result<(), String> {
        let rows = u64::try_from(batch.length()).map_err(|_| nonsense())?;
        bounds(batch, message.body)?;
        let columns = schema.fields().iter();
        let (nulls, others): (Vec<_>, Vec<_>) =
            columns.partition(|field| matches!(field.data_type(), DataType::Null));
        // Rows without columns are nothing, too.
        let nothings = nulls.len() as u64 + u64::from(others.is_empty());
        self.values = self.values.saturating_add(rows.saturating_mul(others.len() as u64));
        self.nothings = self.nothings.saturating_add(rows.saturating_mul(nothings));
        let length = at.saturating_add(message.body);
        for (found, base) in [(self.values, VALUES), (self.nothings, NOTHINGS)] {
            let most = length.saturating_mul(VALUES_A_BYTE).saturating_add(base);
            if found > most {
                return Err(format!(
                    "it says that it holds {found} values or more in {length} bytes, and of a file \
                     of this size at most {most} are read"
                ));
            }
        }
        Ok(())
    }

    /// What the buffers of a batch unpack to: each says it before its bytes.
    pub(crate) fn unpacked(
        &mut self,
        batch: &RecordBatch<'_>,
        body: &[u8],
        message: &Message,
        at: u64,
    ) -> Result<u64, String> {
        bounds(batch, message.body)?;
        if batch.compression().is_none() {
            return Ok(message.body);
        }
        let mut sum = 0u64;
        for buffer in batch.buffers().into_iter().flatten() {
            let start = usize::try_from(buffer.offset()).unwrap_or(usize::MAX);
            let prefix = body.get(start..).and_then(|bytes| bytes.first_chunk::<8>());
            let size = prefix.filter(|_| buffer.length() > 0).map(|size| i64::from_le_bytes(*size));
            sum = sum.saturating_add(match size {
                // It is not packed.
                Some(-1) => buffer.length().cast_unsigned(),
                Some(size) => u64::try_from(size).map_err(|_| nonsense())?,
                None => 0,
            });
        }
        self.unpacks(sum, at)?;
        Ok(sum)
    }

    /// Takes what a batch unpacks to.
    pub(crate) fn unpacks(&mut self, sum: u64, at: u64) -> Result<(), String> {
        self.unpacked = self.unpacked.saturating_add(sum);
        let most = at.saturating_mul(UNPACKED_A_BYTE).saturating_add(UNPACKED);
        if self.unpacked > most {
            return Err(format!(
                "it unpacks to {} MiB or more, and of a file of {at} bytes at most {} MiB are read",
                self.unpacked >> 20,
                most >> 20
            ));
        }
        Ok(())
    }

    /// Takes a dictionary among those that are held.
    pub(crate) fn dictionary(&mut self, id: i64, longer: bool, size: u64) -> Result<(), String> {
        let held = self.dictionaries.entry(id).or_default();
        if longer {
            self.copied = self.copied.saturating_add(*held);
            *held = held.saturating_add(size);
        } else {
            *held = size;
        }
        let held = self.dictionaries.values().copied().fold(0, u64::saturating_add);
        if held > WHOLE || self.copied > UNPACKED {
            return Err(format!(
                "its dictionaries take more than {} MiB: write the columns plain",
                WHOLE >> 20
            ));
        }
        Ok(())
    }
}

fn nonsense() -> String {
    "it is damaged: the lengths in a record batch make no sense".to_owned()
}

/// Buffers lie in the body, and together take no more than it has.
fn bounds(batch: &RecordBatch<'_>, body: u64) -> Result<(), String> {
    for node in batch.nodes().into_iter().flatten() {
        if node.length() < 0 || node.null_count() < 0 || node.null_count() > node.length() {
            return Err(nonsense());
        }
    }
    let mut sum = 0u64;
    for buffer in batch.buffers().into_iter().flatten() {
        let place = u64::try_from(buffer.offset()).ok().zip(u64::try_from(buffer.length()).ok());
        let end = place.and_then(|(offset, length)| {
            sum = sum.saturating_add(length);
            offset.checked_add(length)
        });
        if end.is_none_or(|end| end > body) || sum > body {
            return Err(nonsense());
        }
    }
    Ok(())
}
