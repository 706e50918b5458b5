/** A policy: from requests to answers. */

import { Answer, Texts } from './answer.js';
import { documentOf } from './document.js';
import { explain } from './fault.js';
import { Identity } from './identity.js';
import { InputError, Inputs } from './inputs.js';
import { refusal } from './sentence.js';
import { checkDecision, checkInfo, checkSurface } from './surface.js';
import { bytesOf, withoutMark } from './utf8.js';

const TAGS = { boolean: 'boolean', bigint: 'integer', number: 'number', string: 'text' };

/** A configured policy. Made by `open` of what `tollgate-web transpile` wrote. */
export class Policy {
  #instantiate;
  #instance = null;
  #fresh;
  #inputs;

  /**
   * @param {{ component: string, plugin: string, settings: string, document: string }} baked
   *   Digests, and the document's JSON.
   * @param {(instantiateCore: Function) => object} instantiate Makes an instance.
   * @param {{ fresh?: boolean }} [options]
   */
  constructor(baked, instantiate, { fresh = false } = {}) {
    this.#instantiate = instantiate;
    this.#fresh = fresh;
    this.document = documentOf(baked.document);
    const { exports } = this.#live();
    this.info = checkInfo(exports.lifecycle.describe());
    this.surface = checkSurface(exports.decider.surface(), this.document);
    this.#inputs = new Inputs(this.surface.inputs, this.document.inputs);
    this.identity = new Identity(baked.component, baked.settings);
    this.texts = new Texts({ ...this, baked });
  }

  /** Decides on one request. Never throws for what is in it. */
  decide(request, { headers, counters } = {}) {
    const bytes = withoutMark(bytesOf(request));
    let read;
    try {
      read = this.#inputs.read(bytes, { headers: lowered(headers), counters });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return new Answer(this, null, error.message, { id: this.identity.ofRequest(bytes) });
    }
    try {
      const decision = this.#call(read.values);
      return new Answer(this, decision, null, read);
    } catch (error) {
      if (!(error instanceof NoDecision)) throw error;
      return new Answer(this, null, error.message, read);
    }
  }

  #call(values) {
    const typed = values.map((value) =>
      value === null ? { tag: 'null' } : { tag: TAGS[typeof value], val: value });
    let live;
    let decision;
    try {
      live = this.#live();
      decision = live.exports.decider.decide(typed);
    } catch (error) {
      // What the policy says is kept by the bindings as they got it; whatever
      // else was thrown leaves an instance that nobody should trust.
      if (typeof error?.payload === 'string') throw new NoDecision(refusal(error.payload));
      this.#instance = null;
      throw this.#fault(explain(error, live?.memories ?? []));
    }
    const problem = checkDecision(this.surface, decision);
    if (problem !== null) throw this.#fault(`its answer breaks the contract: ${problem}`);
    return decision;
  }

  #fault(cause) {
    const { name, version } = this.info;
    return new NoDecision(`\`${name}@${version}\` failed in \`decide\`: ${cause}`);
  }

  /** The instance to call: the one that is there, unless each call has its own. */
  #live() {
    if (this.#instance === null || this.#fresh) {
      const memories = [];
      const exports = this.#instantiate((module, imports) => {
        const instance = new WebAssembly.Instance(module, imports);
        const memory = Object.values(instance.exports).filter((it) => it instanceof WebAssembly.Memory);
        memories.push(...memory);
        return instance;
      });
      this.#instance = { exports, memories };
    }
    return this.#instance;
  }
}

/** Why there are values and no decision. */
class NoDecision {
  constructor(message) {
    this.message = message;
  }
}

/** Headers by their names in lower case. */
function lowered(headers) {
  if (headers === undefined) return undefined;
  const entries = typeof headers[Symbol.iterator] === 'function' ? headers : Object.entries(headers);
  const map = new Map();
  for (const [name, value] of entries) {
    if (typeof value !== 'string') throw new TypeError(`header \`${name}\` must be a string`);
    map.set(name.toLowerCase(), value);
  }
  return map;
}
