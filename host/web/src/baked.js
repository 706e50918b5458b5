/** What `tollgate bake` wrote into a component beside its code. */

import { customSections } from './bytes.js';
import { digest, hex } from './identity.js';
import { ignore } from './ignore.js';
import { Reader } from './json.js';

const SECTION = 'tollgate:baked';
const COMPONENT = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
const CORE_MODULE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const DIGEST = 32;

/** What of the document an answer hangs on; the rest stays where it was baked. */
const KEPT = ['fallback', 'inputs', 'name', 'version'];

/**
 * Reads a component that `tollgate bake` made of a policy document.
 * @param {Uint8Array} bytes
 * @param {string} name What errors call it.
 * @returns {{ component: string, plugin: string, settings: string, document: string }} Digests of
 *   the component, of the plugin that it was made from and of its settings; and the part of the
 *   document that a host needs, as JSON.
 * @throws {Error} When it is another file, cut off, or was changed since.
 */
export function readBaked(bytes, name = 'the component') {
  const begins = (magic) => magic.every((byte, index) => bytes[index] === byte);
  if (begins(CORE_MODULE)) {
    throw new Error(`\`${name}\` is a core WebAssembly module, not a component`);
  }
  if (!begins(COMPONENT)) {
    throw new Error(
      `\`${name}\` is no component: bake the policy document first, ` +
      '`tollgate bake --policy policy.yaml -o policy.wasm`',
    );
  }
  const sections = customSections(bytes, SECTION);
  if (sections === null) throw new Error(`\`${name}\` is cut off or damaged`);
  if (sections.length !== 1) {
    const what = sections.length === 0 ? 'holds no document' : 'holds more than one document';
    throw new Error(`\`${name}\` was not made by \`tollgate bake\`: it ${what}`);
  }
  const [data] = sections;
  if (data.length < 2 * DIGEST) throw new Error(`the document in \`${name}\` is damaged`);
  const metadata = data.subarray(2 * DIGEST);
  const { members, settings } = parts(metadata, name);
  const baked = {
    component: digest(bytes),
    plugin: `sha256:${hex(data.subarray(0, DIGEST))}`,
    settings: `sha256:${hex(data.subarray(DIGEST, 2 * DIGEST))}`,
    document: `{${members.join(',')}}`,
  };
  if (digest(settings) !== baked.settings) {
    throw new Error(
      `\`${name}\` was not made by \`tollgate bake\`: the settings of its document are not those it ` +
      'says it was baked with',
    );
  }
  return baked;
}

/** The document is canonical JSON, so that its settings are a part of its text. */
function parts(metadata, name) {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const reader = new Reader(metadata);
  const members = [];
  const seen = new Set();
  let settings = new TextEncoder().encode('{}');
  try {
    reader.map((key) => {
      if (seen.has(key)) throw new Error('a key is there twice');
      seen.add(key);
      const start = reader.at;
      ignore(reader);
      const value = metadata.subarray(start, reader.at);
      if (key === 'settings') settings = value;
      if (KEPT.includes(key)) members.push(`${JSON.stringify(key)}:${text.decode(value)}`);
    });
    reader.end();
  } catch {
    throw new Error(`the document in \`${name}\` is damaged`);
  }
  return { members, settings };
}
