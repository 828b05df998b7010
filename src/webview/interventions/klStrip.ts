import { changed } from '../app/interventions/wanted';
import { outputStack, outputToken } from '../app/output';
import type { Panel } from '../app/panel';
import type { State } from '../app/state';
import { weightCode } from '../../protocol/weightCode';
import { createPalette, pixelHex } from '../draw/color/palette';
import { inkOn } from '../draw/color/inkOn';
import { el, fill, tokenSpan } from '../kit/dom';
import { isDark } from '../kit/theme';
import type { Token } from '../../protocol/tokens';
import { weight2 } from '../reading/format';
import { label } from '../reading/tokenText';

/** Tokens that are shown; of more, those where the output moved most. */
const MOST = 60;
/** Divergences from here on are coloured and written, in nats. */
const WRITTEN = 0.01;
/** Share of the colour map that the smallest of these are drawn at. */
const LEAST = 0.15;

/** How far the output moved at a token. */
export interface TokenChange {
  readonly token: Token;
  /** KL(before ‖ after) in nats. */
  readonly kl: number;
  readonly isFlipped: boolean;
}

/** How far the output moved at each token; null while that is not known. */
export function tokenChanges(state: State): readonly TokenChange[] | null {
  const { capture } = state;
  const divergence = changed(state, 'divergence');
  if (!capture || !divergence) return null;
  return (capture.tokens[outputStack(capture)] ?? []).map((token, i) => ({
    token,
    kl: divergence.kl[i - divergence.offsetAfter] ?? 0,
    isFlipped: divergence.flipped[i - divergence.offsetAfter] === 1,
  }));
}

const spoken = (index: number, kl: number, isFlipped: boolean): string =>
  ` KL ${weight2(kl)} at token ${index}${isFlipped ? ', another first choice' : ''}`;

/** The tokens in the colour of how far the output moved there, with the number below; a click goes there. */
export function createKlStrip({ actions }: Panel): {
  readonly element: HTMLElement;
  show(state: State): void;
} {
  const tokens = el('div.kl-tokens');
  const note = el('p.muted.note');
  const show = (state: State): void => {
    const changes = tokenChanges(state) ?? [];
    const { capture } = state;
    const shown = [...changes]
      .sort((a, b) => b.kl - a.kl || a.token.index - b.token.index)
      .slice(0, MOST)
      .sort((a, b) => a.token.index - b.token.index);
    const most = Math.max(WRITTEN, ...changes.map(({ kl }) => kl));
    const palette = createPalette(state.options.colorMap, isDark(state.theme), 'Linear');
    const here = outputToken(state);
    fill(
      tokens,
      ...shown.map(({ token, kl, isFlipped }) => {
        const isWritten = kl >= WRITTEN;
        const color = pixelHex(palette.pixels[weightCode(Math.max(LEAST, kl / most))] ?? 0);
        const chip = el(
          'span',
          {
            class: ['chip', token.special ? 'special' : ''],
            style: isWritten ? { 'background-color': color, color: inkOn(color) } : {},
          },
          tokenSpan(label(token, 16)),
        );
        return el(
          'button',
          {
            class: ['kl-token', isFlipped ? 'flipped' : ''],
            'aria-current': token.index === here ? 'true' : null,
            title: isFlipped ? 'Another token is most probable here' : '',
            on: {
              click: () => capture && actions.setQueryOf(outputStack(capture), token.index),
            },
          },
          chip,
          el('span.number', isWritten ? weight2(kl) : '\u00a0'),
          el('span.visually-hidden', spoken(token.index, kl, isFlipped)),
        );
      }),
    );
    note.textContent =
      changes.length > shown.length
        ? `The ${shown.length} of ${changes.length} tokens where it moved most.`
        : '';
    note.hidden = note.textContent === '';
  };
  return { element: el('div', tokens, note), show };
}
