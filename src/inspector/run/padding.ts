import type { MaskChange } from '../../protocol/change';
import { MOST_PADDING } from '../../protocol/change';
import { InspectorError } from '../../protocol/errors';
import type { Token } from '../../protocol/tokens';
import { paddingToken } from '../huggingface/specialTokens';
import { maskDims, maskFeed } from '../model/inputs/defaultFeeds';
import type { GraphInput, InstrumentedModel } from '../model/instrumentedModel';
import type { Feeds } from '../model/run';
import { plainName } from '../onnx/graph/inputRoles';
import { modelFolder } from '../source/source';
import type { AlignedTokenizer } from '../tokenizer/types';
import { specialToken } from './modelInput';

type Padding = Extract<MaskChange, { kind: 'padding' }>;

/** The tokens of a text with padding on one side. @throws InspectorError `inputs-wrong` */
export async function padded(
  { card }: InstrumentedModel,
  tokenizer: AlignedTokenizer,
  tokens: readonly Token[],
  { side, count }: Padding,
): Promise<readonly Token[]> {
  if (!Number.isInteger(count) || count < 1 || count > MOST_PADDING) {
    throw wrong(`Padding takes 1 to ${MOST_PADDING} tokens, not ${count}.`);
  }
  const { name, maximumPositions = Infinity } = card;
  if (tokens.length + count > maximumPositions) {
    throw wrong(
      `${tokens.length} tokens and ${count} of padding are more than the ${maximumPositions} that ${name} has room for: use less padding or a shorter text.`,
    );
  }
  const id = await paddingToken(await modelFolder(card.path), tokenizer);
  if (id === undefined) {
    throw wrong(
      `${name} has no padding token: name one as pad_token in tokenizer_config.json, or as pad_token_id in config.json.`,
    );
  }
  const padding = Array.from({ length: count }, () => specialToken(tokenizer, id));
  const whole = side === 'left' ? [...padding, ...tokens] : [...tokens, ...padding];
  return whole.map((token, index) => ({ ...token, index }));
}

/**
 * An attention mask that hides the padding; none where the padding stays visible.
 * @param length of the padded text
 * @throws InspectorError `inputs-wrong`
 */
export function paddingMask(
  { card, inputs }: Pick<InstrumentedModel, 'card' | 'inputs'>,
  length: number,
  { side, count, unmasked }: Padding,
): Feeds {
  if (unmasked) return {};
  const input = maskInput({ inputs });
  if (!input?.mask) {
    throw wrong(
      `${card.name} has no input for an attention mask, so its padding cannot be hidden: leave the padding unmasked, or export the model with attention_mask as an input.`,
    );
  }
  const isVisible = (_: number, token: number) =>
    side === 'left' ? token >= count : token < length - count;
  const dims = maskDims(input.info, 1, length);
  return { [input.name]: maskFeed(input.info, input.mask, dims, isVisible) };
}

/** The input that hides tokens of what the first stack reads; undefined where a model has none. */
export function maskInput({ inputs }: Pick<InstrumentedModel, 'inputs'>): GraphInput | undefined {
  const masks = inputs.filter(({ mask, name }) => mask && !/^decoder_/.test(name));
  return masks.find(({ name }) => plainName(name) === 'attention_mask') ?? masks[0];
}

function wrong(message: string): InspectorError {
  return new InspectorError('inputs-wrong', message);
}
