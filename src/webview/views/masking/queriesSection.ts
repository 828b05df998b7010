import { el } from '../../kit/dom';
import { weight2 } from '../../reading/format';
import { compared, comparisonError } from './wanted';
import { placeOf } from './runPlaces';
import type { Panel } from '../../app/panel';
import type { State } from '../../app/state';
import { label } from '../../reading/tokenText';
import { Ranking, type RankingContent } from '../../shell/ranking';

/** Queries by the share of their weight that the changed mask moved. */
export function createQueriesSection({ store, actions }: Panel): HTMLElement {
  const ranking = new Ranking(query => actions.setQuery(query));
  const status = el('p.muted.mask-words');
  store.select(
    state => [state.answers, state.locus, state.sides, state.options.table],
    () => {
      const { state } = store;
      const content = queriesContent(state);
      if (content || !placeOf(state, 'changed')) ranking.show(content);
      const missing =
        comparisonError(state, 'difference') ??
        (placeOf(state, 'changed') ? null : 'No run with a changed mask.');
      status.textContent = missing ?? '';
      status.hidden = missing === null;
    },
  );
  return el(
    'section.mask-section',
    { 'aria-label': 'Queries that change most' },
    el(
      'div.pane-head',
      el('h2', 'Queries that change most'),
      el('span.muted', 'share of weight moved'),
    ),
    status,
    ranking.element,
  );
}

function queriesContent(state: State): RankingContent | null {
  const main = placeOf(state, 'main');
  const difference = compared(state, 'difference');
  if (!main || !difference || !state.locus) return null;
  const { totalVariation, offsetBefore } = difference;
  const ranked = Array.from(totalVariation, (value, i) => ({ token: i + offsetBefore, value }))
    .sort((a, b) => b.value - a.value || a.token - b.token)
    .map(({ token, value }) => ({
      token,
      name: label(main.queries.tokens[token], 12),
      value,
      text: weight2(value),
    }));
  return {
    caption: 'Queries by the share of their weight that moved, the 10 largest',
    columns: ['Query', 'Token', 'Moved'],
    ranked,
    query: state.locus.query,
    largest: 1,
    table: state.options.table,
  };
}
