//! The loops over a chunk of one column. Their bodies have no branch, no call
//! and no check of bounds, so that they run several rows at a time. A key is
//! as wide as a double, so that no lane has to be narrowed.
//!
//! In a guest they are compiled with 128-bit vectors, which every engine that
//! runs components has.

use super::{GROUP, ODD};
use crate::inputs::{Reading, Test};

/// How many integers are made doubles at a time, on the stack.
const CONVERTED: usize = 128;

/// Adds what `reading` has to say of each number.
pub(super) fn numbers(keys: &mut [u64], cells: &[f64], reading: &Reading) {
    let (low, high) = reading.range;
    let mut tests = reading.tests.chunks(2);
    match tests.next() {
        Some([one, two]) => two_tests(keys, cells, low, high, *one, *two),
        Some([one, ..]) => one_test(keys, cells, low, high, *one),
        _ => in_range(keys, cells, low, high),
    }
    for more in tests {
        for test in more {
            one_test(keys, cells, low, high, *test);
        }
    }
}

/// The same for integers, as the doubles that they are.
pub(super) fn integers(keys: &mut [u64], cells: &[i64], reading: &Reading) {
    let mut converted = [0.0; CONVERTED];
    for (keys, cells) in keys.chunks_mut(CONVERTED).zip(cells.chunks(CONVERTED)) {
        for (number, integer) in converted.iter_mut().zip(cells) {
            *number = *integer as f64;
        }
        let count = keys.len();
        numbers(keys, converted.get(..count).unwrap_or_default(), reading);
    }
}

/// Adds each row's weight, or its mark, by the index of its text.
pub(super) fn texts(keys: &mut [u64], indices: &[u32], weights: &[u64]) {
    each(keys, indices, |key, index| {
        // An index that is out of range belongs to a null.
        let weight = weights.get(index as usize).copied().unwrap_or(ODD);
        *key = key.wrapping_add(weight & !ODD) | (weight & ODD);
    });
}

/// Marks the rows that the bitmap `validity` leaves out.
pub(super) fn nulls(keys: &mut [u64], validity: &[u8]) {
    for (keys, present) in keys.chunks_mut(8).zip(validity) {
        if *present == u8::MAX {
            continue;
        }
        for (bit, key) in (0..8).zip(keys) {
            if present >> bit & 1 == 0 {
                *key |= ODD;
            }
        }
    }
}

/// [`ODD`] when `cell` is out of range or NaN.
#[inline(always)]
fn odd(cell: f64, low: f64, high: f64) -> u64 {
    if (cell >= low) & (cell <= high) { 0 } else { ODD }
}

#[inline(always)]
fn weight(cell: f64, test: Test) -> u64 {
    if cell >= test.bound { test.weight } else { 0 }
}

/// Marks each key by its cell, [`GROUP`] of them a turn of the loop: a sandbox
/// counts and may stop every turn, which costs more than a comparison.
#[inline(always)]
fn each<T: Copy>(keys: &mut [u64], cells: &[T], mut mark: impl FnMut(&mut u64, T)) {
    let (key_groups, keys) = keys.as_chunks_mut::<GROUP>();
    let (cell_groups, cells) = cells.as_chunks::<GROUP>();
    for (keys, cells) in key_groups.iter_mut().zip(cell_groups) {
        keys.iter_mut().zip(cells).for_each(|(key, cell)| mark(key, *cell));
    }
    keys.iter_mut().zip(cells).for_each(|(key, cell)| mark(key, *cell));
}

#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn in_range(keys: &mut [u64], cells: &[f64], low: f64, high: f64) {
    each(keys, cells, |key, cell| *key |= odd(cell, low, high));
}

#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn one_test(keys: &mut [u64], cells: &[f64], low: f64, high: f64, one: Test) {
    each(keys, cells, |key, cell| {
        *key = key.wrapping_add(weight(cell, one)) | odd(cell, low, high);
    });
}

#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn two_tests(keys: &mut [u64], cells: &[f64], low: f64, high: f64, one: Test, two: Test) {
    each(keys, cells, |key, cell| {
        let weights = weight(cell, one).wrapping_add(weight(cell, two));
        *key = key.wrapping_add(weights) | odd(cell, low, high);
    });
}
