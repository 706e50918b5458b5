#!/usr/bin/env node
/** `tollgate-web transpile policy.wasm -o folder` */

import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { MADE, transpile } from '../src/transpile.js';

const HELP = `Usage: tollgate-web transpile POLICY.wasm -o FOLDER

Turns a component that \`tollgate bake\` made of a policy document into an ES module
for Node and browsers. The folder stands alone: it needs no package.

  tollgate bake --policy policies/fraud.yaml -o fraud.wasm
  tollgate-web transpile fraud.wasm -o fraud
`;

/** What is wrong with the command itself. */
class Usage extends Error {}

async function main() {
  const { values, positionals } = parsed();
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [command, file, ...rest] = positionals;
  if (command !== 'transpile') {
    throw new Usage(command === undefined ? 'a command is missing' : `there is no command \`${command}\``);
  }
  if (file === undefined) throw new Usage('the component is missing');
  if (rest.length > 0) throw new Usage(`\`${rest[0]}\` is one argument too many`);
  if (values.output === undefined) throw new Usage('`--output` is missing: the folder to write');
  const bytes = await readFile(file).catch((error) => {
    throw new Error(`\`${file}\` cannot be read: ${error.code ?? error.message}`);
  });
  const files = await transpile(bytes, file);
  await write(files, resolve(values.output));
  const size = [...files.values()].reduce((sum, content) => sum + Buffer.byteLength(content), 0);
  process.stdout.write(`${values.output} (${files.size} files, ${size} bytes)\n`);
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        output: { type: 'string', short: 'o' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new Usage(error.message);
  }
}

/** Writes beside, opens what was written, and only then gives it its name. */
async function write(files, folder) {
  const beside = join(dirname(folder), `.${basename(folder)}.${process.pid}`);
  const old = `${beside}.old`;
  const replaces = await isOurs(folder);
  try {
    for (const [path, content] of files) {
      await mkdir(dirname(join(beside, path)), { recursive: true });
      await writeFile(join(beside, path), content);
    }
    const { open } = await import(pathToFileURL(join(beside, 'index.js')));
    await open();
    if (replaces) await rename(folder, old);
    try {
      await rename(beside, folder);
    } catch (error) {
      if (replaces) await rename(old, folder);
      throw error;
    }
    if (replaces) await rm(old, { recursive: true });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

/** Whether the folder is one that was written before; what is anything else stays. */
async function isOurs(folder) {
  const names = await readdir(folder).catch((error) => {
    if (error.code === 'ENOENT') return null;
    throw new Error(`\`${folder}\` cannot be written: ${error.code ?? error.message}`);
  });
  if (names === null) return false;
  const index = await readFile(join(folder, 'index.js'), 'utf8').catch(() => '');
  if (names.length > 0 && !index.startsWith(MADE)) {
    throw new Error(`\`${folder}\` holds other files than \`tollgate-web\` writes, and is left alone`);
  }
  return true;
}

try {
  await main();
} catch (error) {
  const hint = error instanceof Usage ? '; see `tollgate-web --help`' : '';
  process.stderr.write(`error: ${error.message}${hint}\n`);
  process.exitCode = 2;
}
