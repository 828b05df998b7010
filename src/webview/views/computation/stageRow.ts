import type { Palette } from '../../draw/color/palette';
import { cappedScore, largestEntry, runningSum, type Limits } from './facts';
import { number, signed } from '../../reading/numbers';
import { keyVector, type ShownComputation } from './shown';
import { activeStage, isComputed, Stage, type Step } from '../../app/choices/step';
import { el, tokenSpan } from '../../kit/dom';
import { weight3 } from '../../reading/format';
import { drawVector } from '../../draw/vectorCells';
import { label } from '../../reading/tokenText';
import type { Token } from '../../../protocol/tokens';
import { barLane, weightBar } from '../../shell/weightBar';
import type { Column, VectorWidths } from './stageColumns';

/** What all rows of the table share while they are drawn. */
export interface RowLook {
  readonly shown: ShownComputation;
  readonly keys: readonly Token[];
  readonly columns: readonly Column[];
  readonly widths: VectorWidths;
  readonly limits: Limits;
  readonly step: Step;
  /** What blocks a key that is blocked, in words. */
  readonly blockedBy: (key: number) => string;
  /** The key that is looked at. */
  readonly key: number;
  readonly largestWeight: number;
  readonly palette: Palette;
  readonly colors: readonly string[];
}

/** Height of a row in CSS pixels. */
export const ROW_HEIGHT = 20;
const CELL_HEIGHT = 14;

/** One key's numbers through all stages. */
export function stageRow(look: RowLook, key: number): HTMLElement {
  const { shown, keys, columns, step } = look;
  const token = keys[key];
  const isBlocked = shown.value.allowed[key] !== 1;
  const row = el('div', {
    class: [
      'stage-row',
      key === look.key ? 'is-key' : '',
      token?.special ? 'special' : '',
      isBlocked && isComputed(step, Stage.mask) ? 'is-blocked' : '',
    ],
    role: 'row',
    'aria-rowindex': key + 2,
    'aria-selected': String(key === look.key),
    'data-index': key,
    tabindex: -1,
  });
  row.append(...columns.map(column => cell(look, column, key)));
  return row;
}

function cell(look: RowLook, column: Column, key: number): HTMLElement {
  const { step } = look;
  const isNow = column.stage === activeStage(step);
  const isInside = isNow && step.into?.kind === 'product' && key === look.key;
  const isLater = !isComputed(step, column.stage) && !isInside;
  const element = el('div', {
    class: [`stage-cell cell-${column.id}`, isNow ? 'is-now' : '', isLater ? 'is-later' : ''],
    role: column.id === 'token' ? 'rowheader' : 'gridcell',
  });
  if (column.id === 'token') element.append(tokenSpan(label(look.keys[key], 14)));
  else if (column.id === 'k' || column.id === 'products' || column.id === 'value') {
    drawVectorCell(element, look, column.id, key);
  } else if (isLater) {
    element.textContent = '–';
    element.setAttribute('aria-label', 'not computed yet');
  } else if (column.id === 'weight') weightCell(element, look, key);
  else element.textContent = numberText(look, column.id, key);
  return element;
}

function numberText(
  { shown, step: { into }, key: chosen }: RowLook,
  id: 'sum' | 'score' | 'capped' | 'mask',
  key: number,
): string {
  const { value } = shown;
  const score = value.scores[key] ?? NaN;
  switch (id) {
    case 'sum': {
      const k = into?.kind === 'product' && key === chosen ? keyVector(shown, 'k', key) : null;
      const soFar = k && runningSum(value.q, k).sums[into?.dimension ?? 0];
      return number(soFar ?? value.products[key] ?? NaN, 2);
    }
    case 'score':
      return number(score, 2);
    case 'capped':
      return number(cappedScore(score, value.softCap), 2);
    case 'mask':
      if (value.allowed[key] !== 1) return number(-Infinity, 0);
      return value.bias ? signed(value.bias[key] ?? NaN, 2) : '0';
  }
}

function weightCell(element: HTMLElement, look: RowLook, key: number): void {
  const { weights, allowed } = look.shown.value;
  const weight = weights[key] ?? NaN;
  const isAllowed = allowed[key] === 1;
  element.append(
    barLane(weightBar(weight, look.largestWeight, look.palette, isAllowed)),
    el('span.weight', isAllowed ? weight3(weight) : '–'),
  );
  if (!isAllowed) element.setAttribute('aria-label', look.blockedBy(key));
}

const NAMES = { k: 'k', products: 'q ∘ k', value: 'v' } as const;

function drawVectorCell(
  element: HTMLElement,
  look: RowLook,
  id: 'k' | 'products' | 'value',
  key: number,
): void {
  const { shown, limits, widths, step, colors, largestWeight } = look;
  const { q, weights } = shown.value;
  const vector = keyVector(shown, id === 'value' ? 'v' : 'k', key);
  if (!vector) {
    const isMissing = id === 'value' && shown.value.v === undefined;
    element.textContent = isMissing ? 'not captured' : '…';
    return;
  }
  const isWeighted = id === 'value' && isComputed(step, Stage.weightedSum);
  const factor = isWeighted ? (weights[key] ?? 0) / (largestWeight || 1) : 1;
  const drawn =
    id === 'products'
      ? vector.map((entry, i) => entry * (q[i] ?? 0))
      : vector.map(entry => entry * factor);
  const limit = id === 'k' ? limits.k : id === 'value' ? limits.v : limits.product;
  const canvas = el('canvas', { 'aria-hidden': 'true' });
  const { into } = step;
  const isInside = id === 'products' && into?.kind === 'product' && key === look.key;
  const isWaiting = id === 'products' && !isComputed(step, Stage.dotProduct) && !isInside;
  drawVector(canvas, drawn, {
    colors,
    limit,
    width: widths[id],
    height: CELL_HEIGHT,
    ...(isInside ? { upTo: into.dimension + 1 } : {}),
    ...(isWaiting || (id === 'value' && !isWeighted) ? { upTo: 0 } : {}),
  });
  element.append(canvas);
  const largest = largestEntry(drawn);
  element.setAttribute(
    'aria-label',
    `${isWeighted ? 'α · v, relative to the largest α' : NAMES[id]}: ${drawn.length} numbers, furthest from 0 is ${number(drawn[largest] ?? NaN, 2)} in dimension ${largest}`,
  );
}
