import type { Stack } from '../../protocol/model';
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

/** Steps through the vocabulary and through a text by which made-up ones are made: primes. */
const STRIDE = { ids: 131, places: 7 };
/** Ids below this are often special. */
const FIRST_ID = 5;

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

  /** The stack that reads the text. */
  get stack(): Stack {
    return this.tokens.encoder ? 'encoder' : 'decoder';
  }

  /** What that stack reads. */
  get source(): readonly Token[] {
    return this.tokens[this.stack] ?? [];
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
        ? { ...(encoder ? { encoder } : {}), decoder: this.otherLast(decoder) }
        : { encoder: this.otherLast(encoder ?? []) };
    });
  }

  /** With two tokens of the text in each other's place. */
  exchanged(one: number, other: number): Promise<ModelRun> {
    return this.ofSource(
      `exchanged ${one} ${other}`,
      this.source.map((token, i) =>
        i === one || i === other ? (this.source[one + other - i] ?? token) : token,
      ),
    );
  }

  /** Of other tokens, as many; special ones stay. */
  otherText(): Promise<ModelRun> {
    const { vocabulary } = this.model.card;
    const ids = Math.max(1, vocabulary - FIRST_ID);
    return this.ofSource(
      'otherText',
      this.source.map((token, i) =>
        token.special ? token : { ...token, id: FIRST_ID + ((token.id + i * STRIDE.ids) % ids) },
      ),
    );
  }

  /** The tokens of the text in another order; the first one stays. */
  get shuffledTokens(): readonly Token[] {
    const [first, ...others] = this.source;
    const step = others.length % STRIDE.places === 0 ? STRIDE.places + 1 : STRIDE.places;
    const mixed = others.flatMap((_, i) => others[((i + 1) * step) % others.length] ?? []);
    return first ? [first, ...mixed] : [];
  }

  /** Of them. */
  shuffled(): Promise<ModelRun> {
    return this.ofSource('shuffled', this.shuffledTokens);
  }

  /** With other tokens in place of the text. */
  ofSource(name: string, tokens: readonly Token[]): Promise<ModelRun> {
    return this.#once(name, () => ({ ...this.tokens, [this.stack]: tokens }));
  }

  /** Tokens with another last one. */
  otherLast(tokens: readonly Token[]): readonly Token[] {
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
