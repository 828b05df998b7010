import assert from 'node:assert/strict';
import { parseBounded } from '../../../src/inspector/files/boundedJson';
import { parseHeader } from '../../../src/inspector/files/safetensorsHeader';
import { shortened } from '../../../src/inspector/files/shortened';
import { processorTime } from '../../support/processorTime';

const fail = (what: string): never => {
  throw new Error(what);
};

describe('JSON that somebody else wrote', () => {
  const parse = (text: string, depth = 4, values = 100) =>
    parseBounded(text, { depth, values }, 'it', fail);

  it('is parsed as ever within its bounds', () => {
    for (const text of [
      '{"a":{"shape":[1,2,3],"b":[]},"c":null}',
      '{"[[[[[[[[":"]]]]{{{{{,,,,,","\\"[[[[[[[":"\\\\"}',
      '"only a string, [[[["',
      '12',
    ]) {
      assert.deepEqual(parse(text), JSON.parse(text), text);
    }
  });

  it('is refused before it is parsed where it is deep or has too many values', () => {
    assert.throws(() => parse('[[[[[]]]]]'), /^Error: it is nested deeper than 4 levels$/);
    assert.throws(() => parse(`{"a":${'{"a":'.repeat(9)}`), /nested deeper/);
    assert.doesNotThrow(() => parse('[[],[],[],[[[]]]]'));
    assert.throws(() => parse(`[${'0,'.repeat(100)}0]`), /^Error: it holds more than 100 values$/);
    assert.throws(() => parse(`[${'[],'.repeat(60)}[]]`), /more than 100 values/);
    assert.doesNotThrow(() => parse(`[${'0,'.repeat(98)}0]`));
  });

  it('is refused where it is no JSON', () => {
    for (const text of ['', '{', '{"a":"', '["\\', ']]]']) {
      assert.throws(() => parse(text), /^Error: it is not JSON$/, text);
    }
  });
});

describe('headers of safetensors files', () => {
  const header = (text: string) => parseHeader(new TextEncoder().encode(text), 4, fail);

  it('are bounded in depth, values and size, quickly', () => {
    const started = processorTime();
    const half = 5e6;
    assert.throws(() => header(`{"x":${'['.repeat(half)}${']'.repeat(half)}}`), /nested deeper/);
    assert.throws(() => header(`{"x":[${'[],'.repeat(3e6)}[]]}`), /more than 2,000,000 values/);
    assert.throws(
      () => parseHeader(new Uint8Array(65e6).fill(0x20), 4, fail),
      /65000000 bytes, more than/,
    );
    assert.ok(processorTime() - started < 2000);
  });

  it('are refused in a short sentence, however long a name in it is', () => {
    const entry = (offsets: string, shape = '[1]') =>
      `{"${'n'.repeat(1e6)}":{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}}`;
    for (const text of [
      entry('[0,8]'),
      entry('[0,3]'),
      entry('[0,4]', `[${'1,'.repeat(1000)}2]`),
      `{"${'n'.repeat(1e6)}":{}}`,
    ]) {
      assert.throws(
        () => header(text),
        (error: Error) => {
          assert.ok(error.message.length < 300, String(error.message.length));
          return /“n{80}…”/.test(error.message);
        },
      );
    }
  });
});

describe('names in sentences', () => {
  it('have at most 80 characters, on one line', () => {
    assert.equal(shortened('/layer.0/Softmax'), '/layer.0/Softmax');
    assert.equal(shortened('x'.repeat(80)), 'x'.repeat(80));
    assert.equal(shortened('x'.repeat(81)), `${'x'.repeat(80)}…`);
    assert.equal(shortened('😀'.repeat(1000)), `${'😀'.repeat(80)}…`, 'no half of a character');
    assert.equal(shortened('a\nb\u202ec\u2028d'), 'a b c d');
  });
});
