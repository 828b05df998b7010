import type { AttentionRow } from '../../../protocol/capture';
import type { Token } from '../../../protocol/tokens';
import { shownRow } from '../../addresses';
import { isCross, keyTokens, queryTokens } from '../../capture';
import type { Palette } from '../../color/palette';
import { el, fill, tokenSpan } from '../../dom';
import { percent, score, weight3 } from '../../format';
import type { Panel } from '../../panel';
import { entropyBits, rankedKeys } from '../../rowFacts';
import { label } from '../../tokenText';
import { viewPalette, weightColor } from '../../viewPalette';
import { drawTable } from '../table';
import { VirtualList } from '../virtualList';

const ROW_HEIGHT = 18;

/** The weights of one query's row in token order, as bars with their numbers. */
export function createRowDistribution({ store, actions }: Panel): HTMLElement {
  const title = el('h2');
  const entropy = el('span', { class: 'muted' });
  const note = el('p', { class: 'muted note' });
  const list = new VirtualList(ROW_HEIGHT);
  const table = el('div', { class: 'table' });
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
    state => [state.capture, state.locus, state.row, state.options, state.theme],
    (capture, locus, _row, options) => {
      const row = shownRow(store.state, locus?.query);
      if (!capture || !locus || !row) return;
      const keys = keyTokens(capture, locus.block);
      const query = label(queryTokens(capture, locus.block)[row.query], 16);
      fill(title, 'Attention from ', tokenSpan(query, 'query'));
      entropy.textContent =
        locus.aggregate === 'max' ? '' : `${entropyBits(row.weights).toFixed(2)} bits`;
      const shown = keys.filter(token => options.specialTokens || !token.special);
      note.hidden = shown.length === keys.length;
      note.textContent = `Special tokens are hidden; they hold ${percent(hiddenShare(row, keys))}.`;
      const palette = viewPalette(store.state);
      const largest = row.weights.reduce((most, weight) => Math.max(most, weight), 0);
      list.show(shown.length, i => {
        const token = shown[i];
        return token
          ? distributionRow(row, token, { palette, largest, key: locus.key })
          : el('div');
      });
      const place = shown.findIndex(token => token.index === locus.key);
      if (place >= 0) list.reveal(place);
      drawTable(table, options.table ? rowTable(row, keys, query) : null);
    },
  );
  store.select(
    state => [state.preview?.key ?? null],
    hovered => {
      list.element.querySelector('.is-preview')?.classList.remove('is-preview');
      list.element.querySelector(`[data-index="${hovered ?? -1}"]`)?.classList.add('is-preview');
    },
  );
  return el(
    'div',
    { class: 'section distribution' },
    el('div', { class: 'pane-head' }, title, el('span', { class: 'spacer' }), entropy),
    note,
    list.element,
    table,
  );
}

function rowIndex(event: Event): number | null {
  const row =
    event.target instanceof Element ? event.target.closest<HTMLElement>('.bar-row') : null;
  return row ? Number(row.dataset['index']) : null;
}

const hiddenShare = (row: AttentionRow, keys: readonly Token[]): number =>
  keys.reduce((sum, token, i) => sum + (token.special ? (row.weights[i] ?? 0) : 0), 0);

interface RowLook {
  readonly palette: Palette;
  readonly largest: number;
  readonly key: number | null;
}

function distributionRow(row: AttentionRow, token: Token, look: RowLook): HTMLElement {
  const weight = row.weights[token.index] ?? NaN;
  const allowed = row.allowed[token.index] === 1;
  const kinds = [
    token.special ? 'special' : '',
    token.index === look.key ? 'is-key' : '',
    allowed ? '' : 'is-blocked',
  ];
  const bar = el('i', {
    style: {
      width: allowed ? `${(weight / (look.largest || 1)) * 100}%` : '100%',
      'background-color': allowed ? weightColor(look.palette, weight, look.largest) : 'transparent',
    },
  });
  return el(
    'div',
    {
      class: ['bar-row', ...kinds].filter(Boolean).join(' '),
      attributes: { 'data-index': token.index },
    },
    el('span', { class: 'bar-name' }, tokenSpan(label(token, 14))),
    el('span', { class: 'bar-lane', attributes: { 'aria-hidden': 'true' } }, bar),
    el('span', { class: 'number', text: allowed ? weight3(weight) : '–' }),
  );
}

function rowTable(row: AttentionRow, keys: readonly Token[], query: string) {
  const ranked = rankedKeys(row);
  return {
    caption: `Attention from ${query}: the ${ranked.length} largest weights`,
    columns: ['Key', 'Token', 'Weight', ...(row.scores ? ['Score'] : [])],
    rows: ranked.map(key => [
      label(keys[key]),
      String(key),
      weight3(row.weights[key] ?? NaN),
      ...(row.scores ? [score(row.scores[key] ?? NaN)] : []),
    ]),
  };
}
