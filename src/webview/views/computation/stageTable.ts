import { queryTokens } from '../../reading/capture';
import { activeStage, isComputed, Stage } from '../../app/choices/step';
import { limitOf, limitsOf, pausedIn } from './facts';
import { type ShownComputation } from './shown';
import { el, fill, tokenSpan } from '../../kit/dom';
import type { Panel } from '../../app/panel';
import { divergingColors } from '../../draw/vectorCells';
import { monoWidth } from '../../draw/textWidth';
import type { State } from '../../app/state';
import { isDark } from '../../kit/theme';
import { label } from '../../reading/tokenText';
import { viewPalette } from '../../app/viewPalette';
import { VirtualList } from '../../kit/virtualList';
import { columnsOf, layoutColumns, type Column, type VectorWidths } from './stageColumns';
import { signedBars } from './signedBars';
import { ROW_HEIGHT, stageRow, type RowLook } from './stageRow';
import { number } from '../../reading/numbers';
import { blockedWords } from '../../reading/blocked';
import { mapPlace } from '../../reading/place';

const Q_HEIGHT = 50;
/** Padding beside the table. */
const MARGIN = 32;
const PAGE = 8;

/** The seven stages in one table: a row for each key, a column for each stage. */
export class StageTable {
  readonly element = el('div.stage-table');
  private readonly list = new VirtualList(ROW_HEIGHT);
  private readonly head = el('div.stage-head', { role: 'row' });
  private readonly foot = el('div.stage-foot');
  private readonly grid: HTMLElement;
  private cursor = 0;
  private look: RowLook | null = null;
  private drawn: { first: number; last: number } | null = null;
  private at = '';
  /** Whether the focus is on a row, also on one that was just drawn anew. */
  private hasFocus = false;

  constructor(private readonly panel: Panel) {
    this.grid = el(
      'div.stage-grid',
      { role: 'grid', 'aria-label': 'Stages: rows are keys' },
      el('div', { role: 'rowgroup' }, this.head),
      this.list.element,
    );
    this.list.element.setAttribute('role', 'rowgroup');
    this.list.element.classList.add('stage-rows');
    this.element.append(this.grid, this.foot);
    this.listen(this.grid);
  }

  /** @param width room for the table in CSS pixels */
  draw(width: number): void {
    const { state } = this.panel.store;
    const paused = pausedIn(state);
    if (!paused) return;
    const { shown, value, keys, step, key } = paused;
    const { capture, locus } = state;
    if (!capture || !locus) return;
    const place = { ...mapPlace(locus), head: locus.head };
    const columns = columnsOf(value, step.stage);
    const longest = keys
      .slice(0, 400)
      .reduce((most, token) => Math.max(most, monoWidth(label(token, 14), 11.5)), 0);
    const { vectors, template, name } = layoutColumns(
      columns,
      width - MARGIN,
      Math.ceil(longest) + 4,
    );
    this.element.style.setProperty('--columns', template);
    this.element.style.setProperty('--name', `${name}px`);
    this.look = {
      shown,
      keys,
      columns,
      widths: vectors,
      limits: limitsOf(shown),
      step,
      blockedBy: asked => blockedWords(capture, place, 'token', { query: locus.query, key: asked }),
      key,
      largestWeight: value.weights.reduce((most, weight) => Math.max(most, weight), 0),
      palette: viewPalette(state),
      colors: divergingColors(isDark(state.theme)),
    };
    this.drawHead(state, shown, vectors);
    drawFoot(this.foot, this.look);
    this.grid.setAttribute('aria-rowcount', String(keys.length + 1));
    this.grid.setAttribute('aria-colcount', String(columns.length));
    if (!this.hasFocus) this.cursor = key;
    this.drawn = null;
    this.list.show(keys.length, index => this.row(index));
    // Its rows take the focus.
    this.list.element.removeAttribute('tabindex');
    if (this.at !== `${shown.at} ${key}`) this.list.reveal(key);
    this.at = `${shown.at} ${key}`;
    this.rove();
  }

  private row(index: number): HTMLElement {
    if (!this.look) return el('div');
    if (!this.drawn) {
      this.drawn = { first: index, last: index };
      queueMicrotask(() => {
        const { first, last } = this.drawn ?? { first: 0, last: 0 };
        this.drawn = null;
        this.panel.actions.lookAtKeys(first, last);
        this.rove();
      });
    }
    this.drawn = {
      first: Math.min(this.drawn.first, index),
      last: Math.max(this.drawn.last, index),
    };
    return stageRow(this.look, index);
  }

  private drawHead(state: State, shown: ShownComputation, widths: VectorWidths): void {
    const { look } = this;
    const { capture, locus } = state;
    if (!look || !capture || !locus) return;
    const query = label(queryTokens(capture, locus.block)[shown.value.query], 14);
    const cells = look.columns.map(column => this.headCell(column, shown, widths, query));
    fill(this.head, ...cells);
  }

