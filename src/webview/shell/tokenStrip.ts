import type { CaptureSummary } from '../../protocol/capture';
import type { Token } from '../../protocol/tokens';
import { isCross, keyTokens, queryTokens, textStack } from '../reading/capture';
import { el, fill } from '../kit/dom';
import { count, counted } from '../reading/format';
import type { Panel } from '../app/panel';
import { openView } from '../app/presence';
import type { State } from '../app/state';
import type { View } from '../app/view';
import { viewPalette } from '../app/viewPalette';
import type { TokenCard } from './tokenCard';
import type { LineContent } from './lineChips';
import { TokenLine } from './tokenLine';
import { numberName } from '../draw/measure';
import { tokenRow } from '../reading/rowFacts';
import { overlap } from '../reading/tokenLookup';
import { groupsOf } from '../reading/groups';
import { keyUnits } from '../reading/units';
import { createReadingSwitch } from './readingSwitch';

/**
 * The sticky band of tokens: one line, queries above keys in cross-attention, or what the open view has
 * in its place.
 * @param card of the token that is pointed at
 */
export function createTokenStrip(
  panel: Panel,
  card: TokenCard,
  views: readonly View[],
): HTMLElement {
  const name = 'Tokens: Enter sets the query, Shift+Enter the key';
  const both = new TokenLine(panel, 'both', name, card);
  const queries = new TokenLine(panel, 'query', 'Query tokens', card);
  const keys = new TokenLine(panel, 'key', 'Key tokens', card);
  const facts = el('div.strip-facts');
  const rows = el('div.strip-lines');
  const side = el('div.strip-side', facts, createReadingSwitch(panel));
  const own = el('div.strip-own');
  const element = el('section.strip', { 'aria-label': 'Tokens' }, rows, side, own, card.element);
  const caption = (letter: string, line: TokenLine): HTMLElement =>
    el('div.captioned', el('span', { class: `caption ${letter}`, text: letter }), line.element);
  const crossRows = [caption('query', queries), caption('key', keys)];
  const say = (text: string): void => {
    if (facts.textContent !== text) facts.textContent = text;
  };
  let shown: Element | null = null;
  const place = (...children: HTMLElement[]): void => {
    const [first] = children;
    if (!first || shown === first) return;
    shown = first;
    fill(rows, ...children);
  };

  const made = new Map<View, HTMLElement>();
  panel.store.select(
    state => [openView(views, state), state.run.kind === 'ready'],
    (view, isReady) => {
      const hasOwn = view?.strip !== undefined && isReady;
      rows.hidden = side.hidden = hasOwn;
      own.hidden = !hasOwn;
      if (!view?.strip || !isReady) return;
      const store = panel.store.while(state => openView(views, state) === view);
      const strip = made.get(view) ?? view.strip({ ...panel, store });
      made.set(view, strip);
      fill(own, strip);
    },
  );
  panel.store.select(
    state => [
      state.run,
      state.capture,
      state.locus,
      state.row,
      state.preview,
      state.pointed,
      state.cursorTokens,
      state.options.grouping,
      viewPalette(state),
    ],
    () => {
      const { state } = panel.store;
      const arriving = state.run.kind === 'running' ? state.run.progress.tokens : undefined;
      const { capture, locus } = state;
      const hidden = state.run.kind === 'failed' || (!arriving && !(capture && locus));
      element.hidden = hidden;
      if (hidden) return;
      if (arriving || !capture || !locus) {
        place(both.element);
        both.show({ ...content(state, arriving ?? []), query: null, key: null, row: null });
        say(counted(arriving?.length ?? 0, 'token'));
        return;
      }
      const asked = content(state, queryTokens(capture, locus.block));
      if (isCross(locus.block)) {
        place(...crossRows);
        queries.show({ ...asked, sequence: locus.block.stack, key: null });
        keys.show({
          ...content(state, keyTokens(capture, locus.block)),
          sequence: 'encoder',
          query: null,
        });
      } else {
        place(both.element);
        both.show({ ...asked, sequence: locus.block.stack });
      }
      say(textFacts(capture));
    },
  );
  return element;
}

const known = new WeakMap<CaptureSummary, string>();

/** Characters and unknown tokens of a capture's text; counted once, because texts are long. */
function textFacts(capture: CaptureSummary): string {
  const before = known.get(capture);
  if (before !== undefined) return before;
  const tokens = capture.tokens[textStack(capture)] ?? [];
  const unknown = tokens.filter(token => token.unknown).length;
  const characters = counted(Array.from(capture.text).length, 'character');
  const facts = `${characters}, ${count(unknown)} unknown`;
  known.set(capture, facts);
  return facts;
}

function content(state: State, tokens: readonly Token[]): LineContent {
  const { locus, row, preview, capture, options } = state;
  const keys = capture && locus && keyUnits(capture, locus.block, options.grouping);
  return {
    sequence: capture ? textStack(capture) : 'encoder',
    tokens,
    query: locus?.query ?? null,
    key: locus?.key ?? null,
    preview: [preview?.query ?? null, preview?.key ?? null, ...pointedTokens(state, tokens)],
    cursor: state.cursorTokens,
    row: row && keys ? tokenRow(row.value, keys) : null,
    number: `${options.grouping === 'word' ? 'word’s ' : ''}${numberName(locus?.aggregate ?? 'head')}`,
    palette: viewPalette(state),
    groups: capture ? groupsOf(capture, tokens) : null,
  };
}

/** The tokens of the text whose characters are pointed at. */
function pointedTokens({ pointed, capture }: State, tokens: readonly Token[]): number[] {
  if (!pointed || !capture || tokens !== capture.tokens[textStack(capture)]) return [];
  return tokens
    .filter(token => token.sequence !== 1 && !capture.rendered && overlap(token, pointed))
    .map(token => token.index);
}
