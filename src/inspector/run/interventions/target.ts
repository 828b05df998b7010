import { InspectorError } from '../../../protocol/errors';
import type { Intervention, Place, Point } from '../../../protocol/intervention';
import {
  layerCount,
  type AttentionSite,
  type ModelCard,
  type Stack,
} from '../../../protocol/model';
import type { Token } from '../../../protocol/tokens';
import { keyHeadOf } from '../../attention/scores';
import type { PointAt } from '../../model/run';
import { whyMissing } from '../../model/points';
import type { GraphPoint } from '../../onnx/stream/points/point';
import type { StackTokens } from '../modelInput';

/** Maps of longer texts take gigabytes: one number for each pair of tokens. */
const MOST_TOKENS = 4096;

/** What an intervention changes: in each of its layers the same heads, rows and keys. */
export interface Target {
  readonly at: PointAt;
  /** Absent for states. */
  readonly site?: AttentionSite;
  /** Heads that the numbers have, and which of them are changed; states have one. */
  readonly heads: number;
  readonly chosenHeads: readonly number[];
  /** Tokens that rows are of, and which are changed. */
  readonly rows: number;
  readonly chosenRows: readonly number[];
  /** Of maps alone: keys, and which are changed. */
  readonly keys?: number;
  readonly chosenKeys?: readonly number[];
}

export function isMap(point: Point): point is 'maskedScores' | 'weights' {
  return point === 'maskedScores' || point === 'weights';
}

/** The stack that a place is in: the one with the output when it names none. */
export function stackOf({ stacks }: Pick<ModelCard, 'stacks'>, { stack }: Place): Stack {
  const own = stack ?? stacks.at(-1) ?? 'encoder';
  if (stacks.includes(own)) return own;
  throw wrong(`This model has no ${own}: its stack is the ${stacks.join(' and the ')}.`);
}

/**
 * What an intervention changes in a text, layer by layer; nothing where its conditions hold nowhere.
 * @param sites of the model as the run has them
 * @throws InspectorError `inputs-wrong`
 */
export function targetsOf(
  card: ModelCard,
  sites: readonly AttentionSite[],
  tokens: StackTokens,
  { at, only }: Pick<Intervention, 'at' | 'only'>,
): readonly Target[] {
  const { point } = at;
  if (point === 'token') return [];
  const stack = stackOf(card, at);
  const range = only?.layers;
  const layers = layersOf(card, stack, at, point).filter(
    layer => !range || (layer >= range[0] && layer <= range[1]),
  );
  return layers.map(layer => targetIn(sites, tokens, { at, only }, stack, layer, point));
}

/** Rows of a stack's tokens that a place names and where its conditions hold. */
export function chosenTokens(
  tokens: readonly Token[],
  { at, only }: Pick<Intervention, 'at' | 'only'>,
): readonly number[] {
  const all = checked(at.tokens, tokens.length, 'token', 'this text');
  const { token, positions } = only ?? {};
  return all.filter(
    i =>
      (token === undefined || tokens[i]?.text === token) &&
      (!positions || (i >= positions[0] && i <= positions[1])),
  );
}

function targetIn(
  sites: readonly AttentionSite[],
  tokens: StackTokens,
  intervention: { readonly at: Place; readonly only: Intervention['only'] },
  stack: Stack,
  layer: number,
  point: GraphPoint,
): Target {
  const { at } = intervention;
  const isAttention = point !== 'residual' && point !== 'feedForwardOutput';
  const kind = at.kind ?? 'self';
  const place: PointAt = { stack, layer, point, ...(isAttention ? { kind } : {}) };
  const isOfMemory = kind === 'cross' && (point === 'key' || point === 'value');
  const rowTokens = tokens[isOfMemory ? 'encoder' : stack] ?? [];
  const rows = rowTokens.length;
  const chosenRows = chosenTokens(rowTokens, {
    at,
    ...(intervention.only ? { only: intervention.only } : {}),
  });
  if (at.keys && !isMap(point)) {
    throw wrong(
      `Keys are named for masked scores and weights; tokens say where the ${point} is changed.`,
    );
  }
  const site = sites.find(one => one.stack === stack && one.layer === layer && one.kind === kind);
  if (!isAttention || point === 'attentionOutput' || !site) {
    if (at.heads) throw wrong(`The ${point} is of no one head: name none.`);
    return { at: place, heads: 1, chosenHeads: [0], rows, chosenRows };
  }
  const queryHeads = checked(at.heads, site.heads, 'head', `layer ${layer}`);
  const isOfKeys = point === 'key' || point === 'value';
  const ofHead = (head: number) => (isOfKeys ? keyHeadOf(site, head) : head);
  const common = {
    at: place,
    site,
    heads: isOfKeys ? site.keyHeads : site.heads,
    chosenHeads: [...new Set(queryHeads.map(ofHead))],
    rows,
    chosenRows,
  };
  if (!isMap(point)) return common;
  const keys = tokens[kind === 'cross' ? 'encoder' : stack]?.length ?? 0;
  if (Math.max(rows, keys) > MOST_TOKENS) {
    throw wrong(
      `Scores and weights can be changed for up to ${MOST_TOKENS.toLocaleString('en')} tokens: choose a shorter text.`,
    );
  }
  return { ...common, keys, chosenKeys: checked(at.keys, keys, 'key', 'this text') };
}

/** Layers that a place names, or all in which the model can be changed there. */
function layersOf(card: ModelCard, stack: Stack, at: Place, point: GraphPoint): readonly number[] {
  const kind = at.kind ?? 'self';
  const count = layerCount(card, stack);
  if (at.layer !== undefined && at.layers) throw wrong('Name one layer or a range, not both.');
  const isNamed = at.layer !== undefined || at.layers !== undefined;
  const [first, last] = at.layers ?? [at.layer ?? 0, at.layer ?? count - 1];
  if (last < first) throw wrong(`The layers ${first} to ${last} are none: name the lower first.`);
  if (last >= count) {
    throw wrong(`The ${stack} has the layers 0 to ${count - 1}: there is no layer ${last}.`);
  }
  const all = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const reasons = all.map(layer => whyMissing(card, { stack, layer, point, kind }));
  const [reason] = reasons.filter(one => one !== undefined);
  const open = all.filter((_, i) => reasons[i] === undefined);
  if (reason !== undefined && (isNamed || open.length === 0)) throw wrong(reason);
  return open;
}

function checked(
  named: readonly number[] | undefined,
  count: number,
  what: string,
  where: string,
): readonly number[] {
  if (!named) return Array.from({ length: count }, (_, i) => i);
  const none = named.find(i => i >= count);
  if (none !== undefined) {
    throw wrong(`There is no ${what} ${none} in ${where}, which has ${count}, 0 to ${count - 1}.`);
  }
  return [...new Set(named)];
}

export function wrong(message: string): InspectorError {
  return new InspectorError('inputs-wrong', message);
}
