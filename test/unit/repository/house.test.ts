import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findHouseFaults, type Houses } from '../../../scripts/house.mjs';

const HOUSES: Houses = { 'src/webview': ['kit', 'app', ['views/*'], '.'] };
const CLEAN = {
  'src/webview/main.ts': "import './views/masking/view';\nimport './views/layers/view';",
  'src/webview/views/masking/view.ts': "import { state } from '../../app/state';\nstate;",
  'src/webview/views/layers/view.ts': "export * from './words';",
  'src/webview/views/layers/words.ts': "import script from 'worker:../../kit/dom';",
  'src/webview/app/state.ts': "import { dom } from '../kit/dom';\nexport const state = dom;",
  'src/webview/kit/dom.ts': "import { select } from 'd3';\nexport const dom = select;",
};

describe('the check of the house', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'house-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What the check finds in the clean tree with some files added or written anew. */
  function faultsWith(files: Record<string, string>) {
    for (const [name, text] of Object.entries({ ...CLEAN, ...files })) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    return findHouseFaults(folder, HOUSES);
  }

  it('passes a tree whose imports go down', () => assert.deepEqual(faultsWith({}), []));

  it('finds a circle of types, in tests too, with the lines and names', () => {
    const faults = faultsWith({
      'test/unit/first.ts': "// Why.\nimport type {\n  B,\n} from './second';\nexport type A = B;",
      'test/unit/second.ts': "export type B = { a: import('./third').C };",
      'test/unit/third.ts': "export { type A as C } from './first.js';",
      'test/unit/first.js.ts': "export type { A } from './first';",
    });
    assert.deepEqual(faults, [
      [
        'A circle of 4 files:',
        "  test/unit/first.js.ts:1  export type { A } from './first';",
        "  test/unit/first.ts:2  import type { B, } from './second';",
        "  test/unit/second.ts:1  export type B = { a: import('./third').C };",
        "  test/unit/third.ts:1  export { type A as C } from './first.js';",
      ].join('\n'),
    ]);
  });

  it('names each shortest circle once', () => {
    const faults = faultsWith({
      'models/a.ts': "import './b';\nimport './c';",
      'models/b.ts': "import './a';",
      'models/c.ts': "import './a';",
    });
    assert.deepEqual(
      faults.map(fault => fault.split('\n')[1]),
      ["  models/a.ts:1  import './b';", "  models/c.ts:1  import './a';"],
    );
  });

  it('finds an import upwards', () => {
    const above = "import { state } from '../app/state';";
    assert.deepEqual(faultsWith({ 'src/webview/kit/menu.ts': above }), [
      `src/webview: kit imports upwards to app:\n  src/webview/kit/menu.ts:1  ${above}`,
    ]);
  });

  it('finds a view that imports another', () => {
    const other = "import type { Row } from '../layers/words';";
    assert.deepEqual(faultsWith({ 'src/webview/views/masking/rows.ts': other }), [
      `src/webview: views/masking imports across to views/layers:\n  src/webview/views/masking/rows.ts:1  ${other}`,
    ]);
  });

  it('finds a file that stands in no room', () =>
    assert.deepEqual(faultsWith({ 'src/webview/views/loose.ts': '' }), [
      'No room of scripts/rooms.mjs holds src/webview/views/loose.ts.',
    ]));
});
