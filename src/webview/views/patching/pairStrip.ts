import type { Token } from '../../../protocol/tokens';
import type { Panel } from '../../app/panel';
import type { State } from '../../app/state';
import { iconButton } from '../../kit/controls';
import { el, tokenSpan } from '../../kit/dom';
import { flow } from '../../kit/flow';
import { VirtualFlow } from '../../kit/virtualFlow';
import { counted } from '../../reading/format';
import { readable, shorten } from '../../reading/tokenText';
import { chipWidth } from '../../shell/tokenChip';
import { differences, isMeasuredStack, isSameToken, pairOf, patchedBlock } from './pair';
import { placeOf } from './wanted';
import type { PatchWishes } from './wishes';

const GAP = 3;
/** Two chips with the number above them. */
const LINE_HEIGHT = 68;
/** Room that the name of the measured token takes above it. */
const MEASURED_WIDTH = 74;
/** Longest text of a chip. */
const CHIP_LIMIT = 48;

/** Both texts, token by token: B stands only where it is not A. */
export function createPairStrip({ store, commands }: Panel, patching: PatchWishes): HTMLElement {
  const list = el('div.tokens.pair-tokens', {
    role: 'list',
    tabindex: 0,
    'aria-label': 'Tokens of both texts',
  });
  const facts = el('span.strip-facts');
  const editor = el('input.field.pair-editor', {
    type: 'text',
    'aria-label': 'Text B',
    hidden: true,
    on: {
      change: () => {
        patching.setOther(editor.value);
        close();
      },
      blur: () => close(),
      keydown: event => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        editor.value = store.state.options.masking.otherText;
        close();
        list.focus();
      },
    },
  });
  const close = (): void => void (editor.hidden = true);
  const edit = (): void => {
    editor.value = store.state.options.masking.otherText;
    editor.hidden = false;
    editor.focus();
    editor.select();
  };
  commands.answer('editOther', edit);
  const side = el(
    'div.strip-side',
    facts,
    el(
      'div.pair-actions',
      iconButton('Edit B (F2)', 'edit', edit),
      iconButton('Swap A and B', 'arrow-swap', () => void patching.swap()),
    ),
  );
  const letters = el('div.pair-letters', { 'aria-hidden': 'true' }, el('b', 'A'), el('b', 'B'));
  const chips = new VirtualFlow(list, index => createPairChip(store.state, index));
  const layOut = (): void => {
    const { width } = chips.window;
    const [a, b] = tokensOf(store.state);
    const measured = measuredToken(store.state);
    const items = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => ({
      width: Math.max(
        ...[a[i], b[i]].map(token => (token ? chipWidth(token) : 0)),
        i === measured ? MEASURED_WIDTH : 0,
      ),
      joined: false,
    }));
    const wraps = getComputedStyle(list).getPropertyValue('--wraps').trim() === '1';
    if (width === 0) return;
    const options = { lineHeight: LINE_HEIGHT, gap: GAP, keepsJoined: false };
    chips.show(flow(items, { ...options, available: wraps ? width : Infinity }));
  };
  new ResizeObserver(layOut).observe(list);
  store.select(
    state => [state.capture, state.sides.other, placeOf(state)?.token, patchedBlock(state)?.stack],
    () => {
      chips.clear();
      layOut();
      facts.textContent = factsOf(store.state);
    },
  );
  return el('div.pair-strip', letters, el('div.pair-lines', list, editor), side);
}

/** The tokens of both runs; those of B are none while it is not run. */
function tokensOf(state: State): readonly [readonly Token[], readonly Token[]] {
  const pair = pairOf(state);
  if (pair) return [pair.tokensOfA, pair.tokensOfB];
  const block = patchedBlock(state);
  return [(block && state.capture?.tokens[block.stack]) ?? [], []];
}

/** The token whose output is measured, where the strip shows its stack. */
function measuredToken(state: State): number | undefined {
  const place = placeOf(state);
  return place && isMeasuredStack(place.pair) ? place.token : undefined;
}

function createPairChip(state: State, index: number): HTMLElement {
  const [a, b] = tokensOf(state);
  const pair = pairOf(state);
  const isSame = isSameToken(a[index], b[index]);
  const isParting = pair !== null && a.length !== b.length && differences(pair)[0] === index;
  const isMeasured = measuredToken(state) === index;
  const number = isParting ? `parts ${index}` : isMeasured ? `measured ${index}` : String(index);
  const below =
    pair === null
      ? el('span.pair-same', '…')
      : isSame
        ? el('span.pair-same', '=')
        : chip(b[index], 'of-b');
  const kinds = ['token', a[index]?.special ? 'special' : '', isParting ? 'is-parting' : ''];
  const words = [a[index], b[index]].map(token => (token ? readable(token) : 'nothing'));
  return el(
    'div',
    {
      class: kinds,
      role: 'listitem',
      'aria-label': `${number}: ${words[0] ?? ''}${isSame || !pair ? '' : `, in B ${words[1] ?? ''}`}`,
    },
    el('span.index', number),
    chip(a[index]),
    below,
  );
}

const chip = (token: Token | undefined, kind = ''): HTMLElement =>
  token
    ? el('span', { class: ['chip', kind] }, tokenSpan(shorten(readable(token), CHIP_LIMIT)))
    : el('span.chip.is-nothing', '∅');

/** “2 of 11 tokens differ · both have 11”. */
function factsOf(state: State): string {
  const pair = pairOf(state);
  if (!pair) return '';
  const [a, b] = [pair.tokensOfA.length, pair.tokensOfB.length];
  const differing = differences(pair);
  if (a !== b) return `A has ${a} tokens, B ${b}; they part at ${differing[0] ?? 0}`;
  return `${differing.length} of ${counted(a, 'token')} differ · both have ${a}`;
}
