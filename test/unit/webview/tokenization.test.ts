import assert from 'node:assert/strict';
import type { TextTrace } from '../../../src/protocol/panel';
import { tracedPart } from '../../../src/protocol/tokenTrace';
import { plainText } from '../../../src/webview/app/sentence';
import { bpeStates } from '../../../src/webview/views/tokens/bpeStates';
import { columnsOf } from '../../../src/webview/views/tokens/glossColumns';
import { compareTraces } from '../../../src/webview/views/tokens/compare';
import { hexBytes, lineAndColumn, sharingTokens } from '../../../src/webview/views/tokens/facts';
import { laneOut } from '../../../src/webview/views/tokens/lattice';
import { madeFrom, wordPlace } from '../../../src/webview/reading/tokenLookup';
import { stageTable } from '../../../src/webview/views/tokens/stages';
import { tokenStory } from '../../../src/webview/views/tokens/story';
import { testTokenizer } from '../../webview/support/tokenizers';

const TEXTS = [
  'The café was Thirsty 👍🏽 [SEP] 東京 ꙮ.\n\tx',
  '  two  spaces <|endoftext|> ﬁ ㎏ e\u0301',
  '',
  ' ',
  '\ud800 lone',
];
const MODELS = ['encoder', 'decoder', 't5-small', 'made-gemma', 'made-mt5-bytefallback', 'clip'];

async function traced(model: string, text: string): Promise<TextTrace> {
  const trace = (await testTokenizer(model)).trace(text);
  return { model: { reference: model, label: model, detail: '' }, text, trace };
}

/** The characters of a text, sorted. */
const sorted = (text: string): string => Array.from(text).sort().join('');

describe('traces in the panel', () => {
  for (const model of MODELS) {
    it(`${model}: columns hold every token once and every character once, in order`, async () => {
      for (const text of TEXTS) {
        const { trace } = await traced(model, text);
        const columns = columnsOf(trace, text.length);
        const tokens = columns.flatMap(column => column.tokens);
        assert.deepEqual(
          [...tokens].sort((a, b) => a - b),
          trace.tokens.map(token => token.index),
        );
        const source = columns.map(({ range }) =>
          range ? text.slice(range.start, range.end) : '',
        );
        assert.equal(source.join(''), text);
      }
    });

    it(`${model}: the last stages spell the tokens, the words' text is whole at each stage`, async () => {
      for (const text of TEXTS) {
        const all = await traced(model, text);
        const { stages, cells } = stageTable(all.trace, text);
        const spelled = cells.flatMap(row => row.flat()).filter(part => part.token !== undefined);
        assert.deepEqual(
          spelled.map(part => part.text).sort(),
          all.trace.tokens.map(token => token.token).sort(),
        );
        stages.forEach(({ kind }, row) => {
          if (kind !== 'normalizer' || text.includes('[SEP]') || text.includes('<|')) return;
          const shown = (cells[row] ?? []).flat().map(part => part.text);
          const last = all.trace.sections.map(section => section.normalization);
          const index = stages.slice(0, row).filter(stage => stage.kind === 'normalizer').length;
          const wanted = last.map(steps => steps[index]?.result.text ?? '').join('');
          assert.equal(sorted(shown.join('')), sorted(wanted));
        });
        for (const token of all.trace.tokens) {
          assert.match(plainText(tokenStory(all, token.index)), /[^.]\.$/);
        }
      }
    });
  }

  it('tells what a token was made from, with the space that it begins with', async () => {
    const { trace } = await traced('decoder', 'it was');
    const was = trace.tokens.findIndex(token => token.token === 'Ġwas');
    assert.deepEqual(madeFrom(trace, was), { start: 2, end: 6 });
    assert.equal(madeFrom(trace, 0), null);
    assert.deepEqual(wordPlace(trace, was)?.tokens, [was]);
  });

  it('follows BPE: the last state is the pieces', async () => {
    const { trace } = await traced('decoder', 'unbelievably thirsty');
    for (const token of trace.tokens) {
      const place = wordPlace(trace, token.index);
      if (place?.word.steps.kind !== 'BPE') continue;
      const states = bpeStates(place.word.steps);
      const last = states.at(-1)?.symbols ?? place.word.steps.symbols;
      assert.deepEqual(
        last,
        place.word.pieces.map(piece => piece.token),
      );
    }
  });

  it('puts the taken pieces of a lattice into the first lane and lets no two overlap', async () => {
    const { trace } = await traced('t5-small', 'unbelievably');
    const steps = wordPlace(trace, 0)?.word.steps;
    assert.equal(steps?.kind, 'Unigram');
    const best = steps.segmentations[0]?.pieces ?? [];
    const lanes = laneOut(steps.lattice, best);
    assert.deepEqual(
      lanes
        .filter(piece => piece.lane === 0)
        .sort((a, b) => a.from - b.from)
        .map(piece => piece.text),
      best,
    );
    for (const a of lanes) {
      for (const b of lanes) {
        if (a === b || a.lane !== b.lane) continue;
        assert.ok(a.to <= b.from || b.to <= a.from);
      }
    }
  });

  it('compares two splits: equal ones agree, others differ where their cuts do', async () => {
    const text = 'the unbelievably good';
    const [a, b] = [await traced('encoder', text), await traced('gpt2', text)];
    const same = compareTraces(text, a.trace, a.trace);
    assert.ok(same.segments.every(segment => segment.agrees));
    assert.equal(same.onlyFirst + same.onlySecond, 0);
    const other = compareTraces(text, a.trace, b.trace);
    assert.deepEqual(
      other.segments
        .filter(segment => !segment.agrees)
        .map(({ start, end }) => text.slice(start, end)),
      ['unbelievably'],
    );
    assert.deepEqual(other.counts, [
      a.trace.tokens.filter(token => !token.special).length,
      b.trace.tokens.length,
    ]);
  });

  it('writes bytes, lines and columns, and finds tokens that share characters', async () => {
    assert.equal(hexBytes([0, 10, 255]), '00 0A FF');
    assert.match(hexBytes(new Uint8Array(30)), /^(00 ){24}… \(30 bytes\)$/);
    assert.deepEqual(lineAndColumn('a\r\nbc\nd', 5), { line: 2, column: 3 });
    const { trace } = await traced('decoder', '👍');
    const shared = trace.tokens.filter(token => token.text === '👍').map(token => token.index);
    assert.deepEqual(sharingTokens(trace.tokens, shared[1] ?? 0), shared);
    assert.deepEqual(sharingTokens(trace.tokens, 0), []);
  });

  it('traces the beginning of long texts, never half a character', () => {
    assert.equal(tracedPart('short'), 'short');
    assert.equal(tracedPart('x'.repeat(6000)).length, 5000);
    assert.equal(tracedPart(`${'x'.repeat(4999)}👍`).length, 4999);
  });
});
