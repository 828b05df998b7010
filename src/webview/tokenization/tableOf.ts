import type { TextTrace } from '../../protocol/panel';
import { stageTable, type StageTable } from './stages';

const tables = new WeakMap<TextTrace, StageTable>();

/** The stages of a trace, laid out once. */
export function tableOf(traced: TextTrace): StageTable {
  const known = tables.get(traced);
  if (known) return known;
  const table = stageTable(traced.trace, traced.text);
  tables.set(traced, table);
  return table;
}
