/** What a policy says, made fit for a message as the host makes it. */

import { trimmed } from './values.js';

/** The longest piece that a message repeats, in characters. */
const LONGEST = 1000;

/**
 * Characters that are not plainly visible: control, format, separator and
 * private-use ones, those that programs are told to ignore, and those that are
 * none at all.
 */
const HIDDEN = new RegExp(
  '[\\u{0}-\\u{1f}\\u{7f}-\\u{a0}\\u{ad}\\u{34f}\\u{600}-\\u{605}\\u{61c}\\u{6dd}\\u{70f}' +
  '\\u{890}-\\u{891}\\u{8e2}\\u{115f}-\\u{1160}\\u{1680}\\u{17b4}-\\u{17b5}\\u{180b}-\\u{180f}' +
  '\\u{2000}-\\u{200f}\\u{2028}-\\u{202f}\\u{205f}-\\u{206f}\\u{3000}\\u{3164}' +
  '\\u{e000}-\\u{f8ff}\\u{fdd0}-\\u{fdef}\\u{feff}\\u{ffa0}\\u{fff0}-\\u{fffb}' +
  '\\u{110bd}\\u{110cd}\\u{13430}-\\u{1343f}\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}' +
  '\\u{e0000}-\\u{e0fff}\\u{f0000}-\\u{10ffff}]',
  'u',
);

function isHidden(character) {
  return HIDDEN.test(character) || (character.codePointAt(0) & 0xfffe) === 0xfffe;
}

/** One line that no terminal acts on, and not a long one. */
export function plain(text) {
  const characters = [...cut(trimmed(text), LONGEST + 1)];
  const shown = characters.slice(0, LONGEST).map((character) => {
    if (character === '\n') return ' ';
    return isHidden(character) ? '\ufffd' : character;
  });
  return shown.join('') + (characters.length > LONGEST ? '…' : '');
}

/** The first characters of a text, without taking all of it apart. */
function cut(text, count) {
  let end = 0;
  for (let index = 0; index < count && end < text.length; index += 1) {
    end += text.codePointAt(end) > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}

/** A reason for having no decision: it may repeat what is in the request, so it is cut. */
export function refusal(text) {
  const start = cut(text, LONGEST);
  return plain(start.length < text.length ? `${start}…` : text);
}
