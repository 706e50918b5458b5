// Answers in a browser: `node browser.mjs CHROMIUM FOLDER`.
//
// A server on this machine gives a headless Chromium the policy's folder, a page
// and the requests; the page sends the answers back.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';

import { print, requests } from './requests.mjs';

const [chromium, folder] = process.argv.slice(2);
const MINUTES = 5;

const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm' };

const PAGE = `<!doctype html><meta charset="utf-8"><title>parity</title><script type="module">
const send = (body) => fetch('/answers', { method: 'POST', body });
try {
  const { open } = await import('/policy/index.js');
  const policy = await open();
  const requests = await (await fetch('/requests')).json();
  const bytes = (text) => Uint8Array.from(atob(text), (it) => it.charCodeAt(0));
  await send(JSON.stringify({ answers: requests.map((it) => policy.decide(bytes(it)).json()) }));
} catch (error) {
  await send(JSON.stringify({ error: String(error.stack ?? error) }));
}
</script>`;

const all = requests().map((request) => request.toString('base64'));
const profile = mkdtempSync(join(tmpdir(), 'parity-'));
let browser;

const sent = await new Promise((resolve, reject) => {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const give = (type, body) => {
      response.setHeader('content-type', type);
      response.end(body);
    };
    if (pathname === '/') return give('text/html', PAGE);
    if (pathname === '/requests') return give('application/json', JSON.stringify(all));
    if (pathname.startsWith('/policy/')) {
      const file = join(folder, normalize(pathname.slice('/policy'.length)));
      return give(TYPES[extname(file)] ?? 'text/plain', readFileSync(file));
    }
    if (pathname !== '/answers') {
      response.statusCode = 404;
      return response.end();
    }
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      response.end();
      server.closeAllConnections();
      server.close(() => resolve(JSON.parse(Buffer.concat(parts).toString())));
    });
    return undefined;
  });
  server.listen(0, '127.0.0.1', () => {
    const options = [
      '--headless=new', '--disable-gpu', '--no-first-run', '--disable-dev-shm-usage',
      '--disable-background-networking', `--user-data-dir=${profile}`,
    ];
    // Chromium refuses to sandbox what root runs.
    if (process.getuid?.() === 0) options.push('--no-sandbox');
    const errors = [];
    browser = spawn(chromium, [...options, `http://127.0.0.1:${server.address().port}/`], {
      stdio: ['ignore', 'ignore', 'pipe'],
      // A group of its own, so that its children can be ended, too.
      detached: true,
    });
    browser.stderr.on('data', (part) => errors.push(part));
    browser.on('error', reject);
    browser.on('exit', (code) => reject(new Error(
      `the browser ended with ${code}: ${Buffer.concat(errors).toString().slice(-2000)}`,
    )));
  });
  setTimeout(() => reject(new Error(`no answer within ${MINUTES} minutes`)), MINUTES * 60_000).unref();
}).finally(() => {
  browser?.removeAllListeners('exit');
  const ended = new Promise((resolve) => browser?.once('exit', resolve) ?? resolve());
  const { pid, exitCode, signalCode } = browser ?? {};
  if (pid === undefined || exitCode !== null || signalCode !== null) return undefined;
  process.kill(-pid, 'SIGKILL');
  return ended;
}).finally(() => {
  // They may be a moment longer in ending, and write until then.
  rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 });
});

if (sent.error !== undefined) throw new Error(sent.error);
print(sent.answers);
