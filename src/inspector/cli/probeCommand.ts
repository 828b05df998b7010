import { resolve } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import type { ProbeReport, TaskReport } from '../../protocol/probes';
import { runAndFit } from '../probing/fitProbes';
import { saveProbes } from '../probing/probeStore';
import { corpusWork } from './corpusWork';
import { percent, table } from './textTable';

export interface ProbeOptions {
  readonly conllu: string | undefined;
  readonly save: string | undefined;
  readonly json: boolean;
}

/** Fits probes and prints what they found; writes them to a file on request. */
export async function probeCommand(
  model: string,
  { conllu, save, json }: ProbeOptions,
): Promise<void> {
  const choice = {
    model: resolve(model),
    ...(conllu === undefined ? {} : { corpus: resolve(conllu) }),
  };
  const fitted = await runAndFit(choice, corpusWork());
  if (save !== undefined) {
    await saveProbes(resolve(save), fitted).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new InspectorError('inputs-wrong', `Cannot write ${save}: ${reason}.`, {
        cause: error,
      });
    });
  }
  const { report } = fitted;
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
}

/** The report for people: a table a task. */
function textOf(report: ProbeReport): string {
  const count = (value: number) => value.toLocaleString('en');
  return [
    `${report.model} (${report.stack}) on ${report.corpus}: ${count(report.sentences)} sentences, ${count(report.words)} words, ${(report.elapsed / 1000).toFixed(1)} s`,
    ...report.tasks.flatMap(task => ['', ...linesOf(task)]),
    '',
    ...report.missing.map(({ task, reason }) => `${task}: not fitted. ${reason}`),
    ...report.notes,
    report.caveats,
    '',
  ].join('\n');
}

function linesOf(task: TaskReport): readonly string[] {
  const rows = task.scores.map(score => [
    String(score.state),
    percent(score.accuracy.value),
    `${percent(score.accuracy.low)}–${percent(score.accuracy.high)}`,
    percent(score.f1),
    percent(score.control),
    percent(score.selectivity),
    score.compression.toFixed(2),
    percent(score.mixed),
  ]);
  const expected = task.expectedLayer?.toFixed(2) ?? 'none';
  return [
    `${task.task}: ${task.classes.length} classes, ${task.trainItems} items for training and ${task.testItems} for testing, majority ${percent(task.majority)} %`,
    ...table([HEADS, ...rows]),
    `expected layer ${expected}, centre of gravity ${task.centreOfGravity.toFixed(2)}`,
  ];
}

const HEADS = [
  'state',
  'accuracy %',
  '95 % interval',
  'F1 %',
  'control %',
  'selectivity',
  'compression',
  'mixed %',
];
