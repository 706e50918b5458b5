// What the places that run in Node have in common.

import { readFileSync } from 'node:fs';

/** The requests on standard input, one a line, in base64. */
export function requests() {
  const lines = readFileSync(0, 'latin1').split('\n');
  lines.pop();
  return lines.map((line) => Buffer.from(line, 'base64'));
}

/** Prints answers, one a line. */
export function print(answers) {
  process.stdout.write(answers.map((answer) => `${answer}\n`).join(''));
}
