/** WebAssembly's binary form: sections, and numbers in LEB128. */

const [CUSTOM, MEMORY] = [0, 5];

const PAGE = 65536;

/** The most memory of an instance, as in the host: 64 MiB. */
const PAGES = (64 << 20) / PAGE;

/** What both components and core modules begin with: the magic word and a version. */
const HEADER = 8;

/**
 * The sections of a component or module, not of what is nested in it.
 * @param {Uint8Array} bytes
 * @returns {{ id: number, start: number, data: Uint8Array }[] | null} `start` is where the section
 *   begins, its header included; null when they are cut off or damaged.
 */
function sections(bytes) {
  const found = [];
  let at = HEADER;
  while (at < bytes.length) {
    const size = number(bytes, at + 1);
    if (size === null || size.end + size.value > bytes.length) return null;
    const end = size.end + size.value;
    found.push({ id: bytes[at], start: at, data: bytes.subarray(size.end, end) });
    at = end;
  }
  return found;
}

/**
 * The contents of the custom sections of this name; null when the file is cut off.
 * @param {Uint8Array} bytes
 * @param {string} wanted
 */
export function customSections(bytes, wanted) {
  const all = sections(bytes);
  if (all === null) return null;
  const found = [];
  for (const { id, data } of all) {
    if (id !== CUSTOM) continue;
    const length = number(data, 0);
    if (length === null || length.end + length.value > data.length) return null;
    const start = length.end + length.value;
    const name = new TextDecoder().decode(data.subarray(length.end, start));
    if (name === wanted) found.push(data.subarray(start));
  }
  return found;
}

/**
 * A core module whose memories grow no further than the host lets them: an
 * engine of JavaScript has no other way to be told.
 * @param {Uint8Array} module
 * @returns {Uint8Array}
 * @throws {Error} When it needs more from the start.
 */
export function limited(module) {
  const all = sections(module);
  const memory = all?.find(({ id }) => id === MEMORY);
  if (memory === undefined) return module;
  const { data, start } = memory;
  let at = 0;
  const take = () => {
    const { value, end } = number(data, at);
    at = end;
    return value;
  };
  const out = [];
  const count = take();
  push(out, count);
  for (let index = 0; index < count; index += 1) {
    const flags = take();
    // Shared memories and those of 64 bits are none that a plugin may have.
    if (flags > 1) throw new Error('it has a memory that is shared, or of 64 bits');
    const least = take();
    const most = flags === 1 ? Math.min(take(), PAGES) : PAGES;
    if (least > most) throw new Error('it wants more than its 64 MiB of memory');
    push(out, 1);
    push(out, least);
    push(out, most);
  }
  const head = [MEMORY];
  push(head, out.length);
  const end = data.byteOffset - module.byteOffset + data.length;
  const parts = [module.subarray(0, start), head, out, module.subarray(end)];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

/** A number of 32 bits, and where it ends; null where there is none. */
function number(bytes, at) {
  let value = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  return null;
}

function push(out, value) {
  let rest = value;
  while (rest >= 0x80) {
    out.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  out.push(rest);
}
