import type { FoundRecurrence } from '../../onnx/graph/recurrence';
import type { Tensor } from '../../runtime/tensor';
import type { Recurrence } from '../run';
import { spelledOut } from './spelledOut';

/**
 * Reads what a linear attention computed.
 * @param read a tensor of the run
 * @returns undefined where the run does not show all of it, and where it goes on from a state
 */
export function recurrenceOf(
  found: FoundRecurrence,
  read: (name: string | undefined) => Tensor | undefined,
): Recurrence | undefined {
  const { rule, queryHeads, valueHeads, scale, names, headsFirst, refusal } = found;
  if (refusal !== undefined) return undefined;
  if (headsFirst) return spelledOut(found, headsFirst, read);
  const [query, key, value, output] = [names.query, names.key, names.value, names.output].map(read);
  const state = read(names.state);
  const decay = read(names.decay);
  const beta = read(names.beta);
  // Of a state that is not 0 the values of this text are only a part of the output.
  const isFresh = names.state === undefined || state?.data.every(number => number === 0) === true;
  if (!query || !key || !value || !output || !isFresh) return undefined;
  return {
    rule,
    queryHeads,
    valueHeads,
    ...(scale === undefined ? {} : { scale }),
    query,
    key,
    value,
    output,
    ...(decay ? { decay } : {}),
    ...(beta ? { beta } : {}),
  };
}
