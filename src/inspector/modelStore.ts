import { modelFolder } from './huggingface/modelFolder';
import type { InstrumentedModel } from './model/instrumentedModel';
import { openModel } from './model/openModel';
import { openTokenizer } from './tokenizer/openTokenizer';
import type { AlignedTokenizer } from './tokenizer/types';

/** Models kept open: the one in use and the one that it is compared with. */
const OPEN_MODELS = 2;
/** Tokenizers are small; hovering may use another one than the panel. */
const OPEN_TOKENIZERS = 4;

/** Opens models and tokenizers once and keeps the latest ones. */
export class ModelStore {
  private readonly models = new Latest<InstrumentedModel>(
    OPEN_MODELS,
    model => void model.dispose(),
  );
  private readonly tokenizers = new Latest<AlignedTokenizer>(OPEN_TOKENIZERS, () => undefined);

  /** @param path absolute path of a model folder or `.onnx` file */
  model(path: string): Promise<InstrumentedModel> {
    return this.models.get(path, () => openModel(path));
  }

  /** The tokenizer beside the model. */
  tokenizer(path: string): Promise<AlignedTokenizer> {
    return this.tokenizers.get(path, async () => openTokenizer(await modelFolder(path)));
  }
}

/** Keeps the results of the latest openings; a failed one is tried again. */
class Latest<T> {
  private readonly open = new Map<string, Promise<T>>();

  constructor(
    private readonly limit: number,
    private readonly close: (value: T) => void,
  ) {}

  async get(key: string, open: () => Promise<T>): Promise<T> {
    const value = this.open.get(key) ?? open();
    this.open.delete(key);
    this.open.set(key, value);
    try {
      await value;
    } catch (error) {
      this.open.delete(key);
      throw error;
    }
    for (const [oldest, old] of this.open) {
      if (this.open.size <= this.limit) break;
      this.open.delete(oldest);
      this.close(await old);
    }
    return value;
  }
}
