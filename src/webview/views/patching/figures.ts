import { stateFigure, type FigureSource } from '../../app/export/figure';
import { PATCH_MAPS, type PatchMapName } from '../../app/choices/patching';
import type { State } from '../../app/state';
import { range, tableOf, type FigureTable } from '../../draw/file/figureTable';
import { sharePicture, type ShareMap } from '../../draw/shareMap';
import { isDark } from '../../kit/theme';
import { chosenCell } from './cells';
import { HEAD_PART_NAMES } from './headsPane';
import { MAP_WORDS, shareMapOf, shareRamp } from './maps';
import { entries, measureOf, placeOf } from './wanted';

/** What can be saved of the Patching view: each map, the current one first. */
export const patchingFigures: readonly FigureSource[] = PATCH_MAPS.map(name => ({
  ...stateFigure(
    name,
    state => shownMap(state, name),
    (_, state) => titleOf(state, name),
    (map, state) => sharePicture(map, shareRamp(state), isDark(state.theme)),
    map => tableOfMap(map, name),
  ),
  facts: state => factsOf(state),
}));

function shownMap(state: State, name: PatchMapName): ShareMap | null {
  const map = shareMapOf(state, name, chosenCell(state));
  return map?.values.some(row => row !== null) ? map : null;
}

function titleOf(state: State, name: PatchMapName): string {
  const { heads } = state.options.patching;
  return name === 'heads'
    ? `Patching, heads: ${HEAD_PART_NAMES[heads].toLowerCase()}`
    : `Patching, ${MAP_WORDS[name].title.toLowerCase()}`;
}

/** Every cell that is computed. */
function tableOfMap({ rows, columns, values }: ShareMap, name: PatchMapName): FigureTable {
  const cells = range(rows.length).flatMap(layer =>
    values[layer] ? range(columns.length).map(column => ({ layer, column })) : [],
  );
  const share = ({ layer, column }: { layer: number; column: number }): number =>
    values[layer]?.[column] ?? NaN;
  if (name === 'heads') {
    return tableOf(cells, { layer: one => one.layer, head: one => one.column, share });
  }
  return tableOf(cells, {
    layer: one => one.layer,
    token: one => one.column,
    'token of A': ({ column }) => columns[column]?.label ?? '',
    'token of B': ({ column }) => columns[column]?.other ?? columns[column]?.label ?? '',
    share,
  });
}

/** Both texts, the measure, the place and the direction. */
function factsOf(state: State): [string, string][] {
  const place = placeOf(state);
  const measure = measureOf(state);
  if (!place || !measure) return [];
  const known = entries(state);
  const entry = (id: number): string => `“${known.find(one => one.id === id)?.text ?? `#${id}`}”`;
  const words =
    measure.kind === 'logitDifference'
      ? `logit of ${entry(measure.answer)} minus ${entry(measure.other)}`
      : measure.kind === 'probability'
        ? `probability of ${entry(measure.answer)}`
        : 'KL divergence from the run that is restored';
  const { direction } = state.options.patching;
  return [
    ['Text B', place.pair.b.text],
    ['Measure', `${words} at token ${place.token}`],
    ['Direction', direction === 'intoB' ? 'A is put into B' : 'B is put into A'],
  ];
}
