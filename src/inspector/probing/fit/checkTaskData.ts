import { InspectorError } from '../../../protocol/errors';
import type { ProbeItems, ProbeTaskData } from './types';

/**
 * Checks that a task can be fitted at all.
 * @throws InspectorError `inputs-wrong` for a part without items, for no state, and for arrays or
 * classes that do not fit the rest
 */
export function checkTaskData({ dims, classes, train, test }: ProbeTaskData): void {
  const states = train.features.length;
  for (const [part, items] of [
    ['training', train],
    ['test', test],
  ] as const) {
    if (items.count === 0) {
      throw wrong(`There are no items in the ${part} part: use a corpus with more sentences.`);
    }
    const isWhole =
      states > 0 &&
      items.features.length === states &&
      items.features.every(values => values.length === items.count * dims) &&
      hasClasses(items, items.labels, classes.length) &&
      hasClasses(items, items.control, classes.length);
    if (!isWhole) {
      throw wrong(
        `The ${part} part does not have ${dims} features for each state and a class for each of its ${items.count} items.`,
      );
    }
  }
}

function hasClasses({ count }: ProbeItems, labels: Int32Array, classes: number): boolean {
  return labels.length === count && labels.every(label => label >= 0 && label < classes);
}

const wrong = (message: string) => new InspectorError('inputs-wrong', message);
