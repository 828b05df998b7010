import type { Stack } from '../../protocol/model';
import type { SessionOptions } from '../runtime/session';
import { partOf } from './assemble';
import { cardOf, configPositions, configWindow } from './card';
import { layerPlans } from './configLayers';
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
    const layers = layerPlans(files.config);
    const part = partOf(await openGraph(files.graphs.file, { ...graphOptions, layers }));
    return new SingleModel(cardOf(files, [part]), part);
  }
  const half = async (file: string, stack: Stack) => {
    const layers = layerPlans(files.config, stack);
    return partOf(await openGraph(file, { ...graphOptions, layers }), stack);
  };
  const encoder = await half(files.graphs.encoder, 'encoder');
  const decoder = await half(files.graphs.decoder, 'decoder');
  return new PairModel(cardOf(files, [encoder, decoder]), encoder, decoder);
}
