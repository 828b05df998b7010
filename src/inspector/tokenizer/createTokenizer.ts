import type { TokenizedText } from '../../protocol/tokens';
import type { TokenTrace } from '../../protocol/tokenTrace';
import { readAddedTokens, type AddedToken } from './addedTokens/addedToken';
import { buildTrie } from './addedTokens/splitAddedTokens';
import { AlignedText } from './alignedText';
import type { EncodedToken } from './encodedToken';
import { Fields } from './fields';
import { createModel } from './model/createModel';
import { createNormalizers } from './normalizer/createNormalizer';
import { encodeText, normalizeText, type Components } from './pipeline';
import { createPostProcessors } from './postProcessor/createPostProcessor';
import { createPreTokenizers } from './preTokenizer/createPreTokenizer';
import { readableTokens } from './readableTokens';
import { TimeBound } from './timeBound';
import { originsAfter, traceText } from './traceTokens';
import { overflowOf, truncate, type TruncationSide } from './truncate';
import type { AlignedTokenizer, ChatTemplates, EncodeOptions } from './types';

/**
 * Builds a tokenizer from the parsed tokenizer.json and tokenizer_config.json of a model.
 * @throws InspectorError `tokenizer-broken` with the reason when it cannot be used.
 */
export function createTokenizer(
  json: unknown,
  config: unknown = {},
  options: TokenizerOptions = {},
): AlignedTokenizer {
  return new PipelineTokenizer(
    Fields.from(json, 'tokenizer'),
    Fields.from(config, 'tokenizer_config'),
    options,
    new TimeBound(options.timeLimitMs),
  );
}

/** What is known of a tokenizer beside its file and its settings. */
export interface TokenizerOptions {
  readonly timeLimitMs?: number;
  readonly source?: string;
  readonly chat?: ChatTemplates | undefined;
}

class PipelineTokenizer implements AlignedTokenizer {
  readonly kind: string;
  readonly vocabularySize: number;
  readonly source: string;
  readonly chat?: ChatTemplates;
  private readonly components: Components;
  private readonly spellings: ReadonlyMap<number, string>;
  private readonly side: TruncationSide;

  constructor(
    fields: Fields,
    config: Fields,
    { source = 'tokenizer.json', chat }: TokenizerOptions,
    private readonly time: TimeBound,
  ) {
    this.source = source;
    if (chat) this.chat = chat;
    const model = createModel(fields.raw('model'));
    const addedTokens = readAddedTokens(fields, model.ids);
    const normalizers = createNormalizers(fields.raw('normalizer'));
    const normalized = (content: string): string =>
      this.time.run(content.length, enter =>
        normalizeText({ normalizers }, AlignedText.from(content), { enter }),
      ).text;
    this.components = {
      model,
      normalizers,
      preTokenizers: createPreTokenizers(fields.raw('pre_tokenizer')),
      postProcessors: createPostProcessors(fields.raw('post_processor')),
      addedTokens: buildTrie(spellings(addedTokens, false, content => content)),
      normalizedAddedTokens: buildTrie(spellings(addedTokens, true, normalized)),
    };
    this.kind = model.kind;
    this.vocabularySize = 1 + maximum([...model.ids.values(), ...addedTokens.map(({ id }) => id)]);
    this.spellings = new Map([
      ...[...model.ids].map(([token, id]) => [id, token] as const),
      ...addedTokens.map(({ id, content }) => [id, content] as const),
    ]);
    this.side = config.choice('truncation_side', ['left', 'right'], cutSide(fields));
  }

  encode(text: string, options: EncodeOptions = {}): TokenizedText {
    const { maximumTokens = Infinity, pair, addSpecialTokens = true } = options;
    const sources = pair === undefined ? [text] : [text, pair];
    const units = text.length + (pair?.length ?? 0);
    const texts = this.time.run(units, enter =>
      sources.map((source, i) => encodeText(this.components, source, i, { enter })),
    );
    const added = addSpecialTokens ? this.addedCount(sources.length > 1) : 0;
    const total = texts.reduce((sum, tokens) => sum + tokens.length, added);
    const isCut = total > maximumTokens;
    const kept = isCut ? truncate(texts, maximumTokens, added, this.side) : texts;
    const tokens = this.postProcess(kept, sources, addSpecialTokens).slice(0, maximumTokens);
    return {
      tokens: readableTokens(tokens, sources),
      total,
      ...(isCut ? { overflow: overflowOf(texts, kept, this.side) } : {}),
    };
  }

  tokenOf(id: number): string | undefined {
    return this.spellings.get(id);
  }

  trace(text: string, { addSpecialTokens = true }: EncodeOptions = {}): TokenTrace {
    const traced = this.time.run(text.length, enter => traceText(this.components, text, enter));
    const tokens = this.postProcess([traced.tokens], [text], addSpecialTokens);
    return {
      source: this.source,
      sections: traced.sections,
      tokens: readableTokens(tokens, [text]),
      origins: originsAfter(this.components, tokens, traced.origins),
    };
  }

  private addedCount(isPair: boolean): number {
    return this.components.postProcessors.reduce((sum, each) => sum + each.addedCount(isPair), 0);
  }

  private postProcess(
    texts: readonly (readonly EncodedToken[])[],
    sources: readonly string[],
    addSpecialTokens: boolean,
  ): EncodedToken[] {
    return this.components.postProcessors
      .reduce((current, each) => each.process(current, sources, addSpecialTokens), texts)
      .flat();
  }
}

/** The end that tokenizer.json itself cuts off; the right one where it does not cut. */
function cutSide(fields: Fields): TruncationSide {
  if (fields.raw('truncation') === undefined) return 'right';
  const direction = fields.object('truncation').choice('direction', ['Left', 'Right'], 'Right');
  return direction === 'Left' ? 'left' : 'right';
}

/** Added tokens with the spelling by which they are looked for. */
function spellings(
  tokens: readonly AddedToken[],
  normalized: boolean,
  spelling: (content: string) => string,
): (readonly [string, AddedToken])[] {
  return tokens
    .filter(token => token.normalized === normalized)
    .map(token => [spelling(token.content), token]);
}

function maximum(values: readonly number[]): number {
  let largest = 0;
  for (const value of values) if (value > largest) largest = value;
  return largest;
}
