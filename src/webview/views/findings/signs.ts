import type { Severity } from '../../../protocol/findings';
import { el, icon } from '../../kit/dom';
import type { Row } from './rows';

const SIGNS: Readonly<
  Record<Severity | 'passed' | 'undecided' | 'stop', readonly [sign: string, name: string]>
> = {
  error: ['error', 'Error'],
  warning: ['warning', 'Warning'],
  note: ['info', 'Note'],
  passed: ['pass', 'Nothing found'],
  undecided: ['circle-slash', 'Not decided'],
  stop: ['debug-breakpoint-conditional', 'Stop'],
};

const signOf = (row: Row) => SIGNS[row.kind === 'finding' ? row.finding.severity : row.kind];

/** The sign of a row, in its colour. */
export function rowSign(row: Row): HTMLElement {
  const [sign] = signOf(row);
  return el('span', { class: ['finding-sign', `is-${sign}`], 'aria-hidden': 'true' }, icon(sign));
}

/** What the sign says: the severity of a finding. */
export const signName = (row: Row): string => signOf(row)[1];
