/**
 * JSON, read as the host reads it: byte by byte, with the same limits, the same
 * idea of which number is an integer, and errors at the same byte.
 *
 * `JSON.parse` takes what the host refuses (lone surrogates, `1e999`), forgets
 * duplicates, and rounds integers beyond 2^53; and where it fails it says so in
 * other words in each engine.
 */

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

const [TAB, LF, CR, SPACE, QUOTE, PLUS, COMMA, MINUS, DOT] =
  [9, 10, 13, 32, 34, 43, 44, 45, 46];
const [ZERO, NINE, COLON, OPEN_LIST, BACKSLASH, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] =
  [48, 57, 58, 91, 92, 93, 123, 125];
const END = -1;

/** `\b` and its like, by the letter. */
const ESCAPES = new Map([
  [QUOTE, '"'], [BACKSLASH, '\\'], [47, '/'], [98, '\b'], [102, '\f'], [110, '\n'], [114, '\r'],
  [116, '\t'],
]);

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

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

/** Reads JSON out of bytes that are UTF-8. Whatever is wrong is thrown as `NotJson`. */
export class Reader {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    this.depth = DEPTH;
    /**
     * What the last scalar was, and its value: of an integer a `bigint`, or a number where that
     * is exact, or where it is beyond 64 bits with a sign.
     */
    this.tag = NULL;
    this.value = null;
  }

  /** Refuses what was read last. */
  fail(ends = false) {
    return this.#failure(ends, this.at);
  }

  /** Refuses what would be read next. */
  failNext(ends = false) {
    return this.#failure(ends, Math.min(this.bytes.length, this.at + 1));
  }

  #failure(ends, place) {
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

  #peek() {
    return this.at < this.bytes.length ? this.bytes[this.at] : END;
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
      case 110:
        this.#word('null');
        return this.#is(NULL, null);
      case 116:
        this.#word('true');
        return this.#is(BOOLEAN, true);
      case 102:
        this.#word('false');
        return this.#is(BOOLEAN, false);
      case QUOTE:
        this.at += 1;
        return this.#is(TEXT, this.#text());
      case OPEN_LIST:
        this.list(() => this.ignore());
        return this.#is(LIST, null);
      case OPEN_MAP:
        this.map(() => this.ignore());
        return this.#is(MAP, null);
      default:
        if (byte === MINUS || (byte >= ZERO && byte <= NINE)) return this.#number(byte === MINUS);
        throw this.failNext(byte === END);
    }
  }

  #is(tag, value) {
    this.tag = tag;
    this.value = value;
  }

  #word(word) {
    const { bytes } = this;
    for (let index = 0; index < word.length; index += 1) {
      if (this.at === bytes.length) throw this.fail(true);
      const byte = bytes[this.at];
      this.at += 1;
      if (byte !== word.charCodeAt(index)) throw this.fail();
    }
  }

  /** Skips digits and says whether one is not 0. */
  #digits() {
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

  #number(negative) {
    const start = this.at;
    if (negative) this.at += 1;
    const first = this.#peek();
    if (first === END) throw this.fail(true);
    this.at += 1;
    if (first < ZERO || first > NINE) throw this.fail();
    let significant = first !== ZERO;
    if (significant) this.#digits();
    else if (this.#peek() >= ZERO && this.#peek() <= NINE) throw this.failNext();
    let next = this.#peek();
    if (next !== DOT && next !== 69 && next !== 101) return this.#integer(start, negative);
    if (next === DOT) {
      this.at += 1;
      const fraction = this.at;
      significant = this.#digits() || significant;
      next = this.#peek();
      if (this.at === fraction) throw this.failNext(next === END);
    }
    if ((next === 69 || next === 101) && this.#exponent(significant)) {
      return this.#is(NUMBER, negative ? -0 : 0);
    }
    const value = Number(this.#ascii(start, this.at));
    if (!Number.isFinite(value)) throw this.fail();
    return this.#is(NUMBER, value);
  }

  /** Reads an exponent; true when it is so small that the number is 0. */
  #exponent(significant) {
    this.at += 1;
    const sign = this.#peek();
    if (sign === PLUS || sign === MINUS) this.at += 1;
    const first = this.#peek();
    if (first === END) throw this.fail(true);
    this.at += 1;
    if (first < ZERO || first > NINE) throw this.fail();
    let exponent = first - ZERO;
    for (;;) {
      const byte = this.#peek();
      if (byte < ZERO || byte > NINE) return false;
      this.at += 1;
      exponent = exponent * 10 + (byte - ZERO);
      if (exponent > BIGGEST_EXPONENT) {
        if (significant && sign !== MINUS) throw this.fail();
        this.#digits();
        return true;
      }
    }
  }

  #integer(start, negative) {
    const text = this.#ascii(start, this.at);
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

  #ascii(start, end) {
    let text = '';
    for (let index = start; index < end; index += 1) {
      text += String.fromCharCode(this.bytes[index]);
    }
    return text;
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
    const letter = this.#peek();
    if (letter === END) throw this.fail(true);
    this.at += 1;
    if (letter !== 117) {
      const character = ESCAPES.get(letter);
      if (character === undefined) throw this.fail();
      return character;
    }
    const first = this.#hex();
    if (first >= 0xdc00 && first <= 0xdfff) throw this.fail();
    if (first < 0xd800 || first > 0xdbff) return String.fromCharCode(first);
    for (const wanted of [BACKSLASH, 117]) {
      const byte = this.#peek();
      if (byte === END) throw this.fail(true);
      this.at += 1;
      if (byte !== wanted) throw this.fail();
    }
    const second = this.#hex();
    if (second < 0xdc00 || second > 0xdfff) throw this.fail();
    return String.fromCharCode(first, second);
  }

  #hex() {
    const { bytes } = this;
    if (bytes.length - this.at < 4) {
      this.at = bytes.length;
      throw this.fail(true);
    }
    const digits = this.#ascii(this.at, this.at + 4);
    this.at += 4;
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.fail();
    return Number.parseInt(digits, 16);
  }

  /**
   * Skips a value, however deep it is. As in the host, of a text that nobody
   * reads only the form counts: its surrogates may be alone, its numbers large.
   */
  ignore() {
    const open = [];
    for (;;) {
      const byte = this.skip();
      let inside = false;
      switch (byte) {
        case 110:
          this.#word('null');
          break;
        case 116:
          this.#word('true');
          break;
        case 102:
          this.#word('false');
          break;
        case QUOTE:
          this.at += 1;
          this.#ignoreText();
          break;
        case OPEN_LIST:
        case OPEN_MAP:
          open.push(byte);
          this.at += 1;
          inside = true;
          break;
        default:
          if (byte !== MINUS && (byte < ZERO || byte > NINE)) throw this.failNext(byte === END);
          if (byte === MINUS) this.at += 1;
          this.#ignoreNumber();
      }
      if (open.length === 0) return;
      // Whether a comma may follow: not right behind an opening bracket.
      let comma = !inside;
      for (;;) {
        const frame = open[open.length - 1];
        const next = this.skip();
        if (next === COMMA && comma) {
          this.at += 1;
          break;
        }
        const closes = next === (frame === OPEN_LIST ? CLOSE_LIST : CLOSE_MAP);
        if (!closes) {
          if (next === END || comma) throw this.failNext(next === END);
          break;
        }
        this.at += 1;
        open.pop();
        if (open.length === 0) return;
        comma = true;
      }
      if (open[open.length - 1] === OPEN_MAP) {
        const quote = this.skip();
        if (quote !== QUOTE) throw this.failNext(quote === END);
        this.at += 1;
        this.#ignoreText();
        const colon = this.skip();
        if (colon !== COLON) throw this.failNext(colon === END);
        this.at += 1;
      }
    }
  }

  #ignoreText() {
    const { bytes } = this;
    for (;;) {
      if (this.at >= bytes.length) throw this.fail(true);
      const byte = bytes[this.at];
      if (byte < SPACE) throw this.fail();
      this.at += 1;
      if (byte === QUOTE) return;
      if (byte === BACKSLASH) {
        const letter = this.#peek();
        if (letter === END) throw this.fail(true);
        this.at += 1;
        if (letter === 117) this.#hex();
        else if (!ESCAPES.has(letter)) throw this.fail();
      }
    }
  }

  #ignoreNumber() {
    const first = this.#peek();
    if (first !== END) this.at += 1;
    if (first < ZERO || first > NINE) throw this.fail();
    if (first !== ZERO) this.#digits();
    else if (this.#peek() >= ZERO && this.#peek() <= NINE) throw this.failNext();
    let next = this.#peek();
    if (next === DOT) {
      this.at += 1;
      const fraction = this.at;
      this.#digits();
      if (this.at === fraction) throw this.failNext();
      next = this.#peek();
    }
    if (next === 69 || next === 101) {
      this.at += 1;
      const sign = this.#peek();
      if (sign === PLUS || sign === MINUS) this.at += 1;
      const digit = this.#peek();
      if (digit !== END) this.at += 1;
      if (digit < ZERO || digit > NINE) throw this.fail();
      this.#digits();
    }
  }
}
