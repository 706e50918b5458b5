/**
 * JSON, read as the host reads it: byte by byte, with the same limits, the same
 * idea of which number is an integer, and errors at the same byte.
 *
 * `JSON.parse` takes what the host refuses (lone surrogates, `1e999`), forgets
 * duplicates, and rounds integers beyond 2^53; and where it fails it says so in
 * other words in each engine.
 */

import {
  BACKSLASH, CLOSE_LIST, CLOSE_MAP, COLON, COMMA, Cursor, DOT, END, ESCAPES, LOWER_F, LOWER_N, LOWER_T,
  LOWER_U, MINUS, OPEN_LIST, OPEN_MAP, PLUS, QUOTE, SPACE, ZERO, isDigit, isExponent,
} from './cursor.js';
import { ignore } from './ignore.js';

/** What a value is: what `Reader.tag` says after `Reader.scalar`. */
export const NULL = 0;
export const BOOLEAN = 1;
export const INTEGER = 2;
export const NUMBER = 3;
export const TEXT = 4;
export const LIST = 5;
export const MAP = 6;

/** What a person calls it, by tag. */
export const FOUND = ['null', 'a boolean', 'an integer', 'a number', 'text', 'a list', 'a map'];

/** Maps and lists within each other that are read; the host's bound. */
const DEPTH = 128;

