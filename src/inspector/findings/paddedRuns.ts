import type { Stack } from '../../protocol/model';
import type { Token } from '../../protocol/tokens';
import { paddingToken } from '../huggingface/specialTokens';
import { maskDims, maskFeed } from '../model/inputs/defaultFeeds';
import { hidesWithZero, type MaskValues } from '../model/inputs/inputSignature';
import type { GraphInput, InstrumentedModel } from '../model/instrumentedModel';
import type { CaptureRequest, Feed, Feeds, ModelRun } from '../model/run';
import { specialToken, tokenFeeds, type StackTokens } from '../run/modelInput';
import { floatTypes, type ValueInfo } from '../onnx/file/types';
import { maskInput } from '../run/padding';
import { modelFolder } from '../source/source';
import type { AlignedTokenizer } from '../tokenizer/types';
import type { Runs } from './runs';

/** Tokens of padding that a text gets. */
const PADDING = 5;
/** What the outputs of a batch are compared by. */
const STATES: CaptureRequest = {
  weights: false,
  queryKeyValue: false,
  maskedScores: false,
  headOutput: false,
  hiddenStates: true,
  logits: true,
};

/** One text of a batch. */
interface Row {
  /** Of the first stack, with padding. */
  readonly tokens: readonly Token[];
  readonly decoder?: readonly Token[] | undefined;
  readonly isVisible: (token: number) => boolean;
}

/** How a text lies in a batch beside another one. */
export type Beside = 'equal' | 'padded' | 'second';

/** The runs of a text under padding and in batches: each is made once, when a rule first asks for it. */
export class PaddedRuns {
  /** What each stack reads of the text: less than the other runs where padding would not fit in. */
  readonly tokens: StackTokens;
  readonly padding = PADDING;
  readonly #mask: GraphInput | undefined;

  private constructor(
    private readonly runs: Runs,
    private readonly model: InstrumentedModel,
    /** What fills a text. */
    readonly filler: Token,
  ) {
    const { encoder, decoder } = runs.tokens;
    const { maximumPositions = Infinity } = model.card;
    const [stack, text] = encoder
      ? (['encoder', encoder] as const)
      : (['decoder', decoder] as const);
    this.#mask = maskInput(model);
    const room = this.#mask ? Math.max(0, maximumPositions - PADDING) : Infinity;
    this.tokens = { ...runs.tokens, [stack]: text?.slice(0, room) };
  }

  static async of(
    runs: Runs,
    model: InstrumentedModel,
    tokenizer: AlignedTokenizer,
  ): Promise<PaddedRuns> {
    const named = (await paddingToken(await modelFolder(model.card.path), tokenizer)) ?? 0;
    const isKnown = model.card.vocabulary === 0 || named < model.card.vocabulary;
    return new PaddedRuns(runs, model, specialToken(tokenizer, isKnown ? named : 0));
  }

  /** The stack that reads the text and its padding. */
  get stack(): Stack {
    return this.tokens.encoder ? 'encoder' : 'decoder';
  }

  /** The text without padding. */
  get text(): readonly Token[] {
    return this.tokens[this.stack] ?? [];
  }

