// Draws requests for the parity test: `node draw.mjs POLICY CASES SEED`.
//
// One request a line, in base64, since a request may hold anything. The same
// seed draws the same requests everywhere.

const MASK = (1n << 64n) - 1n;

/** A source of chance: SplitMix64 (Steele et al. 2014). */
class Dice {
  constructor(seed) {
    this.state = BigInt(seed) & MASK;
  }

  roll(sides) {
    this.state = (this.state + 0x9e3779b97f4a7c15n) & MASK;
    let mixed = this.state;
    mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return Number((mixed ^ (mixed >> 31n)) % BigInt(sides));
  }

  one(list) {
    return list[this.roll(list.length)];
  }

  /** True so many times in a thousand. */
  chance(thousandth) {
    return this.roll(1000) < thousandth;
  }
}

/** Numbers as they may be written, far beyond what a policy wants. */
const NUMBERS = [
  '0', '-0', '0.0', '-0.0', '1', '-1', '1.0', '1e0', '1E+0', '0.1', '0.25', '0.3', '0.7', '0.9',
  '0.4', '0.39999999999999997', '0.70000000000000001', '0.6999999999999999', '1e-5', '0.00001',
  '1e-6', '9.999e-6', '0.0001', '5e-324', '4e-324', '2e-324', '2.2250738585072014e-308', '1e-400',
  '1e-99999999999', '1e16', '1e15', '999999999999999.9', '9999999999999998', '12345678901234567',
  '1e21', '1e22', '123456789012345678901', '9007199254740991', '9007199254740992',
  '9007199254740993', '-9007199254740993', '9223372036854775807', '9223372036854775808',
  '-9223372036854775808', '-9223372036854775809', '18446744073709551615', '18446744073709551616',
  '-18446744073709551615', '18446744073709551615.0', '1.7976931348623157e308',
  '1.7976931348623159e308', '1e308', '-1e308', '1e309', '-1e309', '1e400', '0e400', '0e99999999999',
  '1e99999999999', '-1e-99999999999', '0.1e2147483648', '0.30000000000000004',
  '0.1000000000000000055511151231257827021181583404541015625', '2.5', '10000', '10000.000000000001',
  '9999.999999999999', '29.999999999999996', '30', '7', '24', '87600', '1e3', '1000000', '0.5e0',
  '123456789012345678901234567890', '0.'.padEnd(400, '0') + '1', '1'.padEnd(310, '0'),
  '1'.padEnd(309, '9'), '3.'.padEnd(60, '14159'),
];

/** What is no number in JSON. */
const NO_NUMBERS = [
  '00', '01', '-01', '-', '-a', '+1', '.5', '1.', '1.e1', '1e', '1e+', '1.5ex', '0x10', '1_000', 'NaN',
  '-Infinity', 'nan',
];

/** Texts as they are between their quotes. */
const TEXTS = [
  '', 'US', 'us', 'NG', ' ng ', 'PK', 'DE', 'Nigeria', 'N', 'é', 'e\u0301', 'caf\\u00e9', '\\u004eG', '𝄞',
  '\\ud834\\udd1e', '\\/', '\\b\\f\\n\\r\\t\\"\\\\', '\\u0000', '\u007f', '\u2028', '\ufeffUS',
  '\u00a0NG\u0085', '日本', '👩‍👩‍👧', '\u202eabc', '\ufffe', 'NaN', 'Infinity', '-0', '1e3', '0.97', 'true', 'null', 'none',
  'x'.repeat(24), 'x'.repeat(25), 'é'.repeat(40), 'y'.repeat(300),
];

/** What is no text in JSON, or not everywhere. */
const NO_TEXTS = [
  '\\ud834', '\\udd1e', '\\ud834x', '\\ud834\\n', '\\ud834\\u0041', '\\u12', '\\u12x4', '\\x', '\\', '\u0001', '\t',
  'a\nb',
];

/** What is no JSON otherwise. */
const NO_JSON = [
  'nul', 'True', 'nulll', 'tru', '[1,]', '{"a":1,}', '[,]', '{,}', '{1:2}', '{"a" 1}', "{'a':1}", '[1 2]', ']', '',
];

/** What each policy reads, and values with which it mostly decides. */
const POLICIES = {
  fraud: {
    base: [
      [['score'], ['0.03', '0.2', '0.4', '0.55', '0.7', '0.97', '1', '0']],
      [['amount'], ['12', '120.5', '9999', '10000', '10001', '2e6', '-3']],
      [['country'], ['"US"', '"NG"', '" pk "', '"de"']],
      [['merchant_age_days'], ['0', '3', '29', '30', '400.5']],
      [['transactions_last_hour'], ['0', '1', '10', '11', '500']],
    ],
    more: [[['customer_blocks_today'], ['1', '5', 'null']], [['hours_since_block'], ['3', 'null', '{}']]],
  },
  mapped: {
    base: [
      [['model', 'scores', 1], ['0.03', '0.25', '0.9', '0.91', '1.0']],
      [['a/b', 'm~n'], ['12', '999.5', '1500.0000000000002', '2e3']],
      [['visits'], ['1', '7', '33', '34', '9223372036854775807', '-4', '0', 'null']],
      [['flags', 'vip'], ['true', 'false', 'null']],
    ],
    more: [
      [['limit'], ['1', '0.5', 'null', '1e300']],
      [['note'], ['"é"', '"sixsix"', '"\\u00e9"', 'null', '""']],
      [['agent'], ['"x"', 'null']],
      [['blocked'], ['1', '"no"']],
      [['blocked_today'], ['2', '[1,{"a":[]}]']],
      [['User-Agent'], ['"curl"']],
    ],
  },
};

