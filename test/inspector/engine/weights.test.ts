import assert from 'node:assert/strict';
import { basename, join } from 'node:path';
import { openModel } from '../../../src/inspector/model/openModel';
import { casesIn, readCase } from './support/cases';
import { checkCard, checkErrors, columns, compare, everything, row } from './support/compare';

const folders = casesIn(join(import.meta.dirname, '../../fixtures/weights'));

describe('graphs that are built from stored weights equal Hugging Face eager', () => {
  const table: string[] = [];
  for (const folder of folders) {
    it(basename(folder), async () => {
      const example = readCase(folder);
      const model = await openModel(folder, { threads: 1 });
      try {
        checkCard(example, model);
        const { sites, outputCheck } = model.card;
        assert.deepEqual([...new Set(sites.map(({ check }) => check.result))], ['exact']);
        assert.equal(outputCheck.result, 'exact');
        const run = await model.run(example.feeds, everything);
        const errors = compare(example, run);
        table.push(row(example, run, errors));
        checkErrors(example, errors);
        const ones = sites.map(({ heads }, site) => ({
          site,
          headScale: new Float32Array(heads).fill(1),
        }));
        const same = await model.run(example.feeds, everything, ones);
        assert.deepEqual(same.hiddenStates, run.hiddenStates);
        assert.deepEqual(same.logits?.data, run.logits?.data);
      } finally {
        await model.dispose();
      }
    });
  }

  after(() => console.log(['', columns.join(' · '), ...table, ''].join('\n')));
});
