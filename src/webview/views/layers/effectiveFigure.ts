import type { EffectiveAttention } from '../../../protocol/effective';
import { stateFigure, type FigureSource } from '../../app/export/figure';
import type { State } from '../../app/state';
import { farthest } from '../../draw/color/signedCodes';
import { range, tableOf, type FigureTable } from '../../draw/file/figureTable';
import { shownPicture } from '../../draw/gridPicture';
import { signedRamp } from '../../draw/legend';
import type { Picture } from '../../draw/marks';
import { shownCells } from '../../draw/shownCells';
import { number } from '../../reading/numbers';
import { unitsOf } from '../../reading/units';
import { effectiveLayer, effectiveName } from './effective';
import { effectiveContent } from './effectivePane';
import { layerNumber, stackTokens } from './wanted';

/** The signed map of a layer without a softmax, and all its numbers. */
export const effectiveFigure: FigureSource = stateFigure(
  'effective',
  state => layerNumber(state, 'effective'),
  ({ head }, state) => {
    const layer = effectiveLayer(state);
    const name = layer ? effectiveName(layer, head) : `head ${head}`;
    return `Effective attention of ${name}, not a softmax`;
  },
  picture,
  table,
);

function picture(found: EffectiveAttention, state: State): Picture | null {
  const { capture, locus } = state;
  if (!capture || !locus) return null;
  const names = stackTokens(capture, found.stack);
  const limit = farthest(found.weights);
  const { codes, colors, scale, special } = effectiveContent(state, found, names, limit);
  const units = unitsOf(names, 'token');
  const shown = shownCells(units, units, special, null);
  const whole = { codes, rows: found.tokens, columns: found.tokens };
  const most = number(limit, 3);
  const ramp = signedRamp(state, `−${most}`, `+${most}`);
  const at = { query: locus.query, key: null };
  return shownPicture(whole, shown, scale, at, { pixels: colors, ramp });
}

/** Every weight of the map. */
function table({ weights, tokens }: EffectiveAttention): FigureTable {
  return tableOf(range(tokens * tokens), {
    query: i => Math.floor(i / tokens),
    key: i => i % tokens,
    'effective attention': i => weights[i] ?? NaN,
  });
}
