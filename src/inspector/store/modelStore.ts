import { basename, join } from 'node:path';
import type { GivenFeeds } from '../../protocol/model';
import { stampsBesideModel, stampsOfHomeTokenizer, stampsOfTokenizer } from '../source/files';
import { modelFolder, sourceAt } from '../source/source';
import { Kept, type Opened } from './kept';
import { RuntimeThread } from '../runtime/runtimeThread';
import type { InstrumentedModel } from '../model/instrumentedModel';
import type { AlignedTokenizer } from '../tokenizer/types';
import { chosenTokenizer } from '../huggingface/chosenTokenizer';
import { openTokenizerFile, openTokenizer } from '../huggingface/openTokenizer';
import { changedFile } from '../files/fileStamps';
import { openModel } from '../model/openModel';
import { cacheFolder, ScratchFolder } from '../weights/scratch/scratchFolder';

/** Models kept open: the one in use and the one that it is compared with. */
const OPEN_MODELS = 2;
/** The folder of unpacked weights in the storage folder. */
const UNPACKED = 'unpacked';
/** Tokenizers are small; hovering may use another one than the panel. */
const OPEN_TOKENIZERS = 4;

/** Opens models and tokenizers once and keeps the latest ones; files that changed are read again. */
export class ModelStore {
  /** Models that were opened again, and the file that changed. */
  private readonly reopened = new Map<string, string>();
  private readonly models = new Kept<InstrumentedModel>(
    OPEN_MODELS,
    model => void model.dispose(),
    (key, file) => this.reopened.set(key.split('\0', 1).join(), file),
  );
  private readonly tokenizers = new Kept<AlignedTokenizer>(OPEN_TOKENIZERS, () => undefined);

  private readonly runtime: RuntimeThread | undefined;
  private readonly scratch: ScratchFolder;

  /**
   * @param storage folder that holds what people chose and what is unpacked, if there is one
   * @param hasThread models run in a thread of their own, which this one outlives
   * @param corpus CoNLL-U file that means over a corpus are taken over
   */
  constructor(
    private readonly storage?: string,
    hasThread = false,
    readonly corpus?: string,
  ) {
    this.scratch = new ScratchFolder(
      storage === undefined ? cacheFolder() : join(storage, UNPACKED),
    );
    if (hasThread) this.runtime = new RuntimeThread(() => this.models.clear());
  }

  /** Nobody waits any more for what a model does; resolves once models can be run again. */
  async leave(): Promise<void> {
    await this.runtime?.leave();
  }

  /**
   * The model as its files are now.
   * @param path absolute path of a model folder or `.onnx` file
   * @param feeds what its inputs are fed: with other feeds it is opened, and checked, anew
   */
  async model(path: string, feeds: GivenFeeds = {}): Promise<InstrumentedModel> {
    const given = Object.entries(feeds).sort(([a], [b]) => (a < b ? -1 : 1));
    const key = given.length === 0 ? path : `${path}\0${JSON.stringify(given)}`;
    return this.models.get(key, () => opened(path, feeds, this.scratch, this.runtime));
  }

  /** Removes what was unpacked of models' weights, and says how many bytes that were. */
  async deleteUnpacked(): Promise<number> {
    this.models.closeAll();
    return this.scratch.clear();
  }

  /** Sentences about a model since they were last asked for: that its files changed. */
  takeNotes(path: string): readonly string[] {
    const file = this.reopened.get(path);
    this.reopened.delete(path);
    if (file === undefined) return [];
    return [`The file ${basename(file)} changed since the model was opened: it was opened again.`];
  }

  /** The tokenizer beside the model, or the one that people chose for it. */
  async tokenizer(path: string): Promise<AlignedTokenizer> {
    const chosen = await chosenTokenizer(this.storage, path);
    if (chosen !== undefined) {
      return this.tokenizers.get(chosen, async () => {
        const stamps = await stampsOfTokenizer(chosen);
        return { value: await openTokenizerFile(chosen), changed: () => changedFile(stamps) };
      });
    }
    const folder = await modelFolder(path);
    return this.tokenizers.get(folder, async () => {
      const stamps = await stampsOfHomeTokenizer(folder);
      return { value: await openTokenizer(folder), changed: () => changedFile(stamps) };
    });
  }
}

async function opened(
  path: string,
  feeds: GivenFeeds,
  scratch: ScratchFolder,
  runtime: RuntimeThread | undefined,
): Promise<Opened<InstrumentedModel>> {
  // Before the files are read: what changes meanwhile counts as changed.
  const beside = await stampsBesideModel(path);
  const value = await openModel(path, { feeds, scratch, ...(runtime ? { runtime } : {}) });
  const graphs = graphsNow(path);
  const stamps = new Map([...beside, ...value.files]);
  const changed = async () => {
    const file = await changedFile(stamps);
    return file ?? (graphsNow(path) === graphs ? undefined : path);
  };
  return { value, changed };
}

/** Tells one choice of graphs from another: a file that appears may be the one to take. */
const graphsNow = (path: string) => JSON.stringify(sourceAt(path).graphs);
