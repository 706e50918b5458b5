// What the places behind HTTP have in common: programs that run beside this
// one, and requests to them.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Nothing takes so long to start, on however busy a machine. */
const PATIENCE = 120_000;

/** So many requests are under way at a time: some wait, and none is refused. */
const AT_ONCE = 8;

/** Programs and files that go when this program does. */
export class Running {
  #folder = mkdtempSync(join(tmpdir(), 'parity-'));
  #programs = [];
  #agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

  /** A file with this text. */
  file(name, text = undefined) {
    const path = join(this.#folder, name);
    if (text !== undefined) writeFileSync(path, text);
    return path;
  }

  /** Starts a program, and gives what `found` makes of the first line of its errors that it knows. */
  start(program, args, found) {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#programs.push(child);
    return new Promise((resolve, reject) => {
      const told = [];
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`${program} ended with ${code}: ${told.slice(-20).join('\n')}`)));
      setTimeout(() => reject(new Error(`${program} did not start: ${told.join('\n')}`)), PATIENCE).unref();
      createInterface({ input: child.stderr }).on('line', (line) => {
        const value = found(line);
        if (value !== undefined) resolve(value);
        else if (told.length < 1000) told.push(line);
      });
    });
  }

  /** `tollgate serve` of a policy as `parity`, once it answers: where it listens. */
  async tollgate(program, policy, routes = undefined) {
    const listen = `listen: { http: "127.0.0.1:0"${routes ? ', grpc: "127.0.0.1:0"' : ''} }\n`;
    const config = this.file('tollgate.yaml', listen + configuration(policy) + (routes ?? ''));
    const ports = {};
    await this.start(program, ['serve', '-c', config], (line) => {
      const { message, port, address } = JSON.parse(line);
      if (message === 'listening') ports[port] = Number(address.split(':').at(-1));
      return ports.requests && (ports.envoy || !routes) ? true : undefined;
    });
    await this.until('tollgate is not ready', async () => (await this.ask(ports.requests, 'GET', '/ready')).status === 200);
    return ports;
  }

  async until(problem, isSo) {
    const start = Date.now();
    while (!(await isSo().catch(() => false))) {
      if (Date.now() - start > PATIENCE) throw new Error(problem);
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
  }

  /** One request; its answer. */
  ask(port, method, path, body = undefined) {
    const headers = body ? { 'content-type': 'application/json', 'content-length': body.length } : {};
    return new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, method, path, headers, agent: this.#agent }, (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(parts).toString();
          resolve({ status: response.statusCode, headers: response.headers, text });
        });
      });
      asked.on('error', reject);
      asked.end(body);
    });
  }

  /** What `one` gives for each request, in their order. */
  async each(requests, one) {
    const answers = new Array(requests.length);
    const rest = requests.entries();
    const some = async () => {
      for (const [index, body] of rest) answers[index] = await one(body, index);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, some));
    return answers;
  }

  end() {
    for (const program of this.#programs) {
      program.removeAllListeners('exit');
      program.kill('SIGKILL');
    }
    this.#agent.destroy();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A server's configuration, with the longest deadline: a machine may be busy. */
export function configuration(policy) {
  return `log: { format: json }
policies: { parity: ${JSON.stringify(policy)} }
limits: { deadline: 10s }
`;
}

/** The line that an answer is. */
export function line(text) {
  return text.replace(/\n$/, '');
}
