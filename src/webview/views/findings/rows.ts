import { groups } from 'd3';
import type { BreakpointHit } from '../../../protocol/breakpoints';
import { findingName, type ModelFinding, type ModelFindingCode } from '../../../protocol/findings';
import type { Scope } from '../../app/choices/findings';
import { effortWords, foundIn, isPinned } from '../../app/findings';
import type { State } from '../../app/state';
import { count, counted } from '../../reading/format';
import { CODES, measureWords } from './codes';
import { placeWords } from './place';
import { listedStops, stopName, stopsOf, stopToken, stopValues } from './stops';

/** One row of the list. */
export type Row = {
  /** Tells it from the others, also once more rows have come. */
  readonly key: string;
  readonly name: string;
  /** The one measure; empty where there is none. */
  readonly measure: string;
  /** Where it is; empty for what is nowhere. */
  readonly place: string;
  /** The second line. */
  readonly sentence: string;
} & (
  | { readonly kind: 'finding'; readonly finding: ModelFinding; readonly isPinned: boolean }
  | { readonly kind: 'passed'; readonly codes: readonly ModelFindingCode[] }
  | { readonly kind: 'undecided'; readonly codes: readonly ModelFindingCode[] }
  | { readonly kind: 'stop'; readonly hit: BreakpointHit }
);
export type FindingRow = Extract<Row, { kind: 'finding' }>;

export type GroupName = 'stops' | 'model' | 'text' | 'passed' | 'undecided' | 'pinned';

/** Rows under one heading. */
export interface Group {
  readonly id: GroupName;
  readonly title: string;
  /** How many, beside the title; empty where the rows say it. */
  readonly count: string;
  readonly rows: readonly Row[];
  readonly isFolded: boolean;
}

const TITLES: Readonly<Record<GroupName, string>> = {
  stops: 'Stops',
  model: 'This export',
  text: 'This text',
  passed: 'Checked, nothing found',
  undecided: 'Not decided',
  pinned: 'Ignored for this model',
};

/** Findings that were made while the list was of another length keep their keys. */
function findingRows({ findings }: State): FindingRow[] {
  const seen = new Map<string, number>();
  return foundIn(findings).map(finding => {
    const name = findingName(finding);
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return {
      kind: 'finding',
      key: before === 0 ? name : `${name} #${before + 1}`,
      name: CODES[finding.code].name,
      measure: measureWords(finding),
      place: placeWords(finding),
      sentence: finding.sentence,
      finding,
      isPinned: isPinned(findings, finding),
    };
  });
}

function passedRows({ findings }: State): Row[] {
  if (findings.kind !== 'ready' || findings.result.passed.length === 0) return [];
  const { passed } = findings.result;
  return [
    {
      kind: 'passed',
      key: 'passed',
      name: counted(passed.length, 'check'),
      measure: effortWords(findings.result).replace(' · ', ', '),
      place: '',
      sentence: checkNames(passed),
      codes: passed,
    },
  ];
}

function undecidedRows({ findings }: State): Row[] {
  if (findings.kind !== 'ready') return [];
  return groups(findings.result.undecided, ({ reason }) => reason).map(([reason, same]) => {
    const codes = same.map(({ code }) => code);
    const [code = 'nan'] = codes;
    const isOne = codes.length === 1;
    return {
      kind: 'undecided',
      key: `undecided ${code}`,
      name: isOne ? CODES[code].name : counted(codes.length, 'check'),
      measure: '',
      place: '',
      sentence: isOne ? reason : `${reason} ${checkNames(codes)}`,
      codes,
    };
  });
}

function stopRows(state: State): Row[] {
  const hasStacks = (state.capture?.model.stacks.length ?? 1) > 1;
  return listedStops(state).map(hit => {
    const name = stopName(hit, hasStacks);
    return {
      kind: 'stop',
      key: `stop ${hit.stack} ${name} ${hit.token}`,
      name,
      measure: stopToken(state, hit),
      place: 'go to',
      sentence: stopValues(hit),
      hit,
    };
  });
}

/** The names of some checks, as a row has them. */
function checkNames(codes: readonly ModelFindingCode[]): string {
  const names = codes.map(code => CODES[code].check).join(' · ');
  return names.charAt(0).toUpperCase() + names.slice(1);
}

/** Whether a row has the words that people look for. */
function hasWords({ name, measure, place, sentence }: Row, wanted: string): boolean {
  const text = [name, measure, place, sentence].join(' ').toLowerCase();
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every(word => text.includes(word));
}

const isIn = (scope: Scope, about: 'model' | 'text'): boolean => scope === 'all' || scope === about;

/** The groups of the list in their order; empty ones are left out. */
export function groupsOf(state: State): Group[] {
  const { filter, folded } = state.findingsLook;
  const { scope } = state.options.findings;
  const found = findingRows(state).filter(({ finding }) => isIn(scope, finding.about));
  const of = (about: 'model' | 'text'): FindingRow[] =>
    found.filter(one => !one.isPinned && one.finding.about === about);
  const isWhole = scope !== 'text';
  const parts: readonly (readonly [GroupName, readonly Row[]])[] = [
    ['stops', scope === 'model' ? [] : stopRows(state)],
    ['model', of('model')],
    ['text', of('text')],
    ['passed', isWhole ? passedRows(state) : []],
    ['undecided', isWhole ? undecidedRows(state) : []],
    ['pinned', found.filter(one => one.isPinned)],
  ];
  return parts.flatMap(([id, all]) => {
    const rows = all.filter(row => hasWords(row, filter.trim()));
    if (rows.length === 0) return [];
    const isFolded = folded.includes(id) && filter.trim() === '';
    const counts: Partial<Record<GroupName, number>> = {
      stops: stopsOf(state)?.count ?? 0,
      ...{ model: rows.length, text: rows.length, pinned: rows.length },
    };
    const known = counts[id];
    const number = known === undefined ? '' : count(known);
    return { id, title: TITLES[id], count: number, rows, isFolded };
  });
}

/** The row that is looked at: the chosen one, else the first. */
export function selectedRow(state: State, groups = groupsOf(state)): Row | null {
  const rows = groups.flatMap(group => (group.isFolded ? [] : group.rows));
  return rows.find(({ key }) => key === state.findingsLook.selected) ?? rows[0] ?? null;
}

/** Findings that F8 goes through: those that nobody ignores. */
export const steppedRows = (groups: readonly Group[]): FindingRow[] =>
  groups.flatMap(({ rows }) =>
    rows.flatMap(row => (row.kind === 'finding' && !row.isPinned ? row : [])),
  );
