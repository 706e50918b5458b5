//! A whole JSON text as a Python object.

use alloc::vec::Vec;

use super::Py;
use crate::json::{MAX_DEPTH, Malformed, Reader, Text};
use crate::step::Step;

/// Up to so many keys are compared one by one, which needs no memory.
const FEW: usize = 24;

/// Reads a payload.
///
/// # Errors
/// When it is no JSON, or nests deeper than [`MAX_DEPTH`].
pub fn loads(payload: &[u8]) -> Result<Py<'_>, Malformed> {
    loads_noting(payload).map(|(value, _)| value)
}

/// The same, with the first place where an object had a key twice: the last
/// value counts there.
///
/// # Errors
/// As [`loads`].
pub fn loads_noting(payload: &[u8]) -> Result<(Py<'_>, Option<Twice>), Malformed> {
    let mut loading = Loading { reader: Reader::new(payload)?, twice: None };
    let value = value(&mut loading, 0)?;
    loading.reader.end()?;
    Ok((value, loading.twice))
}

/// A text that is being read.
struct Loading<'a> {
    reader: Reader<'a>,
    /// Where an object had a key twice.
    twice: Option<Twice>,
}

/// Where an object has a key twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Twice {
    /// The way to the key, innermost first, as far as it is known.
    pub steps: Vec<Step>,
    /// How deep that way begins.
    depth: u32,
}

/// An object in depth `depth` has a key twice.
#[cold]
fn twice(loading: &mut Loading<'_>, depth: u32, key: &Text<'_>) {
    if loading.twice.is_none() {
        let steps = alloc::vec![Step::Key(key.lossy().into_owned())];
        loading.twice = Some(Twice { steps, depth });
    }
}

/// Leads the way to a key that is there twice one step up.
#[inline]
fn up(loading: &mut Loading<'_>, depth: u32, step: impl FnOnce() -> Step) {
    if let Some(twice) = &mut loading.twice
        && twice.depth == depth + 1
    {
        twice.steps.push(step());
        twice.depth = depth;
    }
}

fn value<'a>(loading: &mut Loading<'a>, depth: u32) -> Result<Py<'a>, Malformed> {
    if depth > MAX_DEPTH {
        return Err(loading.reader.malformed("fewer levels of nesting"));
    }
    match loading.reader.peek() {
        b'{' => object(loading, depth),
        b'[' => {
            loading.reader.take(b'[');
            let mut items = Vec::new();
            let mut more = !loading.reader.take(b']');
            while more {
                items.push(value(loading, depth + 1)?);
                up(loading, depth, || Step::Item(items.len() - 1));
                more = loading.reader.another(b']')?;
            }
            Ok(Py::List(items))
        }
        _ => scalar(&mut loading.reader),
    }
}

fn object<'a>(loading: &mut Loading<'a>, depth: u32) -> Result<Py<'a>, Malformed> {
    loading.reader.take(b'{');
    let mut items = Vec::new();
    let mut more = !loading.reader.take(b'}');
    while more {
        let key = loading.reader.key()?;
        let value = value(loading, depth + 1)?;
        up(loading, depth, || Step::Key(key.lossy().into_owned()));
        let compared = if items.len() < FEW { items.as_mut_slice() } else { &mut [] };
        match compared.iter_mut().find(|(known, _)| *known == key) {
            Some((_, earlier)) => {
                *earlier = value;
                twice(loading, depth, &key);
            }
            None => items.push((key, value)),
        }
        more = loading.reader.another(b'}')?;
    }
    if items.len() >= FEW
        && let Some(key) = last_wins(&mut items)
    {
        twice(loading, depth, &key);
    }
    Ok(Py::Dict(items))
}

fn scalar<'a>(reader: &mut Reader<'a>) -> Result<Py<'a>, Malformed> {
    Ok(match reader.peek() {
        b'"' => Py::Str(reader.string()?),
        b'n' if reader.word("null") => Py::None,
        b't' if reader.word("true") => Py::Bool(true),
        b'f' if reader.word("false") => Py::Bool(false),
        b'N' if reader.word("NaN") => Py::Float(f64::NAN),
        b'I' if reader.word("Infinity") => Py::Float(f64::INFINITY),
        b'-' if reader.word("-Infinity") => Py::Float(f64::NEG_INFINITY),
        _ => {
            let number = reader.number()?;
            if number.whole {
                Py::whole(number.text())
            } else {
                // Every number that the reader takes is one that Rust reads.
                Py::Float(number.text().parse().unwrap_or(f64::NAN))
            }
        }
    })
}

/// Keeps the last of several equal keys, at the place of the first. Returns
/// one of those keys.
fn last_wins<'a>(items: &mut Vec<(Text<'a>, Py<'a>)>) -> Option<Text<'a>> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    let key = |at: &usize| items.get(*at).map(|(key, _)| key.bytes());
    order.sort_by(|a, b| key(a).cmp(&key(b)).then(a.cmp(b)));
    let mut moves = Vec::new();
    let mut rest = order.as_slice();
    while let [first, after @ ..] = rest {
        let same = after.iter().take_while(|at| key(at) == key(first)).count();
        if let Some(last) = same.checked_sub(1).and_then(|at| after.get(at)) {
            moves.push((*first, *last));
        }
        rest = after.get(same..).unwrap_or_default();
    }
    let (first, _) = moves.first()?;
    let twice = items.get(*first).map(|(key, _)| key.clone());
    let firsts: Vec<bool> = {
        let mut firsts = alloc::vec![true; items.len()];
        let mut previous: Option<usize> = None;
        for at in &order {
            if previous.is_some_and(|before| key(&before) == key(at))
                && let Some(first) = firsts.get_mut(*at)
            {
                *first = false;
            }
            previous = Some(*at);
        }
        firsts
    };
    for (first, last) in moves {
        items.swap(first, last);
    }
    let mut kept = firsts.iter();
    items.retain(|_| kept.next().copied().unwrap_or(true));
    twice
}
