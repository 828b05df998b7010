import type { TextTrace } from '../../../protocol/panel';
import type { AlignedString, TokenTrace, WordTrace } from '../../../protocol/tokenTrace';
import { type Column, columnFinder, columnsOf, cutAtColumns } from './glossColumns';

/** What a stage is part of. */
export type StageKind =
  'text' | 'addedTokens' | 'normalizer' | 'preTokenizer' | 'model' | 'postProcessor';

/** One stage of the tokenizer. */
export interface Stage {
  readonly kind: StageKind;
  /** The component's name in tokenizer.json, where the stage is one. */
  readonly component: string;
  /** The stage left the text as it was. */
  readonly unchanged: boolean;
}

/** A stretch of text at one stage and within one column. */
export interface StagePart {
  readonly text: string;
  /** A section, word or token begins here; false goes on with what the column before has. */
  readonly begins: boolean;
  /** The token that this is. */
  readonly token?: number;
}

/** The text at every stage, cut at the same places. */
export interface StageTable {
  readonly stages: readonly Stage[];
  readonly columns: readonly Column[];
  /** Parts by stage and column; nothing where the stage has no text there. */
  readonly cells: readonly (readonly (readonly StagePart[])[])[];
}

/** Lays the stages of a trace of `text` one below the other. */
export function stageTable(trace: TokenTrace, text: string): StageTable {
  const columns = columnsOf(trace, text.length);
  const columnAt = columnFinder(columns);
  const stages: Stage[] = [];
  const cells: StagePart[][][] = [];
  const row = (kind: StageKind, component: string): StagePart[][] => {
    const parts = columns.map((): StagePart[] => []);
    stages.push({ kind, component, unchanged: false });
    cells.push(parts);
    return parts;
  };
  const put = (parts: StagePart[][], aligned: AlignedString): void => {
    cutAtColumns(aligned, columnAt).forEach((cut, i) => {
      parts[cut.column]?.push({ text: cut.text, begins: i === 0 });
    });
  };
  const { sections } = trace;
  const plain = sections.filter(section => !section.addedToken);
  const parts = plain.flatMap(section => section.parts.filter(part => !part.addedToken));

  row('text', '').forEach((cell, i) => {
    const range = columns[i]?.range;
    if (range) cell.push({ text: text.slice(range.start, range.end), begins: i === 0 });
  });
  if (plain.length < sections.length) {
    const added = row('addedTokens', '');
    for (const section of sections) put(added, section.source);
  }
  (plain[0]?.normalization ?? []).forEach(({ component }, i) => {
    const after = row('normalizer', component);
    for (const { normalization } of plain) {
      const step = normalization[i];
      if (step) put(after, step.result);
    }
  });
  if (parts.length < plain.flatMap(section => section.parts).length) {
    const added = row('addedTokens', 'after normalisation');
    for (const part of plain.flatMap(section => section.parts)) put(added, part.normalized);
  }
  (parts[0]?.preTokenization ?? []).forEach(({ component }, i) => {
    const after = row('preTokenizer', component);
    for (const { preTokenization } of parts) {
      for (const word of preTokenization[i]?.words ?? []) put(after, word);
    }
  });
  const model = row('model', modelName(parts.flatMap(part => part.words)));
  const template = trace.origins.find(origin => origin.kind === 'template');
  const post = template ? row('postProcessor', template.component) : null;
  columns.forEach(({ tokens }, column) => {
    for (const token of tokens) {
      const isAdded = trace.origins[token]?.kind === 'template';
      const spelling = { text: trace.tokens[token]?.token ?? '', begins: true, token };
      (isAdded ? post : model)?.[column]?.push(spelling);
    }
  });
  const unchanged = (i: number): boolean => same(columns, cells[i - 1] ?? [], cells[i] ?? []);
  return {
    stages: stages.map((stage, i) => ({ ...stage, unchanged: i > 0 && unchanged(i) })),
    columns,
    cells,
  };
}

/** Whether a stage leaves the text as the one before has it; added tokens pass it by. */
function same(
  columns: readonly Column[],
  before: readonly (readonly StagePart[])[],
  now: readonly (readonly StagePart[])[],
): boolean {
  const written = (parts: readonly StagePart[] | undefined): string =>
    (parts ?? []).map(part => `${part.begins ? '\u0000' : ''}${part.text}`).join('');
  return columns.every(({ tokens }, i) => {
    const passedBy = now[i]?.length === 0 && tokens.length > 0;
    return passedBy || written(now[i]) === written(before[i]);
  });
}

const KINDS = ['BPE', 'WordPiece', 'Unigram', 'WordLevel'] as const;

/** The kind of model, as far as the steps of its words tell. */
export function modelName(words: readonly WordTrace[]): string {
  return KINDS.find(kind => words.some(({ steps }) => steps.kind === kind)) ?? '';
}

const tables = new WeakMap<TextTrace, StageTable>();

/** The stages of a trace, laid out once. */
export function tableOf(traced: TextTrace): StageTable {
  const known = tables.get(traced);
  if (known) return known;
  const table = stageTable(traced.trace, traced.text);
  tables.set(traced, table);
  return table;
}
