/** Why a component failed in a call, in the host's words. */

import { plain } from './sentence.js';

/** The word before a panic's length and text in a component's memory. */
const PANIC = new TextEncoder().encode('\0tollgate-panic\0');

/** The longest panic message that is taken over, in bytes. */
const LONGEST_PANIC = 1000;

/** What engines call what the host has another name for. */
const TRAPS = [
  [/unreachable/i, 'wasm `unreachable` instruction executed'],
  [/out of bounds|out-of-bounds/i, 'out of bounds memory access'],
  [/divi(de|sion) by zero/i, 'integer divide by zero'],
  [/overflow|unrepresentable/i, 'integer overflow'],
];

/**
 * @param {unknown} error What was thrown.
 * @param {WebAssembly.Memory[]} memories As the failure left them.
 */
export function explain(error, memories) {
  for (const memory of memories) {
    const message = panic(new Uint8Array(memory.buffer));
    if (message !== null) return plain(message);
  }
  if (error instanceof RangeError || error?.name === 'InternalError') {
    return 'its stack overflowed; it may recurse without end';
  }
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof WebAssembly.RuntimeError) {
    const known = TRAPS.find(([pattern]) => pattern.test(text));
    return `it trapped: ${known === undefined ? plain(text) : known[1]}`;
  }
  return `its answer breaks the contract: ${plain(text)}`;
}

/** The message that a panic left. */
function panic(memory) {
  for (let start = memory.indexOf(PANIC[0]); start >= 0; start = memory.indexOf(PANIC[0], start + 1)) {
    if (!PANIC.every((byte, index) => memory[start + index] === byte)) continue;
    const begin = start + PANIC.length + 4;
    if (begin > memory.length) return null;
    const length = new DataView(memory.buffer).getUint32(begin - 4, true);
    if (length >= 1 && length <= LONGEST_PANIC && begin + length <= memory.length) {
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(memory.slice(begin, begin + length));
    }
  }
  return null;
}
