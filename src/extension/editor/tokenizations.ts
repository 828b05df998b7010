import type { TokenizedText } from '../../protocol/tokens';
import type { InspectorClient } from '../runs/inspectorClient';
import type { FoundModel } from '../models/modelPaths';

/** Longest text that is split while people only look: beyond, an answer would come too late. */
export const LONGEST_PREVIEW = 100_000;

const CACHED = 16;

/** A text as a model's tokenizer split it. */
export interface Tokenization extends TokenizedText {
  readonly model: FoundModel;
}

/** Splits texts for the hover and the status bar; both ask for the same ones, so answers are kept. */
export class Tokenizations {
  private readonly cache = new Map<string, Promise<Tokenization>>();

  constructor(
    private readonly client: Pick<InspectorClient, 'call'>,
    private readonly model: () => Promise<FoundModel>,
    /** Tells one state of the model's tokenizer from another. */
    private readonly stamp: (model: string) => Promise<string>,
  ) {}

  /** Splits `text` with the current model's tokenizer. @throws InspectorError as the inspector does. */
  async tokenize(text: string, maximumTokens: number): Promise<Tokenization> {
    const model = await this.model();
    const stamp = await this.stamp(model.path);
    const key = JSON.stringify([model.path, stamp, maximumTokens, text]);
    const kept = this.cache.get(key);
    if (kept) return kept;
    const answer = this.client
      .call('tokenize', { model: model.path, text, maximumTokens })
      .then(tokenized => ({ ...tokenized, model }));
    this.cache.set(key, answer);
    answer.catch(() => this.cache.delete(key));
    const oldest = this.cache.keys().next();
    if (this.cache.size > CACHED && !oldest.done) this.cache.delete(oldest.value);
    return answer;
  }
}
