import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { openTokenizer } from '../../../src/inspector/huggingface/openTokenizer';
import type { InstrumentedModel } from '../../../src/inspector/model/instrumentedModel';
import { openModel } from '../../../src/inspector/model/openModel';
import type { ModelRun, SiteCapture } from '../../../src/inspector/model/run';
import type { Tensor } from '../../../src/inspector/runtime/tensor';
import {
  casesIn,
  readCase,
  referenceOf,
  worstError,
  type Case,
  type CaseIntervention,
} from './support/cases';
import { everything } from './support/inspect';

/** A string and the ids that the tokenizer of the package, or transformers, gives it. */
interface Encoded {
  readonly text: string;
  readonly ids: readonly number[];
}

/** What a site holds, by the name of its reference. */
const PARTS: Readonly<Record<string, (site: SiteCapture) => Tensor | undefined>> = {
  q: site => site.query,
  k: site => site.key,
  v: site => site.value,
  raw: site => site.scores,
  masked: site => site.maskedScores,
  weights: site => site.weights,
  context: site => site.headOutput,
};
/** `case.json` gives no tolerance for these: they follow from others. */
const TOLERANCE_OF: Readonly<Record<string, string>> = { masked: 'raw', context: 'v' };

const folder = process.env.ATTENTION_DEBUGGER_PUBLISHED;

// The weights are hundreds of megabytes: test/fixtures/published.py puts them where the variable says.
if (folder) {
  describe('published weights equal their reference', function () {
    this.timeout(120_000);
    const table = [['case', 'open ms', ...Object.keys(PARTS), 'hidden', 'output'].join(' · ')];
    const folders = casesIn(folder);
    it('are there', () => assert.ok(folders.length > 0, `no case in ${folder}`));
    for (const each of folders) {
      const example = readCase(each);
      const { refused } = example.facts;
      describe(basename(each), () => {
        if (refused === undefined) checkPublished(example, table);
        else checkRefused(each, refused);
      });
    }
    after(() => console.log(['', ...table, ''].join('\n')));
  });
}

/** What cannot be shown is refused with its reason. */
function checkRefused(model: string, reason: string): void {
  it(`is refused: ${reason}`, async () => {
    await assert.rejects(openModel(model, { threads: 1 }), (error: Error) =>
      error.message.includes(reason),
    );
  });
}

function checkPublished(example: Case, table: string[]): void {
  const { facts, feeds } = example;
  let model: InstrumentedModel;
  let run: ModelRun;
  let openTime: number;
  before(async () => {
    const start = performance.now();
    model = await openModel(example.folder, { threads: 1 });
    openTime = performance.now() - start;
    run = await model.run(feeds, everything);
  });
  after(() => model.dispose());

  it('shows every attention', () => {
    assert.deepEqual(
      model.card.sites.filter(({ check }) => check.result === 'refused'),
      [],
    );
    assert.equal(run.refused?.size ?? 0, 0);
    assert.equal(run.sites.length, facts.n_sites);
    for (const [i, { site }] of run.sites.entries()) {
      assert.equal(site.heads, facts.heads[i]);
      assert.equal(site.headDim, facts.head_dim[i]);
      assert.deepEqual(site.mask, { kind: facts.mask_kind[i] });
      assert.equal(site.positional.kind, facts.positions);
    }
    assert.equal(model.card.outputCheck.result, 'exact');
    if (facts.precision === 'fp32') {
      for (const { check } of model.card.sites) assert.equal(check.result, 'exact');
    }
  });

  it('captures what the reference has', () => {
    const errors: Record<string, number> = {};
    for (const [name, read] of Object.entries(PARTS)) {
      const differences = run.sites.flatMap((site, i) => {
        const expected = referenceOf(example, `site.${i}.${name}`);
        // The reference has q·k, the capture q·k × scale.
        const factor = name === 'raw' ? 1 / site.site.scale : 1;
        return expected ? [worstError(read(site), expected, factor)] : [];
      });
      if (differences.length > 0) errors[name] = Math.max(...differences);
    }
    errors.hidden = hiddenError(example, run);
    errors.output = outputError(example, run);
    const cells = [...Object.keys(PARTS), 'hidden', 'output'].map(name => errors[name]);
    const figures = cells.map(error => error?.toExponential(1) ?? 'none');
    table.push([facts.name, openTime.toFixed(0), ...figures].join(' · '));
    for (const name of ['masked', 'weights', 'context']) {
      assert.ok(name in errors, `the reference has no ${name}`);
    }
    for (const [name, error] of Object.entries(errors)) {
      const tolerance = facts.tolerances[TOLERANCE_OF[name] ?? name] ?? facts.tolerances.logits;
      assert.ok(tolerance !== undefined && error <= tolerance, `${name} differs by ${error}`);
    }
  });

  for (const change of facts.interventions ?? []) {
    if (change.kind !== 'head_off') continue;
    it(`head ${change.head} of site ${change.site} switched off changes the output as there`, async () => {
      const changed = await model.run(feeds, everything, [switchedOff(run, change)]);
      const error = outputError(example, changed, change.reference);
      assert.ok(error <= (facts.tolerances.logits ?? 0), `the output differs by ${error}`);
      assert.ok(outputError(example, run, change.reference) > 1e-3, 'the head does nothing');
    });
  }

  it('splits text as its own tokenizer does', async () => {
    const strings = readFileSync(join(example.folder, 'strings.json'), 'utf8');
    const tokenizer = await openTokenizer(example.folder);
    for (const { text, ids } of JSON.parse(strings) as Encoded[]) {
      const { tokens } = tokenizer.encode(text);
      assert.deepEqual(
        tokens.map(({ id }) => id),
        ids,
        text,
      );
    }
  });
}

/** The residual stream at every layer. */
function hiddenError(example: Case, run: ModelRun): number {
  const states = run.hiddenStates.encoder ?? [];
  assert.equal(states.length, example.facts.n_sites + 1);
  return Math.max(
    ...states.map((state, i) => {
      const expected = referenceOf(example, `hidden_states.${i}`);
      return expected ? worstError(state, expected) : Infinity;
    }),
  );
}

/** What the graph puts out: logits, or what is made of the last hidden state. */
function outputError(example: Case, run: ModelRun, name = example.facts.output): number {
  const expected = referenceOf(example, name);
  const actual = run.logits ?? run.hiddenStates.encoder?.at(-1);
  assert.ok(expected);
  return worstError(actual, expected);
}

function switchedOff(run: ModelRun, { site, head = 0 }: CaseIntervention) {
  const headScale = new Float32Array(run.sites[site]?.site.heads ?? 0).fill(1);
  headScale[head] = 0;
  return { site, headScale };
}
