import type { EffectiveAttention } from '../../../protocol/effective';
import type { Token } from '../../../protocol/tokens';
import { keepDrawn } from '../../app/keepDrawn';
import type { State } from '../../app/state';
import { divergingPixels } from '../../draw/color/diverging';
import { farthest, signedCodes } from '../../draw/color/signedCodes';
import { MapLegend } from '../../draw/legends';
import { TokenMap, type MapContent } from '../../draw/tokenMap';
import { dropdown } from '../../kit/controls';
import { el } from '../../kit/dom';
import { drawTable, type TableContent } from '../../kit/table';
import { isDark } from '../../kit/theme';
import { number } from '../../reading/numbers';
import { label } from '../../reading/tokenText';
import {
  effectiveLayer,
  effectiveLayers,
  effectiveName,
  effectiveRow,
  headOf,
  strongestKeys,
  type EffectiveLayer,
} from './effective';
import { createSection } from './task';
import { layerError, layerNumber, stackTokens } from './wanted';
import type { LayersPanel } from './wishes';

const NAME = 'Effective attention';
const TABLE_ROWS = 24;
const DIGITS = 4;

/** What a layer without a softmax does with its values, as a signed map; hidden where none is known. */
export function createEffectivePane(panel: LayersPanel): HTMLElement {
  const { store, actions, layers } = panel;
  const caption = el('span.muted');
  const heads = dropdown('Head of the effective attention', value =>
    layers.chooseEffectiveHead(Number(value)),
  );
  const places = dropdown('Layer of the effective attention', value =>
    layers.chooseEffectiveLayer(Number(value)),
  );
  const beside = [places.element, heads.element, caption];
  const { element, body, reason, table } = createSection(panel, NAME, beside);
  element.classList.add('effective-pane');
  const words = el('p.muted.layer-note');
  const line = el('p.layer-note.effective-line', { role: 'status' });
  const legend = new MapLegend();
  const note = el('span.legend-item.detail');
  legend.element.append(note);
  const shown = (): EffectiveAttention | null => layerNumber(store.state, 'effective') ?? null;
  const map = new TokenMap(
    {
      point: (query, key) => {
        line.textContent = readOut(store.state, shown(), query, key);
      },
      choose: (query, key) => {
        const found = shown();
        const token = query ?? key;
        if (found && token !== null) actions.setQueryOf(found.stack, token);
      },
      name: (query, key) => readOut(store.state, shown(), query, key),
    },
    text => {
      note.textContent = text;
      note.hidden = text === '';
    },
  );
  const picture = el('div.effective-map', map.element);
  body.append(reason.element, words, picture, legend.element, line, table);
  keepDrawn(
    store,
    state => [
      layerNumber(state, 'effective'),
      layerError(state, 'effective'),
      state.layers.effectiveHead,
      state.layers.effectiveLayer,
      state.options.specialTokens,
      state.options.table,
    ],
    state => {
      const layer = effectiveLayer(state);
      element.hidden = layer === null;
      if (!layer || !state.capture || !state.locus) return;
      const head = headOf(layer, state.layers.effectiveHead);
      caption.textContent = `of ${effectiveName(layer, head)}: not a softmax`;
      const known = effectiveLayers(state);
      places.element.hidden = known.length < 2;
      places.show(
        known.map(one => ({ value: String(one.layer), label: `Layer ${one.layer}` })),
        String(layer.layer),
      );
      const all = Array.from({ length: layer.effective.heads }, (_, i) => i);
      heads.show(
        all.map(one => ({ value: String(one), label: `Head ${one}` })),
        String(head),
      );
      const refusal = refusalOf(state, layer);
      reason.show(refusal);
      const found = shown();
      for (const part of [words, picture, legend.element, line]) {
        part.hidden = refusal !== null || found === null;
      }
      if (refusal !== null || !found) {
        drawTable(table, null);
        return;
      }
      words.textContent = wordsOf(layer);
      const names = stackTokens(state.capture, found.stack);
      const limit = farthest(found.weights);
      map.show(effectiveContent(state, found, names, limit));
      map.mark({ query: state.locus.query, key: null, hover: null });
      legend.showEffective(limit, state.theme);
      legend.element.append(note);
      line.textContent = readOut(state, found, null, null);
      drawTable(table, state.options.table ? tableOf(layer, found, names, state) : null);
    },
  );
  // People who came here for this map are taken to it.
  store.select(
    state => [state.layers.effectiveLayer],
    chosen => {
      // In the next frame it stands in the page, also where the view is opened for it.
      if (chosen) requestAnimationFrame(() => element.scrollIntoView({ block: 'start' }));
    },
  );
  return element;
}

function refusalOf(state: State, { stack, layer, effective }: EffectiveLayer): string | null {
  const { check } = effective;
  if (check.result !== 'refused') return layerError(state, 'effective');
  return `The effective attention of ${stack} layer ${layer} is not shown: ${check.reason}.`;
}

/** What the map is, and what it is not. */
function wordsOf({ effective: { check, convolution } }: EffectiveLayer): string {
  const how = check.result === 'exact' ? 'exactly' : 'approximately';
  const mixed =
    convolution === undefined
      ? ''
      : ` A convolution before it (${convolution}) has mixed tokens before into that value.`;
  return `This layer has no softmax. Its effective attention is the map that gives the head’s outputs from its values, ${how}: rows need not sum to 1, and weights may be negative. A key stands for the value that the layer computes at that token.${mixed}`;
}

/** The map of a head as it is drawn, in colours between −limit and limit. */
export function effectiveContent(
  state: State,
  { weights, layer, head }: EffectiveAttention,
  names: readonly Token[],
  limit: number,
): MapContent {
  return {
    name: `${NAME} of layer ${layer}, head ${head}: not a softmax`,
    queries: names,
    keys: names,
    codes: signedCodes(weights, limit),
    colors: divergingPixels(isDark(state.theme)),
    isSigned: true,
    scale: 'Linear',
    special: state.options.specialTokens,
  };
}

/** What a cell holds, or what the row of the query sums to. */
function readOut(
  state: State,
  found: EffectiveAttention | null,
  query: number | null,
  key: number | null,
): string {
  const { capture, locus } = state;
  if (!capture || !locus || !found) return '';
  const names = stackTokens(capture, found.stack);
  const row = query ?? locus.query;
  const { weights, sum } = effectiveRow(found, row);
  const from = label(names[row], 16);
  if (key === null) {
    return `Effective attention from ${from} (not a softmax): its row sums to ${number(sum, DIGITS)}.`;
  }
  return `${from} from ${label(names[key], 16)}: effective attention ${number(weights[key] ?? NaN, DIGITS)}`;
}

function tableOf(
  layer: EffectiveLayer,
  found: EffectiveAttention,
  names: readonly Token[],
  { locus }: State,
): TableContent | null {
  if (!locus) return null;
  const keys = strongestKeys(found, locus.query).slice(0, TABLE_ROWS);
  const from = label(names[locus.query]);
  return {
    caption: `${NAME} of ${effectiveName(layer, found.head)}, from ${from}: the ${keys.length} keys farthest from zero`,
    columns: ['Key', 'Token', 'Effective attention'],
    rows: keys.map(({ key, weight }) => [label(names[key]), String(key), number(weight, DIGITS)]),
  };
}
