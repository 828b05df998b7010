import { BUILT_MODEL_TYPES, OPENS_GGUF } from '../protocol/openedFiles';

/** What this version can open, asked before the weights are fetched. */
export interface Openable {
  /**
   * Why a model cannot be opened from its weights alone, as the end of a sentence that begins with
   * its name; undefined where it can.
   * @param configuration contents of its `config.json`
   */
  refuses(configuration: Readonly<Record<string, unknown>>): string | undefined;
  /** GGUF files can be opened. */
  readonly gguf: boolean;
}

/** What the inspector of this version opens. */
export const OPENABLE: Openable = {
  refuses({ model_type: type }) {
    if (typeof type !== 'string') return 'does not say in config.json of which type it is';
    if (BUILT_MODEL_TYPES.includes(type)) return undefined;
    return `is of type “${type.slice(0, 60)}”, which this version opens as an ONNX file only`;
  },
  gguf: OPENS_GGUF,
};
