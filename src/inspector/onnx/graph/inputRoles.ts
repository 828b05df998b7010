import { ElementType, floatTypes, type ValueInfo } from '../file/types';
import type { Constants } from './constants';
import type { GraphIndex } from './graphIndex';
import { inputUse, type InputUse } from './inputUse';
import { otherTexts } from './otherTexts';

/** What an input of the graph is for. */
export type InputRole =
  /** Token ids. */
  | 'tokens'
  /** Says which tokens may be read. */
  | 'mask'
  /** Marks tokens that read everything and are read by all. */
  | 'globalMask'
  /** Position of each token. */
  | 'positions'
  /** Segment, task or language of each token. */
  | 'segments'
  /** How many tokens there are. */
  | 'lengths'
  /** Keys and values of earlier tokens. */
  | 'past'
  /** Embeddings, or the hidden states of another stack. */
  | 'hidden'
  /** Switches between a graph's branches. */
  | 'flag'
  /** A temperature, or a factor per head: 1 changes nothing. */
  | 'factor'
  /** Pixels or sounds: what another tower than that of the text reads. */
  | 'signal'
  /** Pixels whose patches the model is to be shown with. */
  | 'picture'
  /** Token ids that another tower reads than the one that is shown. */
  | 'otherText'
  | 'other';

/** The names that exporters give to the interface of a model; inner names are never read. */
const named: readonly (readonly [RegExp, InputRole])[] = [
  [/^use_cache/, 'flag'],
  [/^(pixel_values|input_features|input_values|audio_values|images?)$/, 'signal'],
  [/head_mask|temperature/, 'factor'],
  [/global_attention/, 'globalMask'],
  [/mask/, 'mask'],
  [/past|cache|present/, 'past'],
  [/seqlens|total_seq|valid_len|seq(uence)?_?len|_lengths?$|^lengths?$/, 'lengths'],
  [/(token|task|sentence|language)_type|segment|task_id|^task|^lang(uage)?(s|_ids?)?$/, 'segments'],
  [/position/, 'positions'],
  [/input_ids$|^tokens$/, 'tokens'],
  [/hidden_states|embeds$/, 'hidden'],
];
/** A table with this many rows at most tells segments, tasks or languages apart, not positions. */
const MOST_SEGMENTS = 16;

/** The name of an input without what TensorFlow adds to it: the output's number and the signature. */
export function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^serving_default_/, '');
}

/** Tells what each input is for, by its name where exporters agree on it, else by how it is used. */
export function inputRoles(index: GraphIndex, constants: Constants): Map<string, InputRole> {
  const inputs = index.graph.inputs.filter(({ name }) => !index.graph.initializers.has(name));
  const uses = new Map(inputs.map(({ name }) => [name, inputUse(name, index, constants)]));
  const roles = new Map<string, InputRole>();
  for (const input of inputs) {
    roles.set(input.name, namedRole(input) ?? usedRole(input, uses.get(input.name)));
  }
  if (![...roles.values()].includes('tokens')) {
    for (const name of unnamedTokens(inputs, roles, uses)) roles.set(name, 'tokens');
  }
  const texts = inputs.filter(({ name }) => roles.get(name) === 'tokens');
  const lookups = inputs
    .filter(input => {
      const { table } = uses.get(input.name) ?? {};
      return table !== undefined && namedRole(input) === undefined && isRowOfIds(input);
    })
    .toSorted((a, b) => (uses.get(b.name)?.rows ?? 0) - (uses.get(a.name)?.rows ?? 0));
  const names = (some: readonly ValueInfo[]) => some.map(({ name }) => name);
  const apart = texts.length > 0 ? otherTexts(index, constants, names(texts), names(lookups)) : [];
  for (const name of apart) roles.set(name, 'tokens');
  return roles;
}

/** Whether an input may hold the ids of a text for each row; a label for each text is none. */
function isRowOfIds({ dims }: ValueInfo): boolean {
  return (dims?.length ?? 2) === 2;
}

/** The input with the largest table, and those that look up the same one. */
function unnamedTokens(
  inputs: readonly ValueInfo[],
  roles: ReadonlyMap<string, InputRole>,
  uses: ReadonlyMap<string, InputUse>,
): readonly string[] {
  const rows = (name: string) => uses.get(name)?.rows ?? 0;
  const ids = inputs
    .map(({ name }) => name)
    .filter(name => ['positions', 'segments'].includes(roles.get(name) ?? '') && rows(name) > 0);
  const [largest] = ids.toSorted((a, b) => rows(b) - rows(a));
  if (largest === undefined) return [];
  const table = uses.get(largest)?.table;
  return ids.filter(name => name === largest || uses.get(name)?.table === table);
}

function namedRole({ name, elementType, dims }: ValueInfo): InputRole | undefined {
  const role = named.find(([pattern]) => pattern.test(plainName(name)))?.[1];
  const isFloat = floatTypes.has(elementType);
  if (role === 'past' || role === 'hidden') return isFloat ? role : 'positions';
  if (role === 'tokens' && isFloat) return 'hidden';
  // One length for each text, or one for all.
  if (role === 'lengths' && (dims?.length ?? 1) > 1) return undefined;
  if (role === 'segments' && isFloat) return undefined;
  return role;
}

function usedRole({ elementType, dims }: ValueInfo, use: InputUse | undefined): InputRole {
  const rank = dims?.length;
  if (floatTypes.has(elementType)) {
    if (use?.isFactor && (rank ?? 3) <= 1) return 'factor';
    if (rank !== undefined && rank <= 1) return 'other';
    if (rank === 2) return dims?.every(dim => typeof dim === 'number') ? 'factor' : 'mask';
    if (use?.isAdded && (rank ?? 3) >= 4) return 'mask';
    return (rank ?? 3) >= 4 ? 'past' : 'hidden';
  }
  if (elementType === ElementType.bool) return rank !== undefined && rank <= 1 ? 'flag' : 'mask';
  if (elementType !== ElementType.int64 && elementType !== ElementType.int32) return 'other';
  const rows = use?.rows ?? 0;
  if (rows > 0) return rows <= MOST_SEGMENTS ? 'segments' : 'positions';
  return rank === 0 ? 'other' : 'mask';
}

/** Whether an input carries what the model is shown to read. */
export function isRead(role: InputRole | undefined): boolean {
  return role === 'tokens' || role === 'hidden' || role === 'picture';
}

/** The roles of a graph that is shown with the patches of a picture in place of a text. */
export function pictureRoles(
  roles: ReadonlyMap<string, InputRole>,
  picture: string,
): Map<string, InputRole> {
  const turned = (name: string, role: InputRole): InputRole =>
    name === picture ? 'picture' : role === 'tokens' || role === 'hidden' ? 'otherText' : role;
  return new Map([...roles].map(([name, role]) => [name, turned(name, role)]));
}
