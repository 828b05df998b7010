import type { Stack } from '../../protocol/model';
import { InspectorError } from '../../protocol/errors';
import type { SessionOptions } from '../runtime/session';
import { describe, sourceAt } from '../source/source';
import { cacheFolder, ScratchFolder } from '../weights/scratch/scratchFolder';
import { cardOf, configPositions, configWindow } from './card';
import { builtModel } from './builtModel';
import { openGraph, type GraphModel, type GraphOptions } from './check/graphModel';
import { layerPlans, picturePlan, predictsNext } from './configLayers';
import { DecoderModel } from './decoderModel';
import { ggufModel } from './ggufModel';
import { configInputs } from './inputs/configInputs';
import { decoderName, isDecoderName } from './inputs/inputNames';
import { patchNames } from './inputs/picture';
import type { InstrumentedModel } from './instrumentedModel';
import { PairModel } from './pairModel';
import { partOf } from './part';
import { PlainEncoder } from './plainEncoder';
import type { ProbeOptions } from './probe/probedGraph';
import { SingleModel } from './singleModel';
import { freeMemory, memoryOf } from './weightsInMemory';

/** What people want of a model's inputs, and what it may use. */
type OpenOptions = Pick<ProbeOptions, 'feeds' | 'lengths' | 'shapes' | 'spansFrom'> & {
  /** Where weights go that the runtime cannot take as they are stored. */
  readonly scratch?: ScratchFolder;
  /** Bytes of memory that weights may count on; those that are free where absent. */
  readonly memory?: number;
};

/**
 * Opens a Hugging Face folder, a single `.onnx` file or a file of weights with all its attention
 * exposed, and checks that the numbers it will show are the model's own.
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
  const { feeds = {}, scratch = new ScratchFolder(cacheFolder()), ...rest } = options;
  const { memory = freeMemory(), ...others } = rest;
  const graphOptions = {
    ...others,
    ...configInputs(about.config),
    ...(positions === undefined ? {} : { positions }),
    ...(window === undefined ? {} : { window }),
  };
  const { graphs } = source;
  if (graphs.kind !== 'pair') {
    const layers = { ...layerPlans(about.config), ofPicture: picturePlan(about.config) };
    const { origin, ...built } =
      graphs.kind === 'single'
        ? { origin: graphs.file, notes: [] }
        : graphs.kind === 'gguf'
          ? await ggufModel(graphs.file, scratch)
          : await builtModel(source, graphs, scratch, memory);
    const plan = typeof origin === 'string' ? undefined : memoryOf(origin.model, memory);
    const own = { ...graphOptions, ...(plan ? { weights: plan.weights } : {}) };
    const graph = await openGraph(origin, { ...own, feeds, layers });
    const part = partOf(graph, undefined, predictsNext(about.config));
    const card = cardOf(source, about, [part]);
    const { picture } = part.graph.loaded.signature;
    return new SingleModel(
      { ...card, ...built, notes: [...built.notes, ...(plan?.notes ?? []), ...card.notes] },
      part,
      picture && patchNames(picture, about.config),
    );
  }
  const given = Object.entries(feeds);
  const ofPart = (isWanted: (name: string) => boolean) =>
    Object.fromEntries(given.filter(([name]) => isWanted(name)));
  const half = (file: string, stack: Stack, own: GraphOptions) =>
    openGraph(file, { ...graphOptions, ...own, layers: layerPlans(about.config, stack) });
  const ofEncoder = { feeds: ofPart(name => !isDecoderName(name)) };
  const ofDecoder = { feeds: ofPart(isDecoderName), nameOutside: decoderName };
  const encoder = await orReason(half(graphs.encoder, 'encoder', ofEncoder));
  const decoder = await orReason(half(graphs.decoder, 'decoder', ofDecoder));
  // One stack that cannot be shown does not take the other with it.
  if (decoder instanceof InspectorError) {
    if (encoder instanceof InspectorError) throw encoder;
    const part = partOf(encoder, 'encoder');
    const card = cardOf(source, about, [part]);
    const note = `The decoder is not shown, and the encoder alone is run. ${decoder.message}`;
    return new SingleModel({ ...card, notes: [note, ...card.notes] }, part);
  }
  const second = partOf(decoder, 'decoder');
  if (encoder instanceof InspectorError) {
    const own = { ...graphOptions, ...ofEncoder };
    const plain = await PlainEncoder.open(graphs.encoder, own, encoder.message);
    return new DecoderModel(cardOf(source, about, [second]), plain, second);
  }
  const parts = [partOf(encoder, 'encoder'), second] as const;
  return new PairModel(cardOf(source, about, parts), ...parts);
}

/** A half of a model, or why nothing of it can be shown. */
async function orReason(half: Promise<GraphModel>): Promise<GraphModel | InspectorError> {
  try {
    return await half;
  } catch (error) {
    if (error instanceof InspectorError && error.code === 'model-unsupported') return error;
    throw error;
  }
}
