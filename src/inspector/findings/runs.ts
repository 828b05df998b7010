import type { Token } from '../../protocol/tokens';
import type { InstrumentedModel } from '../model/instrumentedModel';
import type { CaptureRequest, Feeds, ModelRun } from '../model/run';
import type { Tensor } from '../runtime/tensor';
import { tokenFeeds, type StackTokens } from '../run/modelInput';

const EVERYTHING: CaptureRequest = {
  weights: true,
  queryKeyValue: true,
  scores: true,
  maskedScores: true,
  headOutput: true,
  hiddenStates: true,
  logits: true,
};

/** The runs that rules share: each is made once, when it is first asked for. */
export class Runs {
  readonly #made = new Map<string, Promise<ModelRun>>();

  /** @param tokens what each stack reads */
  constructor(
    private readonly model: InstrumentedModel,
    readonly tokens: StackTokens,
  ) {}

  /** Passes of the model so far. */
  get count(): number {
    return this.#made.size;
  }

  /** Of the text. */
  text(): Promise<ModelRun> {
    return this.#once('text', () => this.tokens);
  }

  /** The same once more. */
  again(): Promise<ModelRun> {
    return this.#once('again', () => this.tokens);
  }

  /** With another last token in the stack that writes. */
  lastChanged(): Promise<ModelRun> {
    return this.#once('lastChanged', () => {
      const { encoder, decoder } = this.tokens;
      return decoder
        ? { ...(encoder ? { encoder } : {}), decoder: this.#otherLast(decoder) }
        : { encoder: this.#otherLast(encoder ?? []) };
    });
  }

  #otherLast(tokens: readonly Token[]): readonly Token[] {
    const { vocabulary } = this.model.card;
    return tokens.map((token, i) =>
      i < tokens.length - 1 ? token : { ...token, id: (token.id + 7) % vocabulary },
    );
  }

  /** The pass of this name, which is made when it is first asked for. */
  made(name: string, feeds: () => Feeds, request = EVERYTHING): Promise<ModelRun> {
    const made = this.#made.get(name) ?? this.model.run(feeds(), request);
    this.#made.set(name, made);
    return made;
  }

  #once(name: string, tokens: () => StackTokens): Promise<ModelRun> {
    return this.made(name, () => tokenFeeds(this.model, tokens()));
  }
}

/** What a run gives out: logits, or the last hidden state of a model without an output head. */
export function outputOf({ logits, hiddenStates }: ModelRun): Tensor | undefined {
  return logits ?? (hiddenStates.decoder ?? hiddenStates.encoder)?.at(-1);
}
