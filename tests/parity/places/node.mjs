// Answers in Node: `node node.mjs FOLDER`, with `--values` the values that were
// decided on instead, for hosts that have no reader of requests.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { print, requests } from './requests.mjs';

const [folder, mode] = process.argv.slice(2);
const { open } = await import(pathToFileURL(resolve(folder, 'index.js')));
const policy = await open();

/** The exact value: integers in decimal, numbers by their bits. */
function exact(value) {
  if (typeof value === 'bigint') return { integer: value.toString() };
  if (typeof value === 'number') {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, value);
    return { number: bits.getBigUint64(0).toString(16).padStart(16, '0') };
  }
  return value;
}

print(requests().map((request) => {
  const answer = policy.decide(request);
  if (mode !== '--values') return answer.json();
  const { values, warnings } = answer;
  return values === null ? 'null' : JSON.stringify({ values: values.map(exact), warnings });
}));
