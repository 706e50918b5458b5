/**
 * Typed values, as policies take them: null, a boolean, a `bigint` for an
 * integer, a number, a text.
 */

import { FOUND, INTEGER, NUMBER, NULL } from './json.js';

/** @typedef {null | boolean | bigint | number | string} Value */
/** @typedef {'boolean' | 'integer' | 'number' | 'text'} Kind */

const PHRASES = { boolean: 'a boolean', integer: 'an integer', number: 'a number', text: 'text' };
const TAGS = ['null', 'boolean', 'integer', 'number', 'text', 'list', 'map'];
const BIGGEST = 9223372036854775807n;
const SMALLEST = -9223372036854775808n;

/** The kind in a sentence. */
export function kindPhrase(kind) {
  return PHRASES[kind];
}

/** What the reader read last, in a sentence about an input of this kind. */
export function found(reader, kind) {
  const { tag, value } = reader;
  const isNumber = tag === NUMBER || (tag === INTEGER && isBeyond(value));
  return isNumber && kind === 'integer' ? 'a number that is not an integer of 64 bits' : FOUND[tag];
}

function isBeyond(value) {
  return typeof value === 'number' && !Number.isSafeInteger(value);
}

/**
 * What the reader read last as the kind that an input wants: an integer is also
 * a number. `undefined` when it is of another kind. Null fits every kind.
 * @returns {Value | undefined}
 */
export function ofKind(reader, kind) {
  const { tag, value } = reader;
  if (tag === NULL) return null;
  if (tag === INTEGER && kind === 'number') return Number(value);
  if (TAGS[tag] !== kind) return undefined;
  if (tag !== INTEGER) return value;
  return isBeyond(value) ? undefined : BigInt(value);
}

/**
 * A value of JavaScript as the kind that an input wants; `undefined` when it is
 * of another kind. A whole number that is exact is an integer, too.
 * @returns {Value | undefined}
 */
export function given(value, kind) {
  if (value === null) return null;
  switch (typeof value) {
    case 'boolean':
      return kind === 'boolean' ? value : undefined;
    case 'string':
      return kind === 'text' ? value : undefined;
    case 'bigint':
      if (kind === 'number') return Number(value);
      return kind === 'integer' && value >= SMALLEST && value <= BIGGEST ? value : undefined;
    case 'number':
      if (kind === 'number') return value;
      return kind === 'integer' && Number.isSafeInteger(value) && !Object.is(value, -0)
        ? BigInt(value)
        : undefined;
    default:
      return undefined;
  }
}

/** White space as Unicode has it; JavaScript's is another in two characters. */
const AROUND = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

/** A text without the white space around it. */
export function trimmed(text) {
  return text.replace(AROUND, '');
}

/**
 * Reads a text, as headers hold it, as the kind that an input wants. Empty text
 * is null. `undefined` when it is not of that kind.
 * @returns {Value | undefined}
 */
export function fromText(text, kind) {
  if (text === '') return null;
  if (kind === 'text') return text;
  const word = trimmed(text);
  if (kind === 'boolean') {
    return /^true$/i.test(word) ? true : /^false$/i.test(word) ? false : undefined;
  }
  if (kind === 'integer') {
    // Longer ones have zeros in front, if they are any.
    if (!/^[+-]?[0-9]+$/.test(word)) return undefined;
    const value = BigInt(word.replace(/^\+/, ''));
    return value >= SMALLEST && value <= BIGGEST ? value : undefined;
  }
  // NaN is passed on where it is written, for the policy to refuse; a number
  // that only rounds to infinity is none.
  const name = /^([+-]?)\.?(nan|inf|infinity)$/i.exec(word);
  if (name) return /nan/i.test(name[2]) ? NaN : name[1] === '-' ? -Infinity : Infinity;
  if (!/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(word)) return undefined;
  const value = Number(word);
  return Number.isFinite(value) ? value : undefined;
}
