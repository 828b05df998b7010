import type { How, Intervention, Point } from '../../../protocol/intervention';
import { wrong } from './target';

/** What people call a point in a sentence. */
const names: Readonly<Record<Point, string>> = {
  token: 'A token',
  residual: 'The residual stream',
  query: 'A query',
  key: 'A key',
  value: 'A value',
  maskedScores: 'A masked score',
  weights: 'A weight',
  headOutput: 'The output of a head',
  attentionOutput: 'The output of an attention',
  feedForwardOutput: 'The output of a feed-forward network',
};

/**
 * Looks whether something can become of the numbers of a point.
 * @throws InspectorError `inputs-wrong`
 */
export function checkHow({ at, how, only }: Pick<Intervention, 'at' | 'how' | 'only'>): void {
  const { point } = at;
  const refuse = (what: string, instead: string) => {
    throw wrong(`${names[point]} ${what}: ${instead}.`);
  };
  if (only?.ahead && !('block' in how)) {
    refuse('is not changed by how far a key lies ahead', 'that is a condition of blocked edges');
  }
  if ('block' in how && point !== 'maskedScores') {
    refuse('cannot be blocked', 'block the masked scores of its edges, or make it zero');
  }
  if ('force' in how && point !== 'weights') {
    refuse('cannot be forced', 'force the weights of a row, or take states from another run');
  }
  if ('text' in how || 'id' in how) {
    const isFirst = point === 'residual' && (at.layer ?? 0) === 0 && !at.layers;
    if (!isFirst) {
      refuse(
        'is no entry of the vocabulary',
        'only tokens and the stream before layer 0 become one',
      );
    }
  }
  if (point === 'maskedScores' && isOneOf(how, ['zero', 'mean', 'scale'])) {
    refuse(
      'cannot be zero, a mean or scaled, as those that the mask blocks are −∞',
      'block edges, add to them, or scale the query',
    );
  }
  if (point === 'weights' && 'mean' in how && how.mean === 'corpus') {
    refuse('has as many keys as its text has tokens', 'use the mean of the text');
  }
}

function isOneOf(how: How, kinds: readonly string[]): boolean {
  return kinds.some(kind => kind in how);
}
