import { shownRow } from '../app/addresses';
import { blockName, blocksOf, sameBlock } from '../reading/capture';
import type { Block } from '../../protocol/capture';
import { el, fill, icon, tokenSpan } from '../kit/dom';
import { weight2 } from '../reading/format';
import type { Panel } from '../app/panel';
import { isSingleHead } from '../reading/place';
import type { State } from '../app/state';
import { keyUnits, queryUnits, type Units } from '../reading/units';
import { segmented } from '../kit/segmented';

const blockId = (block: Block): string => `${block.stack}.${block.kind}`;

/** Where every view stands: layer, head, query → key and its weight; and which attention, where a model has several. */
export function createLocusBar({ store, actions }: Panel): HTMLElement {
  const blocks = segmented<string>('Attention', id => {
    const capture = store.state.capture;
    const block = capture && blocksOf(capture).find(known => blockId(known) === id);
    if (block) actions.setBlock(block);
  });
  const locus = el('div.locus', { role: 'group', 'aria-label': 'Locus' });
  store.select(
    state => [state.capture, state.locus, state.row, state.options.grouping],
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
  return el('div.locus-bar', blocks.element, locus);
}

function locusParts(state: State): HTMLElement[] {
  const { capture, locus, options } = state;
  if (!capture || !locus) return [];
  const queries = queryUnits(capture, locus.block, options.grouping);
  const keys = keyUnits(capture, locus.block, options.grouping);
  const part = (name: string, short: string, value: string): HTMLElement =>
    el('span.locus-part', el('span.wide', name), el('span.narrow', short), el('b', value));
  const { aggregate } = locus;
  const number = aggregate === 'norm' ? `${locus.head} norm` : String(locus.head);
  const head = isSingleHead(locus) ? number : aggregate;
  const query = queries.of(locus.query);
  const parts = [
    part('Layer', 'L', String(locus.layer)),
    part('Head', 'H', head),
    icon('chevron-right'),
    tokenPart('Q', 'query', queries, query),
  ];
  if (locus.key === null) return parts;
  const key = keys.of(locus.key);
  const weight = shownRow(state, locus.query)?.weights[key];
  return [
    ...parts,
    icon('arrow-right'),
    tokenPart('K', 'key', keys, key),
    el('span.locus-part.number', weight === undefined ? '' : weight2(weight)),
  ];
}

function tokenPart(letter: string, role: 'query' | 'key', units: Units, unit: number): HTMLElement {
  return el(
    'span.locus-part.of-token',
    { title: `${units.label(unit)}, token ${units.place(unit)}` },
    el('b', { class: role, text: letter }),
    tokenSpan(units.label(unit, 16), role),
    el('span.dim', units.place(unit)),
  );
}
