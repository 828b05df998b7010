import { keepDrawn } from '../../app/keepDrawn';
import { el, fill } from '../../kit/dom';
import { percent, weight3, counted } from '../../reading/format';
import { outputStack, outputToken } from '../../app/output';
import type { Panel } from '../../app/panel';
import { found, positionsError, type Named, type OrderSide } from './wanted';
import { movedPicture, sharePixels } from './pictures';
import type { State } from '../../app/state';
import { nameIn } from '../../reading/tokenText';
import type { CellPlace } from '../../draw/cellKeys';
import { divergenceRanking, predictionTable } from '../../shell/outputChange';
import { Ranking, type RankingContent } from '../../shell/ranking';
import { drawn } from '../../shell/sentenceBand';
import { drawTable, type TableContent } from '../../kit/table';
import { rampItem } from './figurePane';
import { MatrixChart } from '../../draw/matrixChart';
import type { OrderEffect } from '../../../protocol/positions';
import type { Phrase } from '../../app/sentence';

/** Less than this is what rounding leaves. */
const NOTHING = 1e-4;

/** The head whose weights moved most; null where none has any. */
export function mostMoved({
  moved,
  heads,
}: OrderEffect): { readonly layer: number; readonly head: number; readonly share: number } | null {
  const best = moved.reduce(
    (most, share, i) => (share > (moved[most] ?? -1) || Number.isNaN(moved[most]) ? i : most),
    0,
  );
  const share = moved[best] ?? NaN;
  if (Number.isNaN(share)) return null;
  return { layer: Math.floor(best / heads), head: best % heads, share };
}

