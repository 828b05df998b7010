import { queryTokens } from '../../reading/capture';
import { limitOf, pausedIn } from './facts';
import { keyVector } from './shown';
import { Stage } from '../../app/choices/step';
import { el, fill, tokenSpan } from '../../kit/dom';
import type { State } from '../../app/state';
import { label } from '../../reading/tokenText';
import { signedBars } from './signedBars';
import { waterfall } from './waterfall';

const BARS_HEIGHT = 34;
const NAME_WIDTH = 96;

/** q and k of one key, before and after RoPE while they are projected, then the running sum of q · k. */
export function drawVectorPane(place: HTMLElement, state: State, width: number): void {
  const paused = pausedIn(state);
  if (!paused) return;
  const { shown, value, capture, locus, keys, step, key } = paused;
  const { q, headDim, qUnrotated } = value;
  const k = keyVector(shown, 'k', key);
  const keyName = label(keys[key], 16);
  const queryName = label(queryTokens(capture, locus.block)[value.query], 16);
  if (!k) {
    fill(place, heading('q · k for ', keyName, ''), el('p.muted', '…'));
    return;
  }
  const isInside = step.into?.kind === 'product';
  place.classList.toggle('is-now', isInside);
  if (step.stage === Stage.project && !isInside) {
    const kUnrotated = keyVector(shown, 'kUnrotated', key);
    const limit = limitOf([q, k, qUnrotated, kUnrotated]);
    const line = (name: string, part: 'query' | 'key', vector: Float32Array): HTMLElement =>
      el(
        'div.vector-line',
        el('span', { class: `vector-name ${part}`, text: name }),
        signedBars(vector, limit, Math.min(384, width - NAME_WIDTH), BARS_HEIGHT),
      );
    const title = el(
      'h2',
      'q of ',
      tokenSpan(queryName, 'query'),
      ' and k of ',
      tokenSpan(keyName, 'key'),
    );
    const turned = qUnrotated && kUnrotated;
    fill(
      place,
      el('div.pane-head', title),
      turned && line('q before RoPE', 'query', qUnrotated),
      line(turned ? 'q after RoPE' : 'q', 'query', q),
      turned && line('k before RoPE', 'key', kUnrotated),
      line(turned ? 'k after RoPE' : 'k', 'key', k),
    );
    return;
  }
  const { into } = step;
  const upTo = into?.kind === 'product' ? into.dimension + 1 : headDim;
  fill(
    place,
    heading('q · k for ', keyName, `running sum over ${headDim} dimensions`),
    waterfall(q, k, width, upTo),
  );
}

function heading(text: string, token: string, detail: string): HTMLElement {
  return el('div.pane-head', el('h2', text, tokenSpan(token, 'key')), el('span.muted', detail));
}
