/** UTF-8, checked and made. */

const ENCODER = new TextEncoder();

/**
 * Where the first byte is that begins no character; -1 where all is well.
 * @param {Uint8Array} bytes
 */
export function firstBad(bytes) {
  const { length } = bytes;
  let at = 0;
  while (at < length) {
    const byte = bytes[at];
    if (byte < 0x80) {
      at += 1;
      continue;
    }
    const more = byte < 0xc2 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : byte < 0xf5 ? 3 : 0;
    if (more === 0 || at + more >= length) return at;
    // No longer form than needed, no surrogates, nothing beyond U+10FFFF.
    const least = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    const most = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
    if (bytes[at + 1] < least || bytes[at + 1] > most) return at;
    for (let next = 2; next <= more; next += 1) {
      if (bytes[at + next] < 0x80 || bytes[at + next] > 0xbf) return at;
    }
    at += more + 1;
  }
  return -1;
}

/**
 * The bytes of a request. Of a text that is no Unicode, as JavaScript allows
 * it, they are no UTF-8 either, so that it is refused and not changed.
 * @param {string | Uint8Array | ArrayBuffer} request
 * @returns {Uint8Array}
 */
export function bytesOf(request) {
  if (request instanceof Uint8Array) return request;
  if (request instanceof ArrayBuffer) return new Uint8Array(request);
  if (typeof request !== 'string') {
    throw new TypeError('a request is JSON as text or bytes: a string, a Uint8Array or an ArrayBuffer');
  }
  // With the flag `u` those that are paired are other characters.
  const alone = /[\ud800-\udfff]/u.exec(request);
  if (!alone) return ENCODER.encode(request);
  const before = ENCODER.encode(request.slice(0, alone.index));
  const bytes = new Uint8Array(before.length + 1);
  bytes.set(before);
  bytes[before.length] = 0xed;
  return bytes;
}

/** The bytes of a text. */
export function encode(text) {
  return ENCODER.encode(text);
}

/** The same without a byte order mark, which says nothing in UTF-8. */
export function withoutMark(bytes) {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return marked ? bytes.subarray(3) : bytes;
}
