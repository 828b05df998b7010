import { InspectorError } from '../../protocol/errors';
import type { Measure } from '../../protocol/patching';
import { divergenceOf, logSoftmax, logSumExp } from '../attention/softmax';
import { checkIndex } from '../capture/mapSource';

/** A number that says what an output prefers, from its logits `[vocabulary]`. */
export type Measured = (logits: Float32Array) => number;

/**
 * How the output at a token is measured: the logit of one entry minus that of another, the probability
 * of one, or KL(restored ‖ output) in nats.
 * @param restored output of the run that the others are compared with `[vocabulary]`
 * @throws InspectorError `inputs-wrong` for entries that the vocabulary has not
 */
export function measured(measure: Measure, restored: Float32Array): Measured {
  const check = (id: number) => checkIndex('vocabulary entry', id, restored.length);
  switch (measure.kind) {
    case 'logitDifference': {
      const { answer, other } = measure;
      check(answer);
      check(other);
      if (answer === other) {
        throw new InspectorError(
          'inputs-wrong',
          'Both tokens of the logit difference are the same, so it is always 0: choose another one.',
        );
      }
      return logits => (logits[answer] ?? NaN) - (logits[other] ?? NaN);
    }
    case 'probability': {
      const { answer } = measure;
      check(answer);
      return logits => Math.exp((logits[answer] ?? NaN) - logSumExp(logits));
    }
    case 'divergence': {
      const reference = logSoftmax(restored);
      return logits =>
        logits.some(Number.isNaN) ? NaN : divergenceOf(reference, logSoftmax(logits));
    }
  }
}
