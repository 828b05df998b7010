import { InspectorError } from '../../protocol/errors';
import { ModelFile } from '../../protocol/modelFiles';
import { buildModel, checkConfiguration } from '../families/buildModel';
import { adaptedWeights, type AdaptedWeights } from '../families/lora';
import { weightSizes } from '../onnx/file/weightSizes';
import { readAdapterConfiguration, type AdapterFiles } from '../source/adapter';
import { tryConfiguration } from '../source/configuration';
import type { ModelSource } from '../source/source';
import type { StoredWeightFiles } from '../source/storedWeights';
import { openSafetensors } from '../weights/safetensors';
import { openTorchFiles } from '../weights/torch/torchWeights';
import type { ScratchFolder } from '../weights/scratch/scratchFolder';
import type { Weights } from '../weights/weights';
import { widened } from '../weights/widened';
import type { BuiltGraph } from './graph/loadGraph';
import { needsScratch } from './weightsInMemory';

const WIDENED =
  'Its weights of half precision were written as float32 into a scratch file, since there is no room for them in memory; Delete Unpacked Weights removes it.';

/**
 * Builds the graph of a model that is stored without one. Weights of half precision for which there is no
 * room in memory are written as float32 into a scratch file, which the runtime maps.
 * @param free bytes of memory that are free
 * @throws InspectorError `model-broken`, `model-unsupported`, `out-of-memory`
 */
export async function builtModel(
  { home, name }: ModelSource,
  { format, configuration, files, index, adapter }: StoredWeightFiles,
  scratch: ScratchFolder,
  free: number,
): Promise<{ readonly origin: BuiltGraph; readonly notes: readonly string[] }> {
  const { fields, problem } = await tryConfiguration(home, ModelFile.configuration);
  if (problem !== undefined) {
    throw new InspectorError(
      'model-broken',
      `${ModelFile.configuration} ${problem}; without it, it is not known what the weights are of.`,
    );
  }
  checkConfiguration(fields);
  const open = format === 'torch' ? openTorchFiles : openSafetensors;
  const base = await open(files, [configuration, ...(index ? [index] : [])]);
  const build = async (weights: Weights) => {
    const adapted = adapter && (await adaptedBy(adapter, weights));
    const options = adapted ? { changes: adapted.changes } : {};
    const built = buildModel(fields, adapted?.weights ?? weights, options);
    adapted?.changes.checkUsed();
    return built;
  };
  const plain = await build(base);
  const isTooLarge = needsScratch(weightSizes(plain), free);
  const wide = isTooLarge ? await widened(base, scratch, name) : undefined;
  const model = wide ? await build(wide) : plain;
  return {
    origin: { model, name },
    notes: [
      `The model has no graph of its own: it was built from its weights (type “${String(fields.model_type)}”).`,
      ...(wide ? [WIDENED] : []),
      ...(adapter ? ['A LoRA adapter is merged into the weights: W + scale · B · A.'] : []),
    ],
  };
}

async function adaptedBy(
  { configuration, weights }: AdapterFiles,
  base: Weights,
): Promise<AdaptedWeights> {
  const own = await openSafetensors([weights], [configuration]);
  return adaptedWeights(readAdapterConfiguration(configuration), own, base);
}
