import { InspectorError } from '../../../protocol/errors';
import type { GivenFeeds } from '../../../protocol/model';
import { ElementType, floatTypes, type ValueInfo } from '../../onnx/file/types';
import type { Analysis } from '../../onnx/graph/analysis';
import { isRead, plainName, type InputRole } from '../../onnx/graph/inputRoles';
import { inputUse } from '../../onnx/graph/inputUse';
import { pastShape, type PastShape } from '../../onnx/graph/pastShape';
import type { Picture } from './picture';

/** What an element of a mask says, or of another input that may hide tokens. */
export interface MaskValues {
  readonly visible: number;
  readonly hidden: number;
  /** How the two were told apart. */
  readonly known: 'name' | 'tried' | 'assumed';
}

/** How a graph wants its token ids: `[tokens, batch]`, or `[tokens]` of one text. */
export type TokenAxes = 'sequenceFirst' | 'sequence';

/** What is known about a graph's inputs. */
export interface InputSignature {
  readonly inputs: readonly ValueInfo[];
  readonly roles: ReadonlyMap<string, InputRole>;
  /** Rows of the token embedding, where it could be found. */
  readonly vocabulary?: number;
  /** Absent where token ids are `[batch, tokens]`. */
  readonly axes?: TokenAxes;
  /** The only number of tokens that the graph takes, by the name of each text for which it is one. */
  readonly lengths: ReadonlyMap<string, number>;
  /** More tokens than this fail, as trying has shown. */
  readonly mostTokens?: number;
  /** Padding at the end of a text can be hidden from its tokens, as trying has shown. */
  readonly hidesPadding?: boolean;
  /** Position of the first token, 0 when absent. */
  readonly firstPosition?: number;
  /** The token that fills a text, 0 when absent. */
  readonly paddingId?: number;
  /** Of masks, of factors, and of inputs that nobody knows. */
  readonly values: ReadonlyMap<string, MaskValues>;
  /** What is known of the past by input, beside its own shape. */
  readonly pasts: ReadonlyMap<string, PastShape>;
  /** What people want inputs to be fed. */
  readonly given?: GivenFeeds;
  /** What the model reads in place of a text. */
  readonly picture?: Picture;
}

/** What a configuration and people tell about the inputs of a model. */
export interface InputOptions {
  /** Position of the first token: RoBERTa and its kin count from after the padding id. */
  readonly firstPosition?: number;
  readonly paddingId?: number;
  /** Width of one head. */
  readonly headDim?: number;
  readonly feeds?: GivenFeeds;
  /** The name under which people feed an input of the graph; its own when absent. */
  readonly nameOutside?: (name: string) => string;
  /** Lengths that are about to be run: tried first where the graph does not take every length. */
  readonly lengths?: readonly number[];
  /** Shapes of what is about to be fed, by the names of the inputs. */
  readonly shapes?: InputShapes;
}

/** Shapes by the names of inputs. */
export type InputShapes = Readonly<Record<string, readonly number[]>>;

/** Names whose masks have ones for the tokens that may be read. */
const KNOWN_MASKS = /^(encoder_|decoder_|cross_)?(attention|attn|input)_?mask$|^mask$/;
/** Added to scores, it hides a key: within what half precision holds, and within float32. */
export const HIDDEN = { half: -6e4, single: -1e9 } as const;

/** What a graph itself tells about its inputs. */
export function signatureOf(
  { model, index, constants, roles }: Analysis,
  vocabulary: number | undefined,
): InputSignature {
  const { graph } = model;
  const inputs = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  const withRole = (role: InputRole) => inputs.filter(({ name }) => roles.get(name) === role);
  const values = (['mask', 'factor', 'other'] as const).flatMap(role =>
    withRole(role).map(input => [input.name, firstGuess(input, role)] as const),
  );
  const pasts = withRole('past')
    .filter(({ dims }) => dims?.length === 4)
    .map(({ name }) => [name, pastShape(name, index, constants)] as const);
  const [ids] = withRole('tokens');
  const axes = ids && axesOf(ids, withRole('past').length > 0);
  const lengths = inputs.flatMap(({ name, dims }) => {
    const length = isTokens(roles.get(name)) ? dims?.[axes ? 0 : 1] : undefined;
    return typeof length === 'number' ? [[name, length] as const] : [];
  });
  const first = ids ? firstPosition(withRole('positions'), index, constants) : 0;
  return {
    inputs,
    roles,
    ...(vocabulary === undefined ? {} : { vocabulary }),
    ...(axes ? { axes } : {}),
    lengths: new Map(lengths),
    ...(first > 0 ? { firstPosition: first } : {}),
    values: new Map(values),
    pasts: new Map(pasts),
  };
}

/**
 * A signature with what the configuration and people add to it.
 * @throws InspectorError `inputs-wrong` for values that no input takes
 */
