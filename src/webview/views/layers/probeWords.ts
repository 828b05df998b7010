import type { ProbeScore, ProbeTask, TaskReport } from '../../../protocol/probes';
import { stateWords } from './facts';

/** Tasks by the names that people know. */
export const TASK_NAMES: Record<ProbeTask, string> = {
  pos: 'Part of speech',
  chunk: 'Chunks',
  relation: 'Dependency relation',
  head: 'Dependency head',
  entity: 'Entities',
  coreference: 'Coreference',
};

/** A share in percent with one decimal: `94.1`. */
export const points = (share: number): string =>
  Number.isFinite(share) ? (share * 100).toFixed(1) : '–';

/** Everything that is known of one probe, as a sentence. */
export function probeWords({ majority }: TaskReport, score: ProbeScore): string {
  const { accuracy, control, selectivity, f1, compression, descriptionLength, mixed } = score;
  const parts = [
    `accuracy ${points(accuracy.value)} % (${points(accuracy.low)} to ${points(accuracy.high)})`,
    `F1 ${points(f1)} %`,
    `control task ${points(control)} %, selectivity ${points(selectivity)} points`,
    `majority class ${points(majority)} %`,
    `description length ${Math.round(descriptionLength).toLocaleString('en-US')} bits, compression ${compression.toFixed(2)}×`,
    `scalar mix up to here ${points(mixed)} %`,
  ];
  const at = stateWords(score.state);
  return `${at.charAt(0).toUpperCase()}${at.slice(1)}: ${parts.join('; ')}.`;
}

/** Where a task is found: the centre of gravity of its scalar mix, and the expected layer. */
export function depthWords({ centreOfGravity, expectedLayer }: TaskReport): string {
  const expected =
    expectedLayer === undefined
      ? 'no expected layer, because nothing is gained'
      : `expected layer ${expectedLayer.toFixed(1)}`;
  return `Centre of gravity ${centreOfGravity.toFixed(1)}, ${expected} (0 = embeddings, 1 = after layer 0).`;
}

/** The best accuracy of a task. */
export const bestScore = ({ scores }: TaskReport): ProbeScore | null =>
  scores.reduce<ProbeScore | null>(
    (best, one) => (best && best.accuracy.value >= one.accuracy.value ? best : one),
    null,
  );
