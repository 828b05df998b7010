import type { GivenFeeds, ModelCard } from '../../protocol/model';
import type { Token } from '../../protocol/tokens';
import type { InstrumentedModel } from '../model/instrumentedModel';
import type { Feed, Feeds } from '../model/run';
import { plainName } from '../onnx/graph/inputRoles';
import type { StackTokens } from './modelInput';

/** What tells segments of a text apart; tasks and languages are told apart by inputs like it. */
const SEGMENTS = /^(token_type|segment)/;

/**
 * The segment of each token of a pair (`token_type_ids`), for a model that reads them; nothing for a
 * single text, or where people say what the input is fed.
 */
export function segmentFeeds(
  { inputs }: Pick<InstrumentedModel, 'inputs'>,
  tokens: StackTokens,
  wanted: GivenFeeds = {},
): Feeds {
  const read = tokens.encoder ?? tokens.decoder ?? [];
  if (!read.some(({ typeId }) => typeId !== undefined)) return {};
  const axes = inputs.find(({ role }) => role === 'tokens')?.axes;
  const segments = inputs.filter(
    ({ role, name }) =>
      role === 'segments' && SEGMENTS.test(plainName(name)) && wanted[name] === undefined,
  );
  return Object.fromEntries(segments.map(({ name }) => [name, feedOf(read, axes)]));
}

/** A card that says so of such inputs. */
export function withSegments(card: ModelCard, segments: Feeds): ModelCard {
  if (!card.inputs || Object.keys(segments).length === 0) return card;
  return {
    ...card,
    inputs: card.inputs.map(input =>
      segments[input.name]
        ? { ...input, fed: 'the segment of each token', why: 'the text is a pair' }
        : input,
    ),
  };
}

function feedOf(tokens: readonly Token[], axes: 'sequenceFirst' | 'sequence' | undefined): Feed {
  const { length } = tokens;
  const dims = { sequence: [length], sequenceFirst: [length, 1], batchFirst: [1, length] };
  return {
    dims: dims[axes ?? 'batchFirst'],
    data: BigInt64Array.from(tokens, ({ typeId = 0 }) => BigInt(typeId)),
  };
}
