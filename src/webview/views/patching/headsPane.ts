import { HEAD_PARTS, type HeadPart } from '../../../protocol/patching';
import { keepDrawn } from '../../app/keepDrawn';
import type { State } from '../../app/state';
import { el, fill } from '../../kit/dom';
import { segmented } from '../../kit/segmented';
import { weight2 } from '../../reading/format';
import type { DrawnMap } from './mapPane';
import { rowOf } from './maps';
import { mapSize } from './wanted';
import type { PatchingPanel } from './wishes';

const PARTS: Readonly<Record<HeadPart, { readonly label: string; readonly title: string }>> = {
  headOutput: { label: 'Output', title: 'weights · values, before W_O' },
  weights: { label: 'Pattern', title: 'The weights alone: where is looked' },
  value: { label: 'Value', title: 'The values alone: what is read there' },
  query: { label: 'Query', title: 'The queries alone: what is looked for' },
  key: { label: 'Key', title: 'The keys alone: what is found' },
};

/** What of a head is patched, as the read-out says it. */
export const HEAD_PART_NAMES: Readonly<Record<HeadPart, string>> = {
  headOutput: 'Output',
  weights: 'Pattern',
  value: 'Values',
  query: 'Queries',
  key: 'Keys',
};

/** Heads that are named, and the share from which they are. */
const NAMED = 3;
const COUNTS = 0.2;

/** The map of heads by layer, with the choice of what of them is patched. */
export function createHeads({ store, patching }: PatchingPanel, map: DrawnMap): HTMLElement {
  const parts = segmented<HeadPart>('What of the heads is patched', heads =>
    patching.setOption({ heads }),
  );
  const words = el('p.patch-words');
  const contrast = el('p.patch-words.muted');
  const element = el('section.section.patch-heads', { 'aria-label': 'Heads, all tokens' });
  element.append(
    el('h3', 'Heads, all tokens'),
    parts.element,
    map.grid.element,
    map.table,
    words,
    contrast,
  );
  keepDrawn(
    store,
    state => [state.patching.run, state.options.patching, state.sides.other],
    state => {
      const { heads, direction } = state.options.patching;
      parts.show(
        HEAD_PARTS.map(value => ({ value, ...PARTS[value] })),
        heads,
      );
      const from = direction === 'intoB' ? 'A' : 'B';
      fill(words, `Taken from ${from} at all tokens. `, ...strongest(state));
      contrast.textContent = patternWords(state);
    },
  );
  return element;
}

interface Named {
  readonly name: string;
  readonly layer: number;
  readonly head: number;
  readonly share: number;
}

/** Heads of the part on show, the strongest first. */
function ranked(state: State): Named[] {
  const layers = mapSize(state)?.layers ?? 0;
  return Array.from({ length: layers }, (_, layer) => layer)
    .flatMap(layer =>
      Array.from(rowOf(state, 'heads', layer) ?? [], (share, head) => ({
        name: `L${layer}H${head}`,
        layer,
        head,
        share,
      })),
    )
    .filter(({ share }) => !Number.isNaN(share))
    .sort((a, b) => b.share - a.share);
}

function strongest(state: State): (string | HTMLElement)[] {
  const heads = ranked(state);
  const [first] = heads;
  if (!first) return [];
  const named = heads.filter(({ share }) => share >= COUNTS).slice(0, NAMED);
  if (named.length === 0) {
    return ['No head counts by itself: the largest is ', ...numbered(first), '.'];
  }
  const list = named.flatMap((one, i): (string | HTMLElement)[] =>
    i === 0 ? numbered(one) : [i === named.length - 1 ? ' and ' : ', ', ...numbered(one)],
  );
  return [...list, named.length === 1 ? ' recovers most.' : ' recover most.'];
}

const numbered = ({ name, share }: Named): (string | HTMLElement)[] => [
  el('b', name),
  ` ${weight2(share)}`,
];

/** What the pattern says beside the output: whether another place is looked at, or something else is read there. */
function patternWords(state: State): string {
  const { run } = state.patching;
  const { heads } = state.options.patching;
  if (heads !== 'weights' || !run?.done.has('headOutput') || !run.done.has('weights')) return '';
  const [strong] = ranked({
    ...state,
    options: { ...state.options, patching: { ...state.options.patching, heads: 'headOutput' } },
  });
  if (!strong || strong.share < COUNTS) return '';
  const pattern = rowOf(state, 'heads', strong.layer)?.[strong.head] ?? NaN;
  if (Number.isNaN(pattern)) return '';
  const meaning =
    pattern < strong.share / 2
      ? 'both texts are looked at in the same way, and something else is read there'
      : 'another place is looked at';
  return `Of ${strong.name}, whose output recovers ${weight2(strong.share)}, the pattern alone recovers ${weight2(pattern)}: ${meaning}.`;
}
