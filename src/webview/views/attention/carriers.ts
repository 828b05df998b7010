import type { PairWeights } from '../../../protocol/capture';
import { shownPair } from '../../app/addresses';
import { keyTokens, queryTokens } from '../../reading/capture';
import { el, fill, tokenSpan } from '../../kit/dom';
import { weight3 } from '../../reading/format';
import type { Panel } from '../../app/panel';
import { nameIn } from '../../reading/tokenText';
import { isSingleHead } from '../../reading/place';
import type { State } from '../../app/state';
import { viewPalette } from '../../app/viewPalette';
import { drawTable } from '../../kit/table';
import { barLane, barParts, recolorBars, weightBar } from '../../shell/weightBar';

const SHOWN = 5;

interface Carrier {
  readonly layer: number;
  readonly head: number;
  readonly weight: number;
}

/** Heads by the weight that they give to one pair, largest first. */
export function rankedHeads(pair: PairWeights, limit: number): Carrier[] {
  const heads = Array.from(pair.weights, (weight, i) => ({
    layer: Math.floor(i / pair.heads),
    head: i % pair.heads,
    weight,
  }));
  return heads
    .filter(({ weight }) => !Number.isNaN(weight))
    .sort((a, b) => b.weight - a.weight)
    .slice(0, limit);
}

/** “Heads that carry it → tiger”: which heads of all layers give the pair most. */
export function createCarriers({ store, actions }: Panel): HTMLElement {
  const title = el('h3');
  const list = el('div.bars.carriers');
  const table = el('div.table');
  const note = el('p.muted.note');
  const element = el('div.section', title, note, list, table);
  store.select(
    state => [
      shownPair(state),
      state.locus,
      state.capture,
      state.options.grouping,
      state.options.table,
    ],
    (_pair, locus, capture) => {
      const { state } = store;
      const pair = shownPair(state);
      element.hidden = !locus || locus.key === null;
      if (!pair || !locus || !capture || locus.key === null) return;
      const query = nameIn(queryTokens(capture, locus.block), locus.query, 16);
      const key = nameIn(keyTokens(capture, locus.block), locus.key, 16);
      fill(title, 'Heads that carry ', tokenSpan(query, 'query'), ' → ', tokenSpan(key, 'key'));
      const isOther = ['rollout', 'norm'].includes(locus.aggregate);
      const isWord = state.options.grouping === 'word';
      note.hidden = !isOther && !isWord;
      note.textContent = `Weights ${isWord ? 'between these two tokens' : 'of each head'}, whatever the map shows.`;
      const heads = rankedHeads(pair, 10);
      fill(
        list,
        ...heads
          .slice(0, SHOWN)
          .map(one => carrierRow(state, one, () => actions.setHead(one.layer, one.head))),
      );
      drawTable(table, {
        caption: `Heads that carry ${query} → ${key}: the ${heads.length} largest weights`,
        columns: ['Head', 'Weight'],
        rows: heads.map(({ layer, head, weight }) => [`L${layer} H${head}`, weight3(weight)]),
      });
      if (!state.options.table) drawTable(table, null);
    },
  );
  store.select(
    state => [viewPalette(state)],
    palette => recolorBars(list, palette),
  );
  return element;
}

function carrierRow(
  state: State,
  { layer, head, weight }: Carrier,
  choose: () => void,
): HTMLElement {
  const { locus } = state;
  const here =
    locus !== null && isSingleHead(locus) && locus.layer === layer && locus.head === head;
  return el(
    'button',
    {
      class: here ? 'carrier here' : 'carrier',
      title: `Show layer ${layer}, head ${head}`,
      'aria-current': here ? 'true' : null,
      on: { click: choose },
    },
    ...barParts(
      `L${layer} H${head}`,
      barLane(weightBar(weight, 1, viewPalette(state))),
      weight3(weight),
    ),
  );
}