const BIGGEST_U64 = 18446744073709551615n;
const BIGGEST_I64 = 9223372036854775807n;
const SMALLEST_I64 = -9223372036854775808n;
const BIGGEST_EXPONENT = 2147483647;

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads JSON out of bytes that are UTF-8. */
export class Reader extends Cursor {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    super(bytes);
    this.depth = DEPTH;
    /**
     * What the last scalar was, and its value: of an integer a `bigint`, or a number where that
     * is exact, or where it is beyond 64 bits with a sign.
     */
    this.tag = NULL;
    this.value = null;
  }

  /** Makes sure that nothing follows. */
  end() {
    if (this.skip() !== END) throw this.failNext();
  }

  /**
   * Reads a map, member by member.
   * @param {(key: string) => void} member Reads the value that follows.
   */
  map(member) {
    this.#enter();
    for (let first = true; ; first = false) {
      const byte = this.skip();
      if (byte === END) throw this.failNext(true);
      if (byte === CLOSE_MAP) break;
      if (first) {
        if (byte !== QUOTE) throw this.failNext();
      } else {
        if (byte !== COMMA) throw this.failNext();
        this.at += 1;
        const next = this.skip();
        if (next !== QUOTE) throw this.failNext(next === END);
      }
      this.at += 1;
      const key = this.#text();
      const colon = this.skip();
      if (colon !== COLON) throw this.failNext(colon === END);
      this.at += 1;
      member(key);
    }
    this.#leave();
  }

  /**
   * Reads a list, element by element.
   * @param {(index: number) => void} element Reads the value that follows.
   */
  list(element) {
    this.#enter();
    for (let index = 0; ; index += 1) {
      const byte = this.skip();
      if (byte === END) throw this.failNext(true);
      if (byte === CLOSE_LIST) break;
      if (index > 0) {
        if (byte !== COMMA) throw this.failNext();
        this.at += 1;
        const next = this.skip();
        if (next === CLOSE_LIST || next === END) throw this.failNext(next === END);
      }
      element(index);
    }
    this.#leave();
  }

  #enter() {
    this.depth -= 1;
    if (this.depth === 0) throw this.failNext();
    this.at += 1;
  }

  #leave() {
    this.depth += 1;
    this.at += 1;
  }

  /**
   * Reads a value. Of maps and lists the tag is all that is kept: what is in
   * them only has to be JSON.
   */
  scalar() {
    const byte = this.skip();
    switch (byte) {
      case LOWER_N:
        this.word('null');
        return this.#is(NULL, null);
      case LOWER_T:
        this.word('true');
        return this.#is(BOOLEAN, true);
      case LOWER_F:
        this.word('false');
        return this.#is(BOOLEAN, false);
      case QUOTE:
        this.at += 1;
        return this.#is(TEXT, this.#text());
      case OPEN_LIST:
        this.list(() => ignore(this));
        return this.#is(LIST, null);
      case OPEN_MAP:
        this.map(() => ignore(this));
        return this.#is(MAP, null);
      default:
        if (byte === MINUS || (isDigit(byte))) return this.#number(byte === MINUS);
        throw this.failNext(byte === END);
    }
  }

  #is(tag, value) {
    this.tag = tag;
    this.value = value;
  }

  #number(negative) {
    const start = this.at;
    if (negative) this.at += 1;
    const first = this.peek();
    if (first === END) throw this.fail(true);
    this.at += 1;
    if (!isDigit(first)) throw this.fail();
    let significant = first !== ZERO;
    if (significant) this.digits();
    else if (isDigit(this.peek())) throw this.failNext();
    let next = this.peek();
    if (next !== DOT && !isExponent(next)) return this.#integer(start, negative);
    if (next === DOT) {
      this.at += 1;
      const fraction = this.at;
      significant = this.digits() || significant;
      next = this.peek();
      if (this.at === fraction) throw this.failNext(next === END);
    }
    if (isExponent(next) && this.#exponent(significant)) {
      return this.#is(NUMBER, negative ? -0 : 0);
    }
    const value = Number(this.ascii(start, this.at));
    if (!Number.isFinite(value)) throw this.fail();
    return this.#is(NUMBER, value);
  }

  /** Reads an exponent; true when it is so small that the number is 0. */
  #exponent(significant) {
    this.at += 1;
    const sign = this.peek();
    if (sign === PLUS || sign === MINUS) this.at += 1;
    const first = this.peek();
    if (first === END) throw this.fail(true);
    this.at += 1;
    if (!isDigit(first)) throw this.fail();
    let exponent = first - ZERO;
    for (;;) {
      const byte = this.peek();
      if (!isDigit(byte)) return false;
      this.at += 1;
      exponent = exponent * 10 + (byte - ZERO);
      if (exponent > BIGGEST_EXPONENT) {
        if (significant && sign !== MINUS) throw this.fail();
        this.digits();
        return true;
      }
    }
  }

  #integer(start, negative) {
    const text = this.ascii(start, this.at);
    // Fifteen digits are exact.
    if (text.length <= 15) {
      const value = Number(text);
      return Object.is(value, -0) ? this.#is(NUMBER, value) : this.#is(INTEGER, value);
    }
    const double = Number(text);
    if (!Number.isFinite(double)) throw this.fail();
    // Beyond 64 bits; to read millions of digits exactly would take its time.
    if (text.length > 20) return this.#is(NUMBER, double);
    const value = BigInt(text);
    if (value >= SMALLEST_I64 && value <= BIGGEST_I64) return this.#is(INTEGER, value);
    // Unsigned it is still an integer to a person, though no policy reads one.
    return this.#is(!negative && value <= BIGGEST_U64 ? INTEGER : NUMBER, double);
  }

  #slice(start, end) {
    // Short names and codes are quicker without a decoder.
    if (end - start <= 24) {
      let text = '';
      for (let index = start; index < end; index += 1) {
        const byte = this.bytes[index];
        if (byte >= 0x80) return UTF8.decode(this.bytes.subarray(start, end));
        text += String.fromCharCode(byte);
      }
      return text;
    }
    return UTF8.decode(this.bytes.subarray(start, end));
  }

  /** Reads a text, whose first quote was read. */
  #text() {
    const { bytes } = this;
    let text = '';
    let start = this.at;
    for (;;) {
      if (this.at >= bytes.length) throw this.fail(true);
      const byte = bytes[this.at];
      if (byte === QUOTE) {
        text += this.#slice(start, this.at);
        this.at += 1;
        return text;
      }
      if (byte === BACKSLASH) {
        text += this.#slice(start, this.at);
        this.at += 1;
        text += this.#escape();
        start = this.at;
      } else if (byte < SPACE) {
        this.at += 1;
        throw this.fail();
      } else {
        this.at += 1;
      }
    }
  }

  #escape() {
    const letter = this.peek();
    if (letter === END) throw this.fail(true);
    this.at += 1;
    if (letter !== LOWER_U) {
      const character = ESCAPES.get(letter);
      if (character === undefined) throw this.fail();
      return character;
    }
    const first = this.hex();
    if (first >= 0xdc00 && first <= 0xdfff) throw this.fail();
    if (first < 0xd800 || first > 0xdbff) return String.fromCharCode(first);
    for (const wanted of [BACKSLASH, LOWER_U]) {
      const byte = this.peek();
      if (byte === END) throw this.fail(true);
      this.at += 1;
      if (byte !== wanted) throw this.fail();
    }
    const second = this.hex();
    if (second < 0xdc00 || second > 0xdfff) throw this.fail();
    return String.fromCharCode(first, second);
  }
}
