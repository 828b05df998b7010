import type { Stack } from '../../protocol/model';
import type { SessionOptions } from '../runtime/session';
import { describe, sourceAt } from '../source/source';
import { cardOf, configPositions, configWindow } from './card';
import { openGraph, type GraphOptions } from './check/graphModel';
import { layerPlans } from './configLayers';
import { configInputs } from './inputs/configInputs';
import { decoderName, isDecoderName } from './inputs/inputNames';
import type { InputOptions } from './inputs/inputSignature';
import type { InstrumentedModel } from './instrumentedModel';
import { PairModel } from './pairModel';
import { partOf } from './part';
import { SingleModel } from './singleModel';

/** What people want of a model's inputs. */
type OpenOptions = Pick<InputOptions, 'feeds' | 'lengths'>;

/**
 * Opens a Hugging Face folder or a single `.onnx` file with all its attention exposed, and checks that
 * the numbers it will show are the model's own.
 * @throws InspectorError `model-missing`, `model-broken`, `model-unsupported`, `out-of-memory`;
 * `inputs-wrong` for feeds that no input takes
 */
export async function openModel(
  path: string,
  options: SessionOptions & OpenOptions = {},
): Promise<InstrumentedModel> {
  const source = sourceAt(path);
  const about = await describe(source);
  const positions = configPositions(about.config);
  const window = configWindow(about.config);
  const { feeds = {}, ...others } = options;
  const graphOptions = {
    ...others,
    ...configInputs(about.config),
    ...(positions === undefined ? {} : { positions }),
    ...(window === undefined ? {} : { window }),
  };
  if (source.graphs.kind === 'single') {
    const layers = layerPlans(about.config);
    const part = partOf(await openGraph(source.graphs.file, { ...graphOptions, feeds, layers }));
    return new SingleModel(cardOf(source, about, [part]), part);
  }
  const given = Object.entries(feeds);
  const ofPart = (isWanted: (name: string) => boolean) =>
    Object.fromEntries(given.filter(([name]) => isWanted(name)));
  const half = (file: string, stack: Stack, own: GraphOptions) =>
    openGraph(file, { ...graphOptions, ...own, layers: layerPlans(about.config, stack) });
  const encoder = await half(source.graphs.encoder, 'encoder', {
    feeds: ofPart(name => !isDecoderName(name)),
  });
  const decoder = await half(source.graphs.decoder, 'decoder', {
    feeds: ofPart(isDecoderName),
    nameOutside: decoderName,
  });
  const parts = [partOf(encoder, 'encoder'), partOf(decoder, 'decoder')] as const;
  return new PairModel(cardOf(source, about, parts), ...parts);
}
