import type { CaptureSummary } from '../../protocol/capture';
import { changeOf } from '../../protocol/change';
import { InspectorError } from '../../protocol/errors';
import type { Stack } from '../../protocol/model';
import { withoutPadding } from '../capture/withoutPadding';

/**
 * Where the token at each place of one run stands in another run of the same tokens, padding left out:
 * `places[i]` is the row after of row `first + i` before.
 */
export interface Places {
  readonly first: number;
  readonly places: readonly number[];
}

/**
 * Finds each token of a run in another one by the orders that both were made with.
 * @throws InspectorError `inputs-wrong` where they are not the same tokens
 */
export function placesOf(before: CaptureSummary, after: CaptureSummary, stack: Stack): Places {
  const [a, b] = [sequence(before, stack), sequence(after, stack)];
  if (a.ids.length === 0 || a.ids.length !== b.ids.length) {
    throw wrong(`one has ${a.ids.length} ${stack} tokens, the other ${b.ids.length}`);
  }
  const standsAt = new Map(b.plain.map((token, place) => [token, place]));
  const places = a.plain.map((token, place) => {
    const found = standsAt.get(token) ?? -1;
    if (b.ids[found] === a.ids[place]) return b.first + found;
    throw wrong(`they read different tokens at place ${place} of the ${stack}`);
  });
  return { first: a.first, places };
}

/** Ids by place, and which token of the plain run stands there. */
function sequence(summary: CaptureSummary, stack: Stack) {
  const { first, end } = withoutPadding(summary, stack);
  const ids = (summary.tokens[stack] ?? []).slice(first, end).map(({ id }) => id);
  // Only what the first stack reads is put in another order.
  const order = summary.model.stacks[0] === stack ? changeOf(summary, 'order')?.order : undefined;
  return { first, ids, plain: order ?? ids.map((_, i) => i) };
}

function wrong(reason: string): InspectorError {
  return new InspectorError(
    'inputs-wrong',
    `The two runs are not of the same tokens in another order: ${reason}. Run the text and its reordering with the same model.`,
  );
}
