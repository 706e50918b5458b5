//! Nested lists of numbers.

use alloc::vec::Vec;

use mlflow_schema::json::Reader;
use mlflow_schema::schema::TensorSpec;

use super::cell::Cell;
use crate::body::Field;

#[derive(Debug)]
struct Tensor {
    name: Vec<u8>,
    cell: Cell,
    shape: Vec<i64>,
}

/// The tensors that payloads are looked through for.
#[derive(Debug)]
pub(crate) struct Tensors {
    named: bool,
    tensors: Vec<Tensor>,
}

impl Tensors {
    /// The tensors of a signature; none when one pass cannot tell of them.
    pub(super) fn of(named: bool, specs: &[TensorSpec]) -> Option<Self> {
        let tensor = |spec: &TensorSpec| {
            Some(Tensor {
                name: spec.name.clone().into_bytes(),
                cell: Cell::of_tensor(spec.dtype)?,
                shape: spec.shape.clone(),
            })
        };
        let tensors = specs.iter().map(tensor).collect::<Option<_>>()?;
        Some(Self { named, tensors })
    }

    /// Reads the value of an input field.
    pub(super) fn field(&self, reader: &mut Reader<'_>, field: Field) -> Option<()> {
        match (self.named, field) {
            (false, Field::Inputs | Field::Instances) => {
                let [tensor] = self.tensors.as_slice() else {
                    return None;
                };
                tensor.read(reader)
            }
            (true, Field::Inputs) => {
                reader.take(b'{').then_some(())?;
                let mut seen = alloc::vec![false; self.tensors.len()];
                loop {
                    let key = reader.key().ok()?;
                    let at = self.tensors.iter().position(|tensor| tensor.name == key.bytes())?;
                    if core::mem::replace(seen.get_mut(at)?, true) {
                        return None;
                    }
                    self.tensors.get(at)?.read(reader)?;
                    if !reader.another(b'}').ok()? {
                        return seen.iter().all(|seen| *seen).then_some(());
                    }
                }
            }
            _ => None,
        }
    }
}

impl Tensor {
    fn read(&self, reader: &mut Reader<'_>) -> Option<()> {
        if self.shape.is_empty() || self.shape.len() > 8 {
            return None;
        }
        // What a free dimension turned out to be.
        let mut lengths = self.shape.clone();
        self.level(reader, 0, &mut lengths)
    }

    fn level(&self, reader: &mut Reader<'_>, depth: usize, lengths: &mut [i64]) -> Option<()> {
        reader.take(b'[').then_some(())?;
        let leaf = depth + 1 == lengths.len();
        let mut length = 0;
        loop {
            length += 1;
            if leaf {
                self.cell.read(reader, false, &mut 0)?;
            } else {
                self.level(reader, depth + 1, lengths)?;
            }
            if !reader.another(b']').ok()? {
                break;
            }
        }
        let expected = lengths.get_mut(depth)?;
        if *expected == -1 {
            *expected = length;
        }
        (*expected == length).then_some(())
    }
}
