import { BUILT_MODEL_TYPES, QUANTISED_FIELDS } from '../protocol/openedFiles';

/** In what form the weights of a model come. */
export type WeightFormat = 'safetensors' | 'ONNX' | 'PyTorch' | 'GGUF';

/** What this version can open, asked before the weights are fetched. */
export interface Openable {
  /**
   * Why a model cannot be opened from its weights alone, as what follows its name in a sentence;
   * undefined where it can.
   * @param configuration contents of its `config.json`
   */
  refuses(configuration: Readonly<Record<string, unknown>>): string | undefined;
  readonly formats: readonly WeightFormat[];
}

/** What the inspector of this version opens. */
export const OPENABLE: Openable = {
  refuses(configuration) {
    const { model_type: type } = configuration;
    for (const field of QUANTISED_FIELDS) {
      if (configuration[field] !== undefined) {
        return `is stored in a quantised form (“${field}” of its config.json)`;
      }
    }
    if (typeof type !== 'string') return 'does not say in config.json of which type it is';
    if (BUILT_MODEL_TYPES.includes(type)) return undefined;
    return `is of type “${type.slice(0, 60)}”, which this version opens as an ONNX file only`;
  },
  formats: ['safetensors', 'ONNX', 'PyTorch', 'GGUF'],
};
