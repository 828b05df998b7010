import assert from 'node:assert/strict';
import { AlignedText } from '../../../src/inspector/tokenizer/alignedText';
import { createTokenizer } from '../../../src/inspector/tokenizer/createTokenizer';
import { createNormalizers } from '../../../src/inspector/tokenizer/normalizer/createNormalizer';
import { normalizeText, splitWords } from '../../../src/inspector/tokenizer/pipeline';
import { createPreTokenizers } from '../../../src/inspector/tokenizer/preTokenizer/createPreTokenizer';
import {
  fixtureText,
  FOLDERS,
  testStrings,
  tokenizersOf,
  type TestString,
  type TokenizerFixture,
  type Vector,
} from './fixtures';
import { Oracle } from './oracle';

const STAGES = ['ids', 'offsets', 'tokens', 'normalized', 'pre-tokens'] as const;
type Stage = (typeof STAGES)[number];
/** Longer texts have no normalised form and pre-tokens among the vectors. */
const MAX_CODE_POINTS = 1500;

interface Tally {
  equal: number;
  all: number;
}

/** Differences that KNOWN.md lists: `| tokenizer | stage | strings | reason |`. */
const known = new Set(
  [...fixtureText('KNOWN.md').matchAll(/^\| `([^`]+)` +\| ([a-z-]+) +\| ([\d ,]+)\|/gm)].flatMap(
    ([, name, stage, strings]) =>
      (strings ?? '').split(',').map(i => `${name} ${stage} ${i.trim()}`),
  ),
);

describe('tokenizers against the reference', function () {
  this.timeout(600_000);
  const lines: string[] = [];
  const seen = new Set<string>();
  const isReal = (name: string) => !name.startsWith('made-');
  const sums = new Map<Stage, Tally>(STAGES.map(stage => [stage, { equal: 0, all: 0 }]));

  for (const folder of FOLDERS) {
    const strings = testStrings(folder);
    for (const fixture of tokenizersOf(folder)) {
      if (seen.has(fixture.name)) continue;
      seen.add(fixture.name);
      it(`${fixture.name} (${strings.length} strings)`, async () => {
        const tallies = new Map<Stage, Tally>(STAGES.map(stage => [stage, { equal: 0, all: 0 }]));
        const unlisted: string[] = [];
        for await (const { stage, i, isEqual, detail } of comparisons(fixture, strings)) {
          for (const into of isReal(fixture.name) ? [tallies, sums] : [tallies]) {
            const tally = into.get(stage);
            if (!tally) continue;
            tally.all++;
            if (isEqual) tally.equal++;
          }
          if (!isEqual && !known.has(`${fixture.name} ${stage} ${i}`)) {
            unlisted.push(`string ${i}, ${stage}: ${detail}`);
          }
        }
        lines.push(row(fixture.name, tallies));
        assert.deepEqual(unlisted, [], 'differences that KNOWN.md does not list');
      });
    }
  }

  after(() => {
    lines.push(row('all real ones', sums));
    console.log(`\n| tokenizer | ${STAGES.join(' | ')} |\n|---|${'---|'.repeat(STAGES.length)}`);
    console.log(`${lines.join('\n')}\n`);
  });

  it('agrees on at least 99.9 % of real tokenizers’ ids and offsets, on all stages before', () => {
    for (const [stage, { equal, all }] of sums) {
      const least = stage === 'normalized' || stage === 'pre-tokens' ? 1 : 0.999;
      assert.ok(equal / all >= least, `${stage}: ${equal} of ${all}`);
    }
  });
});

interface Comparison {
  readonly stage: Stage;
  readonly i: number;
  readonly isEqual: boolean;
  readonly detail: string;
}

async function* comparisons(
  { json, vectors }: TokenizerFixture,
  strings: readonly TestString[],
): AsyncGenerator<Comparison> {
  const tokenizer = createTokenizer(json);
  const normalizers = createNormalizers(json.normalizer);
  const preTokenizers = createPreTokenizers(json.pre_tokenizer);
  const oracle = vectors ? undefined : new Oracle(json);
  const spellings = vocabulary(json);
  for (const [k, { i, text }] of strings.entries()) {
    const expected = vectors?.[k] ?? (await expectedOf(oracle, text));
    const { tokens } = tokenizer.encode(text);
    const compare = (stage: Stage, actual: unknown, wanted: unknown): Comparison => {
      const [a, b] = [JSON.stringify(actual), JSON.stringify(wanted)];
      return { stage, i, isEqual: a === b, detail: `${a.slice(0, 300)} for ${b.slice(0, 300)}` };
    };
    yield compare(
      'ids',
      tokens.map(token => token.id),
      expected.ids,
    );
    yield compare(
      'offsets',
      tokens.flatMap(({ start, end }) => [start, end]),
      expected.o,
    );
    const spelled = expected.ids.map((id, at) => expected.t?.[at] ?? spellings.get(id));
    yield compare(
      'tokens',
      tokens.map(token => token.token),
      spelled,
    );
    if (Array.from(text).length > MAX_CODE_POINTS) continue;
    const source = AlignedText.from(text);
    const normalized = normalizeText({ normalizers }, source, {}).text;
    yield compare('normalized', normalized, expected.n ?? source.text);
    if (!expected.p) continue;
    const words = normalized ? splitWords({ preTokenizers }, AlignedText.from(normalized), {}) : [];
    yield compare(
      'pre-tokens',
      words.map(word => word.text),
      expected.p,
    );
  }
}

async function expectedOf(oracle: Oracle | undefined, text: string): Promise<Vector> {
  assert.ok(oracle);
  const { ids, offsets, tokens } = await oracle.encode(text);
  const n = oracle.normalize(text);
  const p = oracle.preTokenize(n);
  return { i: 0, ids, o: offsets, t: Object.fromEntries(tokens.entries()), n, ...(p ? { p } : {}) };
}

function vocabulary(json: TokenizerFixture['json']): Map<number, string> {
  const { vocab } = json.model as { vocab: Record<string, number> | [string, number][] };
  const added = json.added_tokens as { id: number; content: string }[];
  return new Map([
    ...(Array.isArray(vocab)
      ? vocab.map(([token], id): [number, string] => [id, token])
      : Object.entries(vocab).map(([token, id]): [number, string] => [id, token])),
    ...added.map(({ id, content }): [number, string] => [id, content]),
  ]);
}

function row(name: string, tallies: ReadonlyMap<Stage, Tally>): string {
  const cells = [...tallies.values()].map(({ equal, all }) =>
    all === 0 ? '–' : `${((100 * equal) / all).toFixed(2)} %`,
  );
  return `| ${name} | ${cells.join(' | ')} |`;
}
