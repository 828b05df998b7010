import type { CaptureSummary } from '../../../protocol/capture';
import type { Locus } from '../../reading/place';
import { exactNumber } from './exactNumber';
import type { FigureTable, Fact } from './figureTable';

/** A figure's exact numbers with the run that they are of; numbers that JSON lacks are written as text. */
export function toJson(
  { columns, rows }: FigureTable,
  facts: readonly Fact[],
  { capture, locus }: { readonly capture: CaptureSummary | null; readonly locus: Locus | null },
): string {
  const file = {
    about: Object.fromEntries(facts),
    locus,
    tokens: capture?.tokens,
    totalTokens: capture?.totalTokens,
    timings: capture?.timings,
    columns,
    rows: rows.map(row =>
      row.map(value => (typeof value === 'number' ? jsonNumber(value) : value)),
    ),
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}

const jsonNumber = (value: number): number | string =>
  Number.isFinite(value) ? Number(exactNumber(value)) : String(value);
