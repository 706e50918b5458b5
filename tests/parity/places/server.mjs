// Answers of `tollgate serve` over HTTP: `node server.mjs TOLLGATE POLICY`.

import { print, requests } from './requests.mjs';
import { Running, line } from './running.mjs';

const [tollgate, policy] = process.argv.slice(2);

const running = new Running();
try {
  const { requests: port } = await running.tollgate(tollgate, policy);
  print(await running.each(requests(), async (body) => {
    const { status, text } = await running.ask(port, 'POST', '/v1/decide/parity', body);
    // What is no JSON gets the same answer with another status.
    if (status !== 200 && status !== 400) throw new Error(`the server answers ${status}: ${text}`);
    return line(text);
  }));
} finally {
  running.end();
}
