import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { readBaked } from '../src/index.js';

/** The binary, and a folder with policies that fail; `cargo xtask test` names them. */
const tollgate = process.env.TOLLGATE;
const guests = process.env.TOLLGATE_GUESTS;
const skip = tollgate === undefined ? 'TOLLGATE names no binary' : false;

const program = fileURLToPath(new URL('../bin/tollgate-web.js', import.meta.url));
const fraud = fileURLToPath(new URL('../../../policies/fraud.yaml', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tollgate-web-'));
after(() => rmSync(folder, { recursive: true }));

const at = (name) => join(folder, name);
const web = (...words) => spawnSync(process.execPath, [program, ...words], { encoding: 'utf8', cwd: folder });
const load = (name) => import(pathToFileURL(at(join(name, 'index.js'))));

const REQUEST =
  '{"score": 0.97, "amount": 120, "country": "NG", "merchant_age_days": 400, "transactions_last_hour": 1}';

let made = false;
function transpiled() {
  if (!made) {
    execFileSync(tollgate, ['bake', '--policy', fraud, '-o', at('fraud.wasm')]);
    const { status, stdout, stderr } = web('transpile', 'fraud.wasm', '-o', 'fraud');
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^fraud \(\d+ files, \d+ bytes\)\n$/);
    made = true;
  }
  return readFileSync(at('fraud.wasm'));
}

function binary(request, policy = 'fraud.wasm', ...words) {
  writeFileSync(at('request.json'), request);
  const { stdout } = spawnSync(tollgate, [
    'decide', '--policy', at(policy), '--input', at('request.json'), '--format', 'json',
    '--input-format', 'json', '--no-time', ...words,
  ], { encoding: 'utf8' });
  return stdout.trimEnd();
}

test('an answer is what the binary prints', { skip }, async () => {
  transpiled();
  const { open, baked } = await load('fraud');
  for (const policy of [await open(), await open({ fresh: true })]) {
    const answer = policy.decide(REQUEST);
    assert.equal(answer.json(), binary(REQUEST));
    assert.equal(answer.action, 'block');
    assert.deepEqual(answer.reasons, ['high_fraud_probability', 'strict_mode_country']);
    assert.equal(answer.score, 0.97);
    assert.equal(answer.isFallback, false);
    assert.equal(JSON.parse(answer.json('2024-10-08T00:00:00.000Z')).time, '2024-10-08T00:00:00.000Z');
    assert.equal(JSON.parse(answer.json()).plugin.digest, baked.component);
  }
  const policy = await open();
  writeFileSync(at('counters.json'), '{"customer_blocks_today": 1, "hours_since_block": 3}');
  const counters = { customer_blocks_today: 1, hours_since_block: 3 };
  const harmless = REQUEST.replace('0.97', '0.1');
  const held = policy.decide(harmless, { counters });
  assert.equal(held.json(), binary(harmless, 'fraud.wasm', '--counters', at('counters.json')));
  assert.notEqual(held.action, policy.decide(harmless).action);
});

test('without a decision there is the fallback, and why', { skip }, async () => {
  transpiled();
  const { open } = await load('fraud');
  const policy = await open();
  for (const request of [
    '{}', '', '[]', REQUEST.replace('0.97', 'NaN'), REQUEST.replace('0.97', '1.5'),
    REQUEST.replace('{', '{"score":0.1,'), REQUEST.slice(0, -1), `${REQUEST}}`, '\ud834',
  ]) {
    const answer = policy.decide(request);
    assert.equal(answer.action, 'manual_review', request);
    assert.ok(answer.isFallback && answer.error !== null && answer.reasons.length === 0);
  }
  assert.throws(() => policy.decide({ score: 0.1 }), TypeError);
  assert.throws(() => policy.decide(REQUEST, { headers: { a: 1 } }), TypeError);
});

test('a policy that fails has no decision, and the next call is as good as any', {
  skip: skip || (guests === undefined ? 'TOLLGATE_GUESTS names no folder' : false),
}, async () => {
  const file = join(guests, 'misbehave.wasm');
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
  for (const [how, isSame] of [
    ['panic', true], ['panic-at-length', true], ['index', true], ['expect', true],
    ['recurse', false], ['allocate', false], ['allocate-at-once', false],
  ]) {
    writeFileSync(at('fails.yaml'), JSON.stringify({
      name: 'fails',
      version: '1.0.0',
      plugin: { file, digest: `sha256:${digest}` },
      owner: 'nobody',
      fallback: 'block',
      settings: { in: 'decide', how },
    }));
    execFileSync(tollgate, ['bake', '--policy', at('fails.yaml'), '-o', at('fails.wasm')]);
    assert.equal(web('transpile', 'fails.wasm', '-o', how).status, 0);
    const policy = await (await load(how)).open();
    const [first, second] = [policy.decide('{"score": 1}'), policy.decide('{"score": 1}')];
    assert.equal(first.action, 'block', how);
    assert.ok(first.isFallback);
    assert.match(first.error, /^`misbehave@[^`]+` failed in `decide`: /);
    assert.equal(first.json(), second.json());
    if (isSame) assert.equal(first.json(), binary('{"score": 1}', 'fails.wasm'), how);
  }
});

test('files that are not those that were transpiled do not answer', { skip }, async () => {
  transpiled();
  const core = readFileSync(at('fraud/component.core.wasm'));
  const other = Uint8Array.from(core);
  other[core.length - 1] ^= 1;
  for (const [name, bytes] of [['half', core.subarray(0, core.length / 2)], ['other', other]]) {
    cpSync(at('fraud'), at(name), { recursive: true });
    writeFileSync(at(`${name}/component.core.wasm`), bytes);
    const { open } = await load(name);
    await assert.rejects(open(), /is not the file that was transpiled/);
  }
  cpSync(at('fraud'), at('gone'), { recursive: true });
  rmSync(at('gone/component.core.wasm'));
  await assert.rejects((await load('gone')).open(), /ENOENT/);
  const { open } = await load('fraud');
  await assert.rejects(open({ read: async () => new Uint8Array() }), /is not the file/);
  assert.equal((await open({ read: async () => core })).decide(REQUEST).action, 'block');
});

test('components that were not baked, or were changed since, are refused', { skip }, () => {
  const component = transpiled();
  assert.equal(readBaked(component).component, JSON.parse(binary(REQUEST)).plugin.digest);
  const changed = (from, to) => {
    const bytes = Buffer.from(component);
    const place = bytes.lastIndexOf(from);
    assert.ok(place > 0);
    bytes.write(to, place);
    return bytes;
  };
  const section = component.lastIndexOf('tollgate:baked');
  for (const [bytes, problem] of [
    [Buffer.from('name: fraud'), /bake the policy document first/],
    [Buffer.from('\0asm\x01\0\0\0', 'latin1'), /is a core WebAssembly module/],
    [component.subarray(0, component.length - 1), /is cut off or damaged/],
    [component.subarray(0, 9), /is cut off or damaged/],
    [component.subarray(0, 8), /holds no document/],
    [changed('"block":0.7', '"block":0.9'), /settings of its document are not those/],
    [changed('"fallback"', '"settings"'), /the document in `x` is damaged/],
    [changed('tollgate:baked', 'tollgate:bakes'), /holds no document/],
  ]) {
    assert.throws(() => readBaked(bytes, 'x'), problem);
  }
  assert.ok(section > 0);
});

test('the command says what is wrong, and leaves what is there', { skip }, () => {
  transpiled();
  for (const [words, problem] of [
    [[], /^error: a command is missing; see/],
    [['transpile'], /^error: the component is missing; see/],
    [['transpile', 'fraud.wasm'], /^error: `--output` is missing/],
    [['bake', 'x'], /^error: there is no command `bake`/],
    [['transpile', 'none.wasm', '-o', 'x'], /^error: `none.wasm` cannot be read: ENOENT/],
    [['transpile', 'fraud.wasm', '-o', '.'], /holds other files than `tollgate-web` writes/],
    [['transpile', 'fraud.wasm', '-o', 'fraud.wasm'], /cannot be written: ENOTDIR/],
  ]) {
    const { status, stderr } = web(...words);
    assert.equal(status, 2, stderr);
    assert.match(stderr, problem);
  }
  assert.ok(!existsSync(at('x')));
  assert.equal(web('transpile', 'fraud.wasm', '-o', 'fraud').status, 0);
  assert.equal(web('--help').status, 0);
});
