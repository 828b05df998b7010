import { bareLabel } from '../../reading/tokenText';
import type { PatchMaps } from '../../../protocol/patching';
import { rowKey, type PatchCell, type PatchMapName } from '../../app/choices/patching';
import type { ShareMap } from '../../draw/shareMap';
import { signedRamp, type Ramp } from '../../draw/legend';
import type { State } from '../../app/state';
import { isSameToken } from './pair';
import { columnsOf, mapSize, partOf, patchAddress, placeOf } from './wanted';

/** What each map is called, and what it is a map of. */
export const MAP_WORDS: Readonly<
  Record<PatchMapName, { readonly title: string; readonly short: string; readonly of: string }>
> = {
  residual: { title: 'Residual', short: 'Residual', of: 'before each layer' },
  attentionOutput: {
    title: 'Attention output',
    short: 'Attention',
    of: 'what a layer’s heads add',
  },
  feedForwardOutput: { title: 'Feed-forward output', short: 'MLP', of: 'what its MLP adds' },
  heads: { title: 'Heads', short: 'Heads', of: 'all tokens' },
};

/** Longest name of a token over a column. */
const NAME_LIMIT = 9;
/** Shares beyond these have the colours of the ends. */
const LIMIT = 1;

/** The shares of a row of a map; null while they are not computed. */
export function rowOf(state: State, map: PatchMapName, layer: number): Float32Array | null {
  const { run } = state.patching;
  if (!run || run.at !== patchAddress(state)) return null;
  const part = partOf(state, map);
  const row = run.rows.get(rowKey(part, layer));
  if (row) return row;
  const size = mapSize(state);
  // Whole, and still without this row: it cannot be patched.
  return size && run.done.has(part) ? new Float32Array(columnsOf(size, map)).fill(NaN) : null;
}

/** The share of one cell; null while it is not computed. */
export const shareOf = (state: State, { map, layer, column }: PatchCell): number | null =>
  rowOf(state, map, layer)?.[column] ?? null;

/** Everything that came with the maps that are whole, once each. */
export const madeMaps = ({ patching }: State): readonly PatchMaps[] => [
  ...new Set(patching.run?.done.values() ?? []),
];

/** A map as it is drawn; null while there is nothing to patch. */
export function shareMapOf(
  state: State,
  map: PatchMapName,
  here: PatchCell | null,
): ShareMap | null {
  const place = placeOf(state);
  const size = mapSize(state);
  if (!place || !size) return null;
  const { tokensOfA, tokensOfB } = place.pair;
  const tokens = tokensOfA.map((token, i) => {
    const there = tokensOfB[i];
    return {
      label: bareLabel(token, NAME_LIMIT),
      isMuted: token.special,
      ...(isSameToken(token, there) ? {} : { other: bareLabel(there, NAME_LIMIT) }),
    };
  });
  const heads = Array.from({ length: size.heads }, (_, head) => ({ label: `H${head}` }));
  const { title, of } = MAP_WORDS[map];
  return {
    name: `${title}, ${of}: share recovered, by layer and ${map === 'heads' ? 'head' : 'token'}`,
    rows: Array.from({ length: size.layers }, (_, layer) => `L${layer}`),
    columns: map === 'heads' ? heads : tokens,
    values: Array.from({ length: size.layers }, (_, layer) => rowOf(state, map, layer)),
    limit: LIMIT,
    here: here?.map === map ? { row: here.layer, column: here.column } : null,
    hasTurnedNames: map !== 'heads',
  };
}

/** The scale that all maps have. */
export const shareRamp = (state: State): Ramp =>
  signedRamp(state, '−1', '+1 of the difference recovered');
