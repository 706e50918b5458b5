//! A whole JSON text as a Python object.

use alloc::vec::Vec;

use super::{MAX_DEPTH, Malformed, Reader, Text};
use crate::py::Py;
use crate::step::Step;

/// Up to so many keys are compared one by one, which needs no memory.
const FEW: usize = 24;

/// Reads a payload.
///
/// # Errors
/// When it is no JSON, or nests deeper than [`MAX_DEPTH`].
pub fn parse(payload: &[u8]) -> Result<Py<'_>, Malformed> {
    parse_noting(payload).map(|(value, _)| value)
}

/// The same, with the first place where an object had a key twice: the last
/// value counts there.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_noting(payload: &[u8]) -> Result<(Py<'_>, Option<Twice>), Malformed> {
    let mut reader = Reader::new(payload)?;
    let value = value(&mut reader, 0)?;
    reader.end()?;
    Ok((value, reader.twice))
}

/// Where an object has a key twice.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Twice {
    /// The way to the key, innermost first, as far as it is known.
    pub(crate) steps: Vec<Step>,
    /// How deep that way begins.
    depth: u32,
}

/// An object in depth `depth` has a key twice.
#[cold]
fn twice(reader: &mut Reader<'_>, depth: u32, key: &Text<'_>) {
    if reader.twice.is_none() {
        let steps = alloc::vec![Step::Key(key.lossy().into_owned())];
        reader.twice = Some(Twice { steps, depth });
    }
}

/// Leads the way to a key that is there twice one step up.
#[inline]
fn up(reader: &mut Reader<'_>, depth: u32, step: impl FnOnce() -> Step) {
    if let Some(twice) = &mut reader.twice
        && twice.depth == depth + 1
    {
        twice.steps.push(step());
        twice.depth = depth;
    }
}

fn value<'a>(reader: &mut Reader<'a>, depth: u32) -> Result<Py<'a>, Malformed> {
    if depth > MAX_DEPTH {
        return Err(reader.malformed("fewer levels of nesting"));
    }
    match reader.peek() {
        b'{' => object(reader, depth),
        b'[' => {
            reader.take(b'[');
            let mut items = Vec::new();
            let mut more = !reader.take(b']');
            while more {
                items.push(value(reader, depth + 1)?);
                up(reader, depth, || Step::Item(items.len() - 1));
                more = reader.another(b']')?;
            }
            Ok(Py::List(items))
        }
        _ => scalar(reader),
    }
}

fn object<'a>(reader: &mut Reader<'a>, depth: u32) -> Result<Py<'a>, Malformed> {
    reader.take(b'{');
    let mut items = Vec::new();
    let mut more = !reader.take(b'}');
    while more {
        let key = reader.key()?;
        let value = value(reader, depth + 1)?;
        up(reader, depth, || Step::Key(key.lossy().into_owned()));
        let compared = if items.len() < FEW { items.as_mut_slice() } else { &mut [] };
        match compared.iter_mut().find(|(known, _)| *known == key) {
            Some((_, earlier)) => {
                *earlier = value;
                twice(reader, depth, &key);
            }
            None => items.push((key, value)),
        }
        more = reader.another(b'}')?;
    }
    if items.len() >= FEW
        && let Some(key) = last_wins(&mut items)
    {
        twice(reader, depth, &key);
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
