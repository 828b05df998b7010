import { shownRow } from '../../addresses';
import { keyTokens, queryTokens } from '../../capture';
import { el, fill, tokenSpan } from '../../dom';
import { score, weight3 } from '../../format';
import type { Panel } from '../../panel';
import { pairFacts } from '../../rowFacts';
import { label } from '../../tokenText';
import type { State } from '../../state';

/** The pair that is pointed at, else the locus: its weight, score, rank and multiple of uniform. */
export function createReadOut({ store }: Panel): HTMLElement {
  const element = el('div', { class: 'read-out' });
  store.select(
    state => [state.capture, state.locus, state.row, state.preview, state.previewRow],
    () => fill(element, ...readOutParts(store.state)),
  );
  return element;
}

function readOutParts(state: State): HTMLElement[] {
  const { capture, locus, preview } = state;
  if (!capture || !locus) return [];
  const query = preview?.query ?? locus.query;
  const key = preview?.key ?? locus.key;
  const asking = el(
    'span',
    { class: 'pair' },
    tokenSpan(label(queryTokens(capture, locus.block)[query], 20), 'query'),
    el('span', { class: 'dim', text: ` ${query} → ` }),
    ...(key === null
      ? [el('span', { class: 'dim', text: 'no key' })]
      : [
          tokenSpan(label(keyTokens(capture, locus.block)[key], 20), 'key'),
          el('span', { class: 'dim', text: ` ${key}` }),
        ]),
  );
  const source = shownRow(state, query);
  if (key === null || !source) return [asking];
  const facts = pairFacts(source, key);
  if (!facts.allowed) return [asking, el('span', { class: 'muted', text: 'blocked by the mask' })];
  const uniform = locus.aggregate !== 'max';
  return [
    asking,
    fact('weight', weight3(facts.weight)),
    ...(facts.score === undefined ? [] : [fact('score', score(facts.score))]),
    fact('rank', `${facts.rank} / ${facts.visible}`),
    ...(uniform ? [fact('', `${facts.timesUniform.toFixed(1)}×`, 'uniform')] : []),
  ];
}

function fact(name: string, value: string, unit = ''): HTMLElement {
  return el(
    'span',
    { class: 'muted fact' },
    name === '' ? '' : `${name} `,
    el('b', { class: 'number', text: value }),
    unit === '' ? '' : ` ${unit}`,
  );
}
