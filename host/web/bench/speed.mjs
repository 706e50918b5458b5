// What a decision costs in Node: `node bench/speed.mjs FOLDER REQUESTS.jsonl`.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, file] = process.argv.slice(2);
const { open } = await import(pathToFileURL(resolve(folder, 'index.js')));
const requests = readFileSync(file, 'utf8').trim().split('\n').map((line) => Buffer.from(line));

/** The median: what else the machine does makes some calls a hundred times slower. */
function microseconds(rounds, once) {
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const request of requests) {
      const start = performance.now();
      once(request);
      times.push(performance.now() - start);
    }
  }
  times.sort((a, b) => a - b);
  return (times[times.length >> 1] * 1000).toFixed(1);
}

const policy = await open();
const fresh = await open({ fresh: true });
// Engines of JavaScript compile what they see often.
microseconds(100, (it) => policy.decide(it).json());
console.log(`action and reasons         ${microseconds(200, (it) => policy.decide(it).action)} µs`);
console.log(`the whole answer as JSON   ${microseconds(200, (it) => policy.decide(it).json())} µs`);
console.log(`JSON, a new instance each  ${microseconds(4, (it) => fresh.decide(it).json())} µs`);
