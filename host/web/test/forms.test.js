import assert from 'node:assert/strict';
import { test } from 'node:test';

import { numberText } from '../src/number.js';
import { plain, refusal } from '../src/sentence.js';
import { bytesOf, firstBad } from '../src/utf8.js';

test('numbers have the form of the host', () => {
  for (const text of [
    '0.0', '-0.0', '1.0', '0.7', '43210.1', '1e-6', '0.00001', '0.000012345', '9.99e-6', '5e-324',
    '1000000000000000.0', '9999999999999998.0', '1e+16', '1.2345678901234568e+20', '1e+21',
    '1.7976931348623157e+308', '-2.5', '544431068535091.6', '6.62607015e-34', '-5942736479622170.0',
  ]) {
    assert.equal(numberText(Number(text)), text);
  }
});

test('the first byte that begins no character is found', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const isText = (bytes) => {
    try {
      decoder.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  // Every pair, and every three and four with a lead that has rules of its own.
  const leads = [0x7f, 0x80, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff];
  for (const lead of leads) {
    for (let second = 0; second < 256; second += 1) {
      for (const rest of [[], [0x80], [0xbf], [0x41], [0x80, 0x80], [0xbf, 0xbf], [0x80, 0xc0]]) {
        const bytes = Uint8Array.of(0x61, lead, second, ...rest);
        const bad = firstBad(bytes);
        assert.equal(bad < 0, isText(bytes), bytes.join(' '));
        if (bad >= 0) assert.ok(isText(bytes.subarray(0, bad)), bytes.join(' '));
      }
    }
  }
});

test('a text that is no Unicode becomes no UTF-8', () => {
  assert.equal(firstBad(bytesOf('é\ud834x')), 2);
  assert.equal(firstBad(bytesOf('\udd1e')), 0);
  assert.equal(firstBad(bytesOf('\ud834\udd1e')), -1);
  assert.throws(() => bytesOf({ score: 1 }), TypeError);
});

test('what a policy says is one plain line', () => {
  assert.equal(plain(' a\nb\u001b[31m\u202ec\r\n'), 'a b\ufffd[31m\ufffdc');
  assert.equal([...plain('é'.repeat(5000))].length, 1001);
  assert.equal(refusal('𝄞'.repeat(1000)), '𝄞'.repeat(1000));
  assert.equal([...refusal('𝄞'.repeat(1001))].length, 1001);
});