const EXTRA = ['id', 'Score', 'score ', '', '0', '1', '__proto__', 'constructor', 'é', 'toString', 'a/b'];

/** One request. */
function request(dice, policy) {
  const root = { members: [] };
  for (const [path, values] of policy.base) {
    if (!dice.chance(15)) put(root, path, value(dice, values), dice);
  }
  for (const [path, values] of policy.more) {
    if (dice.chance(200)) put(root, path, value(dice, values), dice);
  }
  while (dice.chance(200)) put(root, [dice.one(EXTRA)], any(dice, 0), dice);
  // Twice: the same, or another value.
  if (dice.chance(40)) put(root, dice.one(policy.base)[0], any(dice, 0), dice, true);
  if (dice.chance(10)) put(root, dice.one(policy.base)[0].slice(0, 1), any(dice, 0), dice, true);
  return damaged(dice, text(dice, root));
}

function value(dice, usual) {
  return dice.chance(40) ? any(dice, 0) : dice.one(usual);
}

/** Puts a value where a path leads, below what is there or beside it. */
function put(node, [name, ...rest], value, dice, again = false) {
  if (rest.length === 0) {
    node.members.push([String(name), value]);
    return;
  }
  let below = again ? undefined : node.members.find(([known]) => known === name)?.[1];
  if (below?.members === undefined) {
    below = { members: [] };
    node.members.push([name, below]);
  }
  if (typeof rest[0] === 'number') {
    below.list = dice.chance(800);
    below.index = rest[0];
  }
  put(below, rest, value, dice);
}

/** JSON of any kind, mostly small, sometimes deep, and sometimes none. */
function any(dice, depth) {
  if (dice.chance(60)) return dice.one(dice.one([NO_NUMBERS, NO_TEXTS.map((it) => `"${it}"`), NO_JSON]));
  const kind = dice.roll(depth > 3 ? 7 : 10);
  if (kind < 3) return dice.one(NUMBERS);
  if (kind < 5) return `"${dice.one(TEXTS)}"`;
  if (kind === 5) return dice.one(['true', 'false', 'null']);
  if (kind === 6) return dice.one(['[]', '{}']);
  if (kind === 7) {
    const levels = dice.one([5, 100, 120, 126, 127, 128, 129, 200, 3000]);
    const [open, close] = dice.one([['[', ']'], ['{"a":', '}']]);
    return open.repeat(levels) + '1' + close.repeat(dice.chance(900) ? levels : levels - 1);
  }
  const inner = Array.from({ length: dice.roll(4) }, () => any(dice, depth + 1));
  if (kind === 8) return `[${inner.join(',')}]`;
  return `{${inner.map((it) => `"${dice.one(TEXTS)}":${it}`).join(', ')}}`;
}

/** The text of what was put together. */
function text(dice, node) {
  if (typeof node === 'string') return node;
  // Few ends of lines: what has one is no row, and costs the binary a process.
  const space = () => (dice.chance(24) ? dice.one([' ', '\t', '  ', ' \t', ' ', '\n', '\r\n']) : '');
  if (node.list) {
    const items = Array.from({ length: node.index }, () => (dice.chance(100) ? any(dice, 2) : '0'));
    return `[${[...items, ...node.members.map(([, it]) => text(dice, it))].join(`${space()},`)}]`;
  }
  const members = [...node.members];
  if (dice.chance(300)) members.reverse();
  const written = members.map(([name, it]) => {
    const key = dice.chance(30) ? escaped(name) : JSON.stringify(name).slice(1, -1);
    return `${space()}"${key}"${space()}:${space()}${text(dice, it)}${space()}`;
  });
  return `{${written.join(',')}}`;
}

/** The same key in another form. */
function escaped(name) {
  return Array.from(name, (it) =>
    Array.from({ length: it.length }, (_, at) => `\\u${it.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')).join('');
}

const BYTES = [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0x00], [0x80]];

/** What becomes of a request on a bad day. */
function damaged(dice, written) {
  let bytes = Buffer.from(written);
  if (dice.chance(20)) bytes = bytes.subarray(0, dice.roll(bytes.length + 1));
  if (dice.chance(20) && bytes.length > 0) {
    bytes = Buffer.from(bytes);
    bytes[dice.roll(bytes.length)] = dice.roll(128);
  }
  if (dice.chance(20)) {
    const at = dice.roll(bytes.length + 1);
    bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(dice.one(BYTES)), bytes.subarray(at)]);
  }
  if (dice.chance(10)) bytes = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]);
  if (dice.chance(10)) bytes = Buffer.concat([bytes, Buffer.from(dice.one([' ', '\n', '\n\n', 'x', '{}', ',', '\0', '\u00a0', '/**/']))]);
  if (dice.chance(10)) bytes = Buffer.from(any(dice, 0));
  return bytes;
}

const [name, cases, seed] = process.argv.slice(2);
const policy = POLICIES[name];
if (policy === undefined || !(Number(cases) > 0) || !/^\d+$/.test(seed ?? '')) {
  console.error(`usage: draw.mjs ${Object.keys(POLICIES).join('|')} CASES SEED`);
  process.exit(2);
}
const dice = new Dice(seed);
const lines = [];
while (lines.length < Number(cases)) {
  const bytes = request(dice, policy);
  // Of nothing the command line says that there is no case; that is no answer.
  if (/[^ \t\n\r\f\ufeff]/.test(bytes.toString())) lines.push(`${bytes.toString('base64')}\n`);
}
process.stdout.write(lines.join(''));
