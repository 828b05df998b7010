import { shownPredicted, shownRow } from '../../app/addresses';
import type { Token } from '../../../protocol/tokens';
import { keyTokens, queryTokens } from '../../reading/capture';
import { groupWords } from '../../reading/groups';
import { weight3 } from '../../reading/format';
import { numberName } from '../../draw/measure';
import { blockedWords } from '../../reading/blocked';
import { mapPlace } from '../../reading/place';
import { pairFacts } from '../../reading/rowFacts';
import type { State } from '../../app/state';
import { keyUnits, queryUnits } from '../../reading/units';
import { rowLabel } from '../../draw/shownCells';

/** A pair in words, for screen readers: “it to tiger, weight .613, rank 1 of 19”. */
export function pairName(state: State, query: number, key: number): string {
  const { capture, locus } = state;
  if (!capture || !locus) return '';
  const queries = queryUnits(capture, locus.block, state.options.grouping);
  const keys = keyUnits(capture, locus.block, state.options.grouping);
  const from = rowLabel(queries, queries.of(query), 24, shownPredicted(state));
  const of = (tokens: readonly Token[], at: number): string => {
    const words = groupWords(capture, tokens, at);
    return words === '' ? '' : ` (${words})`;
  };
  const asking = `${from}${of(queryTokens(capture, locus.block), query)}`;
  const asked = `${keys.label(keys.of(key))}${of(keyTokens(capture, locus.block), key)}`;
  const pair = `${asking} to ${asked}`;
  const row = shownRow(state, query);
  if (!row) return pair;
  const facts = pairFacts(row, keys.of(key));
  if (!facts.allowed) {
    const { grouping } = state.options;
    return `${pair}, ${blockedWords(capture, mapPlace(locus), grouping, { query, key })}`;
  }
  const number = `${numberName(locus.aggregate)} ${weight3(facts.weight)}`;
  return `${pair}, ${number}, rank ${facts.rank} of ${facts.visible}`;
}
