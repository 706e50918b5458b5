/**
 * The declared inputs of a policy, taken out of JSON requests as the host does:
 * the text is read once, members that no input needs are skipped.
 */

import { NotJson, OPEN_LIST, OPEN_MAP } from './cursor.js';
import { ignore } from './ignore.js';
import { FOUND, LIST, NULL, Reader } from './json.js';
import { firstBad } from './utf8.js';
import { found, fromText, given, kindPhrase, ofKind } from './values.js';

/** Why a request gives no values. */
export class InputError {
  /** @param {string} message A sentence; it names inputs and places, and repeats no value. */
  constructor(message) {
    this.message = message;
  }
}

/** A member of a map or list that leads to inputs. */
class Member {
  constructor(pointer, number) {
    this.pointer = pointer;
    /** To tell duplicates. */
    this.number = number;
    /** The inputs that its value is. */
    this.inputs = [];
    /** What is told when it is there, of one that is not read. */
    this.warning = null;
    /** The members below, by name. */
    this.below = new Map();
  }
}

/** Takes the inputs of a policy out of requests, and tells what is not read. */
export class Inputs {
  /**
   * @param {{ name: string, kind: import('./values.js').Kind, required: boolean }[]} declared
   * @param {Map<string, object>} mappings Of the document, by the input's name.
   */
  constructor(declared, mappings) {
    this.root = new Map();
    this.count = 0;
    this.wanted = declared.map((input) => wanted(input, mappings.get(input.name)));
    this.wanted.forEach((input, slot) => {
      if (input.pointer !== undefined) this.#lead(input.pointer).inputs.push(slot);
    });
    const outside = this.wanted.filter((input) => input.pointer === undefined);
    const read = new Set(this.root.keys());
    for (const input of outside) {
      const [what, place] = input.header === undefined
        ? ['counter', input.counter]
        : ['header', input.header];
      for (const name of [input.name, place]) {
        // The name of a header is no one's idea of a member.
        if (read.has(name) || (what === 'header' && name === place)) continue;
        read.add(name);
        this.#lead(`/${escaped(name)}`).warning =
          `the given \`${name}\` is not read: input \`${input.name}\` comes from ${what} \`${place}\``;
      }
    }
    for (const member of this.#members(this.root)) {
      if (member.inputs.length > 0 && member.below.size > 0) {
        throw new Error(`\`${member.pointer}\` is read both as a value and as a map`);
      }
    }
  }

  *#members(level) {
    for (const member of level.values()) {
      yield member;
      yield* this.#members(member.below);
    }
  }

  /** The member that a pointer leads to. */
  #lead(pointer) {
    let level = this.root;
    let member;
    let path = '';
    for (const token of pointer.split('/').slice(1)) {
      path += `/${token}`;
      const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
      member = level.get(name);
      if (member === undefined) {
        member = new Member(path, this.count);
        this.count += 1;
        level.set(name, member);
      }
      level = member.below;
    }
    return member;
  }

  /**
   * The values of a request, in the order of the declared inputs, and what it
   * gives that is not read.
   * @param {Uint8Array} bytes Without a byte order mark.
   * @param {{ headers?: Map<string, string>, counters?: object }} outside
   * @throws {InputError}
   */
  read(bytes, outside) {
    const bad = firstBad(bytes);
    if (bad >= 0) {
      throw new InputError(`the request is not UTF-8: byte ${bad} begins no character`);
    }
    const values = new Array(this.wanted.length).fill(null);
    const walk = new Walk(new Reader(bytes), this.wanted, values, this.count);
    try {
      walk.level(this.root, '');
      try {
        walk.reader.end();
      } catch (error) {
        if (!(error instanceof NotJson)) throw error;
        throw notJson(error, 'something follows it');
      }
    } catch (error) {
      if (!(error instanceof NotJson)) throw error;
      throw notJson(error, error.ends ? 'it ends too soon' : 'no value can be read');
    }
    this.wanted.forEach((input, slot) => {
      if (values[slot] === null) values[slot] = complete(input, outside);
    });
    return { values, warnings: walk.warnings };
  }
}

