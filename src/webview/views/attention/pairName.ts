import { shownPredicted, shownRow } from '../../addresses';
import { weight3 } from '../../format';
import { numberName } from '../../measure';
import { pairFacts } from '../../rowFacts';
import type { State } from '../../state';
import { keyUnits, queryUnits } from '../../units';
import { rowLabel } from './shownCells';

/** A pair in words, for screen readers: “it to tiger, weight .613, rank 1 of 19”. */
export function pairName(state: State, query: number, key: number): string {
  const { capture, locus } = state;
  if (!capture || !locus) return '';
  const queries = queryUnits(capture, locus.block, state.options.grouping);
  const keys = keyUnits(capture, locus.block, state.options.grouping);
  const from = rowLabel(queries, queries.of(query), 24, shownPredicted(state));
  const pair = `${from} to ${keys.label(keys.of(key))}`;
  const row = shownRow(state, query);
  if (!row) return pair;
  const facts = pairFacts(row, keys.of(key));
  if (!facts.allowed) return `${pair}, blocked by the mask`;
  const number = `${numberName(locus.aggregate)} ${weight3(facts.weight)}`;
  return `${pair}, ${number}, rank ${facts.rank} of ${facts.visible}`;
}
