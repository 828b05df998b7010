import type { TokenizedText } from '../protocol/tokens';
import type { InspectorClient } from './inspectorClient';
import type { FoundModel } from './modelPaths';

/** Longest text that is split while people only look: beyond, an answer would come too late. */
export const LONGEST_PREVIEW = 100_000;

/** A text as a model's tokenizer split it. */
export interface Tokenization extends TokenizedText {
  readonly model: FoundModel;
}

/**
 * Splits texts for the hover and the status bar. Who asks for what is asked for already gets the same
 * answer; none is kept, since the files that decided it may change (the inspector looks at them).
 */
export class Tokenizations {
  private readonly asked = new Map<string, Promise<Tokenization>>();

  constructor(
    private readonly client: Pick<InspectorClient, 'call'>,
    private readonly model: () => Promise<FoundModel>,
  ) {}

  /** Splits `text` with the current model's tokenizer. @throws InspectorError as the inspector does. */
  async tokenize(text: string, maximumTokens: number): Promise<Tokenization> {
    const model = await this.model();
    const key = JSON.stringify([model.path, maximumTokens, text]);
    const before = this.asked.get(key);
    if (before) return before;
    const answer = this.client
      .call('tokenize', { model: model.path, text, maximumTokens })
      .then(tokenized => ({ ...tokenized, model }))
      .finally(() => this.asked.delete(key));
    this.asked.set(key, answer);
    return answer;
  }
}
