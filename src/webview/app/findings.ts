import {
  findingName,
  type FindingsState,
  type ModelFinding,
  type Severity,
} from '../../protocol/findings';
import { counted, duration } from '../reading/format';

/** The view that lists findings. */
export const FINDINGS_VIEW = 'findings';

const NOTHING: readonly never[] = [];

/** What was found so far, errors first. */
export function foundIn(findings: FindingsState): readonly ModelFinding[] {
  if (findings.kind === 'ready') return findings.result.findings;
  return findings.kind === 'running' ? findings.found : NOTHING;
}

/** Whether people ignore a finding for this model. */
export const isPinned = (findings: FindingsState, finding: ModelFinding): boolean =>
  findings.kind === 'ready' && findings.pinned.includes(findingName(finding));

export type Counts = Readonly<Record<Severity, number>>;

/** How many findings of each severity there are; those that are ignored do not count. */
export function countsOf(findings: FindingsState): Counts {
  const counts = { error: 0, warning: 0, note: 0 };
  for (const one of foundIn(findings)) if (!isPinned(findings, one)) counts[one.severity]++;
  return counts;
}

/** Findings that people should see at once: errors and warnings. */
export function graveCount(findings: FindingsState): number {
  const { error, warning } = countsOf(findings);
  return error + warning;
}

/** Counts in words, those that are none left out: `2 errors`, `1 warning`. */
export const countParts = (
  counts: Counts,
  severities: readonly Severity[] = ['error', 'warning', 'note'],
): string[] =>
  severities.filter(one => counts[one] > 0).map(severity => counted(counts[severity], severity));

/** What a check took: `13 runs · 0.6 s`. */
export const effortWords = ({
  runs,
  milliseconds,
}: {
  readonly runs: number;
  readonly milliseconds: number;
}): string => `${counted(runs, 'run')} · ${duration(milliseconds)}`;
