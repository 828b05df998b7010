import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rowOf } from '../../../src/inspector/families/graph/distances';
import { bucketOf } from '../../../src/inspector/families/graph/scores';

type Runs = readonly (readonly [value: number, count: number])[];
interface Expected {
  readonly reach: number;
  readonly t5: readonly {
    readonly buckets: number;
    readonly maxDistance: number;
    readonly bidirectional: boolean;
    readonly runs: Runs;
  }[];
  readonly deberta: readonly {
    readonly span: number;
    readonly bucketsUpTo: number;
    readonly runs: Runs;
  }[];
}

const file = join(import.meta.dirname, '../../fixtures/weights/buckets.json');
const { reach, t5, deberta } = JSON.parse(readFileSync(file, 'utf8')) as Expected;
const distances = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
const expand = (runs: Runs) => runs.flatMap(([value, count]) => Array<number>(count).fill(value));

/** Beyond the last distance of a table, all are in its bucket. */
function assertEnds(rows: readonly number[], from: number): void {
  const { length } = rows;
  const ends = [rows.slice(0, reach - from + 1), rows.slice(length - 1 - reach + from)];
  for (const end of ends) assert.equal(new Set(end).size, 1);
}

describe('buckets of distances are those of Hugging Face', () => {
  for (const { runs, ...settings } of t5) {
    it(`T5: ${JSON.stringify(settings)}`, () => {
      assert.deepEqual(
        distances.map(distance => bucketOf(distance, settings)),
        expand(runs),
      );
      assertEnds(expand(runs), settings.maxDistance);
    });
  }
  for (const { runs, ...settings } of deberta) {
    it(`DeBERTa: ${JSON.stringify(settings)}`, () => {
      assert.deepEqual(
        distances.map(distance => rowOf(distance, settings)),
        expand(runs),
      );
      assertEnds(expand(runs), settings.bucketsUpTo);
    });
  }
});
