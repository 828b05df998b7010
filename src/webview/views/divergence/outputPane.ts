import { keepDrawn } from '../../app/keepDrawn';
import { outputStack } from '../../app/output';
import type { State } from '../../app/state';
import { el, fill } from '../../kit/dom';
import { count } from '../../reading/format';
import { weight3 } from '../../reading/format';
import { scientific } from '../../reading/numbers';
import { createKlStrip, type KlToken } from '../../shell/klStrip';
import { comparedTokens, probeTokens, shownProbe } from './report';
import type { DivergencePanel } from './wishes';

/** How far the output of the two is apart at each token; empty where they have none. */
export function outputTokens(state: State): KlToken[] {
  const probe = shownProbe(state);
  if (!probe || probe.kl.length === 0) return [];
  return probeTokens(state, probe).map(token => ({
    ...token,
    kl: probe.kl[token.index] ?? 0,
    isFlipped: false,
  }));
}

/** What comes out: KL(A ‖ B) of each token, their mean, and how often the first choice differs. */
export function createOutputPane({ store, actions }: DivergencePanel): HTMLElement {
  const strip = createKlStrip();
  const numbers = el('dl.number-list');
  const element = el(
    'section.section',
    { 'aria-label': 'Output' },
    el('div.pane-head', el('h3', 'Output'), el('span.muted', 'KL(A ‖ B), nats')),
    strip.element,
    numbers,
  );
  keepDrawn(
    store,
    state => [state.divergence.run, state.options.divergence, state.options.colorMap],
    state => {
      const probe = shownProbe(state);
      const tokens = outputTokens(state);
      element.hidden = tokens.length === 0;
      if (!probe || tokens.length === 0) return;
      const { capture, locus } = state;
      const stack = capture ? outputStack(capture) : 'decoder';
      const here = locus?.block.stack === stack ? locus.query : null;
      const isOwn = probe.probe === 'text';
      strip.show(
        state,
        tokens,
        isOwn ? here : null,
        isOwn ? token => actions.setQueryOf(stack, token) : null,
      );
      fill(
        numbers,
        ...numberRows(state).flatMap(([name, value]) => [el('dt', name), el('dd.number', value)]),
      );
    },
  );
  return element;
}

/** A divergence in nats; a power of ten where three decimals would show nothing. */
const nats = (kl: number): string => (kl >= 0.0005 ? weight3(kl) : scientific(kl));

function numberRows(state: State): [string, string][] {
  const probe = shownProbe(state);
  if (!probe) return [];
  const compared = comparedTokens(probe).length;
  const mean = probe.kl.reduce((sum, kl) => sum + kl, 0) / Math.max(1, compared);
  const largest = probe.kl.reduce((most, kl) => Math.max(most, kl), 0);
  return [
    ['mean, largest KL', `${nats(mean)}, ${nats(largest)}`],
    ['first choice differs', `${count(probe.flips)} of ${count(compared)} tokens`],
  ];
}
