//! NumPy arrays from Python objects.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Dtype, Py, Raised, cell_as};

/// An array. Cells hold Python objects of the dtype's family: `int` for all
/// whole numbers, `float` (already rounded) for all floats, [`Py::Time`] for
/// `datetime64`.
#[derive(Clone, Debug, PartialEq)]
pub struct Array<'a> {
    /// The type of the cells.
    pub dtype: Dtype,
    /// The length of each dimension; none for a single value.
    pub shape: Vec<usize>,
    /// The cells, last dimension fastest.
    pub cells: Vec<Py<'a>>,
}

impl<'a> Array<'a> {
    /// The cells as nested lists; a single value as itself.
    #[must_use]
    pub fn to_list(&self) -> Py<'a> {
        nest(&self.shape, &self.cells)
    }

    /// The parts along the first dimension, each an array.
    #[must_use]
    pub fn rows(&self) -> Vec<Array<'a>> {
        let Some((rows, shape)) = self.shape.split_first() else {
            return Vec::new();
        };
        let size: usize = shape.iter().product();
        (0..*rows)
            .map(|row| Array {
                dtype: self.dtype,
                shape: shape.to_vec(),
                cells: self.cells.get(row * size..(row + 1) * size).unwrap_or_default().to_vec(),
            })
            .collect()
    }

    /// As an object.
    #[must_use]
    pub fn boxed(self) -> Py<'a> {
        Py::Array(Box::new(self))
    }
}

fn nest<'a>(shape: &[usize], cells: &[Py<'a>]) -> Py<'a> {
    let Some((length, inner)) = shape.split_first() else {
        return cells.first().cloned().unwrap_or(Py::None);
    };
    let size: usize = inner.iter().product();
    Py::List(
        (0..*length)
            .map(|at| nest(inner, cells.get(at * size..(at + 1) * size).unwrap_or_default()))
            .collect(),
    )
}

/// `numpy.array(x)`.
///
/// # Errors
/// When lists of unequal length are nested.
pub fn array<'a>(object: &Py<'a>) -> Result<Array<'a>, Raised> {
    let (shape, ragged) = shape_of(object);
    if ragged {
        return Err(Raised::Value);
    }
    let mut leaves = Vec::new();
    collect(object, shape.len(), &mut leaves);
    let dtype = if of_objects(object) {
        Dtype::Object
    } else {
        let found = leaves.iter().map(leaf_dtype).reduce(promote);
        found.unwrap_or_else(|| empty_dtype(object))
    };
    fill(dtype, shape, leaves)
}

/// `numpy.array(x, dtype)`.
///
/// # Errors
/// When lists of unequal length are nested, or a value has none of the type.
pub fn array_as<'a>(object: &Py<'a>, dtype: Dtype) -> Result<Array<'a>, Raised> {
    let (shape, ragged) = shape_of(object);
    if ragged && dtype != Dtype::Object {
        return Err(Raised::Value);
    }
    let mut leaves = Vec::new();
    collect(object, shape.len(), &mut leaves);
    fill(dtype, shape, leaves)
}

/// An array of one dimension.
#[must_use]
pub fn array_of(dtype: Dtype, cells: Vec<Py<'_>>) -> Array<'_> {
    Array { dtype, shape: alloc::vec![cells.len()], cells }
}

fn fill<'a>(dtype: Dtype, shape: Vec<usize>, leaves: Vec<Py<'a>>) -> Result<Array<'a>, Raised> {
    let cells = leaves.into_iter().map(|leaf| cell_as(leaf, dtype)).collect::<Result<_, _>>()?;
    Ok(Array { dtype, shape, cells })
}

/// Lists that hold nothing have the type of what they would be asked for.
fn empty_dtype(object: &Py<'_>) -> Dtype {
    match object {
        Py::Array(array) => array.dtype,
        Py::List(items) => items.first().map_or(Dtype::Float(64), empty_dtype),
        _ => Dtype::Float(64),
    }
}

/// Whether an array of objects is among the parts, whatever its cells are.
fn of_objects(object: &Py<'_>) -> bool {
    match object {
        Py::List(items) => items.iter().any(of_objects),
        Py::Array(array) => array.dtype == Dtype::Object,
        _ => false,
    }
}

