/** The answer to one request, and its JSON: the bytes that `tollgate decide` prints. */

import { numberText } from './number.js';

/** The parts of an answer that never change, written once. */
export class Texts {
  constructor({ document, info, surface, baked }) {
    const { name, version, fallback } = document;
    this.actions = surface.actions.map((action) => `{"action":${JSON.stringify(action)}`);
    this.reasons = surface.reasons.map((reason) => JSON.stringify(reason));
    this.fallback = fallback === null
      ? '{"action":null'
      : `{"action":${JSON.stringify(fallback)},"fallback":true`;
    this.tail =
      `,"policy":{"name":${JSON.stringify(name)},"version":${JSON.stringify(version)}}` +
      `,"plugin":{"name":"${info.name}","version":"${info.version}"` +
      `,"digest":"${baked.component}"` +
      `,"baked_from":{"digest":"${baked.plugin}","verified":false}}` +
      `,"settings":"${baked.settings}","decision_id":"`;
  }
}

/** What to do, and why. */
export class Answer {
  #policy;
  #decision;
  #id;

  /**
   * @param {object} policy What the answer's words are from.
   * @param {{ action: number, reasons: ArrayLike<number> } | null} decision As indices.
   * @param {string | null} error Why there is none.
   * @param {object} from The values, or the id of a request that gives none; and what is not read.
   */
  constructor(policy, decision, error, { values = null, id, warnings = [] }) {
    const { surface, document } = policy;
    this.#policy = policy;
    this.#decision = decision;
    this.#id = id;
    this.action = decision === null ? document.fallback : surface.actions[decision.action];
    this.isFallback = decision === null;
    this.reasons = decision === null ? [] : Array.from(decision.reasons, (it) => surface.reasons[it]);
    this.error = error;
    this.values = values;
    this.warnings = warnings;
  }

  /** The model's score; null where the policy reads none, or the request gives none. */
  get score() {
    const { score } = this.#policy.surface;
    if (score === undefined || this.values === null) return null;
    const value = this.values[score];
    return typeof value === 'number' && Number.isFinite(value) ? value : null;
  }

  /** The id of the decision, sixteen hexadecimal digits. */
  get id() {
    this.#id ??= this.#policy.identity.ofValues(this.values);
    return this.#id;
  }

  /**
   * The answer as one line of JSON, without an end of line.
   * @param {string} [time] What it gives as its time.
   */
  json(time) {
    const { texts } = this.#policy;
    let json;
    if (this.#decision === null) {
      json = `${texts.fallback}${this.#scoreText()},"error":${JSON.stringify(this.error)}`;
    } else {
      const { action, reasons } = this.#decision;
      const quoted = Array.from(reasons, (reason) => texts.reasons[reason]);
      const joined = quoted.map((reason) => reason.slice(1, -1)).join('+');
      json = `${texts.actions[action]}${this.#scoreText()},"reasons":[${quoted.join(',')}]`;
      json += `,"reason":"${joined}"`;
    }
    if (this.warnings.length > 0) {
      json += `,"warnings":[${this.warnings.map((it) => JSON.stringify(it)).join(',')}]`;
    }
    json += `${texts.tail}${this.id}"`;
    return time === undefined ? `${json}}` : `${json},"time":${JSON.stringify(time)}}`;
  }

  #scoreText() {
    const { score } = this;
    return score === null ? '' : `,"score":${numberText(score)}`;
  }
}
