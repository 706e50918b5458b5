/** From a baked component to a folder that stands alone. */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { transpileBytes } from '@bytecodealliance/jco-transpile';

import { readBaked } from './baked.js';
import { limited } from './bytes.js';
import { digest } from './identity.js';

/** What answers requests; copied, so that the folder needs nothing else. */
const RUNTIME = [
  'answer', 'cursor', 'document', 'fault', 'identity', 'ignore', 'inputs', 'json', 'number', 'open',
  'policy', 'sentence', 'surface', 'utf8', 'values',
];
const HASHES = ['sha2', '_md', '_u64', 'utils'];

/** How the first file begins, so that nothing else is ever replaced. */
export const MADE = '// Made by `tollgate-web transpile` from ';

/**
 * The bindings prepare to wait for promises, and catch what engines without
 * that throw: sixteen milliseconds an instance. A policy never waits.
 */
const NOTHING_WAITS = `const WebAssembly = Object.create(globalThis.WebAssembly, {
  promising: { value: (it) => it },
});
`;

const CONTRACTS = ['1.0.0', '1.1.0', '1.2.0'];

/**
 * Transpiles a component that `tollgate bake` made of a policy document.
 * @param {Uint8Array} bytes The component.
 * @param {string} [name] What errors call it.
 * @returns {Promise<Map<string, Uint8Array | string>>} The files, by their paths in the folder.
 */
export async function transpile(bytes, name = 'the component') {
  const baked = readBaked(bytes, name);
  const { files, imports, exports } = await bindings(bytes, name);
  if (imports.length > 0) {
    throw new Error(`\`${name}\` imports \`${imports.join('`, `')}\`; a policy imports nothing`);
  }
  const exported = exports.map(([interfaceName]) => interfaceName);
  if (!CONTRACTS.some((version) => exported.includes(`tollgate:plugin/decider@${version}`))) {
    const known = CONTRACTS.map((version) => `\`${version}\``).join(', ');
    throw new Error(`\`${name}\` is no policy of \`tollgate:plugin\` in a version of ${known}`);
  }
  const out = new Map();
  const modules = {};
  for (const [path, content] of Object.entries(files)) {
    if (!path.endsWith('.wasm')) {
      out.set(path, `${NOTHING_WAITS}${new TextDecoder().decode(content)}`);
      continue;
    }
    const module = limited(content);
    modules[path] = digest(module);
    out.set(path, module);
  }
  out.set('index.js', index(baked, modules));
  out.set('index.d.ts', await source('policy.d.ts'));
  for (const module of RUNTIME) {
    const text = await source(`${module}.js`);
    out.set(`runtime/${module}.js`, text.replace("'@noble/hashes/sha2.js'", "'./noble/sha2.js'"));
  }
  out.set('runtime/LICENSE', await source('../LICENSE'));
  const hashes = new URL('.', import.meta.resolve('@noble/hashes/sha2.js'));
  for (const module of HASHES) {
    out.set(`runtime/noble/${module}.js`, await readFile(new URL(`${module}.js`, hashes), 'utf8'));
  }
  out.set('runtime/noble/LICENSE', await readFile(new URL('LICENSE', hashes), 'utf8'));
  // Makes an ES module of the files wherever the folder lies.
  out.set('package.json', '{ "type": "module", "main": "index.js", "types": "index.d.ts" }\n');
  return out;
}

async function bindings(bytes, name) {
  try {
    return await transpileBytes(bytes, {
      name: 'component',
      instantiation: 'sync',
      wasiShim: false,
      nodejsCompat: false,
      emitTypescriptDeclarations: false,
      // So that what the policy says cannot be taken for a failure.
      noComponentErrorWrapping: false,
      minify: true,
    });
  } catch (error) {
    const reason = error.payload ?? error.message;
    throw new Error(`\`${name}\` is no valid component: ${reason}`, { cause: error });
  }
}

function source(name) {
  return readFile(fileURLToPath(new URL(name, import.meta.url)), 'utf8');
}

function index(baked, modules) {
  return `${MADE}${baked.component}
import { instantiate } from './component.js';
import { openBaked } from './runtime/open.js';

export const baked = ${JSON.stringify(baked, null, 2)};

const modules = ${JSON.stringify(modules, null, 2)};

export const open = (options) => openBaked(baked, modules, instantiate, import.meta.url, options);
`;
}
