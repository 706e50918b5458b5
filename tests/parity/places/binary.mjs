// Answers of `tollgate decide`: `node binary.mjs TOLLGATE POLICY`.
//
// Requests that fit on a line go through it as rows; the others, and some of
// those too, as a request each, since a process a request would take minutes.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { print, requests } from './requests.mjs';

const [tollgate, policy] = process.argv.slice(2);
const ALSO_ALONE = 50;

const folder = mkdtempSync(join(tmpdir(), 'parity-'));
const command = ['decide', '--no-time', '--format', 'json', '--policy', policy];

/** The answer to one request by itself. */
function alone(request) {
  const file = join(folder, 'request.json');
  writeFileSync(file, request);
  const input = ['--input', file, '--input-format', 'json'];
  const run = spawnSync(tollgate, [...command, ...input], { encoding: 'utf8' });
  return run.stdout.replace(/\n$/, '');
}

/** A row is a line that is not blank; the mark and the space around it are not its own. */
function isRow(request) {
  const text = request.toString('latin1');
  return /^[\x21-\xff]([^\n\r]*[\x21-\xff])?$/.test(text) && !text.startsWith('\xef\xbb\xbf');
}

try {
  const all = requests();
  const rows = all.map((request, index) => index).filter((index) => isRow(all[index]));
  const file = join(folder, 'rows.jsonl');
  writeFileSync(file, Buffer.concat(rows.flatMap((index) => [all[index], Buffer.from('\n')])));
  const answers = new Array(all.length);
  if (rows.length > 0) {
    const input = ['--input', file, '--input-format', 'jsonl'];
    const run = spawnSync(tollgate, [...command, ...input], { encoding: 'utf8', maxBuffer: 1 << 30 });
    const lines = run.stdout.trimEnd().split('\n');
    if (lines.length !== rows.length) {
      throw new Error(`${rows.length} rows got ${lines.length} answers: ${run.stderr}`);
    }
    lines.forEach((line, row) => {
      // The place in the file is all that a row's answer says more.
      answers[rows[row]] = line.replace(`,"line":${row + 1},"policy":`, ',"policy":');
    });
  }
  all.forEach((request, index) => {
    if (answers[index] === undefined) {
      answers[index] = alone(request);
    } else if (index % ALSO_ALONE === 0 && alone(request) !== answers[index]) {
      throw new Error(`request ${index} has another answer alone than as a row`);
    }
  });
  print(answers);
} finally {
  rmSync(folder, { recursive: true });
}
