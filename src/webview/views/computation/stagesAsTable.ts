import { exponential, pausedIn, topKeys } from './facts';
import { number } from '../../reading/numbers';
import { weight3 } from '../../reading/format';
import type { State } from '../../app/state';
import { label } from '../../reading/tokenText';
import type { TableContent } from '../../kit/table';

/** The stages of the keys with the largest weights, for reading as a table; null while that is not asked for. */
export function stagesAsTable(state: State): TableContent | null {
  const paused = state.options.table && pausedIn(state);
  if (!paused) return null;
  const { value, locus, keys } = paused;
  const top = topKeys(value, -1, 10);
  return {
    caption: `Stages of head ${locus.head}, layer ${locus.layer}: the ${top.length} keys with the largest weights`,
    columns: ['Key', 'Token', 'q · k', 'Score', 'Softmax input', 'exp(score − max)', 'Weight'],
    rows: top.map(key => [
      label(keys[key]),
      String(key),
      number(value.products[key] ?? NaN, 2),
      number(value.scores[key] ?? NaN, 2),
      number(value.maskedScores[key] ?? NaN, 2),
      number(exponential(value, key), 3),
      weight3(value.weights[key] ?? NaN),
    ]),
  };
}