function notJson({ line, column }, reason) {
  return new InputError(`the request is not JSON: ${reason} at line ${line} column ${column}`);
}

/** Where an input comes from. */
function wanted({ name, kind, required }, mapping = {}) {
  const input = { name, kind, required, fallback: null };
  if (mapping.default !== undefined) {
    const value = given(mapping.default, kind);
    if (value === undefined) {
      throw new Error(`the default of \`${name}\` must be ${kindPhrase(kind)}`);
    }
    input.fallback = value;
  }
  if (mapping.header !== undefined) {
    input.header = mapping.header.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  } else if (mapping.counter !== undefined) {
    input.counter = mapping.counter;
  } else {
    input.pointer = mapping.pointer ?? `/${escaped(mapping.column ?? name)}`;
  }
  return input;
}

function escaped(name) {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function wrongKind(input, place, what) {
  const wants = kindPhrase(input.kind);
  return new InputError(`input \`${input.name}\` at ${place} must be ${wants}, found ${what}`);
}

/** The value of an input that the request does not give. */
function complete(input, { headers, counters }) {
  let value = null;
  let place = `\`${input.pointer}\``;
  if (input.header !== undefined) {
    place = `header \`${input.header}\``;
    const text = headers?.get(input.header);
    if (text !== undefined) value = fromText(text, input.kind);
    if (value === undefined) throw wrongKind(input, place, 'text that is none');
  } else if (input.counter !== undefined) {
    place = `counter \`${input.counter}\``;
    if (counters !== undefined && Object.hasOwn(counters, input.counter)) {
      value = given(counters[input.counter], input.kind);
    }
    if (value === undefined) throw wrongKind(input, place, 'another kind of value');
  }
  if (value !== null) return value;
  if (input.fallback !== null) return input.fallback;
  if (input.required) {
    throw new InputError(
      `required input \`${input.name}\` is missing: there is nothing at ${place}`,
    );
  }
  return null;
}

/** One reading of one request. */
class Walk {
  constructor(reader, inputs, values, count) {
    this.reader = reader;
    this.wanted = inputs;
    this.values = values;
    this.seen = new Uint8Array(count);
    this.warnings = [];
  }

  /** A map or list with members that lead to inputs. */
  level(members, pointer) {
    const { reader } = this;
    const byte = reader.skip();
    if (byte === OPEN_MAP) {
      reader.map((key) => this.below(members.get(key)));
    } else if (byte === OPEN_LIST && pointer !== '') {
      reader.list((index) => this.below(members.get(String(index))));
    } else {
      if (byte === OPEN_LIST) throw this.#notMap(pointer, LIST);
      reader.scalar();
      // Null on the way to an input means that the input is absent.
      if (reader.tag !== NULL || pointer === '') throw this.#notMap(pointer, reader.tag);
    }
  }

  #notMap(pointer, tag) {
    const at = pointer === '' ? 'the request' : `\`${pointer}\``;
    return new InputError(`${at} must be a map, found ${FOUND[tag]}`);
  }

  /** The value of a member, which may lead to inputs. */
  below(member) {
    const { reader } = this;
    if (member === undefined) {
      ignore(reader);
      return;
    }
    if (member.warning !== null) {
      reader.scalar();
      if (reader.tag !== NULL && !this.warnings.includes(member.warning)) {
        this.warnings.push(member.warning);
      }
      return;
    }
    if (this.seen[member.number] === 1) {
      throw new InputError(`\`${member.pointer}\` is given twice`);
    }
    this.seen[member.number] = 1;
    if (member.inputs.length === 0) {
      this.level(member.below, member.pointer);
      return;
    }
    reader.scalar();
    for (const slot of member.inputs) {
      const input = this.wanted[slot];
      const value = ofKind(reader, input.kind);
      if (value === undefined) {
        throw wrongKind(input, `\`${member.pointer}\``, found(reader, input.kind));
      }
      this.values[slot] = value;
    }
  }
}

