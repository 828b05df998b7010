import type { TextTrace } from '../../../protocol/panel';
import { count, counted } from '../../reading/format';
import { shorten, visible } from '../../reading/tokenText';
import { type Stage, type StagePart, tableOf } from './stages';
import type { GlossColumn, GlossContent, GlossPart, GlossRow } from './glossLine';

const LOOKS: Record<Stage['kind'], GlossRow['look']> = {
  text: 'text',
  addedTokens: 'words',
  normalizer: 'text',
  preTokenizer: 'words',
  model: 'chips',
  postProcessor: 'chips',
};

/** The stages of a trace as rows of a gloss, with the ids of the tokens below. */
export function stagesGloss(traced: TextTrace): GlossContent {
  const { tokens } = traced.trace;
  const { stages, columns, cells } = tableOf(traced);
  const rows: GlossRow[] = stages.map(stage => ({
    name: shortName(stage),
    title: stage.unchanged ? `${fullName(stage)}: changes nothing here` : fullName(stage),
    look: LOOKS[stage.kind],
  }));
  const isContinued = (token: number): boolean => tokens[token]?.continues ?? false;
  const partsOf = (row: number, column: number): GlossPart[] => {
    const parts = cells[row]?.[column] ?? [];
    const look = rows[row]?.look;
    const before = joinedText(cells[row - 1]?.[column]);
    const isChanged = row > 0 && before !== joinedText(parts);
    return parts.map((part, i) => {
      const token = part.token === undefined ? undefined : tokens[part.token];
      const next =
        parts[i + 1] ?? cells[row]?.slice(column + 1).find(later => later.length > 0)?.[0];
      const marks = [
        part.begins ? 'begins' : '',
        !next || next.begins ? 'ends' : '',
        look === 'text' && row > 0 ? (isChanged ? 'changed' : 'same') : '',
        token?.unknown ? 'unknown' : '',
        token?.special ? 'special' : '',
        token?.continues ? 'continues' : '',
      ];
      return { text: part.text, marks: marks.filter(Boolean).join(' ') };
    });
  };
  const glossColumns = columns.map((column, i): GlossColumn => {
    const ids = column.tokens.map(at => ({ text: count(tokens[at]?.id ?? 0), marks: '' }));
    return {
      range: column.range,
      token: column.tokens[0] ?? null,
      // Dropped white space stays at the end of the word before it.
      joined: i > 0 && (column.tokens[0] === undefined || isContinued(column.tokens[0])),
      label: columnLabel(
        traced.text,
        column,
        stages.map((stage, row) => ({ stage, parts: cells[row]?.[i] ?? [] })),
      ),
      cells: [...stages.map((_, row) => partsOf(row, i)), ids],
    };
  });
  return {
    rows: [...rows, { name: 'Id', title: 'Row of the vocabulary', look: 'numbers' }],
    columns: glossColumns,
  };
}

const joinedText = (parts: readonly StagePart[] | undefined): string =>
  (parts ?? []).map(part => part.text).join('');

/** A column in words: its characters, what the stages changed, its tokens. */
function columnLabel(
  text: string,
  {
    range,
    tokens,
  }: { readonly range: { start: number; end: number } | null; tokens: readonly number[] },
  rows: readonly { readonly stage: Stage; readonly parts: readonly StagePart[] }[],
): string {
  const say = (value: string): string => shorten(visible(value), 60);
  const source = range ? text.slice(range.start, range.end) : '';
  const said = [range ? say(source) : 'no characters'];
  let before = source;
  for (const { stage, parts } of rows) {
    const now = joinedText(parts);
    if (stage.kind !== 'normalizer' && stage.kind !== 'preTokenizer') continue;
    if (now !== before && parts.length > 0) said.push(`${shortName(stage)} ${say(now)}`);
    if (parts.length > 0) before = now;
  }
  if (tokens.length === 0) return [...said, 'no token'].join(', ');
  const spelled = rows.flatMap(({ parts }) => parts.filter(part => part.token !== undefined));
  const pieces = spelled.slice(0, 8).map(part => say(part.text));
  const first = tokens[0] ?? 0;
  return [...said, `${counted(tokens.length, 'token')} from ${first}: ${pieces.join(' ')}`].join(
    ', ',
  );
}

const KINDS: Record<Stage['kind'], string> = {
  text: 'Text',
  addedTokens: 'Added tokens',
  normalizer: 'Normalizer',
  preTokenizer: 'Pre-tokenizer',
  model: 'Model',
  postProcessor: 'Post-processor',
};

/** What a stage is called in little room: its component, or its kind where it has none. */
export const shortName = ({ kind, component }: Stage): string =>
  kind === 'text' || kind === 'addedTokens' || component === '' ? KINDS[kind] : component;

/** A stage's kind and component: `Normalizer BertNormalizer`. */
export const fullName = ({ kind, component }: Stage): string =>
  component === '' ? KINDS[kind] : `${KINDS[kind]} ${component}`;
