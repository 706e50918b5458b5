/** JSON that nobody reads. */

import {
  BACKSLASH, CLOSE_LIST, CLOSE_MAP, COLON, COMMA, DOT, END, ESCAPES, LOWER_F, LOWER_N, LOWER_T, LOWER_U,
  MINUS, OPEN_LIST, OPEN_MAP, PLUS, QUOTE, SPACE, ZERO, isDigit, isExponent,
} from './cursor.js';

/**
 * Skips a value, however deep it is. As in the host, of a text that nobody
 * reads only the form counts: its surrogates may be alone, its numbers large.
 */
export function ignore(cursor) {
  const open = [];
  for (;;) {
    const byte = cursor.skip();
    let inside = false;
    switch (byte) {
      case LOWER_N:
        cursor.word('null');
        break;
      case LOWER_T:
        cursor.word('true');
        break;
      case LOWER_F:
        cursor.word('false');
        break;
      case QUOTE:
        cursor.at += 1;
        ignoreText(cursor);
        break;
      case OPEN_LIST:
      case OPEN_MAP:
        open.push(byte);
        cursor.at += 1;
        inside = true;
        break;
      default:
        if (byte !== MINUS && !isDigit(byte)) throw cursor.failNext(byte === END);
        if (byte === MINUS) cursor.at += 1;
        ignoreNumber(cursor);
    }
    if (open.length === 0) return;
    // Whether a comma may follow: not right behind an opening bracket.
    let comma = !inside;
    for (;;) {
      const frame = open[open.length - 1];
      const next = cursor.skip();
      if (next === COMMA && comma) {
        cursor.at += 1;
        break;
      }
      const closes = next === (frame === OPEN_LIST ? CLOSE_LIST : CLOSE_MAP);
      if (!closes) {
        if (next === END || comma) throw cursor.failNext(next === END);
        break;
      }
      cursor.at += 1;
      open.pop();
      if (open.length === 0) return;
      comma = true;
    }
    if (open[open.length - 1] === OPEN_MAP) {
      const quote = cursor.skip();
      if (quote !== QUOTE) throw cursor.failNext(quote === END);
      cursor.at += 1;
      ignoreText(cursor);
      const colon = cursor.skip();
      if (colon !== COLON) throw cursor.failNext(colon === END);
      cursor.at += 1;
    }
  }
}

function ignoreText(cursor) {
  const { bytes } = cursor;
  for (;;) {
    if (cursor.at >= bytes.length) throw cursor.fail(true);
    const byte = bytes[cursor.at];
    if (byte < SPACE) throw cursor.fail();
    cursor.at += 1;
    if (byte === QUOTE) return;
    if (byte === BACKSLASH) {
      const letter = cursor.peek();
      if (letter === END) throw cursor.fail(true);
      cursor.at += 1;
      if (letter === LOWER_U) cursor.hex();
      else if (!ESCAPES.has(letter)) throw cursor.fail();
    }
  }
}

function ignoreNumber(cursor) {
  const first = cursor.peek();
  if (first !== END) cursor.at += 1;
  if (!isDigit(first)) throw cursor.fail();
  if (first !== ZERO) cursor.digits();
  else if (isDigit(cursor.peek())) throw cursor.failNext();
  let next = cursor.peek();
  if (next === DOT) {
    cursor.at += 1;
    const fraction = cursor.at;
    cursor.digits();
    if (cursor.at === fraction) throw cursor.failNext();
    next = cursor.peek();
  }
  if (isExponent(next)) {
    cursor.at += 1;
    const sign = cursor.peek();
    if (sign === PLUS || sign === MINUS) cursor.at += 1;
    const digit = cursor.peek();
    if (digit !== END) cursor.at += 1;
    if (!isDigit(digit)) throw cursor.fail();
    cursor.digits();
  }
}
