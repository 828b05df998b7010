import assert from 'node:assert/strict';
import { fileName } from '../../../src/extension/pages/fileNames';

describe('fileName', () => {
  it('joins what things are called', () => {
    assert.equal(
      fileName(['encoder', 'The keys of the cabinet are'], 'svg'),
      'encoder The keys of the cabinet are.svg',
    );
  });

  it('leaves no way out of the folder and nothing that systems refuse', () => {
    assert.equal(fileName(['../../etc', 'a/b\\c:d*e?"<>|'], 'csv'), 'etc a b c d e.csv');
    assert.equal(fileName(['...', '\u0000\n\t'], 'png'), 'attention.png');
  });

  it('drops characters that would reorder the name', () => {
    assert.equal(fileName(['gpj\u202Eexe', 'x'], 'png'), 'gpj exe x.png');
  });

  it('shortens by whole characters', () => {
    const name = fileName(['🐯'.repeat(200)], 'svg');
    assert.equal(Array.from(name).length, 48 + 4);
    assert.doesNotThrow(() => encodeURIComponent(name));
  });
});
