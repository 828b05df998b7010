import { InspectorError } from '../../protocol/errors';
import { ModelFile } from '../../protocol/modelFiles';
import { buildModel, checkConfiguration } from '../families/buildModel';
import { tryConfiguration } from '../source/configuration';
import type { ModelSource } from '../source/source';
import type { StoredWeightFiles } from '../source/storedWeights';
import { openSafetensors } from '../weights/safetensors';
import type { BuiltGraph } from './graph/loadGraph';

/**
 * Builds the graph of a model that is stored without one.
 * @throws InspectorError `model-broken`, `model-unsupported`
 */
export async function builtModel(
  { home, name }: ModelSource,
  { configuration, files, index }: StoredWeightFiles,
): Promise<{ readonly origin: BuiltGraph; readonly notes: readonly string[] }> {
  const { fields, problem } = await tryConfiguration(home, ModelFile.configuration);
  if (problem !== undefined) {
    throw new InspectorError(
      'model-broken',
      `${ModelFile.configuration} ${problem}; without it, it is not known what the weights are of.`,
    );
  }
  checkConfiguration(fields);
  const weights = await openSafetensors(files, [configuration, ...(index ? [index] : [])]);
  const model = buildModel(fields, weights);
  return {
    origin: { model, name },
    notes: [
      `The model has no graph of its own: it was built from its weights (type “${String(fields.model_type)}”).`,
    ],
  };
}
