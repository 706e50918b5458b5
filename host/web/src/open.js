/** Opens what was transpiled, wherever its files are. */

import { digest } from './identity.js';
import { Policy } from './policy.js';

/**
 * @param {object} baked What `readBaked` gave.
 * @param {Record<string, string>} modules The digest of each core module, by its file's name.
 * @param {(getCoreModule: Function, imports: object, instantiateCore: Function) => object} instantiate
 * @param {URL | string} base Where the files are.
 * @param {{ fresh?: boolean, read?: (name: string) => Promise<BufferSource> }} [options]
 */
export async function openBaked(baked, modules, instantiate, base, options = {}) {
  const read = options.read ?? ((name) => fromBeside(name, base));
  const compiled = new Map();
  for (const [name, expected] of Object.entries(modules)) {
    const given = await read(name);
    const bytes = given instanceof ArrayBuffer
      ? new Uint8Array(given)
      : new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
    // Half a file, or another's, must not answer in this one's name.
    if (digest(bytes) !== expected) {
      throw new Error(`\`${name}\` is not the file that was transpiled: its digest is another`);
    }
    compiled.set(name, await WebAssembly.compile(bytes));
  }
  const make = (instantiateCore) => instantiate((name) => compiled.get(name), {}, instantiateCore);
  return new Policy(baked, make, options);
}

async function fromBeside(name, base) {
  const url = new URL(name, base);
  if (url.protocol === 'file:') {
    // Not to be looked for by bundlers: a browser has no such URL.
    const module = 'node:fs/promises';
    const { readFile } = await import(/* webpackIgnore: true */ /* @vite-ignore */ module);
    return readFile(url);
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`\`${name}\` cannot be fetched: status ${response.status}`);
  return response.arrayBuffer();
}