/** Mean over the numbers that are numbers. */
function mean(values: Float32Array): number {
  const known = values.filter(value => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
}

/** What another order did: how much weight moved, in which head most, and what became of the output. */
export function orderSentence(state: State, side: OrderSide): Phrase[] {
  const effect = found(state, `${side}Effect`);
  if (!effect) return [];
  const most = mostMoved(effect);
  const average = mean(effect.moved);
  if (!most || most.share < NOTHING) return [...sameWeights(), ...output(state, effect)];
  return [
    `${percent(average)} of a token’s weight moves on average, most in layer ${most.layer}, head ${most.head} (${percent(most.share)}).`,
    ...output(state, effect),
  ];
}

const sameWeights = (): Phrase[] => ['No weight moves: every token attends to the same tokens.'];

function output(state: State, { kl, flipped }: OrderEffect): Phrase[] {
  const { capture } = state;
  if (!kl || !flipped || !capture) return [' The model has no output to compare.'];
  const tokens = capture.tokens[outputStack(capture)] ?? [];
  const flips = flipped.reduce((sum, one) => sum + one, 0);
  const far = kl.reduce((best, value, i) => (value > (kl[best] ?? 0) ? i : best), 0);
  const largest = kl[far] ?? 0;
  if (flips === 0 && largest < NOTHING) return [' The output stays the same at every token.'];
  return [
    ` The most probable token is another one at ${flips} of ${counted(kl.length, 'token')}; the output moves most at `,
    { token: nameIn(tokens, far, 16), part: '' },
    ` (KL ${largest.toFixed(2)} nats).`,
  ];
}

const TABLE_ROWS = 10;
/** Nats that a full bar stands for at least: what rounding leaves is not to look large. */
const SHORTEST_SCALE = 0.1;

/** What another order did: weight moved by head, how far the output moved, what is predicted. */
export function createOrderResult(panel: Panel, side: OrderSide): HTMLElement {
  const { store, actions } = panel;
  const names: readonly Named[] = [`${side}Effect`, `${side}Before`, `${side}After`];
  const title = el('h3');
  const compared = el('p.muted.figure-words');
  const sentence = el('p.order-sentence', { role: 'status' });
  const reading = el('p.figure-reading');
  const legend = el('div.legend');
  const readAs = el('div.table');
  const predictions = el('div.table.predictions');
  const start = (): CellPlace => ({
    row: store.state.locus?.layer ?? 0,
    column: store.state.locus?.head ?? 0,
  });
  const read = (place: CellPlace | null): string => headText(store.state, side, place ?? start());
  const chart = new MatrixChart({
    start,
    name: read,
    point: place => {
      reading.textContent = read(place);
    },
    commit: ({ row, column }) => actions.setHead(row, column),
  });
  const ranking = new Ranking(token => {
    const { capture } = store.state;
    if (capture) actions.setQueryOf(outputStack(capture), token);
  });
  const part = (heading: string, ...children: HTMLElement[]): HTMLElement =>
    el('div.order-part', el('h4', heading), ...children);
  const output = part('KL divergence of the output at each token, in nats', ranking.element);
  const parts = el(
    'div.order-parts',
    part('Weight moved in each head', chart.element, reading, legend, readAs),
    output,
    predictions,
  );
  keepDrawn(
    store,
    state => [
      ...names.flatMap(name => [found(state, name), positionsError(state, name)]),
      state.positions.arrangement,
      state.sides,
      state.options,
    ],
    state => {
      const { told } = state.options.positions;
      title.textContent =
        side === 'own' ? 'With the model’s own positions' : 'With all positions equal';
      compared.textContent =
        side === 'equal' && told === 'equal'
          ? 'The text as it is, against this order without positions.'
          : side === 'equal'
            ? 'The order of the text, against this order; neither is told a position.'
            : 'The order of the text, against this order.';
      const error = names.map(name => positionsError(state, name)).find(one => one !== null);
      const picture = movedPicture(state, side);
      parts.hidden = picture === null;
      sentence.classList.toggle('failed', error !== undefined && picture === null);
      fill(sentence, ...(picture ? drawn(orderSentence(state, side)) : [error ?? '']));
      if (!picture) return;
      chart.show(picture);
      const { row, column } = start();
      chart.mark([{ shape: 'frame', ink: 'plain', row, column }]);
      reading.textContent = read(null);
      fill(legend, rampItem('0', '1', sharePixels(state), 'share of a token’s weight, mean'));
      drawTable(readAs, state.options.table ? movedTable(state, side) : null);
      const content = klContent(state, side);
      output.hidden = content === null;
      ranking.show(content);
      drawPredictions(state, side, predictions);
    },
  );
  return el(
    'section.order-result',
    { 'aria-label': `Result ${side}` },
    title,
    compared,
    sentence,
    parts,
  );
}

function headText(state: State, side: OrderSide, { row, column }: CellPlace): string {
  const effect = found(state, `${side}Effect`);
  const share = effect?.moved[row * effect.heads + column];
  if (share === undefined) return '';
  if (Number.isNaN(share)) return `Layer ${row} has no head ${column}.`;
  return share < NOTHING
    ? `Layer ${row}, head ${column}: no weight moves.`
    : `Layer ${row}, head ${column}: ${percent(share)} of a token’s weight moves.`;
}

function movedTable(state: State, side: OrderSide): TableContent | null {
  const effect = found(state, `${side}Effect`);
  if (!effect) return null;
  const { moved, heads } = effect;
  const ranked = [...moved.keys()]
    .filter(i => !Number.isNaN(moved[i]))
    .sort((a, b) => (moved[b] ?? 0) - (moved[a] ?? 0))
    .slice(0, TABLE_ROWS);
  return {
    caption: `Heads by the weight that moves, the ${ranked.length} largest`,
    columns: ['Head', 'Moved'],
    rows: ranked.map(i => [`L${Math.floor(i / heads)}H${i % heads}`, weight3(moved[i] ?? NaN)]),
  };
}

function klContent(state: State, side: OrderSide): RankingContent | null {
  const { kl, flipped } = found(state, `${side}Effect`) ?? {};
  return kl ? divergenceRanking(state, { kl, flipped, first: 0 }, SHORTEST_SCALE) : null;
}

/** The most probable tokens at the query, in the order before and in the new one. */
function drawPredictions(state: State, side: OrderSide, place: HTMLElement): void {
  const before = found(state, `${side}Before`);
  const after = found(state, `${side}After`);
  const token = outputToken(state);
  const { capture } = state;
  place.hidden = !before || !after || token === null || !capture;
  if (!before || !after || token === null || !capture) return;
  fill(place, predictionTable(capture, token, before, after));
}