export function withOptions(
  signature: InputSignature,
  { firstPosition, paddingId, headDim, feeds = {}, nameOutside = same }: InputOptions,
): InputSignature {
  const given = Object.entries(feeds).map(([name, value]) => {
    const input = signature.inputs.find(other => nameOutside(other.name) === name);
    if (!input) throw unknownInput(name, signature, nameOutside);
    checkGiven(input, signature.roles.get(input.name), name, value);
    return [input.name, value] as const;
  });
  const pasts = [...signature.pasts].map(
    ([name, past]) => [name, headDim === undefined ? past : { width: headDim, ...past }] as const,
  );
  return {
    ...signature,
    ...(firstPosition === undefined ? {} : { firstPosition }),
    ...(paddingId === undefined ? {} : { paddingId }),
    pasts: new Map(pasts),
    ...(given.length > 0 ? { given: Object.fromEntries(given) } : {}),
  };
}

/** Whether an input has an axis of tokens: the patches of a picture are none before they are cut out. */
function isTokens(role: InputRole | undefined): boolean {
  return isRead(role) && role !== 'picture';
}

/** Names of the inputs that carry what the model reads; the first is its main text. */
export function textsOf({ inputs, roles }: InputSignature): readonly string[] {
  return inputs.map(({ name }) => name).filter(name => isRead(roles.get(name)));
}

/** The only number of tokens of its main text that a graph takes. */
export function onlyLength(signature: InputSignature): number | undefined {
  return signature.lengths.get(textsOf(signature)[0] ?? '');
}

/** Whether a mask of this name has a 1 for every token that may be read, whatever the graph makes of it. */
export function hidesWithZero(name: string): boolean {
  return KNOWN_MASKS.test(plainName(name));
}

/** Whether an input hides tokens: its name says so, or trying has shown it. */
export function isMask({ roles, values }: InputSignature, name: string): boolean {
  return roles.get(name) === 'mask' || values.get(name)?.known === 'tried';
}

function firstGuess({ name, elementType }: ValueInfo, role: InputRole): MaskValues {
  if (role === 'factor') return { visible: 1, hidden: 0, known: 'name' };
  if (floatTypes.has(elementType)) {
    const hidden = elementType === ElementType.float16 ? HIDDEN.half : HIDDEN.single;
    return { visible: 0, hidden, known: 'assumed' };
  }
  if (role !== 'mask') return { visible: 0, hidden: 1, known: 'assumed' };
  return { visible: 1, hidden: 0, known: hidesWithZero(name) ? 'name' : 'assumed' };
}

/** Which axis of the token ids is the text, as their sizes and the names of them say. */
function axesOf({ dims }: ValueInfo, hasPast: boolean): TokenAxes | undefined {
  if (dims?.length === 1) return 'sequence';
  const [first, second] = dims ?? [];
  // Texts of one token say nothing without a past: this is one text.
  if (second === 1 && typeof first === 'number' && first > 1 && !hasPast) return 'sequenceFirst';
  const isBatch = typeof second === 'string' && /batch|^n$|^b$/i.test(second);
  const isSequence = typeof first === 'string' && /seq|len|tok|time|^[stl]$/i.test(first);
  return isBatch && isSequence ? 'sequenceFirst' : undefined;
}

/** Tables of 2ᵏ + 2 rows are those of models that count from after the padding id 1. */
function firstPosition(
  positions: readonly ValueInfo[],
  index: Analysis['index'],
  constants: Analysis['constants'],
): number {
  const rows = positions.map(({ name }) => inputUse(name, index, constants).rows);
  return rows.some(count => count >= 34 && Number.isInteger(Math.log2(count - 2))) ? 2 : 0;
}

const same = (name: string) => name;

function unknownInput(
  name: string,
  { inputs }: InputSignature,
  nameOutside: (name: string) => string,
): InspectorError {
  const shown = inputs.slice(0, 8).map(input => nameOutside(input.name).slice(0, 32));
  const more = inputs.length > shown.length ? ', …' : '';
  return wrong(
    `The model has no input “${name.slice(0, 80)}”: its inputs are ${shown.join(', ')}${more}.`,
  );
}

function checkGiven(
  input: ValueInfo,
  role: InputRole | undefined,
  name: string,
  value: number | readonly number[],
): void {
  if (isRead(role)) {
    throw wrong(
      `“${name}” is what the model reads, which comes from the text: give another input, or use --inputs.`,
    );
  }
  const numbers = typeof value === 'number' ? [value] : value;
  const isWhole = !floatTypes.has(input.elementType);
  const bad = numbers.find(one => !Number.isFinite(one) || (isWhole && !Number.isInteger(one)));
  if (numbers.length > 0 && bad === undefined) return;
  const kind = isWhole ? 'whole numbers' : 'numbers';
  throw wrong(`The input “${name}” takes ${kind}, not “${bad ?? 'nothing'}”: correct it.`);
}

function wrong(message: string): InspectorError {
  return new InspectorError('inputs-wrong', message);
}
