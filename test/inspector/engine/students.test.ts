import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { batchFirst, lengthsOf } from '../../../src/inspector/cli/rawFeeds';
import { readSafetensors, toFloat32 } from '../../../src/inspector/files/safetensors';
import type { InstrumentedModel } from '../../../src/inspector/model/instrumentedModel';
import { openModel } from '../../../src/inspector/model/openModel';
import type { Feed, Feeds, ModelRun } from '../../../src/inspector/model/run';
import type { Tensor } from '../../../src/inspector/runtime/tensor';
import { worstError } from './support/cases';
import { everything } from './support/inspect';

/** Largest difference from what torch computes. */
const TOLERANCE = 1e-4;

/** `case.json` of `students.py`. */
interface Student {
  readonly sites: readonly {
    readonly stack: string;
    readonly layer: number;
    readonly kind: string;
    readonly mask: string;
  }[];
  /** Name of the input for token ids. */
  readonly ids: string;
  /** The graph runs at the length of its trace only, whatever it says. */
  readonly isFixed: boolean;
  /** What becomes of a text that is shorter than that; null where it is not tried. */
  readonly short: 'filled' | 'refused' | null;
  readonly shortTokens: number;
  readonly length: number;
}

const quantities = {
  q: 'query',
  k: 'key',
  v: 'value',
  masked: 'maskedScores',
  weights: 'weights',
  context: 'headOutput',
} as const;

const fixtures = join(import.meta.dirname, '../../fixtures/students');
const names = readdirSync(fixtures)
  .filter(name => name.includes('__'))
  .sort();

describe('torch’s own modules, through both exporters, equal torch', () => {
  const table: string[] = [];
  for (const name of names) {
    describe(name, () => {
      const folder = join(fixtures, name);
      const read = (file: string) => readSafetensors(readFileSync(join(folder, file)));
      const student = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Student;
      const feeds = Object.fromEntries(read('inputs.safetensors')) as Record<string, Feed>;
      const reference = read('reference.safetensors');
      let model: InstrumentedModel;
      before(async () => {
        const lengths = lengthsOf(feeds);
        model = await openModel(join(folder, 'model.onnx'), { threads: 1, lengths });
      });
      after(() => model.dispose());

      const expected = (tensor: string): Tensor => {
        const entry = reference.get(tensor);
        assert.ok(entry, `the reference has no ${tensor}`);
        return { dims: entry.dims, data: toFloat32(entry) };
      };
      const compare = (run: ModelRun, prefix = ''): number => {
        assert.equal(run.sites.length, student.sites.length);
        let worst = 0;
        for (const [i, site] of run.sites.entries()) {
          for (const [theirs, ours] of Object.entries(quantities)) {
            const wanted = expected(`${prefix}site.${i}.${theirs}`);
            const error = worstError(site[ours], wanted);
            assert.ok(error <= TOLERANCE, `${ours} of site ${i} differs by ${error}`);
            assert.deepEqual(site[ours]?.dims, wanted.dims);
            worst = Math.max(worst, error);
          }
        }
        const logits = expected(`${prefix}logits`);
        const error = worstError(run.logits, logits);
        assert.ok(error <= TOLERANCE, `logits differ by ${error}`);
        assert.deepEqual(run.logits?.dims, logits.dims);
        return Math.max(worst, error);
      };

      it('shows every attention as what it is', async () => {
        const { card } = model;
        const shown = card.sites.map(({ stack, layer, kind, mask }) => {
          return { stack, layer, kind, mask: mask.kind };
        });
        assert.deepEqual(
          shown,
          student.sites.map(({ stack, layer, kind, mask }) => ({ stack, layer, kind, mask })),
        );
        for (const { check } of card.sites) assert.equal(check.result, 'exact');
        const worst = compare(await model.run(rowsOf(feeds, model), everything));
        table.push([name, shown.length, student.short ?? '', worst.toExponential(1)].join(' · '));
      });

      const { short, shortTokens, length } = student;
      if (short === null) return;
      it(`a text of ${shortTokens} tokens is ${short}`, async () => {
        const ids = reference.get('short.ids');
        assert.ok(ids);
        const run = () => model.run({ [student.ids]: ids as Feed }, everything);
        if (short === 'filled') compare(await run(), 'short.');
        else {
          await assert.rejects(
            run,
            new RegExp(`takes exactly ${length} tokens: this text has ${shortTokens}\\.`),
          );
        }
      });
    });
  }

  after(() => console.log(['', 'case · sites · short text · worst', ...table, ''].join('\n')));
});

function rowsOf(feeds: Feeds, { inputs }: InstrumentedModel): Feeds {
  return batchFirst(feeds, inputs);
}
