import { InspectorError } from '../../protocol/errors';
import type { Token, TokenizedText } from '../../protocol/tokens';
import { readAddedTokens, type AddedToken } from './addedTokens/addedToken';
import { buildTrie } from './addedTokens/splitAddedTokens';
import { AlignedText } from './alignedText';
import { boundedRun, TimeLimitError } from './boundedRun';
import type { EncodedToken } from './encodedToken';
import { Fields } from './fields';
import { createModel } from './model/createModel';
import { createNormalizers } from './normalizer/createNormalizer';
import { encodeText, normalizeText, type Components, type StageObserver } from './pipeline';
import { createPostProcessors } from './postProcessor/createPostProcessor';
import { createPreTokenizers } from './preTokenizer/createPreTokenizer';
import { truncate, type TruncationSide } from './truncate';
import type { AlignedTokenizer, EncodeOptions } from './types';

/** A text of a million characters takes seconds; what takes longer than this will not end. */
const TIME_LIMIT_MS = 30_000;

/**
 * Builds a tokenizer from the parsed tokenizer.json and tokenizer_config.json of a model.
 * @throws InspectorError `tokenizer-broken` with the reason when it cannot be used.
 */
export function createTokenizer(
  json: unknown,
  config: unknown = {},
  options: { readonly timeLimitMs?: number } = {},
): AlignedTokenizer {
  return new PipelineTokenizer(
    Fields.from(json, 'tokenizer'),
    Fields.from(config ?? {}, 'tokenizer_config'),
    options.timeLimitMs ?? TIME_LIMIT_MS,
  );
}

class PipelineTokenizer implements AlignedTokenizer {
  readonly kind: string;
  readonly vocabularySize: number;
  private readonly components: Components;
  private readonly side: TruncationSide;

  constructor(
    fields: Fields,
    config: Fields,
    private readonly timeLimitMs: number,
  ) {
    const model = createModel(fields.raw('model'));
    const addedTokens = readAddedTokens(fields, model.ids);
    const normalizers = createNormalizers(fields.raw('normalizer'));
    const components = {
      model,
      normalizers,
      preTokenizers: createPreTokenizers(fields.raw('pre_tokenizer')),
      postProcessors: createPostProcessors(fields.raw('post_processor')),
      addedTokens: buildTrie(spellings(addedTokens, false, content => content)),
    };
    const normalized = (content: string): string =>
      this.bounded(watch => normalizeText(components, AlignedText.from(content), watch)).text;
    this.components = {
      ...components,
      normalizedAddedTokens: buildTrie(spellings(addedTokens, true, normalized)),
    };
    this.kind = model.kind;
    this.vocabularySize = 1 + maximum([...model.ids.values(), ...addedTokens.map(({ id }) => id)]);
    this.side = config.choice('truncation_side', ['left', 'right'], 'right');
  }

  encode(text: string, options: EncodeOptions = {}): TokenizedText {
    const sources = options.pair === undefined ? [text] : [text, options.pair];
    return this.bounded(observer => {
      const texts = sources.map((source, i) => encodeText(this.components, source, i, observer));
      return this.finish(texts, sources, options);
    });
  }

  /** Cuts to the limit and adds the special tokens. */
  private finish(
    texts: readonly (readonly EncodedToken[])[],
    sources: readonly string[],
    options: EncodeOptions,
  ): TokenizedText {
    const { maximumTokens = Infinity, addSpecialTokens = true } = options;
    const { postProcessors } = this.components;
    const added = addSpecialTokens
      ? postProcessors.reduce((sum, each) => sum + each.addedCount(texts.length > 1), 0)
      : 0;
    const total = added + texts.reduce((sum, tokens) => sum + tokens.length, 0);
    let current =
      total > maximumTokens
        ? truncate(texts, Math.max(0, maximumTokens - added), this.side)
        : texts;
    for (const processor of postProcessors) {
      current = processor.process(current, sources, addSpecialTokens);
    }
    const tokens = current.flat().slice(0, maximumTokens);
    return { tokens: tokens.map((token, index) => readable(token, index, sources)), total };
  }

  /** Runs `work` within the time limit; the error names the component that was at work. */
  private bounded<T>(work: (observer: StageObserver) => T): T {
    let current = '';
    try {
      return boundedRun(() => work({ enter: stage => (current = stage) }), this.timeLimitMs);
    } catch (error) {
      if (!(error instanceof TimeLimitError)) throw error;
      throw new InspectorError(
        'tokenizer-broken',
        `This model’s tokenizer was stopped after ${this.timeLimitMs / 1000} s in its ${current}: on this text it may never end.`,
        { cause: error },
      );
    }
  }
}

function* spellings(
  tokens: readonly AddedToken[],
  normalized: boolean,
  spelling: (content: string) => string,
): Generator<readonly [string, AddedToken]> {
  for (const token of tokens) {
    if (token.normalized === normalized) yield [spelling(token.content), token];
  }
}

function maximum(values: readonly number[]): number {
  let largest = 0;
  for (const value of values) if (value > largest) largest = value;
  return largest;
}

function readable(token: EncodedToken, index: number, sources: readonly string[]): Token {
  const { id, start, end, special, unknown, continues, sequence, typeId } = token;
  const characters = (sources[sequence ?? 0] ?? '').slice(start, end);
  const text = characters === '' && special ? token.token : characters;
  const result = { index, id, token: token.token, text, start, end, special, unknown, continues };
  return sources.length === 1
    ? result
    : { ...result, typeId, ...(sequence === undefined ? {} : { sequence }) };
}
