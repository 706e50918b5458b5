/** Numbers as answers have them: the shortest digits, in the form of the host. */

/**
 * A finite number in JSON. Its digits are JavaScript's; unlike there a whole
 * number ends in `.0`, minus zero keeps its sign, and exponents begin at 1e16
 * and below 1e-5.
 * @param {number} value
 */
export function numberText(value) {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [, sign, first, rest = '', power] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(
    value.toExponential(),
  );
  const digits = first + rest;
  const exponent = Number(power);
  if (exponent < -5 || exponent > 15) {
    return `${sign}${first}${rest === '' ? '' : `.${rest}`}e${power}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-1 - exponent)}${digits}`;
  const whole = exponent + 1;
  if (digits.length <= whole) return `${sign}${digits.padEnd(whole, '0')}.0`;
  return `${sign}${digits.slice(0, whole)}.${digits.slice(whole)}`;
}
