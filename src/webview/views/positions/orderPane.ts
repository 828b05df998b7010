import { isCross } from '../../reading/capture';
import { button, iconButton } from '../../kit/controls';
import { el } from '../../kit/dom';
import type { Panel } from '../../app/panel';
import {
  isPlain,
  movable,
  moved,
  plainOrder,
  reversed,
  shuffled,
  swapped,
  orderedTokens,
  textOf,
  wishedOrder,
} from './orders';
import type { Told, Order } from '../../app/choices/positions';
import { ORDER_SLOTS, orderRun, wishedRuns } from './wanted';
import type { State } from '../../app/state';
import { label } from '../../reading/tokenText';
import { createPane } from '../../shell/pane';
import { drawRunStatus } from '../../shell/runStatus';
import { segmented } from '../../kit/segmented';
import { createOrderResult } from './orderResult';
import { TokenOrder } from './orderTokens';

/** Longer texts are reordered by the presets alone. */
const MOST_CHIPS = 512;

/** The tokens in another order, run again with positions and without: what depends on the order. */
export function createOrderPane(panel: Panel): HTMLElement {
  const { store, actions, sides } = panel;
  const pane = createPane(panel, 'Order matters');
  const announced = el('div.visually-hidden', { role: 'status', 'aria-live': 'polite' });
  const status = el('div.mask-status', { role: 'status' });
  const results = el('div.order-results');
  const own = createOrderResult(panel, 'own');
  const equal = createOrderResult(panel, 'equal');
  results.append(own, equal);

  const arrange = (order: Order, seed?: number): void => {
    const { capture, positions } = store.state;
    if (!capture) return;
    const { arrangement } = positions;
    actions.arrange({ of: textOf(capture), order, seed: seed ?? arrangement?.seed ?? 0 });
  };
  const places = (): number[] => {
    const { capture } = store.state;
    return capture ? movable(orderedTokens(capture)) : [];
  };
  const move = (from: number, to: number): void => {
    const { capture } = store.state;
    const order = wishedOrder(store.state);
    const next = moved(order, places(), from, to);
    if (!capture || next === order) return;
    arrange(next);
    line.focus(to);
    const name = (place: number): string => label(orderedTokens(capture)[next[place] ?? -1], 16);
    const after = to > 0 ? `, after ${name(to - 1)}` : '';
    announced.textContent = `${name(to)} moved to place ${to} of ${next.length}${after}`;
  };
  const line = new TokenOrder({
    move,
    choose: (token, asKey) => {
      if (asKey) actions.setKey(token);
      else actions.chooseTextToken(token);
    },
  });
  const preset = (words: string, make: () => void): HTMLElement =>
    button(
      words,
      () => {
        make();
        announced.textContent = `${words}: done`;
      },
      { secondary: true },
    );
  const swap = preset('Swap Q and K', () => {
    const pair = swappable(store.state);
    if (pair) arrange(swapped(wishedOrder(store.state), ...pair));
  });
  const back = preset('Back to the text', () =>
    arrange(plainOrder(wishedOrder(store.state).length)),
  );
  const presets = el(
    'div.order-presets',
    { role: 'group', 'aria-label': 'Orders' },
    iconButton('Move the token earlier', 'arrow-left', () => move(line.place, line.place - 1)),
    iconButton('Move the token later', 'arrow-right', () => move(line.place, line.place + 1)),
    preset('Reverse', () => arrange(reversed(wishedOrder(store.state), places()))),
    preset('Shuffle', () => {
      const seed = (store.state.positions.arrangement?.seed ?? 0) + 1;
      arrange(shuffled(plainOrder(wishedOrder(store.state).length), places(), seed), seed);
    }),
    swap,
    back,
  );
  const told = segmented<Told>('Positions that the run is told', value => {
    actions.setOption({ positions: { ...store.state.options.positions, told: value } });
  });
  told.show(
    [
      { value: 'own', label: 'The model’s own' },
      { value: 'equal', label: 'All equal' },
      { value: 'both', label: 'Both, side by side' },
    ],
    'own',
  );
  const seed = el('span.muted');
  pane.element.classList.add('order-pane');
  pane.body.append(
    el(
      'p.muted.figure-words',
      'Drag a token, or focus it and press Alt with an arrow key. Special tokens keep their places.',
    ),
    line.element,
    el(
      'div.order-controls',
      presets,
      seed,
      el('span.spacer'),
      el('div.order-told', el('span.muted', 'Positions'), told.element),
    ),
    status,
    announced,
    results,
  );
  store.select(
    state => [
      state.capture,
      state.locus,
      state.sides,
      state.positions.arrangement,
      state.options.positions,
    ],
    capture => {
      const { state } = store;
      if (!capture) return;
      const tokens = orderedTokens(capture);
      const order = wishedOrder(state);
      line.element.hidden = tokens.length > MOST_CHIPS;
      const isText = state.locus ? !isCross(state.locus.block) : false;
      if (!line.element.hidden) {
        line.show({
          tokens,
          order,
          query: isText ? (state.locus?.query ?? null) : null,
          key: state.locus?.key ?? null,
        });
      }
      swap.toggleAttribute('disabled', swappable(state) === null);
      back.toggleAttribute('disabled', isPlain(order));
      const { arrangement } = state.positions;
      seed.textContent =
        arrangement && arrangement.seed > 0 && !isPlain(order) && arrangement.of === textOf(capture)
          ? `latest shuffle: seed ${arrangement.seed}`
          : '';
      const { told: shown } = state.options.positions;
      told.show(
        [
          { value: 'own', label: 'The model’s own' },
          { value: 'equal', label: 'All equal' },
          { value: 'both', label: 'Both, side by side' },
        ],
        shown,
      );
      const runs = wishedRuns(state);
      results.hidden = runs.size === 0;
      results.classList.toggle(
        'pending',
        [...runs.keys()].some(slot => !orderRun(state, slot)),
      );
      own.hidden = shown === 'equal';
      equal.hidden = shown === 'own';
      drawStatus(state, status, {
        cancel: () => actions.cancel(),
        again: () => sides.again(...ORDER_SLOTS),
      });
    },
  );
  return pane.element;
}

/** The query and the key, where both are tokens of the text that may move. */
function swappable({ capture, locus }: State): [number, number] | null {
  if (!capture || !locus || locus.key === null || isCross(locus.block)) return null;
  const tokens = orderedTokens(capture);
  const { query, key } = locus;
  const isText = capture.tokens[locus.block.stack] === tokens;
  const keeps = [query, key].some(token => tokens[token]?.special !== false);
  return !isText || keeps || query === key ? null : [query, key];
}

/** What the runs are doing, why one failed, or what to do to have one. */
function drawStatus(
  state: State,
  place: HTMLElement,
  offers: { readonly cancel: () => void; readonly again: () => void },
): void {
  const runs = wishedRuns(state);
  const sides = ORDER_SLOTS.filter(slot => runs.has(slot)).map(slot => state.sides[slot]);
  const running = sides.find(side => side.kind === 'running');
  const failed = sides.find(side => side.kind === 'failed');
  const doing = running?.kind === 'running' ? running.progress.label : null;
  drawRunStatus(
    place,
    {
      doing,
      problem: doing === null && failed?.kind === 'failed' ? failed.error.message : null,
      otherwise:
        runs.size === 0
          ? 'The tokens stand as in the text. Move one, choose an order, or make all positions equal.'
          : null,
    },
    offers,
  );
}
