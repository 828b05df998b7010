import type { Experts } from '../../../protocol/experts';
import type { Token } from '../../../protocol/tokens';
import { el, fill, tokenSpan } from '../../kit/dom';
import { drawTable } from '../../kit/table';
import { counted, weight3 } from '../../reading/format';
import { label } from '../../reading/tokenText';
import { barLane, barParts, shareBar } from '../../shell/weightBar';
import { busiest, expertLayer, expertsAt, windowAround, type ExpertShare } from './experts';
import { createSection } from './task';
import { layerError, layerNumber, stackTokens } from './wanted';
import type { LayersPanel } from './wishes';

/** Tokens and experts that are listed, at most. */
const LISTED = 24;
const LONGEST_TABLE = 200;
const NAME = 'Experts';

/** Which experts of a layer treat each token, and with what weight; hidden in models without any. */
export function createExpertsPane(panel: LayersPanel): HTMLElement {
  const { store, actions } = panel;
  const caption = el('span.muted');
  const { element, body, reason, table } = createSection(panel, NAME, [caption]);
  const heading = el('h3.cell-title');
  const own = el('div.layer-bars.expert-bars');
  const tokens = el('div.expert-tokens', { role: 'list' });
  const loads = el('div.layer-bars.expert-bars');
  const note = el('p.muted.layer-note');
  const parts = [
    el('div', heading, own, note),
    el('div', el('h3.cell-title', 'Token by token'), tokens),
    el('div', el('h3.cell-title', 'Tokens of each expert'), loads),
  ];
  body.append(reason.element, el('div.expert-columns', ...parts), table);
  store.select(
    state => [
      layerNumber(state, 'experts'),
      layerError(state, 'experts'),
      state.capture,
      state.locus,
      state.options.table,
    ],
    () => {
      const { state } = store;
      const router = expertLayer(state);
      element.hidden = router === null;
      if (!router || !state.capture || !state.locus) return;
      const error = router.refusal === undefined ? layerError(state, 'experts') : null;
      const refusal =
        router.refusal === undefined
          ? error
          : `Which experts layer ${router.layer} chooses is not shown: ${router.refusal}.`;
      reason.show(refusal);
      for (const part of parts) part.hidden = refusal !== null;
      caption.textContent = `layer ${router.layer}: ${router.chosen} of ${counted(router.experts, 'expert')} a token`;
      const found = layerNumber(state, 'experts');
      if (refusal !== null || !found) {
        drawTable(table, null);
        return;
      }
      const names = stackTokens(state.capture, found.stack);
      const { query } = state.locus;
      const shares = expertsAt(found, query);
      fill(heading, 'Experts of ', tokenSpan(label(names[query], 16), 'query'));
      fill(own, ...shareRows(shares.slice(0, LISTED), weight3));
      note.textContent = noteOf(found, shares);
      fill(
        tokens,
        ...tokenRows(found, names, query, token => actions.setQueryOf(found.stack, token)),
      );
      fill(loads, ...shareRows(busiest(found).slice(0, LISTED), String));
      drawTable(table, state.options.table ? tableOf(found, names) : null);
    },
  );
  return element;
}

function shareRows(
  shares: readonly ExpertShare[],
  words: (value: number) => string,
): readonly HTMLElement[] {
  const most = Math.max(...shares.map(({ value }) => value), 1e-9);
  return shares.map(({ expert, value }) =>
    el(
      'div.layer-bar',
      ...barParts(`expert ${expert}`, barLane(shareBar(Math.max(0, value) / most)), words(value)),
    ),
  );
}

/** What the weights sum to, and how many are left out. */
function noteOf({ experts }: Experts, shares: readonly ExpertShare[]): string {
  const sum = shares.reduce((total, { value }) => total + value, 0);
  const rest = shares.length > LISTED ? `, ${LISTED} of which are listed` : '';
  const others = experts - shares.length;
  const unseen =
    others > 0 ? ` The other ${counted(others, 'expert')} did not see this token.` : '';
  return `The weights of its ${counted(shares.length, 'expert')}${rest} sum to ${weight3(sum)}.${unseen}`;
}

/** The tokens around the query, each with its experts. */
function tokenRows(
  found: Experts,
  names: readonly Token[],
  query: number,
  choose: (token: number) => void,
): readonly HTMLElement[] {
  const shown = Math.min(LISTED, found.tokens);
  const first = windowAround(query, shown, found.tokens);
  return Array.from({ length: shown }, (_, i) => {
    const token = first + i;
    const words = expertsAt(found, token)
      .slice(0, 8)
      .map(({ expert, value }) => `${expert} ${weight3(value)}`);
    const isHere = token === query;
    return el(
      'div',
      { role: 'listitem' },
      el(
        'button',
        {
          class: isHere ? 'expert-token here' : 'expert-token',
          'aria-current': isHere ? 'true' : null,
          on: { click: () => choose(token) },
        },
        tokenSpan(label(names[token], 16), isHere ? 'query' : ''),
        ...words.map(text => el('span.number', text)),
      ),
    );
  });
}

function tableOf(found: Experts, names: readonly Token[]) {
  const count = Math.min(found.count, 8);
  return {
    caption: `Experts of layer ${found.layer} by token, with their weights`,
    columns: [
      'Token',
      ...Array.from({ length: count }, (_, i) => `Choice ${i + 1} of ${found.count}`),
    ],
    rows: names.slice(0, Math.min(found.tokens, LONGEST_TABLE)).map((name, token) => [
      label(name),
      ...expertsAt(found, token)
        .slice(0, count)
        .map(({ expert, value }) => `${expert}: ${weight3(value)}`),
    ]),
  };
}
