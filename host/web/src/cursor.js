/** A place in the bytes of a JSON text, and what both reading and skipping do there. */

export const [TAB, LF, CR, SPACE, QUOTE, PLUS, COMMA, MINUS, DOT] =
  [9, 10, 13, 32, 34, 43, 44, 45, 46];
export const [ZERO, NINE, COLON, OPEN_LIST, BACKSLASH, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] =
  [48, 57, 58, 91, 92, 93, 123, 125];
const [UPPER_E, LOWER_E] = [69, 101];
export const [LOWER_F, LOWER_N, LOWER_T, LOWER_U] = [102, 110, 116, 117];

/** No byte: the text has ended. */
export const END = -1;

/** `\b` and its like, by the letter. */
export const ESCAPES = new Map([
  [QUOTE, '"'], [BACKSLASH, '\\'], [47, '/'], [98, '\b'], [102, '\f'], [110, '\n'], [114, '\r'],
  [116, '\t'],
]);

/** Whether a byte is a digit. */
export function isDigit(byte) {
  return byte >= ZERO && byte <= NINE;
}

/** Whether a byte begins an exponent. */
export function isExponent(byte) {
  return byte === LOWER_E || byte === UPPER_E;
}

/** Why a text is no JSON. */
export class NotJson {
  /**
   * @param {boolean} ends Whether it ends too soon.
   * @param {number} line From 1.
   * @param {number} column In bytes, from 1.
   */
  constructor(ends, line, column) {
    this.ends = ends;
    this.line = line;
    this.column = column;
  }
}

/** Bytes that are UTF-8, and where in them one is. Whatever is wrong is thrown as `NotJson`. */
export class Cursor {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  /** Refuses what was read last. */
  fail(ends = false) {
    return this.failure(ends, this.at);
  }

  /** Refuses what would be read next. */
  failNext(ends = false) {
    return this.failure(ends, Math.min(this.bytes.length, this.at + 1));
  }

  failure(ends, place) {
    const start = this.bytes.lastIndexOf(LF, place - 1) + 1;
    // `lastIndexOf` counts from the end where its start is negative.
    const from = place === 0 ? 0 : start;
    let line = 1;
    for (let index = 0; index < from; index += 1) {
      if (this.bytes[index] === LF) line += 1;
    }
    return new NotJson(ends, line, place - from);
  }

  /** The next byte that is no white space, unread; `END` where there is none. */
  skip() {
    const { bytes } = this;
    for (;;) {
      const byte = this.at < bytes.length ? bytes[this.at] : END;
      if (byte !== SPACE && byte !== LF && byte !== TAB && byte !== CR) return byte;
      this.at += 1;
    }
  }

  /** The next byte, unread; `END` where there is none. */
  peek() {
    return this.at < this.bytes.length ? this.bytes[this.at] : END;
  }

  /** Reads on through a word, or to where it is another. */
  word(word) {
    const { bytes } = this;
    for (let index = 0; index < word.length; index += 1) {
      if (this.at === bytes.length) throw this.fail(true);
      const byte = bytes[this.at];
      this.at += 1;
      if (byte !== word.charCodeAt(index)) throw this.fail();
    }
  }

  /** Skips digits and says whether one is not 0. */
  digits() {
    const { bytes } = this;
    let significant = false;
    while (this.at < bytes.length) {
      const byte = bytes[this.at];
      if (byte < ZERO || byte > NINE) break;
      significant ||= byte !== ZERO;
      this.at += 1;
    }
    return significant;
  }

  /** Some bytes that are ASCII, as text. */
  ascii(start, end) {
    let text = '';
    for (let index = start; index < end; index += 1) {
      text += String.fromCharCode(this.bytes[index]);
    }
    return text;
  }

  /** Four hexadecimal digits. */
  hex() {
    const { bytes } = this;
    if (bytes.length - this.at < 4) {
      this.at = bytes.length;
      throw this.fail(true);
    }
    const digits = this.ascii(this.at, this.at + 4);
    this.at += 4;
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.fail();
    return Number.parseInt(digits, 16);
  }
}
