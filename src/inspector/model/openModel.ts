import type { SessionOptions } from '../runtime/session';
import { partOf } from './assemble';
import { cardOf, configPositions, configWindow } from './card';
import { locateModel } from './folder';
import { openGraph } from './graphModel';
import type { InstrumentedModel } from './instrumentedModel';
import { PairModel } from './pairModel';
import { SingleModel } from './singleModel';

/**
 * Opens a Hugging Face folder or a single `.onnx` file with all its attention exposed, and checks that
 * the numbers it will show are the model's own.
 * @throws InspectorError `model-missing`, `model-broken`, `model-unsupported`, `out-of-memory`
 */
export async function openModel(
  path: string,
  options: SessionOptions = {},
): Promise<InstrumentedModel> {
  const files = locateModel(path);
  const positions = configPositions(files.config);
  const window = configWindow(files.config);
  const graphOptions = {
    ...options,
    ...(positions === undefined ? {} : { positions }),
    ...(window === undefined ? {} : { window }),
  };
  if (files.graphs.kind === 'single') {
    const part = partOf(await openGraph(files.graphs.file, graphOptions));
    return new SingleModel(cardOf(files, [part]), part);
  }
  const encoder = partOf(await openGraph(files.graphs.encoder, graphOptions), 'encoder');
  const decoder = partOf(await openGraph(files.graphs.decoder, graphOptions), 'decoder');
  return new PairModel(cardOf(files, [encoder, decoder]), encoder, decoder);
}
