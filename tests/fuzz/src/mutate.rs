//! Changes of valid files.

use tollgate_test_support::Dice;

/// What a round gives its target.
#[must_use]
pub fn input(seeds: &[Vec<u8>], seed: u64, round: u64) -> Vec<u8> {
    // One row of numbers for each round: none of them hangs on the others.
    let mut dice = Dice::new(seed ^ round.wrapping_mul(0xA076_1D64_78BD_642F));
    let mut bytes = dice.one(seeds).clone();
    // Now and then the file as it is: what is valid must be read, too.
    let changes = [0, 1, 1, 1, 2, 2, 3, 4, 8, 16][dice.roll(10)];
    for _ in 0..changes {
        change(&mut bytes, seeds, &mut dice);
    }
    bytes
}

/// Numbers at which readers go wrong.
const EDGES: [u64; 16] = [
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFF,
    0x1_0000_0000,
    0x7FFF_FFFF_FFFF_FFFF,
    0x8000_0000_0000_0000,
    0xFFFF_FFFF_FFFF_FFFF,
    1_000_000,
    100_000_000_000,
];

/// What texts are made of, and what they can be broken with.
const WORDS: [&[u8]; 44] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\"",
    b"'",
    b"\\",
    b"\n",
    b"\r\n",
    b"\0",
    b"\xFF",
    b"\xEF\xBB\xBF",
    b"\x1b[31m",
    b"\xE2\x80\xAE",
    b"null",
    b"true",
    b"NaN",
    b"Infinity",
    b"1e999",
    b"-0",
    b"0x10",
    b"99999999999999999999",
    b"1e-999999999",
    b"\\ud800",
    b"\\u0000",
    b": ",
    b"- ",
    b"&a ",
    b"*a",
    b"<<: *a\n",
    b"!!binary ",
    b"--- ",
    b"? ",
    b"|\n",
    b"# ",
    b"\t",
    b"  ",
    b"2024-02-30",
    b"::error::",
    b"\"a\":",
    b"$ref",
    b"{\"a\":[",
];

fn change(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], dice: &mut Dice) {
    let at = dice.roll(bytes.len() + 1);
    match dice.roll(12) {
        0 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << dice.roll(8);
            }
        }
        1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = dice.roll(256) as u8;
            }
        }
        2 => bytes.truncate(at),
        3 => {
            let end = (at + length(dice)).min(bytes.len());
            bytes.drain(at..end);
        }
        // A piece twice, or very often.
        4 => {
            let end = (at + length(dice)).min(bytes.len());
            let piece = bytes[at..end].to_vec();
            let times = [1, 1, 2, 20, 300][dice.roll(5)];
            let many = piece.repeat(times.min((1 << 20) / piece.len().max(1)));
            bytes.splice(at..at, many);
        }
        // A piece of another file, or the rest of one.
        5 | 6 => {
            let other = dice.one(seeds);
            let from = dice.roll(other.len() + 1);
            let piece = &other[from..(from + length(dice)).min(other.len())];
            let end = (at + piece.len() * dice.roll(2)).min(bytes.len());
            bytes.splice(at..end, piece.iter().copied());
        }
        // A length or a count that claims more than there is.
        7 | 8 => {
            let number = match dice.roll(3) {
                0 => EDGES[dice.roll(EDGES.len())],
                1 => EDGES[dice.roll(EDGES.len())].wrapping_sub(1),
                _ => dice.number() >> dice.roll(64),
            };
            let width = [1, 2, 4, 8][dice.roll(4)];
            // Most formats keep theirs at multiples of their width.
            let at = if dice.roll(2) == 0 { at - at % width } else { at };
            for (byte, new) in bytes.iter_mut().skip(at).take(width).zip(number.to_le_bytes()) {
                *byte = new;
            }
        }
        // A length of varying width, as Thrift and WebAssembly write it.
        9 => {
            let mut number = EDGES[dice.roll(EDGES.len())];
            let mut varint = Vec::new();
            while number > 0x7F {
                varint.push(number as u8 | 0x80);
                number >>= 7;
            }
            varint.push(number as u8);
            let end = (at + dice.roll(3)).min(bytes.len());
            bytes.splice(at..end, varint);
        }
        10 => {
            let end = (at + dice.roll(4)).min(bytes.len());
            bytes.splice(at..end, WORDS[dice.roll(WORDS.len())].iter().copied());
        }
        // Nesting.
        _ => {
            let word = WORDS[[0, 2, 27, 28, 43, 42][dice.roll(6)]];
            bytes.splice(at..at, word.repeat([3, 70, 5_000][dice.roll(3)]));
        }
    }
}

/// Mostly short, now and then long.
fn length(dice: &mut Dice) -> usize {
    let most = *dice.one(&[4, 16, 64, 4_096]);
    1 + dice.roll(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_the_same_again_and_most_differ() {
        let seeds = vec![b"{\"a\": [1, 2]}".to_vec(), b"x,y\n1,2\n".to_vec()];
        let inputs: Vec<_> = (0..200).map(|round| input(&seeds, 7, round)).collect();
        let again: Vec<_> = (0..200).map(|round| input(&seeds, 7, round)).collect();
        assert_eq!(inputs, again);
        let mut distinct = inputs.clone();
        distinct.sort();
        distinct.dedup();
        assert!(distinct.len() > 120, "{}", distinct.len());
        assert!(inputs.contains(&seeds[0]), "what is valid is read, too");
        assert_ne!(inputs, (0..200).map(|round| input(&seeds, 8, round)).collect::<Vec<_>>());
    }
}
