import { InspectorError } from '../../../protocol/errors';
import { shortened } from '../../files/shortened';
import { sizeOf } from '../../runtime/tensor';
import type { InputSignature } from './inputSignature';

/** Tokens that a made-up text has at most: maps grow with their square. */
const MOST_TOKENS = 4096;
/** Values of one input that are made up at most. */
const MOST_VALUES = 2 ** 24;

/**
 * Refuses graphs whose inputs have fixed sizes that nobody could fill.
 * @throws InspectorError `model-unsupported`
 */
export function checkImposedSizes({ inputs, roles }: InputSignature): void {
  for (const { name, dims = [] } of inputs) {
    const isText = ['tokens', 'hidden'].includes(roles.get(name) ?? '');
    const length = isText ? dims[1] : undefined;
    const values = sizeOf(dims.filter(dim => typeof dim === 'number'));
    if (typeof length === 'number' && length > MOST_TOKENS) {
      throw refused(name, `${length.toLocaleString('en')} tokens`, MOST_TOKENS);
    }
    if (values > MOST_VALUES) {
      throw refused(name, `${values.toLocaleString('en')} values`, MOST_VALUES);
    }
  }
}

function refused(name: string, size: string, most: number): InspectorError {
  return new InspectorError(
    'model-unsupported',
    `The input “${shortened(name)}” takes ${size} and no other number, more than the ${most.toLocaleString('en')} that a model is checked with: export it with dynamic axes for batch and sequence.`,
  );
}
