import type { Predictions } from '../../../protocol/outputs';
import { el, fill, tokenSpan } from '../../kit/dom';
import { percent, weight3 } from '../../reading/format';
import { GLOSSARY } from '../../reading/glossary';
import { compared, comparisonError } from './comparisons';
import { placeOf } from './runPlaces';
import { outputStack, outputToken } from '../../app/output';
import type { Panel } from '../../app/panel';
import type { State } from '../../app/state';
import { label, shorten, visible } from '../../reading/tokenText';
import { createPane } from '../../shell/pane';
import { Ranking, type RankingContent } from '../../shell/ranking';

/** What the changed mask does to the model's output: how far it moves, and what is predicted. */
export function createOutputSection(panel: Panel): HTMLElement {
  const { store, actions } = panel;
  const pane = createPane(panel, 'What the output does');
  pane.element.classList.add('output-pane');
  const status = el('p.muted.mask-words', { attributes: { role: 'status' } });
  const ranking = new Ranking(token => {
    const { capture } = store.state;
    if (capture) actions.setQueryOf(outputStack(capture), token);
  });
  const predictions = el('div.table.predictions');
  const moved = el(
    'div.output-moved',
    el('h3', { text: 'How far the output moves' }),
    el('p.muted.mask-words', {
      text: 'KL divergence at each token, in nats',
      title: GLOSSARY['KL in nats'],
    }),
    ranking.element,
  );
  const parts = el('div.output-parts', moved, predictions);
  pane.body.append(status, parts);
  store.select(
    state => [state.answers, state.locus, state.sides, state.capture, state.options.table],
    () => {
      const { state } = store;
      const isThere = placeOf(state, 'changed') !== null;
      const error = comparisonError(state, 'divergence') ?? comparisonError(state, 'before');
      const missing = error ?? (isThere ? null : 'No run with a changed mask.');
      status.textContent = missing ?? '';
      status.hidden = missing === null;
      const content = isThere ? movedContent(state) : null;
      moved.hidden = content === null;
      if (content) ranking.show(content);
      drawPredictions(state, predictions);
    },
  );
  return pane.element;
}

/** Tokens of the sequence that the model's output belongs to. */
function outputTokens({ capture }: State) {
  return (capture && capture.tokens[outputStack(capture)]) ?? [];
}

function movedContent(state: State): RankingContent | null {
  const divergence = compared(state, 'divergence');
  if (!divergence) return null;
  const { kl, flipped, offsetBefore } = divergence;
  const tokens = outputTokens(state);
  const ranked = Array.from(kl, (value, i) => ({ token: i + offsetBefore, value, at: i }))
    .sort((a, b) => b.value - a.value || a.token - b.token)
    .map(({ token, value, at }) => ({
      token,
      name: label(tokens[token], 12),
      value,
      text: weight3(value),
      ...(flipped[at] === 1 ? { note: 'another token is most probable' } : {}),
    }));
  return {
    caption: 'Tokens by how far the output moves there, the 10 largest',
    columns: ['At', 'Token', 'KL in nats'],
    ranked,
    query: outputToken(state) ?? -1,
    largest: ranked[0]?.value ?? 1,
    table: state.options.table,
  };
}

/** The most probable tokens at the query, before and after. */
function drawPredictions(state: State, place: HTMLElement): void {
  const before = compared(state, 'before');
  const after = compared(state, 'after');
  const token = outputToken(state);
  place.hidden = !before || token === null;
  if (!before || token === null) return;
  const isNext = state.capture !== null && outputStack(state.capture) === 'decoder';
  const at = label(outputTokens(state)[token], 16);
  const columns = [before, ...(after ? [after] : [])];
  const rows = before.best.map((_, rank) =>
    el(
      'tr',
      el('th', { text: String(rank + 1), attributes: { scope: 'row' } }),
      ...columns.flatMap(one => predictionCells(one, rank)),
    ),
  );
  const heads = ['Before', 'After'].slice(0, columns.length);
  const body = el('tbody');
  body.append(...rows);
  fill(
    place,
    el(
      'table',
      el(
        'caption',
        isNext ? 'Most probable next token after ' : 'Most probable token at ',
        tokenSpan(at, 'query'),
      ),
      el(
        'thead',
        el(
          'tr',
          el('th', { text: 'Rank', attributes: { scope: 'col' } }),
          ...heads.map(text => el('th', { text, attributes: { scope: 'colgroup', colspan: 2 } })),
        ),
      ),
      body,
    ),
  );
}

function predictionCells({ best }: Predictions, rank: number): HTMLElement[] {
  const one = best[rank];
  return [
    el('td', one ? tokenSpan(shorten(visible(one.text), 16)) : '–'),
    el('td', { text: one ? percent(one.probability) : '' }),
  ];
}
