import assert from 'node:assert/strict';
import { basename } from 'node:path';
import type { InstrumentedModel } from '../../../src/inspector/model/instrumentedModel';
import {
  Edge,
  type CaptureRequest,
  type ModelRun,
  type SiteCapture,
} from '../../../src/inspector/model/run';
import { openModel } from '../../../src/inspector/model/openModel';
import {
  caseFolders,
  readCase,
  referenceOf,
  worstError,
  type CaseIntervention,
} from './support/cases';
import { checkCard, checkErrors, columns, compare, everything, row } from './support/compare';

const logitsOnly: CaptureRequest = {
  weights: false,
  queryKeyValue: false,
  maskedScores: false,
  headOutput: false,
  hiddenStates: false,
  logits: true,
};

describe('attention of exported models equals Hugging Face eager', () => {
  const table: string[] = [];
  for (const folder of caseFolders()) {
    const example = readCase(folder);
    if (example.facts.n_sites === 0) continue;
    describe(basename(folder), () => {
      let model: InstrumentedModel;
      let run: ModelRun;
      before(async () => {
        model = await openModel(folder, { threads: 1 });
        run = await model.run(example.feeds, everything);
      });
      after(() => model.dispose());

      it('finds every site and describes it', () => checkCard(example, model));

      it('captures every quantity', () => {
        const errors = compare(example, run);
        table.push(row(example, run, errors));
        checkErrors(example, errors);
      });

      it('is bit-identical under interventions that change nothing', async () => {
        const ones = model.card.sites.map(({ heads }, site) => ({
          site,
          headScale: new Float32Array(heads).fill(1),
        }));
        const same = await model.run(example.feeds, everything, ones);
        assert.deepEqual(same.logits?.data, run.logits?.data);
        assert.deepEqual(same.hiddenStates, run.hiddenStates);
      });

      for (const change of example.facts.interventions ?? []) {
        const { site, kind, reference } = change;
        // An encoder without head is compared by its last hidden state elsewhere.
        if (!reference.endsWith('logits')) continue;
        it(`${kind.replace('_', ' ')} in site ${site} changes the logits as it does there`, async () => {
          const facts = run.sites[site];
          assert.ok(facts);
          const isFused = !/softmax/i.test(facts.site.graph.operator);
          const changed = () =>
            model.run(example.feeds, logitsOnly, [{ site, ...interventionOf(change, facts) }]);
          if (kind === 'edge_off' && isFused) {
            await assert.rejects(changed, /cannot be changed/);
            return;
          }
          const expected = referenceOf(example, reference);
          assert.ok(expected);
          const error = worstError((await changed()).logits, expected);
          // Products of bytes saturate on some processors: as far as the plain run differs, this may.
          const plain = referenceOf(example, 'logits');
          const own = plain ? worstError(run.logits, plain) : 0;
          const limit = example.facts.tolerances.logits ?? Math.max(1, 1.5 * own);
          assert.ok(error <= limit, `logits differ by ${error}`);
        });
      }

      it('is bit-identical under a mask that changes nothing', async () => {
        const [first] = run.sites;
        if (first?.site.graph.operator !== 'Softmax') return;
        const [, , queries = 0, keys = 0] = first.weights?.dims ?? [];
        const edges = new Uint8Array(queries * keys).fill(Edge.keep);
        const mask = { edges, dims: [1, queries, keys] } as const;
        const same = await model.run(example.feeds, logitsOnly, [{ site: 0, mask }]);
        assert.deepEqual(same.logits?.data, run.logits?.data);
      });
    });
  }

  after(() => {
    const head = columns.join(' · ');
    console.log(['', head, ...table, ''].join('\n'));
  });
});

/** A head switched off, or one edge forbidden in all heads. */
function interventionOf(change: CaseIntervention, { site, weights }: SiteCapture) {
  if (change.kind === 'head_off') {
    const headScale = new Float32Array(site.heads).fill(1);
    headScale[change.head ?? 0] = 0;
    return { headScale };
  }
  const [, , queries = 0, keys = 0] = weights?.dims ?? [];
  const edges = new Uint8Array(queries * keys).fill(Edge.keep);
  edges[(change.query ?? 0) * keys + (change.key ?? 0)] = Edge.block;
  return { mask: { edges, dims: [1, queries, keys] as const } };
}
