// Answers through an Envoy: `node envoy.mjs ENVOY CONFIGURATION ext_authz TOLLGATE POLICY`,
// or `... module MODULE POLICY`, with the judge in Envoy itself.
//
// A request that is held back gets the answer of `tollgate decide` for its body.
// One that is let through brings its decision along in headers, and is asked
// about once more where another action is let through: then it is held back,
// with an answer that must say what the headers said. Any bytes can be the body
// of a request, so there is none that cannot be asked.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { print, requests } from './requests.mjs';
import { Running, configuration, line } from './running.mjs';

const [envoy, template, kind, program, policy] = process.argv.slice(2);

/** Two paths, each with the one action that passes. No decision passes both. */
const ROUTES = { '/allow': 'allow', '/block': 'block' };
const ROUTES_YAML = `envoy:
  routes:
${Object.entries(ROUTES).map(([path, action]) => `    - { path: ${path}, decide: parity, allow: [${action}] }\n`).join('')}`;

const OURS = ['action', 'reason', 'decision-id', 'policy'].map((name) => `x-tollgate-${name}`);

/** A model's server, which says in whose name it was asked. */
async function model() {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end(JSON.stringify(OURS.map((name) => request.headers[name]))));
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return server;
}

/** The headers that an answer has, as a model reads them. */
function headersOf(answer) {
  const { action, reason, fallback, decision_id: id, policy: { name, version } } = JSON.parse(answer);
  const fit = (text) => text.replace(/[^ -~]/gu, '?');
  return [action, fallback ? 'no-decision' : reason || 'none', id, `${name}@${version}`].map(fit);
}

const running = new Running();
const upstream = await model();
try {
  let config = readFileSync(template, 'utf8')
    .replace('port_value: 10000', 'port_value: 0')
    .replace('port_value: 9902', 'port_value: 0')
    .replace('port_value: 5001', `port_value: ${upstream.address().port}`);
  if (kind === 'ext_authz') {
    const ports = await running.tollgate(program, policy, ROUTES_YAML);
    config = config
      .replace('port_value: 9001', `port_value: ${ports.envoy}`)
      .replace('timeout: 2.5s', 'timeout: 30s');
  } else {
    const file = running.file('tollgate.yaml', configuration(policy) + ROUTES_YAML);
    config = config
      .replace('/usr/lib/tollgate/libtollgate_envoy_module.so', program)
      .replace('/etc/tollgate/tollgate.yaml', file);
  }
  const admin = running.file('admin');
  await running.start(envoy, [
    '-c', running.file('envoy.yaml', config), '--admin-address-path', admin,
    '--use-dynamic-base-id', '--concurrency', '2', '--log-level', 'info',
  ], (told) => (told.includes('all dependencies initialized. starting workers') ? true : undefined));
  let port;
  await running.until('Envoy is not ready', async () => {
    const of = Number(readFileSync(admin, 'utf8').split(':').at(-1));
    const listeners = JSON.parse((await running.ask(of, 'GET', '/listeners?format=json')).text);
    port = listeners.listener_statuses[0].local_address.socket_address.port_value;
    return port > 0;
  });
  let passed = 0;
  const held = async (path, body) => {
    const { status, text, headers } = await running.ask(port, 'POST', path, body);
    if (status !== 200 && !(status === 403 && headers['content-type'] === 'application/json')) {
      throw new Error(`Envoy answers ${status}: ${text}`);
    }
    return { text, isPassed: status === 200 };
  };
  const answers = await running.each(requests(), async (body, index) => {
    const first = await held('/allow', body);
    if (!first.isPassed) return line(first.text);
    passed += 1;
    const { text, isPassed } = await held('/block', body);
    const said = JSON.stringify(isPassed ? [] : headersOf(text));
    if (said !== first.text) throw new Error(`request ${index + 1} passed with ${first.text}, and got ${text}`);
    return line(text);
  });
  if (answers.length >= 100 && passed === 0) throw new Error('none was let through');
  print(answers);
} finally {
  running.end();
  upstream.closeAllConnections();
  upstream.close();
}
