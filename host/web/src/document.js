/** What a policy document says to its host. */

import { OPEN_LIST, OPEN_MAP } from './cursor.js';
import { INTEGER, Reader } from './json.js';

/**
 * Reads the document that `tollgate bake` put into a component, or the part of
 * it that a host needs.
 * @param {string} json
 */
export function documentOf(json) {
  const tree = read(new Reader(new TextEncoder().encode(json)));
  const text = (value, what) => {
    if (typeof value !== 'string') throw new Error(`the document has no ${what}`);
    return value;
  };
  const inputs = new Map();
  for (const [name, mapping] of tree.get('inputs') ?? []) {
    inputs.set(name, Object.fromEntries(mapping));
  }
  const fallback = tree.get('fallback') ?? null;
  return {
    name: text(tree.get('name'), 'name'),
    version: text(tree.get('version'), 'version'),
    fallback: fallback === null ? null : text(fallback, 'fallback'),
    inputs,
  };
}

/** A value: maps as `Map`, integers as `bigint`. */
function read(reader) {
  const value = valueOf(reader);
  reader.end();
  return value;
}

function valueOf(reader) {
  const byte = reader.skip();
  if (byte === OPEN_MAP) {
    const map = new Map();
    reader.map((key) => map.set(key, valueOf(reader)));
    return map;
  }
  if (byte === OPEN_LIST) {
    const list = [];
    reader.list(() => list.push(valueOf(reader)));
    return list;
  }
  reader.scalar();
  return reader.tag === INTEGER ? BigInt(reader.value) : reader.value;
}
