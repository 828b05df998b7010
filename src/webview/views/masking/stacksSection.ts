import type { Block } from '../../../protocol/capture';
import { BLOCKED } from '../../../protocol/weightCode';
import { shownPredicted } from '../../app/addresses';
import { sameBlock } from '../../reading/capture';
import { el, fill, tokenSpan } from '../../kit/dom';
import { compared, comparisonError, STACK_MAPS } from './wanted';
import { blockPlace } from './runPlaces';
import type { Panel } from '../../app/panel';
import type { Locus } from '../../reading/place';
import type { State } from '../../app/state';
import { label, shorten, visible } from '../../reading/tokenText';
import { shownScale, viewPalette } from '../../app/viewPalette';
import { MapLegend } from '../../draw/legends';
import { TokenMap } from '../../draw/tokenMap';
import { createPane } from '../../shell/pane';
import { weightContent } from './weightContent';

type StackMap = keyof typeof STACK_MAPS;

const TITLES: Record<StackMap, readonly [string, string]> = {
  encoderMap: ['Encoder self-attention', ', source × source'],
  decoderMap: ['Decoder masked self-attention', ', target × target'],
  crossMap: ['Cross-attention', ', predicted target × source'],
};

/** The three kinds of attention of an encoder–decoder model beside each other. */
export function createStacksSection(panel: Panel): HTMLElement {
  const { store } = panel;
  const caption = el('span.muted');
  const pane = createPane(panel, 'Encoder–decoder', caption);
  pane.element.classList.add('stacks-pane');
  const maps = (Object.keys(STACK_MAPS) as StackMap[]).map(name => createStackMap(panel, name));
  pane.body.append(el('div.stack-maps', ...maps));
  store.select(
    state => [state.capture, state.locus],
    (capture, locus) => {
      pane.element.hidden = (capture?.model.stacks.length ?? 0) < 2;
      if (!capture || !locus) return;
      const heads = locus.aggregate === 'mean' ? 'mean of heads' : `head ${locus.head}`;
      const shown = locus.aggregate === 'max' ? 'maximum of heads' : heads;
      caption.textContent = `${capture.model.name}, layer ${locus.layer}, ${shown}`;
    },
  );
  return pane.element;
}

function createStackMap({ store, actions }: Panel, name: StackMap): HTMLElement {
  const block: Block = STACK_MAPS[name];
  const [title, words] = TITLES[name];
  const note = el('span.legend-item.detail');
  const status = el('p.muted.mask-words');
  const heading = el('h3');
  const legend = new MapLegend();
  legend.element.append(note);
  const map = new TokenMap(
    {
      point: () => undefined,
      choose: (query, key) => actions.setPlace(block, query, key),
      name: (query, key) => {
        const place = blockPlace(store.state, block);
        return place
          ? `${label(place.queries.tokens[query])} to ${label(place.keys.tokens[key])}`
          : '';
      },
    },
    text => (note.textContent = text),
  );
  store.select(
    state => [
      compared(state, name),
      comparisonError(state, name),
      state.capture,
      viewPalette(state),
      state.options.specialTokens,
      state.themeVersion,
      predictedNames(state),
    ],
    found => {
      const { state } = store;
      const place = blockPlace(state, block);
      const value = compared(state, name);
      status.textContent = comparisonError(state, name) ?? '';
      status.hidden = status.textContent === '';
      map.element.hidden = !status.hidden;
      if (!place || !value || !found) return;
      const rowNames = name === 'crossMap' ? predictedNames(state) : null;
      const content = weightContent(state, title, place, value, rowNames);
      if (!content) return;
      map.show(content);
      const { colorMap } = state.options;
      const isBlocked = content.codes.includes(BLOCKED);
      legend.showWeights(shownScale(state), colorMap, state.theme, isBlocked);
    },
  );
  store.select(
    state => [state.locus, state.capture, predictedNames(state), compared(state, name)],
    locus => {
      if (!locus) return;
      map.mark({ ...marksOf(locus, block), hover: null });
      fill(heading, title, ...headingWords(store.state, name, words));
    },
  );
  return el(
    'section.stack-map',
    { 'aria-label': title },
    heading,
    status,
    map.element,
    legend.element,
  );
}

/** What the model predicts at each token of the target; null until it is known. */
const predictedNames = (state: State): readonly string[] | null =>
  shownPredicted(state, STACK_MAPS.crossMap);

/** “, row car predicts il” where the row is known. */
function headingWords(state: State, name: StackMap, words: string): (HTMLElement | string)[] {
  const names = name === 'decoderMap' ? predictedNames(state) : null;
  const { capture, locus } = state;
  if (!names || !capture || locus?.block.stack !== 'decoder') return [muted(words)];
  const row = label(capture.tokens.decoder?.[locus.query], 14);
  const next = shorten(visible(names[locus.query] ?? ''), 14);
  return [muted(', row '), tokenSpan(row, 'query'), muted(' predicts '), tokenSpan(next)];
}

const muted = (text: string): HTMLElement => el('span.muted', { text });

/** The locus's tokens in another kind of attention: a token of the source or the target is the same in all. */
function marksOf(
  locus: Locus,
  block: Block,
): { readonly query: number | null; readonly key: number | null } {
  if (sameBlock(locus.block, block)) return { query: locus.query, key: locus.key };
  const isCross = locus.block.kind === 'cross';
  const source = locus.block.stack === 'encoder' ? locus.query : isCross ? locus.key : null;
  const target = locus.block.stack === 'decoder' ? locus.query : null;
  if (block.kind === 'cross') return { query: target, key: source };
  return { query: block.stack === 'encoder' ? source : target, key: null };
}
