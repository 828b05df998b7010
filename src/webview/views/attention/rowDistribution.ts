import type { AttentionRow } from '../../../protocol/capture';
import { mapRefusal, shownRow } from '../../app/addresses';
import { isCross } from '../../reading/capture';
import type { Palette } from '../../draw/color/palette';
import { el, fill, tokenSpan } from '../../kit/dom';
import { percent, score, weight3 } from '../../reading/format';
import type { Panel } from '../../app/panel';
import { numberName } from '../../draw/measure';
import { entropyBits, rankedKeys } from '../../reading/rowFacts';
import type { Aggregate } from '../../reading/place';
import type { State } from '../../app/state';
import { GLOSSARY } from '../../reading/glossary';
import { keyUnits, queryUnits, type Units } from '../../reading/units';
import { viewPalette } from '../../app/viewPalette';
import { drawTable } from '../../kit/table';
import { VirtualList } from '../../kit/virtualList';
import { barLane, barParts, recolorBars, weightBar } from '../../shell/weightBar';

const ROW_HEIGHT = 18;

/** What opens the heading, by what the numbers are. */
const TITLES: Record<Aggregate, string> = {
  head: 'Attention from ',
  mean: 'Mean attention from ',
  max: 'Largest weights from ',
  rollout: 'Rollout from ',
  norm: 'By norm, from ',
};

/** The numbers of one query's row in token order, as bars. */
export function createRowDistribution({ store, actions }: Panel): HTMLElement {
  const title = el('h2');
  const entropy = el('span.muted');
  const note = el('p.muted.note');
  const list = new VirtualList(ROW_HEIGHT);
  const table = el('div.table');
  const clear = (): void => {
    fill(title, 'No row to show');
    entropy.textContent = '';
    note.hidden = true;
    list.show(0, () => el('div'));
    drawTable(table, null);
  };
  list.element.addEventListener('click', event => {
    const key = rowIndex(event);
    if (key !== null) actions.setKey(key);
  });
  list.element.addEventListener('pointermove', event => {
    const key = rowIndex(event);
    const block = store.state.locus?.block;
    if (key === null || !block) return;
    actions.preview(null, key);
    actions.hoverToken(key, isCross(block) ? 'encoder' : block.stack);
  });
  list.element.addEventListener('pointerleave', () => {
    actions.endPreview();
    actions.hoverToken(null, 'encoder');
  });
  store.select(
    state => [
      state.capture,
      state.locus,
      state.row,
      state.options.grouping,
      state.options.specialTokens,
      state.options.table,
      mapRefusal(state),
    ],
    (capture, locus) => {
      const { options } = store.state;
      const row = shownRow(store.state, locus?.query);
      const isRefused = mapRefusal(store.state) !== null;
      if (isRefused) clear();
      if (!capture || !locus || !row || isRefused) return;
      const keys = keyUnits(capture, locus.block, options.grouping);
      const query = queryUnits(capture, locus.block, options.grouping).label(row.query, 16);
      fill(title, TITLES[locus.aggregate], tokenSpan(query, 'query'));
      entropy.textContent = locus.aggregate === 'max' ? '' : `${entropyBits(row).toFixed(2)} bits`;
      const all = Array.from({ length: keys.length }, (_, unit) => unit);
      const shown = all.filter(unit => options.specialTokens || !keys.isSpecial(unit));
      note.hidden = shown.length === all.length;
      note.textContent = `Special tokens are hidden; they hold ${percent(hiddenShare(row, keys))}.`;
      const largest = row.weights.reduce((most, weight) => Math.max(most, weight), row.sink ?? 0);
      const key = locus.key === null ? -1 : keys.of(locus.key);
      const look = { palette: viewPalette(store.state), largest, key };
      const { sink } = row;
      list.show(shown.length + (sink === undefined ? 0 : 1), i => {
        const unit = shown[i];
        return unit === undefined
          ? sinkRow(sink ?? NaN, look)
          : distributionRow(row, keys, unit, look);
      });
      const place = shown.indexOf(key);
      if (place >= 0) list.reveal(place);
      drawTable(table, options.table ? rowTable(store.state, row, keys, query) : null);
    },
  );
  store.select(
    state => [viewPalette(state)],
    palette => recolorBars(list.element, palette),
  );
  store.select(
    state => [state.preview?.key ?? null],
    hovered => {
      list.element.querySelector('.is-preview')?.classList.remove('is-preview');
      const { capture, locus, options } = store.state;
      if (hovered === null || !capture || !locus) return;
      const keys = keyUnits(capture, locus.block, options.grouping);
      const index = keys.first(keys.of(hovered));
      list.element.querySelector(`[data-index="${index}"]`)?.classList.add('is-preview');
    },
  );
  return el(
    'div.section.distribution',
    el('div.pane-head', title, el('span.spacer'), entropy),
    note,
    list.element,
    table,
  );
}

function rowIndex(event: Event): number | null {
  const row =
    event.target instanceof Element ? event.target.closest<HTMLElement>('.bar-row') : null;
  const index = row?.dataset['index'];
  return index === undefined ? null : Number(index);
}

const hiddenShare = (row: AttentionRow, keys: Units): number =>
  row.weights.reduce((sum, weight, unit) => sum + (keys.isSpecial(unit) ? weight : 0), 0);

interface RowLook {
  readonly palette: Palette;
  readonly largest: number;
  readonly key: number;
}

function distributionRow(row: AttentionRow, keys: Units, unit: number, look: RowLook): HTMLElement {
  const weight = row.weights[unit] ?? NaN;
  const allowed = row.allowed[unit] === 1;
  const kinds = [
    keys.isSpecial(unit) ? 'special' : '',
    unit === look.key ? 'is-key' : '',
    allowed ? '' : 'is-blocked',
  ];
  const lane = barLane(weightBar(weight, look.largest, look.palette, allowed));
  return el(
    'div',
    { class: ['bar-row', ...kinds], 'data-index': keys.first(unit) },
    ...barParts(tokenSpan(keys.label(unit, 14)), lane, allowed ? weight3(weight) : '–'),
  );
}

/** What a sink takes of the row, after the keys. */
function sinkRow(sink: number, { palette, largest }: RowLook): HTMLElement {
  const lane = barLane(weightBar(sink, largest, palette));
  return el(
    'div.bar-row.sink-row',
    { title: GLOSSARY.sink },
    ...barParts(el('i', 'sink'), lane, weight3(sink)),
  );
}

function rowTable({ locus }: State, row: AttentionRow, keys: Units, query: string) {
  const ranked = rankedKeys(row);
  const { aggregate } = locus ?? { aggregate: 'head' };
  const name = numberName(aggregate);
  return {
    caption: `${TITLES[aggregate]}${query}: the ${ranked.length} largest`,
    columns: [
      'Key',
      'Token',
      name.charAt(0).toUpperCase() + name.slice(1),
      ...(row.scores ? ['Score'] : []),
    ],
    rows: ranked.map(key => [
      keys.label(key),
      keys.place(key),
      weight3(row.weights[key] ?? NaN),
      ...(row.scores ? [score(row.scores[key] ?? NaN)] : []),
    ]),
  };
}
