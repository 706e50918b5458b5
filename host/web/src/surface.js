/** What a policy declares, and whether its answers keep to it. */

/** Bytes of the reasons of one decision, which every answer repeats. */
const REASONS = 4 << 10;

/**
 * Checks a component's names, which stand in every answer as they are.
 * @throws {Error} When one is not plain.
 */
export function checkInfo(info) {
  for (const field of ['name', 'version']) {
    if (!/^[A-Za-z0-9._+-]{1,100}$/.test(info[field])) {
      throw new Error(`its ${field} must be 1 to 100 letters, digits, \`-\`, \`_\`, \`.\` or \`+\``);
    }
  }
  return info;
}

/**
 * Checks what the types cannot say, and what the document says about it.
 * @throws {Error} When they do not fit.
 */
export function checkSurface(surface, document) {
  const { inputs, score, actions, reasons } = surface;
  if (actions.length === 0) throw new Error('a policy has at least one action');
  if (score !== undefined && score >= inputs.length) {
    throw new Error(`input ${score} is the score, and there are ${inputs.length}`);
  }
  const names = { input: inputs.map((input) => input.name), action: actions, reason: reasons };
  for (const [what, list] of Object.entries(names)) {
    const seen = new Set();
    for (const name of list) {
      if (seen.has(name)) throw new Error(`${what} \`${name}\` is declared twice`);
      seen.add(name);
    }
  }
  for (const name of document.inputs.keys()) {
    if (!names.input.includes(name)) throw new Error(`the policy reads no input \`${name}\``);
  }
  const { fallback } = document;
  if (fallback !== null && !actions.includes(fallback)) {
    throw new Error(`\`${fallback}\` is not an action of the policy`);
  }
  if (fallback !== null && actions.length > 1 && actions[0] === fallback) {
    throw new Error(
      `\`${fallback}\` is the policy's mildest action; a case that could not be decided takes a ` +
      'stricter one',
    );
  }
  return surface;
}

/** What is wrong with a decision; null where nothing is. */
export function checkDecision({ actions, reasons }, decision) {
  const { action } = decision;
  if (action >= actions.length) return `action ${action} was chosen, and there are ${actions.length}`;
  let length = 0;
  for (const reason of decision.reasons) {
    if (reason >= reasons.length) return `reason ${reason} was given, and there are ${reasons.length}`;
    length += new TextEncoder().encode(reasons[reason]).length + 1;
    if (length > REASONS) {
      return `reasons of one decision of ${length} bytes, above the limit of ${REASONS} bytes`;
    }
  }
  return null;
}
