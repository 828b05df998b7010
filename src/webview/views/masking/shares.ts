import type { CaptureSummary } from '../../../protocol/capture';
import { SHARE_PARTS, type SharePart, type Shares } from '../../../protocol/comparison';
import { isCross } from '../../reading/capture';
import { el, fill } from '../../kit/dom';
import { percent } from '../../reading/format';
import { compared, comparisonError } from './wanted';
import { placeOf } from './runPlaces';
import { missingLayers, missingWords } from '../../reading/missingLayers';
import type { Panel } from '../../app/panel';
import type { State } from '../../app/state';
import { drawTable } from '../../kit/table';

export const NAMES: Record<SharePart, string> = {
  past: 'past keys',
  current: 'current token',
  future: 'future keys',
  special: 'special tokens',
};

/** Parts smaller than this have no room for their number. */
const PRINTED_FROM = 0.09;
/** Parts smaller than this are not drawn: a line would look like one. */
const DRAWN_FROM = 0.002;

/** Where the weight of each layer of a run goes, as one bar a layer; a click chooses the layer. */
export function createShares(panel: Panel, run: 'main' | 'other'): HTMLElement {
  const { store, actions } = panel;
  const isMain = run === 'main';
  const title = el('h2', {
    class: isMain ? '' : 'visually-hidden',
    text: isMain ? 'Where attention goes, % per layer' : 'Where attention goes in B, % per layer',
  });
  const bars = el('div.shares');
  const status = el('p.muted.mask-words');
  const table = el('div.table');
  const element = el(
    'section.mask-section',
    { 'aria-label': title.textContent },
    el('div.pane-head', title, isMain ? null : shareLegend()),
    status,
    bars,
    table,
  );
  store.select(
    state => [state.answers, state.locus, state.capture, state.sides, state.options.table],
    (_comparisons, locus) => {
      const { state } = store;
      const place = placeOf(state, run);
      const shares = compared(state, `${run}Shares`);
      const missing = place && (comparisonError(state, `${run}Shares`) ?? crossWords(state));
      status.textContent = missing ?? '';
      status.hidden = missing === null;
      bars.hidden = missing !== null || !place;
      const layer = place?.layer ?? locus?.layer ?? 0;
      if (shares) {
        fill(
          bars,
          ...withMissing(
            place?.capture ?? null,
            shares,
            shares.layers.map((one, i) =>
              shareRow(one, partsOf(shares, i), one === layer, () => actions.setLayer(one)),
            ),
          ),
        );
      }
      drawTable(table, shares && state.options.table ? sharesTable(run, shares) : null);
    },
  );
  return element;
}

const partsOf = ({ parts }: Shares, row: number): readonly number[] =>
  Array.from(parts.subarray(row * SHARE_PARTS.length, (row + 1) * SHARE_PARTS.length));

function crossWords({ locus }: State): string | null {
  if (!locus || !isCross(locus.block)) return null;
  return 'Cross-attention reads another sequence, which has no past and no future.';
}

function shareRow(
  layer: number,
  parts: readonly number[],
  isHere: boolean,
  choose: () => void,
): HTMLElement {
  const words = SHARE_PARTS.map((part, i) => `${NAMES[part]} ${percent(parts[i] ?? 0)}`);
  const segments = SHARE_PARTS.map((part, i) => {
    const share = parts[i] ?? 0;
    if (!(share >= DRAWN_FROM)) return null;
    return el('span', {
      class: `share ${part}`,
      text: share >= PRINTED_FROM ? String(Math.round(share * 100)) : '',
      style: { 'flex-grow': String(share) },
    });
  });
  return el(
    'button',
    {
      class: isHere ? 'share-row here' : 'share-row',
      title: `Show layer ${layer}`,
      'aria-current': isHere ? 'true' : null,
      on: { click: choose },
    },
    el('span.share-layer', `L${layer}`),
    el('span.share-words.visually-hidden', ` ${words.join(', ')}`),
    el('span.share-bar', { 'aria-hidden': 'true' }, ...segments),
  );
}

/** The rows in the order of the layers, with a greyed one for each layer that is not shown. */
function withMissing(
  capture: CaptureSummary | null,
  { block, layers }: Shares,
  rows: readonly HTMLElement[],
): HTMLElement[] {
  const missing = (capture ? missingLayers(capture, block) : []).map(one => {
    const words = missingWords(one);
    const row = el(
      'div.share-row.is-missing',
      { title: words },
      el('span.share-layer', `L${one.layer}`),
      el('span.missing-layer', words),
    );
    return { layer: one.layer, row };
  });
  const shown = rows.map((row, i) => ({ layer: layers[i] ?? 0, row }));
  return [...shown, ...missing].sort((a, b) => a.layer - b.layer).map(({ row }) => row);
}

/** What the colours of the parts mean. */
function shareLegend(): HTMLElement {
  return el(
    'div.legend.share-legend',
    ...SHARE_PARTS.map(part =>
      el(
        'span.legend-item',
        el('i', { class: `share-swatch ${part}`, 'aria-hidden': 'true' }),
        NAMES[part],
      ),
    ),
  );
}

function sharesTable(run: 'main' | 'other', shares: Shares) {
  return {
    caption: `Where attention goes in ${run === 'main' ? 'A' : 'B'}, mean over heads and queries`,
    columns: ['Layer', ...SHARE_PARTS.map(part => NAMES[part])],
    rows: shares.layers.map((layer, i) => [
      `L${layer}`,
      ...partsOf(shares, i).map(share => percent(share)),
    ]),
  };
}