/// The shape that all of it has in common, and whether parts have more.
fn shape_of(object: &Py<'_>) -> (Vec<usize>, bool) {
    match object {
        Py::List(items) => {
            let mut shapes = items.iter().map(shape_of);
            let (mut common, mut ragged) = shapes.next().unwrap_or_default();
            for (shape, inner) in shapes {
                let same = common.iter().zip(&shape).take_while(|(a, b)| a == b).count();
                ragged |= inner || same < common.len() || same < shape.len();
                common.truncate(same);
            }
            common.insert(0, items.len());
            (common, ragged)
        }
        Py::Array(array) => (array.shape.clone(), false),
        _ => (Vec::new(), false),
    }
}

fn collect<'a>(object: &Py<'a>, depth: usize, leaves: &mut Vec<Py<'a>>) {
    match object {
        Py::List(items) if depth > 0 => {
            for item in items {
                collect(item, depth - 1, leaves);
            }
        }
        Py::Array(array) if array.shape.len() == depth && depth > 0 => {
            leaves.extend(array.cells.iter().map(|cell| typed(cell, array.dtype)));
        }
        Py::Array(array) if depth > 0 => {
            for row in array.rows() {
                collect(&row.boxed(), depth - 1, leaves);
            }
        }
        _ => leaves.push(object.clone()),
    }
}

/// A cell as the scalar of its array's type.
fn typed<'a>(cell: &Py<'a>, dtype: Dtype) -> Py<'a> {
    let narrow = matches!(dtype, Dtype::Int(_) | Dtype::Uint(_) | Dtype::Float(_))
        && !matches!(dtype, Dtype::Int(32 | 64) | Dtype::Float(32 | 64));
    if narrow {
        // Keeps the narrow type through the stacking of equal arrays.
        return Array { dtype, shape: Vec::new(), cells: alloc::vec![cell.clone()] }.boxed();
    }
    cell.clone().sized(dtype)
}

fn leaf_dtype(leaf: &Py<'_>) -> Dtype {
    match leaf {
        Py::Bool(_) => Dtype::Bool,
        Py::Int(_) => Dtype::Int(64),
        Py::Int32(_) => Dtype::Int(32),
        Py::Uint(_) => Dtype::Uint(64),
        Py::Float(_) => Dtype::Float(64),
        Py::Float32(_) => Dtype::Float(32),
        Py::Str(_) => Dtype::Unicode,
        Py::Bytes(_) => Dtype::Bytes,
        Py::Time(_) => Dtype::NANOSECONDS,
        Py::Array(array) => array.dtype,
        _ => Dtype::Object,
    }
}

/// The type that holds both, as `numpy.result_type` says.
fn promote(a: Dtype, b: Dtype) -> Dtype {
    use Dtype::{Bool, Bytes, Float, Int, Object, Uint, Unicode};
    match (a, b) {
        _ if a == b => a,
        (Unicode, Bool | Int(_) | Uint(_) | Float(_) | Bytes)
        | (Bool | Int(_) | Uint(_) | Float(_) | Bytes, Unicode) => Unicode,
        (Bytes, Bool | Int(_) | Uint(_) | Float(_))
        | (Bool | Int(_) | Uint(_) | Float(_), Bytes) => Bytes,
        (Bool, number @ (Int(_) | Uint(_) | Float(_)))
        | (number @ (Int(_) | Uint(_) | Float(_)), Bool) => number,
        (Int(a), Int(b)) => Int(a.max(b)),
        (Uint(a), Uint(b)) => Uint(a.max(b)),
        (Float(a), Float(b)) => Float(a.max(b)),
        (Int(signed), Uint(unsigned)) | (Uint(unsigned), Int(signed)) => {
            if signed > unsigned {
                Int(signed)
            } else if unsigned < 64 {
                Int(unsigned * 2)
            } else {
                Float(64)
            }
        }
        (Float(float), Int(whole) | Uint(whole)) | (Int(whole) | Uint(whole), Float(float)) => {
            // A float of twice the bits holds every whole number of so many,
            // up to the widest.
            Float(float.max(whole.saturating_mul(2).min(64)))
        }
        _ => Object,
    }
}
