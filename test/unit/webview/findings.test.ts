import assert from 'node:assert/strict';
import { MODEL_FINDING_CODES, type ModelFinding } from '../../../src/protocol/findings';
import { countParts, countsOf } from '../../../src/webview/app/findings';
import { plainText } from '../../../src/webview/app/sentence';
import { initialState, type State } from '../../../src/webview/app/state';
import { amount, CODES } from '../../../src/webview/views/findings/codes';
import { markdownOf } from '../../../src/webview/views/findings/markdown';
import { groupsOf, selectedRow } from '../../../src/webview/views/findings/rows';
import { findingsSentence } from '../../../src/webview/views/findings/sentence';
import {
  FINDINGS,
  LEAK,
  PASSED,
  ready,
  ROPE,
  UNKNOWN,
} from '../../webview/support/syntheticFindings';

type Look = Partial<State['findingsLook']> & { scope?: 'all' | 'text' | 'model' };

function stateOf(findings: State['findings'], { scope = 'all', ...look }: Look = {}): State {
  const state = initialState('dark');
  return {
    ...state,
    findings,
    findingsLook: { ...state.findingsLook, ...look },
    options: { ...state.options, findings: { scope, condition: '' } },
  };
}
const sentence = (findings: State['findings']): string =>
  plainText(findingsSentence(stateOf(findings)));
/** Each group with the names of its rows. */
const names = (state: State): string[] =>
  groupsOf(state).map(({ id, rows }) => `${id}: ${rows.map(row => row.name).join(', ')}`);

describe('findings in words', () => {
  it('has other words for every code', () => {
    const all = MODEL_FINDING_CODES.map(code => CODES[code]);
    assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
    assert.equal(new Set(all.map(({ check }) => check)).size, all.length);
    assert.equal(new Set(all.map(({ does }) => does)).size, all.length);
  });

  it('says how many there are, what the errors are, and what follows', () => {
    assert.equal(
      sentence(ready()),
      '2 errors, 2 warnings and 2 notes. This export looks ahead in layer 1 and turns positions by another base than its configuration; its outputs cannot be trusted.',
    );
    assert.match(
      sentence(ready([LEAK, ROPE, { ...ROPE, code: 'lm-head' }])),
      /, turns .* and has 1 more fault; /,
    );
    assert.equal(sentence(ready([UNKNOWN])), `1 warning. ${UNKNOWN.sentence}`);
    assert.equal(sentence(ready([{ ...UNKNOWN, severity: 'note' }])), '1 note. Nothing is wrong.');
    assert.equal(
      sentence(ready([{ ...UNKNOWN, severity: 'error' }])),
      `1 error. ${UNKNOWN.sentence}`,
      'a text says nothing of the export',
    );
  });

  it('says that all is well, that it is stale, running, stopped or not done', () => {
    assert.equal(
      sentence(ready([])),
      'All is well: 17 checks found nothing wrong in this export (13 runs · 600 ms). 2 checks could not be decided.',
    );
    assert.match(sentence(ready([], { isStale: true })), /All is well.*have changed since/);
    const progress = { decided: 5, rules: 31, runs: 13 };
    assert.equal(
      sentence({ kind: 'running', progress, found: [LEAK] }),
      'Checking: 13 runs, 5 of 31 checks done; 1 error so far.',
    );
    assert.equal(sentence({ kind: 'none' }), 'This model has not been checked yet.');
    const error = { code: 'cancelled', message: 'Cancelled.' } as const;
    assert.match(sentence({ kind: 'failed', error }), /stopped/);
    assert.match(
      sentence({ kind: 'failed', error: { code: 'crashed', message: 'It ended.' } }),
      /could not be checked: It ended\.$/,
    );
  });

  it('groups them, narrows them by scope and words, and sets ignored ones apart', () => {
    assert.deepEqual(names(stateOf(ready())), [
      'model: Future leak, Rotary base differs, Special token added twice, Left padding moves outputs',
      'text: Unknown tokens, Attention sinks',
      'passed: 17 checks',
      'undecided: Cached ≠ uncached, Damage by quantisation',
    ]);
    assert.deepEqual(names(stateOf(ready(), { scope: 'text' })), [
      'text: Unknown tokens, Attention sinks',
    ]);
    assert.deepEqual(names(stateOf(ready(), { filter: ' ROPE_theta 500 ' })), [
      'model: Rotary base differs',
    ]);
    const pinned = ready(FINDINGS, { pinned: ['future-leak decoder  1 2'] });
    const state = stateOf(pinned);
    assert.equal(names(state).at(-1), 'pinned: Future leak');
    assert.equal(selectedRow(state)?.name, 'Rotary base differs');
    assert.deepEqual(countParts(countsOf(pinned)), ['1 error', '2 warnings', '2 notes']);
  });

  it('puts what is undecided for one reason into one row', () => {
    const done = ready([]);
    assert.ok(done.kind === 'ready');
    const reason = 'Another finding makes its measure say nothing.';
    const codes = ['nan', 'overflow', 'dead-head'] as const;
    const undecided = [...codes.map(code => ({ code, reason })), ...done.result.undecided];
    const state = stateOf({ ...done, result: { ...done.result, passed: [], undecided } });
    const [group] = groupsOf(state);
    assert.deepEqual(
      group?.rows.map(({ name, sentence: text }) => `${name}: ${text}`),
      [
        `3 checks: ${reason} Not numbers · overflow · dead heads`,
        'Cached ≠ uncached: This export has no past_key_values.',
        'Damage by quantisation: Choose the file it was made from.',
      ],
    );
  });

  it('keeps two findings of one name and place apart', () => {
    const [first] = groupsOf(stateOf(ready([ROPE, { ...ROPE, sentence: 'Another.' }])));
    assert.deepEqual(
      first?.rows.map(({ key }) => key),
      ['rope-mismatch', 'rope-mismatch #2'],
    );
  });

  it('writes numbers of any size in few signs', () => {
    assert.deepEqual([0.61, 0, 12, 65504, 2e-6, 1.5e19, 3.25, 12.5, NaN, Infinity].map(amount), [
      '.61',
      '0',
      '12',
      '65,504',
      '2e-6',
      '2e19',
      '3.25',
      '12.5',
      'NaN',
      '∞',
    ]);
  });

  it('is Markdown that means itself, whatever names hold', () => {
    const odd: ModelFinding = {
      ...LEAK,
      sentence: '<img src=x> *and* `code`',
      node: { name: '/a`b/`', operator: 'Softmax' },
    };
    const row = groupsOf(stateOf(ready([odd])))[0]?.rows[0];
    assert.ok(row);
    const text = markdownOf(row);
    assert.match(text, /^\*\*error: Future leak · Δ \.61\*\* \(L1 H2, `future-leak`\)\n/);
    assert.match(text, /\n\\<img src=x\\> \\\*and\\\* \\`code\\`\n/);
    assert.match(text, /- Node: `` \/a`b\/` `` \(`Softmax`\)/);
    assert.match(text, /limit `1e-6`, found `\.61`/);
    const passed = groupsOf(stateOf(ready([])))[0]?.rows[0];
    assert.match(passed ? markdownOf(passed) : '', new RegExp(`${PASSED.length} checks`));
  });
});
