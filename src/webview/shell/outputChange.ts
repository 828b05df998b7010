import type { CaptureSummary } from '../../protocol/capture';
import type { Predictions } from '../../protocol/outputs';
import { outputStack, outputToken } from '../app/output';
import type { State } from '../app/state';
import { el, tokenSpan } from '../kit/dom';
import { percent, weight3 } from '../reading/format';
import { label, shorten, visible } from '../reading/tokenText';
import type { RankingContent } from './ranking';

/** Tokens of the sequence that the model's output belongs to. */
const outputTokens = (capture: CaptureSummary) => capture.tokens[outputStack(capture)] ?? [];

/**
 * How far the output moves at each token of the run on show.
 * @param kl divergence in nats `[tokens from first on]`
 * @param flipped 1 where another token is most probable; as long as `kl`
 * @param shortest nats that a full bar stands for at least
 */
export function divergenceRanking(
  state: State,
  {
    kl,
    flipped,
    first,
  }: { kl: Float32Array; flipped: ArrayLike<number> | undefined; first: number },
  shortest = 0,
): RankingContent | null {
  if (!state.capture) return null;
  const tokens = outputTokens(state.capture);
  const ranked = Array.from(kl, (value, at) => ({ token: at + first, value, at }))
    .sort((a, b) => b.value - a.value || a.token - b.token)
    .map(({ token, value, at }) => ({
      token,
      name: label(tokens[token], 12),
      value,
      text: weight3(value),
      ...(flipped?.[at] === 1 ? { note: 'another token is most probable' } : {}),
    }));
  return {
    caption: 'Tokens by how far the output moves there, the 10 largest',
    columns: ['At', 'Token', 'KL in nats'],
    ranked,
    query: outputToken(state) ?? -1,
    largest: Math.max(ranked[0]?.value ?? 1, shortest),
    table: state.options.table,
  };
}

/** The most probable entries at a token of the output, before a change and, once it is known, after. */
export function predictionTable(
  capture: CaptureSummary,
  token: number,
  before: Predictions,
  after: Predictions | null,
): HTMLElement {
  const both = after ? [before, after] : [before];
  const isNext = outputStack(capture) === 'decoder';
  const heads = ['Before', 'After'].slice(0, both.length);
  const rows = before.best.map((_, rank) =>
    el(
      'tr',
      el('th', { text: String(rank + 1), scope: 'row' }),
      ...both.flatMap(one => predictionCells(one, rank)),
    ),
  );
  return el(
    'table',
    el(
      'caption',
      isNext ? 'Most probable next token after ' : 'Most probable token at ',
      tokenSpan(label(outputTokens(capture)[token], 16), 'query'),
    ),
    el(
      'thead',
      el(
        'tr',
        el('th', { text: 'Rank', scope: 'col' }),
        ...heads.map(text => el('th', { text, scope: 'colgroup', colspan: 2 })),
      ),
    ),
    el('tbody', ...rows),
  );
}

function predictionCells({ best }: Predictions, rank: number): HTMLElement[] {
  const one = best[rank];
  return [
    el('td', one ? tokenSpan(shorten(visible(one.text), 16)) : '–'),
    el('td', one ? percent(one.probability) : ''),
  ];
}
