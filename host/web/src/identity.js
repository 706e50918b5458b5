/**
 * The id of a decision: the same whenever the same policy, settings and values
 * meet, or the same request that gives no values.
 */

import { sha256 } from '@noble/hashes/sha2.js';

import { encode } from './utf8.js';

/** The first bytes of a field, by what it is. */
const [NULL, BOOLEAN, INTEGER, NUMBER, TEXT, UNREADABLE] = [0, 1, 2, 3, 4, 5];

/** The digest of some bytes, as the host writes it. */
export function digest(bytes) {
  return `sha256:${hex(sha256(bytes))}`;
}

/** The hexadecimal digits of some bytes. */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The bytes of a digest. */
function bytesOf(text) {
  return Uint8Array.from(text.slice('sha256:'.length).match(/../g), (pair) =>
    Number.parseInt(pair, 16));
}

/** Gives ids; has taken in the digests of component and settings. */
export class Identity {
  constructor(component, settings) {
    this.start = sha256.create().update(bytesOf(component)).update(bytesOf(settings));
    this.fields = new Uint8Array(256);
    this.view = new DataView(this.fields.buffer);
    this.length = 0;
  }

  /** Of the values of a policy's inputs. */
  ofValues(values) {
    for (const value of values) this.#value(value);
    return this.#finish();
  }

  /** Of a request that gives none, as it was written. */
  ofRequest(bytes) {
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length), true);
    const raw = sha256.create().update(length).update(bytes).digest();
    this.#field(UNREADABLE, 32);
    this.fields.set(raw, this.length - 32);
    return this.#finish();
  }

  #value(value) {
    if (value === null) {
      this.#field(NULL, 0);
    } else if (typeof value === 'boolean') {
      this.#field(BOOLEAN, 1);
      this.fields[this.length - 1] = value ? 1 : 0;
    } else if (typeof value === 'bigint') {
      this.#field(INTEGER, 8);
      this.view.setBigInt64(this.length - 8, value, true);
    } else if (typeof value === 'number') {
      this.#field(NUMBER, 8);
      this.view.setFloat64(this.length - 8, value, true);
    } else {
      const text = encode(value);
      this.#field(TEXT, 8 + text.length);
      const start = this.length - text.length;
      this.view.setUint32(start - 8, text.length, true);
      this.view.setUint32(start - 4, 0, true);
      this.fields.set(text, start);
    }
  }

  /** Begins a field of so many bytes. */
  #field(tag, size) {
    const end = this.length + 1 + size;
    if (end > this.fields.length) {
      const fields = new Uint8Array(2 * end);
      fields.set(this.fields.subarray(0, this.length));
      this.fields = fields;
      this.view = new DataView(fields.buffer);
    }
    this.fields[this.length] = tag;
    this.length = end;
  }

  #finish() {
    const id = this.start.clone().update(this.fields.subarray(0, this.length)).digest();
    this.length = 0;
    return hex(id.subarray(0, 8));
  }
}
