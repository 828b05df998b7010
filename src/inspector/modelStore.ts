import { stat } from 'node:fs/promises';
import type { GivenFeeds } from '../protocol/model';
import { modelFolder } from './huggingface/modelFolder';
import { modelStamp } from './huggingface/modelStamp';
import type { InstrumentedModel } from './model/instrumentedModel';
import { openModel } from './model/openModel';
import { chosenTokenizer } from './tokenizer/chosenTokenizer';
import { openTokenizer, openTokenizerFile } from './tokenizer/openTokenizer';
import type { AlignedTokenizer } from './tokenizer/types';

/** Models kept open: the one in use and the one that it is compared with. */
const OPEN_MODELS = 2;
/** Tokenizers are small; hovering may use another one than the panel. */
const OPEN_TOKENIZERS = 4;

/** Opens models and tokenizers once and keeps the latest ones; files that changed are read again. */
export class ModelStore {
  private readonly models = new Latest<InstrumentedModel>(
    OPEN_MODELS,
    model => void model.dispose(),
  );
  private readonly tokenizers = new Latest<AlignedTokenizer>(OPEN_TOKENIZERS, () => undefined);

  /** @param storage folder that holds what people chose, if there is one */
  constructor(private readonly storage?: string) {}

  /**
   * @param path absolute path of a model folder or `.onnx` file
   * @param feeds what its inputs are fed: with other feeds it is opened, and checked, anew
   */
  async model(path: string, feeds: GivenFeeds = {}): Promise<InstrumentedModel> {
    const given = Object.entries(feeds).sort(([a], [b]) => (a < b ? -1 : 1));
    const key = given.length === 0 ? path : `${path}\0${JSON.stringify(given)}`;
    return this.models.get(key, await modelStamp(path), () => openModel(path, { feeds }));
  }

  /** The tokenizer beside the model, or the one that people chose for it. */
  async tokenizer(path: string): Promise<AlignedTokenizer> {
    const chosen = await chosenTokenizer(this.storage, path);
    if (chosen !== undefined) {
      const { mtimeMs, size } = await stat(chosen).catch(() => ({ mtimeMs: 0, size: 0 }));
      return this.tokenizers.get(chosen, `${mtimeMs} ${size}`, () => openTokenizerFile(chosen));
    }
    return this.tokenizers.get(path, await modelStamp(path), async () =>
      openTokenizer(await modelFolder(path)),
    );
  }
}

/** Keeps the results of the latest openings; a failed one is tried again. */
class Latest<T> {
  private readonly open = new Map<string, { readonly stamp: string; readonly value: Promise<T> }>();

  constructor(
    private readonly limit: number,
    private readonly close: (value: T) => void,
  ) {}

  /** @param stamp what is kept counts only with the same stamp */
  async get(key: string, stamp: string, open: () => Promise<T>): Promise<T> {
    const kept = this.open.get(key);
    const entry = kept?.stamp === stamp ? kept : { stamp, value: open() };
    if (kept && kept !== entry) this.forget(key);
    this.open.delete(key);
    this.open.set(key, entry);
    try {
      await entry.value;
    } catch (error) {
      if (this.open.get(key) === entry) this.open.delete(key);
      throw error;
    }
    for (const oldest of this.open.keys()) {
      if (this.open.size <= this.limit) break;
      this.forget(oldest);
    }
    return entry.value;
  }

  private forget(key: string): void {
    const { value } = this.open.get(key) ?? {};
    this.open.delete(key);
    // One that could not be opened needs no closing.
    value?.then(this.close, () => undefined);
  }
}
