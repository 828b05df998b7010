import { InspectorError } from '../../protocol/errors';
import { ModelFile } from '../../protocol/modelFiles';
import { buildModel, checkConfiguration } from '../families/buildModel';
import { adaptedWeights, type AdaptedWeights } from '../families/lora';
import { readAdapterConfiguration, type AdapterFiles } from '../source/adapter';
import { tryConfiguration } from '../source/configuration';
import type { ModelSource } from '../source/source';
import type { StoredWeightFiles } from '../source/storedWeights';
import { openSafetensors } from '../weights/safetensors';
import { openTorchFiles } from '../weights/torch/torchWeights';
import type { Weights } from '../weights/weights';
import type { BuiltGraph } from './graph/loadGraph';

/**
 * Builds the graph of a model that is stored without one.
 * @throws InspectorError `model-broken`, `model-unsupported`
 */
export async function builtModel(
  { home, name }: ModelSource,
  { format, configuration, files, index, adapter }: StoredWeightFiles,
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
  const adapted = adapter && (await adaptedBy(adapter, base));
  const model = buildModel(
    fields,
    adapted?.weights ?? base,
    adapted ? { changes: adapted.changes } : {},
  );
  adapted?.changes.checkUsed();
  return {
    origin: { model, name },
    notes: [
      `The model has no graph of its own: it was built from its weights (type “${String(fields.model_type)}”).`,
      ...(adapted ? ['A LoRA adapter is merged into the weights: W + scale · B · A.'] : []),
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
