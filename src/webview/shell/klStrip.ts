import { weightCode } from '../../protocol/weightCode';
import type { State } from '../app/state';
import { createPalette, pixelHex } from '../draw/color/palette';
import { inkOn } from '../draw/color/inkOn';
import { el, fill, tokenSpan } from '../kit/dom';
import { isDark } from '../kit/theme';
import { weight2 } from '../reading/format';

/** Tokens that are shown; of more, those where the output moved most. */
const MOST = 60;
/** Divergences from here on are coloured and written, in nats. */
const WRITTEN = 0.01;
/** Share of the colour map that the smallest of these are drawn at. */
const LEAST = 0.15;

/** How far the output moved at a token. */
export interface KlToken {
  readonly index: number;
  readonly name: string;
  readonly isSpecial: boolean;
  /** KL(before ‖ after) in nats. */
  readonly kl: number;
  readonly isFlipped: boolean;
}

/** The tokens in the colour of how far the output moved there, with the number below. */
export interface KlStrip {
  readonly element: HTMLElement;
  /**
   * @param here the token that is looked at
   * @param choose goes to a token; null where these are tokens of another text
   */
  show(
    state: State,
    changes: readonly KlToken[],
    here: number | null,
    choose: ((token: number) => void) | null,
  ): void;
}

const spoken = ({ index, kl, isFlipped }: KlToken): string =>
  ` KL ${weight2(kl)} at token ${index}${isFlipped ? ', another first choice' : ''}`;

/** A strip that is empty until it shows something. */
export function createKlStrip(): KlStrip {
  const tokens = el('div.kl-tokens');
  const note = el('p.muted.note');
  return {
    element: el('div', tokens, note),
    show: (state, changes, here, choose) => {
      const shown = [...changes]
        .sort((a, b) => b.kl - a.kl || a.index - b.index)
        .slice(0, MOST)
        .sort((a, b) => a.index - b.index);
      const most = Math.max(WRITTEN, ...changes.map(({ kl }) => kl).filter(Number.isFinite));
      const palette = createPalette(state.options.colorMap, isDark(state.theme), 'Linear');
      fill(
        tokens,
        ...shown.map(change => {
          const { index, name, isSpecial, kl, isFlipped } = change;
          const isWritten = !(kl < WRITTEN);
          const share = Number.isFinite(kl) ? kl / most : 1;
          const color = pixelHex(palette.pixels[weightCode(Math.max(LEAST, share))] ?? 0);
          return el(
            choose ? 'button' : 'span',
            {
              class: ['kl-token', isFlipped ? 'flipped' : ''],
              'aria-current': index === here ? 'true' : null,
              title: isFlipped ? 'Another token is most probable here' : '',
              ...(choose ? { on: { click: () => choose(index) } } : {}),
            },
            el(
              'span',
              {
                class: ['chip', isSpecial ? 'special' : ''],
                style: isWritten ? { 'background-color': color, color: inkOn(color) } : {},
              },
              tokenSpan(name),
            ),
            el('span.number', isWritten ? weight2(kl) : '\u00a0'),
            el('span.visually-hidden', spoken(change)),
          );
        }),
      );
      note.textContent =
        changes.length > shown.length
          ? `The ${shown.length} of ${changes.length} tokens where it moved most.`
          : '';
      note.hidden = note.textContent === '';
    },
  };
}
