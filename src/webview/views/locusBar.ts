import { shownRow } from '../addresses';
import { blockName, blocksOf, keyTokens, queryTokens, sameBlock } from '../capture';
import type { Block } from '../../protocol/capture';
import { el, fill, icon, tokenSpan } from '../dom';
import { weight2 } from '../format';
import type { Panel } from '../panel';
import type { State } from '../state';
import { label } from '../tokenText';
import { segmented } from './segmented';

const blockId = (block: Block): string => `${block.stack}.${block.kind}`;

/** Where every view stands: layer, head, query → key and its weight; and which attention, where a model has several. */
export function createLocusBar({ store, actions }: Panel): HTMLElement {
  const blocks = segmented<string>('Attention', id => {
    const capture = store.state.capture;
    const block = capture && blocksOf(capture).find(known => blockId(known) === id);
    if (block) actions.setBlock(block);
  });
  const locus = el('div', { class: 'locus', attributes: { role: 'group', 'aria-label': 'Locus' } });
  store.select(
    state => [state.capture, state.locus, state.row],
    (capture, where) => {
      const known = capture ? blocksOf(capture) : [];
      blocks.element.hidden = known.length < 2;
      if (where && known.length > 1) {
        const segments = known.map(block => ({ value: blockId(block), label: blockName(block) }));
        blocks.show(
          segments,
          blockId(known.find(one => sameBlock(one, where.block)) ?? where.block),
        );
      }
      fill(locus, ...locusParts(store.state));
    },
  );
  return el('div', { class: 'locus-bar' }, blocks.element, locus);
}

function locusParts(state: State): HTMLElement[] {
  const { capture, locus } = state;
  if (!capture || !locus) return [];
  const part = (name: string, short: string, value: string): HTMLElement =>
    el(
      'span',
      { class: 'locus-part' },
      el('span', { class: 'wide', text: name }),
      el('span', { class: 'narrow', text: short }),
      el('b', { text: value }),
    );
  const { aggregate } = locus;
  const head = aggregate === 'head' || aggregate === 'norm' ? String(locus.head) : aggregate;
  const query = label(queryTokens(capture, locus.block)[locus.query], 16);
  const parts = [
    part('Layer', 'L', String(locus.layer)),
    part('Head', 'H', head),
    icon('chevron-right'),
    tokenPart('Q', 'query', query, locus.query),
  ];
  if (locus.key === null) return parts;
  const weight = shownRow(state, locus.query)?.weights[locus.key];
  return [
    ...parts,
    icon('arrow-right'),
    tokenPart('K', 'key', label(keyTokens(capture, locus.block)[locus.key], 16), locus.key),
    el('span', { class: 'locus-part number', text: weight === undefined ? '' : weight2(weight) }),
  ];
}

function tokenPart(
  letter: string,
  role: 'query' | 'key',
  text: string,
  index: number,
): HTMLElement {
  return el(
    'span',
    { class: 'locus-part' },
    el('b', { class: role, text: letter }),
    tokenSpan(text, role),
    el('span', { class: 'dim', text: String(index) }),
  );
}
