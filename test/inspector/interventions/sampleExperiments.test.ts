import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { createInspector } from '../../../src/inspector/inspector';
import type { CaptureSummary } from '../../../src/protocol/capture';
import { experimentSchema, type Experiment } from '../../../src/protocol/experiment';
import { NEVER_CANCELLED } from '../../../src/protocol/rpc';

const FOLDER = 'samples/experiments';
/** What a number may differ by from what is said: half of the last digit that people read. */
const CLOSE = 1e-3;

describe('Experiments', function () {
  this.timeout(120_000);
  const inspector = createInspector({ treebank: resolve('models/treebank/treebank.conllu') });
  const quiet = [() => undefined, NEVER_CANCELLED] as const;
  const lines = readFileSync('samples/experiments.txt', 'utf8').split('\n');

  /** A run with the interventions at these places on, and the others off. */
  const run = (
    { model, text, otherText, target, interventions }: Experiment,
    on: readonly number[],
    isOfOther = false,
  ): Promise<CaptureSummary> =>
    inspector.inspect(
      {
        model: resolve('models', model),
        text: isOfOther ? (otherText ?? assert.fail('no text B')) : text,
        ...(target === undefined ? {} : { target }),
        maximumTokens: 512,
        changes: interventions.map(({ at, how, only }, place) => ({
          kind: 'intervention',
          at,
          how,
          ...(only ? { only } : {}),
          on: on.includes(place),
        })),
      },
      ...quiet,
    );

  const probability = async ({ id }: CaptureSummary, token: number, entry: string) => {
    const { best } = await inspector.predictions({ capture: id, token, count: 1024 }, ...quiet);
    const found = best.find(({ text }) => text === entry);
    return found?.probability ?? assert.fail(`${entry} is not among ${best.length} entries`);
  };

  const measured = async (
    experiment: Experiment,
    { on, token, measure, answer = '', other = '', isOfOther }: Experiment['numbers'][number],
  ): Promise<number> => {
    const capture = await run(experiment, on, isOfOther);
    if (measure === 'divergence') {
      const plain = await run(experiment, []);
      const { kl } = await inspector.divergence({ before: plain.id, after: capture.id }, ...quiet);
      return kl[token] ?? NaN;
    }
    const chosen = await probability(capture, token, answer);
    if (measure === 'probability') return chosen;
    // The softmax takes the same from both.
    return Math.log(chosen / (await probability(capture, token, other)));
  };

  for (const file of readdirSync(FOLDER).filter(name => name.endsWith('.json'))) {
    describe(file, () => {
      const json: unknown = JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8'));
      const experiment = v.parse(experimentSchema, json);
      const words = experiment.look.join('\n');

      it('has its text among those that are shown, and its place in the run', async () => {
        assert.ok(lines.includes(experiment.text));
        const capture = await run(experiment, []);
        const { stack, kind, layer, head, query, key } = experiment.locus;
        const site = capture.sites.find(
          one => one.stack === stack && one.kind === kind && one.layer === layer,
        );
        assert.ok(site && head < site.heads);
        const keys = capture.tokens[kind === 'cross' ? 'encoder' : stack] ?? [];
        assert.ok(query < (capture.tokens[stack]?.length ?? 0) && (key ?? 0) < keys.length);
      });

      it('says the numbers that the model computes', async () => {
        assert.ok(experiment.numbers.length >= 3);
        for (const number of experiment.numbers) {
          assert.ok(words.includes(number.says), `“${number.says}” is in the words`);
          const value = await measured(experiment, number);
          const off = `${number.says}, ${JSON.stringify(number.on)}: ${value}, not ${number.value}`;
          assert.ok(Math.abs(value - number.value) <= CLOSE, off);
          const said = Number(number.says.replace('−', '-'));
          const digits = number.says.split('.')[1]?.length ?? 0;
          assert.ok(Number.isNaN(said) || Math.abs(said - value) <= 0.5001 * 10 ** -digits, off);
        }
      });
    });
  }
});
