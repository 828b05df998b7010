import { ModelFile } from '../../protocol/modelFiles';
import { readConfiguration } from '../source/configuration';

/** Names under which `config.json` and `tokenizer_config.json` say how long a text may be. */
const NAMES = ['max_position_embeddings', 'n_positions', 'n_ctx', 'model_max_length'];
/** Tokenizers without a maximum say 10³⁰. */
const NO_MAXIMUM = 1e9;

/** The longest sequence that a model folder's configuration allows; undefined where it says nothing. */
export async function maximumPositions(folder: string): Promise<number | undefined> {
  const files = [ModelFile.configuration, ModelFile.tokenizerSettings];
  const configurations = await Promise.all(files.map(file => readConfiguration(folder, file)));
  const limits = configurations
    .flatMap(configuration => NAMES.map(name => configuration[name]))
    .filter(value => typeof value === 'number' && value > 0 && value < NO_MAXIMUM);
  return limits.length > 0 ? Math.min(...(limits as number[])) : undefined;
}
