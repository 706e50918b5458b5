import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { InputError, Inputs } from '../src/inputs.js';
import { encode, withoutMark } from '../src/utf8.js';

const input = (name, kind, required = true) => ({ name, kind, required });

/** Those of `tests/parity/mapped.yaml`. */
const MAPPED = new Inputs(
  [
    input('score', 'number'), input('amount', 'number'), input('again', 'number', false),
    input('agent', 'text'), input('blocked', 'integer'), input('limit', 'number'),
    input('note', 'text', false), input('vip', 'boolean', false), input('visits', 'integer'),
  ],
  new Map(Object.entries({
    score: { pointer: '/model/scores/1' },
    amount: { pointer: '/a~1b/m~0n' },
    visits: { pointer: '/visits', default: -9007199254740993n },
    vip: { pointer: '/flags/vip' },
    again: { pointer: '/visits' },
    limit: { pointer: '/limit', default: 1.5 },
    note: { default: '' },
    agent: { header: 'User-Agent', default: 'none' },
    blocked: { counter: 'blocked_today', default: 2n },
  })),
);

function read(inputs, bytes, outside = {}) {
  try {
    return inputs.read(bytes, outside);
  } catch (error) {
    assert.ok(error instanceof InputError, String(error.stack));
    return { error: error.message };
  }
}

/** Answers of the binary, recorded: errors to the byte, and values by their ids. */
test('requests are read as the binary read them', () => {
  const lines = readFileSync(new URL('recorded.jsonl', import.meta.url), 'utf8').trim().split('\n');
  let errors = 0;
  for (const line of lines) {
    const { request, error } = JSON.parse(line);
    const answer = read(MAPPED, withoutMark(Buffer.from(request, 'base64')));
    assert.equal(answer.error ?? null, error, `request ${request}`);
    if (error !== null) errors += 1;
  }
  assert.ok(errors > 100 && lines.length - errors > 100);
});

test('what is beside the body is read as text or counters are', () => {
  const inputs = (kind, mapping, required = true) =>
    new Inputs([input('x', kind, required)], new Map([['x', mapping]]));
  const header = (kind, text) =>
    read(inputs(kind, { header: 'X-In' }), encode('{}'), { headers: new Map([['x-in', text]]) });
  for (const [kind, text, value] of [
    ['number', ' 1e3\u0085', 1000], ['number', '-.5', -0.5], ['number', 'NaN', NaN],
    ['number', '-.INF', -Infinity], ['integer', '+0042', 42n], ['boolean', 'TRUE', true],
    ['integer', '-9223372036854775808', -9223372036854775808n], ['text', ' a ', ' a '],
  ]) {
    assert.deepEqual(header(kind, text).values, [value], text);
  }
  for (const [kind, text] of [
    ['number', '1e999'], ['number', '0x10'], ['number', '1_0'], ['number', '\ufeff1'], ['number', ' '],
    ['integer', '1.0'], ['integer', '9223372036854775808'], ['boolean', 'yes'],
  ]) {
    assert.match(header(kind, text).error, /^input `x` at header `x-in` must be .*, found text that is none$/);
  }
  assert.equal(
    header('text', '').error,
    'required input `x` is missing: there is nothing at header `x-in`',
  );
  const counter = (kind, value) =>
    read(inputs(kind, { counter: 'c' }), encode('{}'), { counters: { c: value } });
  assert.deepEqual(counter('integer', 3).values, [3n]);
  assert.deepEqual(counter('number', 3n).values, [3]);
  assert.equal(counter('integer', 3.5).error, 'input `x` at counter `c` must be an integer, found another kind of value');
  assert.equal(counter('integer', -0).error, 'input `x` at counter `c` must be an integer, found another kind of value');
  assert.equal(counter('number', '3').error, 'input `x` at counter `c` must be a number, found another kind of value');
  assert.equal(counter('number', undefined).error, 'input `x` at counter `c` must be a number, found another kind of value');
  const missing = read(inputs('number', { counter: 'c' }), encode('{}'), { counters: {} });
  assert.equal(missing.error, 'required input `x` is missing: there is nothing at counter `c`');
  // What every object of JavaScript has is no counter.
  const inherited = read(inputs('text', { counter: 'toString' }), encode('{}'), { counters: {} });
  assert.match(inherited.error, /is missing/);
});

test('a place that is a value and a map is refused', () => {
  const twice = new Map([['a', { pointer: '/x' }], ['b', { pointer: '/x/y' }]]);
  assert.throws(
    () => new Inputs([input('a', 'number'), input('b', 'number')], twice),
    { message: '`/x` is read both as a value and as a map' },
  );
});
