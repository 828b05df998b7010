import { InspectorError } from '../../protocol/errors';
import type { Stack } from '../../protocol/model';
import type { Token } from '../../protocol/tokens';
import { decoderStartToken } from '../huggingface/specialTokens';
import type { InstrumentedModel } from '../model/instrumentedModel';
import type { Feed, Feeds } from '../model/run';
import { plainName } from '../onnx/graph/inputRoles';
import { modelFolder } from '../source/source';
import type { AlignedTokenizer } from '../tokenizer/types';

/** The tokens that each stack of a model reads. */
export type StackTokens = { readonly [S in Stack]?: readonly Token[] };

/**
 * Which stack reads what: a model of one stack the text, an encoder–decoder model the text and the
 * target.
 * @throws InspectorError `inputs-wrong`, `model-unsupported`
 */
export async function stackTokens(
  { card }: InstrumentedModel,
  tokenizer: AlignedTokenizer,
  source: readonly Token[],
  target: string,
  maximumTokens: number,
): Promise<StackTokens> {
  const [stack, other] = card.stacks;
  if (other !== undefined) {
    const start = await startToken(await modelFolder(card.path));
    return { encoder: source, decoder: decoderInput(tokenizer, start, target, maximumTokens) };
  }
  if (target !== '') {
    throw new InspectorError(
      'inputs-wrong',
      `${card.name} takes no target: only models with an encoder and a decoder do.`,
    );
  }
  return { [stack ?? 'encoder']: source };
}

/**
 * What the decoder of an encoder–decoder model reads: its start token, then the target shifted right
 * by one, so that position i predicts token i of the target (as Hugging Face's `shift_tokens_right`).
 * Without a target it reads the start token alone.
 */
export function decoderInput(
  tokenizer: AlignedTokenizer,
  start: number,
  target: string,
  maximumTokens: number,
): readonly Token[] {
  const tokens = target === '' ? [] : tokenizer.encode(target, { maximumTokens }).tokens;
  const last = tokens.at(-1);
  const shifted = last?.special ? tokens.slice(0, -1) : tokens;
  return [specialToken(tokenizer, start), ...shifted]
    .slice(0, maximumTokens)
    .map((token, index): Token => ({ ...token, index }));
}

/** The token that a decoder starts with. @throws InspectorError `model-unsupported` */
export async function startToken(folder: string): Promise<number> {
  const start = await decoderStartToken(folder);
  if (start !== undefined) return start;
  throw new InspectorError(
    'model-unsupported',
    'The configuration names no token that the decoder starts with: add decoder_start_token_id to config.json.',
  );
}

/** A token that stands for no character of a text, at the beginning of a sequence. */
export function specialToken(tokenizer: Pick<AlignedTokenizer, 'tokenOf'>, id: number): Token {
  const spelling = tokenizer.tokenOf(id) ?? `#${id}`;
  return {
    index: 0,
    id,
    token: spelling,
    text: spelling,
    start: 0,
    end: 0,
    special: true,
    unknown: false,
    continues: false,
  };
}

/**
 * Token ids `[1, tokens]` by the names that the graph gives its inputs; everything else takes its default.
 * @throws InspectorError `vocabulary-mismatch`, `model-unsupported`
 */
export function tokenFeeds(model: InstrumentedModel, tokens: StackTokens): Feeds {
  const main = tokens.encoder ?? tokens.decoder ?? [];
  const ids = model.inputs.filter(({ role }) => role === 'tokens');
  const source = ids.find(({ name }) => plainName(name) === 'input_ids') ?? ids[0];
  if (!source) {
    throw new InspectorError(
      'model-unsupported',
      `${model.card.name} takes no token ids: none of its inputs is looked up in a table of embeddings. Choose a model that reads text.`,
    );
  }
  const feeds: Record<string, Feed> = { [source.name]: feedOf(model, main) };
  if (tokens.encoder && tokens.decoder) {
    const others = ids.filter(input => input !== source);
    const target = others.find(({ name }) => /^decoder_/.test(plainName(name))) ?? others[0];
    if (!target) {
      throw new InspectorError(
        'model-unsupported',
        `${model.card.name} has a decoder that takes no token ids. Export it with decoder_input_ids as an input.`,
      );
    }
    feeds[target.name] = feedOf(model, tokens.decoder);
  }
  return feeds;
}

function feedOf({ card }: InstrumentedModel, tokens: readonly Token[]): Feed {
  const largest = tokens.reduce((most, { id }) => Math.max(most, id), 0);
  if (card.vocabulary > 0 && largest >= card.vocabulary) {
    const [id, entries] = [largest, card.vocabulary].map(n => n.toLocaleString('en'));
    throw new InspectorError(
      'vocabulary-mismatch',
      `Token id ${id} is outside the model's ${entries} entries: the tokenizer beside ${card.name} belongs to another model. Choose another model, or put its own tokenizer.json there.`,
    );
  }
  return { dims: [1, tokens.length], data: BigInt64Array.from(tokens, ({ id }) => BigInt(id)) };
}
