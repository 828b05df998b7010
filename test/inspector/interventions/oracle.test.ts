import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listSchema, type Intervention } from '../../../src/protocol/intervention';
import type { Token } from '../../../src/protocol/tokens';
import { readSafetensors, toFloat32 } from '../../../src/inspector/files/safetensors';
import type { InstrumentedModel } from '../../../src/inspector/model/instrumentedModel';
import { openModel } from '../../../src/inspector/model/openModel';
import type { ModelRun } from '../../../src/inspector/model/run';
import { changedComputation } from '../../../src/inspector/run/changes';
import { inspect } from '../../../src/inspector/run/inspect';
import { makeInterventions } from '../../../src/inspector/run/interventions/make';
import { editedTokens } from '../../../src/inspector/run/interventions/tokenEdits';
import { tokenFeeds, type StackTokens } from '../../../src/inspector/run/modelInput';
import { ModelStore } from '../../../src/inspector/store/modelStore';
import type { AlignedTokenizer } from '../../../src/inspector/tokenizer/types';
import * as v from 'valibot';

/** Largest difference of a logit from what PyTorch computes. */
const TOLERANCE = 1e-4;
const LOGITS = {
  weights: true,
  queryKeyValue: true,
  maskedScores: true,
  headOutput: true,
  hiddenStates: false,
  logits: true,
};

interface Facts {
  readonly ids: { readonly encoder?: readonly number[]; readonly decoder?: readonly number[] };
  readonly text: string;
  readonly target?: string;
  /** Tokens and, of the vocabulary, every so many entries that the logits are of. */
  readonly tokens: readonly number[];
  readonly entries: number;
  readonly cases: Readonly<Record<string, unknown>>;
}

const root = join(import.meta.dirname, '../../..');
const fixtures = join(root, 'test/fixtures/interventions');
const { models } = JSON.parse(readFileSync(join(fixtures, 'interventions.json'), 'utf8')) as {
  models: Record<string, Facts>;
};
const reference = readSafetensors(readFileSync(join(fixtures, 'logits.safetensors')));
const bundled = new Set(['encoder', 'decoder', 'encoder-decoder']);

describe('interventions equal PyTorch with hooks', () => {
  const worst = new Map<string, number>();
  for (const [name, facts] of Object.entries(models)) {
    describe(name, () => {
      const make = bundled.has(name) ? bundledRuns(name, facts) : tinyRuns(name, facts);
      for (const [title, listed] of [['plain', []] as const, ...Object.entries(facts.cases)]) {
        it(title, async () => {
          const run = await make(listOf(listed));
          const error = compare(run, facts, `${name}.${title}`);
          worst.set(title, Math.max(worst.get(title) ?? 0, error));
        });
      }
      after(() => make.close());
    });
  }
  after(() => {
    const rows = [...worst].map(([title, error]) => `      ${error.toExponential(1)} ${title}`);
    console.log(['', '      largest difference of a logit, all models:', ...rows].join('\n'));
  });
});

interface Runs {
  (list: readonly Intervention[]): Promise<ModelRun>;
  close(): Promise<void>;
}

/** A list as the file of interventions has it; the vector's file lies beside the reference. */
function listOf(listed: unknown): readonly Intervention[] {
  return v.parse(listSchema, listed).map(one => {
    const { how } = one;
    const placed =
      'add' in how && 'file' in how.add
        ? { ...how, add: { ...how.add, file: join(fixtures, how.add.file) } }
        : how;
    return { kind: 'intervention', ...one, how: placed };
  });
}

function bundledRuns(name: string, { text, target, ids }: Facts): Runs {
  const treebank = join(root, 'models/treebank/treebank.conllu');
  const store = new ModelStore(undefined, false, treebank);
  const model = join(root, 'models', name);
  const make = async (list: readonly Intervention[]) => {
    const spec = { model, text, ...(target === undefined ? {} : { target }), changes: list };
    const capture = await inspect({ ...spec, maximumTokens: 64 }, store, async () => undefined);
    if (list.every(({ at }) => at.point !== 'token')) {
      for (const [stack, own] of Object.entries(ids)) {
        const read = capture.summary.tokens[stack as 'encoder'] ?? [];
        assert.deepEqual(
          read.map(({ id }) => id),
          own,
        );
      }
    }
    const refused = capture.summary.model.sites.filter(({ check }) => check.result === 'refused');
    assert.deepEqual(refused, []);
    return capture.run;
  };
  return Object.assign(make, { close: async () => (await store.model(model)).dispose() });
}

/** Runs of a tiny model without a tokenizer: its texts are the numbers of their tokens. */
function tinyRuns(name: string, facts: Facts): Runs {
  let opened: Promise<InstrumentedModel> | undefined;
  const modelOf = () =>
    (opened ??= openModel(join(root, 'test/fixtures/weights', name), { threads: 1 }));
  const make = async (list: readonly Intervention[]) => {
    const model = await modelOf();
    const { card } = model;
    const target = facts.target ?? '';
    const given: StackTokens = Object.fromEntries(
      Object.entries(facts.ids).map(([stack, ids]) => [stack, tokensOf(ids)]),
    );
    const tokens = editedTokens(card, numbers, given, list);
    const changed = changedComputation(model, tokens, list);
    const feeds = tokenFeeds(model, tokens);
    const { overrides } = await makeInterventions(
      {
        ...changed,
        model,
        tokenizer: numbers,
        tokens,
        feeds,
        target,
        maximumTokens: 64,
        corpus: undefined,
      },
      card.sites,
      list,
    );
    const run = await model.run(feeds, LOGITS, [], { overrides });
    assert.deepEqual([...(run.refused ?? [])], []);
    return run;
  };
  return Object.assign(make, { close: async () => (await opened)?.dispose() });
}

const numbers: AlignedTokenizer = {
  kind: 'WordLevel',
  vocabularySize: 29,
  source: 'the test',
  encode: text => {
    const tokens = tokensOf(text.split(' ').map(Number));
    return { text, tokens, total: tokens.length } as ReturnType<AlignedTokenizer['encode']>;
  },
  tokenOf: id => String(id),
  trace: () => {
    throw new Error('nothing is traced');
  },
};

function tokensOf(ids: readonly number[]): readonly Token[] {
  return ids.map((id, index) => ({
    index,
    id,
    token: String(id),
    text: String(id),
    start: 0,
    end: 0,
    special: false,
    unknown: false,
    continues: false,
  }));
}

function compare({ logits }: ModelRun, { tokens, entries }: Facts, name: string): number {
  assert.ok(logits);
  const expected = reference.get(name);
  assert.ok(expected, name);
  const values = toFloat32(expected);
  const [, , vocabulary = 0] = logits.dims;
  const columns = Math.ceil(vocabulary / entries);
  assert.deepEqual(expected.dims, [tokens.length, columns]);
  let worst = 0;
  for (const [row, token] of tokens.entries()) {
    for (let column = 0; column < columns; column++) {
      const ours = logits.data[token * vocabulary + column * entries] ?? NaN;
      const difference = Math.abs(ours - (values[row * columns + column] ?? NaN));
      worst = Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
    }
  }
  assert.ok(worst <= TOLERANCE, `${name}: ${worst}`);
  return worst;
}
