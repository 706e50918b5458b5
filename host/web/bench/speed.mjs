// What a decision costs in Node: `node bench/speed.mjs FOLDER REQUESTS.jsonl`.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, file] = process.argv.slice(2);
const { open } = await import(pathToFileURL(resolve(folder, 'index.js')));
const requests = readFileSync(file, 'utf8').trim().split('\n').map((line) => Buffer.from(line));

/** The least of some rounds, since what else the machine does only adds. */
function microseconds(rounds, once) {
  let least = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    for (const request of requests) once(request);
    least = Math.min(least, ((performance.now() - start) * 1000) / requests.length);
  }
  return least.toFixed(1);
}

const policy = await open();
const fresh = await open({ fresh: true });
console.log(`action and reasons         ${microseconds(300, (it) => policy.decide(it).action)} µs`);
console.log(`the whole answer as JSON   ${microseconds(300, (it) => policy.decide(it).json())} µs`);
console.log(`JSON, a new instance each  ${microseconds(3, (it) => fresh.decide(it).json())} µs`);