  private headCell(
    column: Column,
    shown: ShownComputation,
    widths: VectorWidths,
    query: string,
  ): HTMLElement {
    const step = this.look?.step ?? { stage: 1, into: null };
    const isNow = activeStage(step) === column.stage;
    const isLater = !isComputed(step, column.stage) && !isNow;
    const { q } = shown.value;
    return el(
      'div',
      {
        class: [`stage-cell cell-${column.id}`, isNow ? 'is-now' : '', isLater ? 'is-later' : ''],
        role: 'columnheader',
        ...(isNow ? { 'aria-current': 'step' } : {}),
      },
      el('b', column.title ? `${column.stage} ${column.title}` : ''),
      el('span.detail', column.detail ?? ''),
      column.id === 'k' && signedBars(q, limitOf([q]), widths.k, Q_HEIGHT),
      column.id === 'token' && el('span.query-name', el('b.query', 'q'), tokenSpan(query, 'query')),
      el('span.caption', column.caption),
    );
  }

  private listen(grid: HTMLElement): void {
    const { actions, store } = this.panel;
    const keyAt = (event: Event): number | null => {
      const row =
        event.target instanceof Element ? event.target.closest<HTMLElement>('.stage-row') : null;
      return row ? Number(row.dataset['index']) : null;
    };
    grid.addEventListener('click', event => {
      const key = keyAt(event);
      if (key !== null) actions.setKey(key);
    });
    grid.addEventListener('pointermove', event => {
      const key = keyAt(event);
      const block = store.state.locus?.block;
      if (key === null || !block) return;
      actions.preview(null, key);
      actions.hoverToken(key, block.kind === 'cross' ? 'encoder' : block.stack);
    });
    grid.addEventListener('pointerleave', () => {
      actions.endPreview();
      actions.hoverToken(null, 'encoder');
    });
    grid.addEventListener('focusin', event => {
      const key = keyAt(event);
      if (key === null) return;
      this.cursor = key;
      this.hasFocus = true;
    });
    grid.addEventListener('focusout', event => {
      const row = event.target;
      queueMicrotask(() => {
        const isDrawnAnew = row instanceof Node && !row.isConnected;
        if (!isDrawnAnew && !grid.contains(document.activeElement)) this.hasFocus = false;
      });
    });
    grid.addEventListener('keydown', event => this.key(event));
  }

  private key(event: KeyboardEvent): void {
    const count = this.look?.keys.length ?? 0;
    if (count === 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Enter' || event.key === ' ') this.panel.actions.setKey(this.cursor);
    else {
      const to = {
        ArrowDown: this.cursor + 1,
        ArrowUp: this.cursor - 1,
        PageDown: this.cursor + PAGE,
        PageUp: this.cursor - PAGE,
        Home: 0,
        End: count - 1,
      }[event.key];
      if (to === undefined) return;
      this.cursor = Math.max(0, Math.min(count - 1, to));
      this.list.reveal(this.cursor);
      this.rove();
    }
    event.preventDefault();
  }

  /** Makes the row of the cursor the table's one tab stop, and gives it back the focus. */
  private rove(): void {
    const rows = [...this.list.element.querySelectorAll<HTMLElement>('.stage-row')];
    const here = rows.find(row => row.dataset['index'] === String(this.cursor));
    const stop = here ?? rows[0];
    for (const row of rows) row.tabIndex = row === stop ? 0 : -1;
    const active = document.activeElement;
    this.hasFocus &&= active === document.body || this.grid.contains(active);
    if (this.hasFocus) here?.focus({ preventScroll: true });
  }
}

const Z_HEIGHT = 46;

/** What the columns come to: the sum of the weights, and the output. */
function drawFoot(foot: HTMLElement, { shown, step, columns, widths }: RowLook): void {
  const { value } = shown;
  const sum = value.weights.reduce((total, weight) => total + weight, 0);
  const isLater = !isComputed(step, Stage.softmax);
  const z = value.headOutput;
  const isDone = z !== undefined && isComputed(step, Stage.output);
  const place = (id: Column['id'], child: HTMLElement): HTMLElement => {
    const at = columns.findIndex(column => column.id === id) + 1;
    child.style.gridColumn = String(at);
    return child;
  };
  const output =
    z && isComputed(step, Stage.weightedSum)
      ? el(
          'div',
          { class: `stage-output ${step.stage === Stage.output && !step.into ? 'is-now' : ''}` },
          signedBars(z, limitOf([z]), widths.value, Z_HEIGHT),
        )
      : el('div.stage-output.is-empty', z ? 'z, not computed yet' : 'z, not captured');
  if (!isDone) output.classList.add('is-later');
  fill(
    foot,
    place(
      'weight',
      el(
        'div.foot-sum',
        el('span', isLater ? '' : `Σ ${number(sum, 3)}`),
        el('b', isDone ? `${Stage.output} Output` : ''),
        el('span.detail', isDone ? 'z = Σ α v' : ''),
      ),
    ),
    place('value', output),
  );
}