  /** Why padding cannot be hidden; undefined where it can. */
  get whyNot(): string | undefined {
    const { name } = this.model.card;
    if (!this.#mask?.mask)
      return `${name} has no input for an attention mask: it takes texts without padding.`;
    return this.text.length === 0 ? `${name} has no room for a text and its padding.` : undefined;
  }

  /** Nobody says which of its values hides a token: what follows from it is no fault of the model. */
  get isMaskGuessed(): boolean {
    return this.#mask?.mask?.known === 'assumed';
  }

  /** The text alone. */
  plain(): Promise<ModelRun> {
    const isWhole = this.text.length === this.runs.tokens[this.stack]?.length;
    return isWhole
      ? this.runs.text()
      : this.runs.made('shorter', () => tokenFeeds(this.model, this.tokens));
  }

  /** Two rows: the text with padding after it, and with other tokens in its place that are hidden alike. */
  right(): Promise<ModelRun> {
    const row = (hidden: readonly Token[]): Row => ({
      tokens: [...this.text, ...hidden],
      decoder: this.#written,
      isVisible: i => i < this.text.length,
    });
    return this.runs.made('padded', () =>
      this.#feeds([row(this.#fillers()), row(this.#others(PADDING))]),
    );
  }

  /** The same with the padding before the text. Positions are counted from the text where they are an input. */
  left(): Promise<ModelRun> {
    const row = (hidden: readonly Token[]): Row => ({
      tokens: [...hidden, ...this.text],
      decoder: this.#written,
      isVisible: i => i >= PADDING,
    });
    return this.runs.made('leftPadded', () => {
      const rows = [row(this.#fillers()), row(this.#others(PADDING))];
      return { ...this.#feeds(rows), ...this.#positions(rows.length, PADDING) };
    });
  }

  /** The text beside another one: without padding, beside one with padding, and after one with padding. */
  beside(how: Beside): Promise<ModelRun> {
    const { text } = this;
    const padding = how === 'equal' ? 0 : Math.min(PADDING, text.length - 1);
    const own: Row = { tokens: text, decoder: this.#written, isVisible: () => true };
    const other: Row = {
      tokens: [...this.#others(text.length - padding), ...this.#fillers().slice(0, padding)],
      decoder: this.#written && this.#others(this.#written.length),
      isVisible: i => i < text.length - padding,
    };
    const rows = how === 'second' ? [other, own] : [own, other];
    return this.runs.made(`beside ${how}`, () => this.#feeds(rows, padding > 0), STATES);
  }

  /** Ways in which the rows of a batch can differ: a mask that is one for all rows pads none alone. */
  get besides(): readonly Beside[] {
    const ownMasks = this.whyNot === undefined && (this.#mask?.info.dims?.length ?? 2) > 1;
    return ownMasks ? ['equal', 'padded', 'second'] : ['equal'];
  }

  /** What the decoder of two stacks reads. */
  get #written(): readonly Token[] | undefined {
    return this.tokens.encoder && this.tokens.decoder;
  }

  #fillers(): readonly Token[] {
    return Array.from({ length: PADDING }, () => this.filler);
  }

  /** Varied tokens that have nothing to do with the text. */
  #others(count: number): readonly Token[] {
    const { vocabulary } = this.model.card;
    const first = vocabulary > 16 ? 5 : 0;
    const range = Math.max(1, vocabulary - first - 1);
    return Array.from({ length: count }, (_, i) => ({
      ...this.filler,
      id: first + ((i * 131 + 17) % range),
    }));
  }

  #feeds(rows: readonly Row[], isMasked = true): Feeds {
    const each = rows.map(({ tokens, decoder }) =>
      tokenFeeds(this.model, {
        [this.stack]: tokens,
        ...(decoder ? { decoder } : {}),
      }),
    );
    const ids = Object.keys(each[0] ?? {}).map(name => [name, joined(each.map(one => one[name]))]);
    const { info, mask, name } = this.#mask ?? {};
    if (!isMasked || !info || !mask || name === undefined) return Object.fromEntries(ids) as Feeds;
    const length = rows[0]?.tokens.length ?? 0;
    const isVisible = (row: number, token: number) => rows[row]?.isVisible(token) ?? true;
    const feed = maskFeed(
      info,
      asNamed(info, mask),
      maskDims(info, rows.length, length),
      isVisible,
    );
    return { ...(Object.fromEntries(ids) as Feeds), [name]: feed };
  }

  /** Positions that begin with the text, where the graph takes any. */
  #positions(rows: number, padding: number): Feeds {
    const length = this.text.length + padding;
    return Object.fromEntries(
      this.model.inputs.flatMap(({ name, role, info: { dims = [] } }): [string, Feed][] => {
        if (role !== 'positions' || dims.length < 2 || name.startsWith('decoder_')) return [];
        const leading = dims.slice(0, -2).map(dim => (typeof dim === 'number' ? dim : 1));
        const shape = [...leading, rows, length];
        const count = shape.reduce((product, size) => product * size, 1);
        const at = (i: number) => BigInt(Math.max(0, (i % length) - padding));
        return [
          [name, { dims: shape, data: BigInt64Array.from({ length: count }, (_, i) => at(i)) }],
        ];
      }),
    );
  }
}

/** What a mask of this name says by convention; by what was tried where there is none. */
function asNamed({ name, elementType }: ValueInfo, mask: MaskValues): MaskValues {
  const hasConvention = hidesWithZero(name) && !floatTypes.has(elementType);
  return hasConvention ? { visible: 1, hidden: 0, known: 'name' } : mask;
}

function joined(feeds: readonly (Feed | undefined)[]): Feed {
  const rows = feeds.flatMap(feed => [...((feed?.data as BigInt64Array | undefined) ?? [])]);
  return {
    dims: [feeds.length, ...(feeds[0]?.dims.slice(1) ?? [])],
    data: BigInt64Array.from(rows),
  };
}
