import { InspectorError } from '../../protocol/errors';
import { shortened } from '../files/shortened';
import type { StoredWeight, Weights } from '../weights/weights';

/** Weights under the names of today: checkpoints that come from TensorFlow have gamma and beta. */
export function withCurrentNames(weights: Weights): Weights {
  const renamed = new Map<string, StoredWeight>();
  for (const name of weights.names) {
    const place = weights.get(name);
    if (!place) continue;
    const current = currentName(name);
    if (renamed.has(current)) throw twice(name, current);
    renamed.set(current, place);
  }
  return {
    names: [...renamed.keys()],
    get: name => renamed.get(name),
    files: weights.files,
    fileSize: weights.fileSize,
  };
}

function currentName(name: string): string {
  return name.replace(/\.gamma$/, '.weight').replace(/\.beta$/, '.bias');
}

function twice(name: string, current: string): InspectorError {
  return new InspectorError(
    'model-broken',
    `The checkpoint holds both “${shortened(name)}” and “${shortened(current)}”, which stand for the ` +
      'same numbers: save it again from the model.',
  );
}
