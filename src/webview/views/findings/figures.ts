import type { FindingsState } from '../../../protocol/findings';
import { stateFigure, type FigureSource } from '../../app/export/figure';
import type { State } from '../../app/state';
import { tableOf } from '../../draw/file/figureTable';
import { INK, words, type Mark, type Picture } from '../../draw/marks';
import { shorten, visibleWords } from '../../reading/tokenText';
import { evidencePicture, evidenceTable } from './evidence';
import { groupsOf, selectedRow, type FindingRow, type Group, type Row } from './rows';
import { signName } from './signs';

/** Evidence of one finding that can be chosen. */
const MOST_EVIDENCE = 4;
const LINE = 18;
const WIDTH = 760;
/** Characters that fit into a line. */
const LETTERS = 120;

const selectedFinding = (state: State): FindingRow | null => {
  const row = selectedRow(state);
  return row?.kind === 'finding' ? row : null;
};

/** What can be saved of the Findings view: the list, and the evidence of the finding that is looked at. */
export const findingsFigures: readonly FigureSource[] = [
  stateFigure(
    'findings',
    state => (isDone(state.findings) ? groupsOf(state) : null),
    'Findings',
    listPicture,
    listTable,
  ),
  ...Array.from({ length: MOST_EVIDENCE }, (_, i) =>
    stateFigure(
      `evidence-${i}`,
      state => {
        const row = selectedFinding(state);
        const evidence = row?.finding.evidence[i];
        return row && evidence && { row, evidence };
      },
      ({ row, evidence }) => `${row.name}: ${evidence.title}`,
      ({ row, evidence }, state) =>
        evidencePicture(evidence, state, row.finding.code === 'future-leak'),
      ({ evidence }) => evidenceTable(evidence),
    ),
  ),
];

const isDone = ({ kind }: FindingsState): boolean => kind === 'ready' || kind === 'running';

function listPicture(groups: readonly Group[]): Picture {
  const lines = groups.flatMap(({ title, count, rows }): [string, string, number][] => [
    [[title, count].filter(Boolean).join(' '), INK.text, 0],
    ...rows.flatMap((row): [string, string, number][] => [
      [
        [`${signName(row)}: ${row.name}`, row.measure, row.place].filter(Boolean).join(' · '),
        INK.text,
        16,
      ],
      ...wrapped(row.sentence).map((line): [string, string, number] => [line, INK.muted, 32]),
    ]),
  ]);
  const marks = lines.map(([text, ink, x], i): Mark =>
    words(
      visibleWords(text),
      { x, y: (i + 1) * LINE - 5, 'font-size': 12, ...(x === 0 ? { 'font-weight': 600 } : {}) },
      ink,
    ),
  );
  return { width: WIDTH, height: lines.length * LINE + 4, marks };
}

/** A sentence in lines. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    const piece = shorten(word, LETTERS);
    if (last !== undefined && last.length + piece.length < LETTERS)
      lines[lines.length - 1] = `${last} ${piece}`;
    else lines.push(piece);
  }
  return lines;
}

/** Codes of what a row is of; none for places where a condition holds. */
function codesOf(row: Row): readonly string[] {
  if (row.kind === 'stop') return [];
  return row.kind === 'finding' ? [row.finding.code] : row.codes;
}

function listTable(groups: readonly Group[]) {
  const rows = groups.flatMap(({ id, rows: inGroup }) => inGroup.map(row => ({ id, row })));
  const of = (pick: (row: FindingRow) => string | number) => (item: { row: Row }) =>
    item.row.kind === 'finding' ? pick(item.row) : '';
  return tableOf(rows, {
    group: ({ id }) => id,
    severity: of(({ finding }) => finding.severity),
    code: ({ row }) => codesOf(row).join(' '),
    name: ({ row }) => row.name,
    measure: of(({ finding }) => finding.measure),
    place: ({ row }) => row.place,
    sentence: ({ row }) => row.sentence,
    cause: of(({ finding }) => finding.cause),
    remedy: of(({ finding }) => finding.remedy),
    limit: of(({ finding }) => finding.decision.limit),
    found: of(({ finding }) => finding.decision.found),
  });
}
