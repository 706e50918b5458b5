//! Base64 as Python's `binascii` reads it.

use alloc::string::String;
use alloc::vec::Vec;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `base64.decodebytes`: whatever is not in the alphabet is dropped; none
/// where the padding is wrong.
#[must_use]
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut place = 0;
    let mut left = 0u8;
    let mut pads = 0;
    for byte in text {
        if *byte == b'=' {
            if place >= 2 {
                pads += 1;
                if place + pads >= 4 {
                    // A whole quantum; what follows starts the next.
                    return Some(out);
                }
            }
            continue;
        }
        let Some(value) = value_of(*byte) else {
            continue;
        };
        pads = 0;
        match place {
            0 => left = value,
            1 => {
                out.push(left << 2 | value >> 4);
                left = value & 0x0f;
            }
            2 => {
                out.push(left << 4 | value >> 2);
                left = value & 0x03;
            }
            _ => out.push(left << 6 | value),
        }
        place = (place + 1) % 4;
    }
    (place == 0).then_some(out)
}

fn value_of(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// Base64 with padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    bytes.chunks(3).flat_map(quantum).map(char::from).collect()
}

/// Whether `text` is the base64 of `bytes`, with padding.
#[must_use]
pub fn is_encoded(text: &[u8], bytes: &[u8]) -> bool {
    text.len() == bytes.len().div_ceil(3) * 4
        && text.chunks(4).zip(bytes.chunks(3)).all(|(text, chunk)| *text == quantum(chunk))
}

/// The letters of one to three bytes.
fn quantum(chunk: &[u8]) -> [u8; 4] {
    let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
    let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    core::array::from_fn(|at| {
        let letter = ALPHABET.get((bits >> (18 - 6 * at) & 63) as usize);
        letter.copied().filter(|_| at <= chunk.len()).unwrap_or(b'=')
    })
}
