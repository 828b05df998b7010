import * as v from 'valibot';
import { PROBE_TASKS, type ProbeReport } from '../../protocol/probes';
import { parseBounded } from '../files/boundedJson';

/** Longer texts and lists are in no file that was written here. */
const text = v.pipe(v.string(), v.maxLength(2000));
const finite = v.pipe(v.number(), v.finite());
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const task = v.picklist(PROBE_TASKS);

const score = v.object({
  state: whole,
  accuracy: v.object({ value: share, low: share, high: share }),
  f1: share,
  control: share,
  selectivity: finite,
  descriptionLength: finite,
  compression: finite,
  mixed: share,
});

const taskReport = v.object({
  task,
  classes: v.pipe(v.array(text), v.maxLength(10_000)),
  trainItems: whole,
  testItems: whole,
  majority: share,
  scores: v.pipe(v.array(score), v.maxLength(1000)),
  expectedLayer: v.exactOptional(finite),
  centreOfGravity: finite,
});

const reportSchema = v.object({
  model: text,
  modelHash: hash,
  stack: v.picklist(['encoder', 'decoder']),
  corpus: text,
  corpusHash: hash,
  sentences: whole,
  words: whole,
  states: v.pipe(whole, v.maxValue(1000)),
  seed: whole,
  tasks: v.pipe(v.array(taskReport), v.maxLength(PROBE_TASKS.length)),
  missing: v.pipe(v.array(v.object({ task, reason: text })), v.maxLength(PROBE_TASKS.length)),
  notes: v.pipe(v.array(text), v.maxLength(100)),
  caveats: text,
  elapsed: finite,
});

/** A report as a file holds it; undefined where it is none, or one that contradicts itself. */
export function parseReport(json: string): ProbeReport | undefined {
  let value: unknown;
  try {
    value = parseBounded(json, { depth: 8, values: 1e6 }, 'the report', what => {
      throw new SyntaxError(what);
    });
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(reportSchema, value);
  if (!parsed.success) return undefined;
  const report: ProbeReport = parsed.output;
  const isWhole = report.tasks.every(
    ({ scores }) => scores.length === report.states && scores.every(({ state }, i) => state === i),
  );
  const names = [...report.tasks, ...report.missing].map(each => each.task);
  return isWhole && new Set(names).size === names.length ? report : undefined;
}
