import { shownRow } from '../../app/addresses';
import { weight3 } from '../../reading/format';
import { numberName } from '../../draw/measure';
import type { State } from '../../app/state';
import type { ArcColumn } from './arcColumn';
import type { ArcWindow } from './arcDrawing';
import type { ArcModel } from './arcModel';
import { hoveredPlaces, places } from './arcOverlay';
import { blockedWords } from '../../reading/blocked';
import { mapPlace } from '../../reading/place';
import { keyUnits } from '../../reading/units';

/** Draws the names in sight on both sides; those of the keys tell screen readers their weights. */
export function drawNames(
  state: State,
  model: ArcModel,
  { first, end }: ArcWindow,
  { queries, keys }: { readonly queries: ArcColumn; readonly keys: ArcColumn },
): void {
  const { shown, names } = model;
  const [query, key] = places(state, model);
  const [overQuery, overKey] = hoveredPlaces(state, model);
  queries.show(
    {
      names: names.queries,
      tokens: shown.queryTokens,
      special: shown.specialRows,
      chosen: query,
      hovered: overQuery,
      spoken: at => names.queries[at] ?? '',
    },
    first,
    Math.min(end, names.queries.length),
  );
  const weight = spokenWeights(state);
  keys.show(
    {
      names: names.keys,
      tokens: shown.keyTokens,
      special: shown.specialColumns,
      chosen: key,
      hovered: overKey,
      spoken: at => `${names.keys[at] ?? ''}${weight(shown.keys[at] ?? -1)}`,
    },
    first,
    Math.min(end, names.keys.length),
  );
}

/** What the query of the locus gives to a key, in words; empty while its row is on its way. */
function spokenWeights(state: State): (unit: number) => string {
  const { capture, locus, options } = state;
  const row = shownRow(state, locus?.query);
  if (!row || !locus || !capture) return () => '';
  const { grouping } = options;
  const { query } = locus;
  const keys = keyUnits(capture, locus.block, grouping);
  const name = numberName(locus.aggregate);
  return unit =>
    row.allowed[unit] === 1
      ? `, ${name} ${weight3(row.weights[unit] ?? NaN)}`
      : `, ${blockedWords(capture, mapPlace(locus), grouping, { query, key: keys.first(unit) })}`;
}
