import * as v from 'valibot';
import type { CaptureSummary } from '../../protocol/capture';
import {
  changeOf,
  changesOf,
  changesSchema,
  maskOf,
  maskSchema,
  orderOf,
} from '../../protocol/change';
import { POINTS } from '../../protocol/intervention';
import { NAMED_FAULTS } from '../../protocol/model';
import { parseBounded, type JsonBounds, type Fail } from '../files/boundedJson';
import { checkTokens, readTextFields, storedToken } from './storedText';
import { siteSourceSchema } from '../../protocol/source';
import { isPermutation } from '../../protocol/tokens';

/** The file's metadata entry that holds the summary. */
export const SUMMARY_KEY = 'attention_debugger';
const VERSION = 1;
/** Most tokens of one stack that a file may tell of. */
export const MOST_TOKENS = 2 ** 17;
/** Most heads of one block, layers without them counted: the largest models have 16,128. */
export const MOST_HEADS = 2 ** 15;

/** Most layers, attentions or inputs of a model. */
export const MOST_SITES = 4096;

/** Most experts of one layer. */
export const MOST_EXPERTS = 2 ** 16;

/** The longest text that is read has a dozen values a token in each of two stacks. */
const SUMMARY_BOUNDS: JsonBounds = { depth: 16, values: 4e6 };

/** A summary without what only the process that reads it can know. */
export type StoredSummary = Omit<CaptureSummary, 'id' | 'sites' | 'file'>;

const index = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const size = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const number = v.pipe(v.number(), v.finite());
/** JSON has no NaN and writes null: sites that were refused may have no scale. */
const numberOrNaN = v.pipe(
  v.nullable(number),
  v.transform(value => value ?? NaN),
);
const stack = v.picklist(['encoder', 'decoder']);
const optional = v.exactOptional;

const check = v.variant('result', [
  v.object({ result: v.literal('exact'), worst: numberOrNaN }),
  v.object({
    result: v.literal('approximate'),
    worst: numberOrNaN,
    reason: v.string(),
    fault: optional(v.picklist(NAMED_FAULTS)),
  }),
  v.object({ result: v.literal('refused'), reason: v.string() }),
]);

const mask = v.variant('kind', [
  v.object({ kind: v.literal('bidirectional') }),
  v.object({ kind: v.literal('causal'), excludesSelf: optional(v.literal(true)) }),
  v.object({ kind: v.literal('window'), before: index, after: index }),
]);

const positional = v.variant('kind', [
  v.object({
    kind: v.literal('rotary'),
    base: optional(number),
    rotaryDim: optional(size),
  }),
  v.object({ kind: v.literal('learned'), positions: optional(size) }),
  v.object({ kind: v.literal('sinusoidal') }),
  v.object({
    kind: v.literal('relativeBias'),
    buckets: optional(size),
    maxDistance: optional(size),
  }),
  v.object({ kind: v.literal('alibi'), slopes: optional(v.array(number)) }),
  v.object({ kind: v.literal('none') }),
  v.object({ kind: v.literal('unknown') }),
]);

const site = v.object({
  stack,
  kind: v.picklist(['self', 'cross']),
  layer: index,
  heads: index,
  keyHeads: index,
  headDim: index,
  scale: numberOrNaN,
  mask,
  maskSeenUpTo: optional(index),
  positional,
  softCap: optional(number),
  sink: optional(v.picklist(['learned', 'one'])),
  gate: optional(v.picklist(['eachHead', 'eachNumber'])),
  check,
  graph: v.object({
    operator: v.string(),
    node: v.string(),
    weights: optional(v.string()),
    query: optional(v.string()),
    key: optional(v.string()),
    value: optional(v.string()),
  }),
  source: optional(siteSourceSchema),
});

const effective = v.object({
  heads: v.pipe(index, v.maxValue(MOST_HEADS)),
  valueHeads: v.pipe(index, v.maxValue(MOST_HEADS)),
  operator: v.string(),
  node: v.string(),
  convolution: optional(v.string()),
  check,
});

/** Two stacks, and two kinds of attention, have so many places to be changed at. */
const MOST_POINTS = 4 * POINTS.length;
const layerNumbers = v.pipe(v.array(index), v.maxLength(MOST_SITES));
const points = v.object({
  stack,
  kind: optional(v.picklist(['self', 'cross'])),
  point: v.picklist(POINTS),
  layers: layerNumbers,
  missing: optional(
    v.pipe(v.array(v.object({ layer: index, reason: v.string() })), v.maxLength(MOST_SITES)),
  ),
});

const layerTotal = v.pipe(index, v.maxValue(MOST_SITES));

const input = v.object({
  name: v.string(),
  type: v.string(),
  shape: optional(v.array(v.nullable(v.union([index, v.string()])))),
  fed: v.string(),
  isText: optional(v.boolean()),
  why: v.string(),
});

const model = v.object({
  path: v.string(),
  name: v.string(),
  architecture: v.string(),
  stacks: v.pipe(v.array(stack), v.minLength(1), v.maxLength(2)),
  sites: v.pipe(v.array(site), v.maxLength(MOST_SITES)),
  layers: optional(v.object({ encoder: optional(layerTotal), decoder: optional(layerTotal) })),
  withoutAttention: optional(
    v.pipe(
      v.array(
        v.object({ stack, layer: index, instead: v.string(), effective: optional(effective) }),
      ),
      v.maxLength(MOST_SITES),
    ),
  ),
  routers: optional(
    v.pipe(
      v.array(
        v.object({
          stack,
          layer: index,
          experts: v.pipe(index, v.maxValue(MOST_EXPERTS)),
          chosen: index,
          node: v.string(),
          refusal: optional(v.string()),
        }),
      ),
      v.maxLength(MOST_SITES),
    ),
  ),
  inputs: optional(v.pipe(v.array(input), v.maxLength(MOST_SITES))),
  modelDim: index,
  vocabulary: index,
  maximumPositions: optional(size),
  precision: v.picklist(['float32', 'float16', 'bfloat16', 'int8', 'int4', 'mixed']),
  tokenizer: optional(v.string()),
  fileSize: index,
  outputCheck: check,
  points: optional(v.pipe(v.array(points), v.maxLength(MOST_POINTS))),
  notes: v.array(v.string()),
});

const tokens = v.pipe(v.array(storedToken), v.maxLength(MOST_TOKENS));

/** What stood for changes at first, beside `mask`: readers of that time still read it. */
const firstOrder = v.object({
  order: optional(v.pipe(v.array(index), v.maxLength(MOST_TOKENS))),
  positions: v.picklist(['own', 'equal']),
});

const givenFeeds = v.pipe(
  v.record(v.string(), v.union([number, v.pipe(v.array(number), v.maxLength(MOST_TOKENS))])),
  v.check(feeds => Object.keys(feeds).length <= MOST_SITES, 'too many inputs'),
);

const milliseconds = v.pipe(number, v.minValue(0));

const stored = v.object({
  version: v.literal(VERSION),
  summary: v.object({
    model,
    text: v.string(),
    ...readTextFields,
    tokens: v.object({ encoder: optional(tokens), decoder: optional(tokens) }),
    totalTokens: index,
    timings: v.object({
      tokenize: milliseconds,
      load: milliseconds,
      run: milliseconds,
      collect: milliseconds,
    }),
    notes: optional(v.array(v.string())),
    target: optional(v.string()),
    mask: optional(maskSchema),
    order: optional(firstOrder),
    changes: optional(changesSchema),
    continuation: optional(v.pipe(v.array(index), v.maxLength(MOST_TOKENS))),
    feeds: optional(givenFeeds),
  }),
});

/** The summary as the file's metadata holds it. */
export function writeSummary(summary: StoredSummary): string {
  const { model, text, tokens, totalTokens, timings, notes, target } = summary;
  const { changes, continuation, feeds, pair, chat, rendered: shown, templates } = summary;
  const first = { mask: maskOf(summary), order: orderOf(summary) };
  const run = { totalTokens, timings, notes, target, changes, ...first, continuation, feeds };
  const read = { text, pair, chat, rendered: shown, templates };
  const kept = { model, ...read, tokens, ...run };
  return JSON.stringify({ version: VERSION, summary: kept });
}

/** Reads what `writeSummary` wrote; nothing in it is taken for granted. */
export function readSummary(json: string, fail: Fail): StoredSummary {
  const value = parseBounded(json, SUMMARY_BOUNDS, `its “${SUMMARY_KEY}”`, fail);
  const version = v.safeParse(v.object({ version: v.number() }), value);
  if (version.success && version.output.version > VERSION) {
    fail('a later version of Attention Debugger wrote it: update the extension');
  }
  const read = v.safeParse(stored, value, { abortEarly: true });
  if (!read.success) {
    const [issue] = read.issues;
    fail(`its “${SUMMARY_KEY}” is wrong at ${v.getDotPath(issue) ?? 'its root'}: ${issue.message}`);
  }
  const { mask, order, changes: own, ...others } = read.output.summary;
  const changes = own ?? changesOf({ mask, order });
  const summary = { ...others, ...(changes.length > 0 ? { changes } : {}) };
  checkTokens(summary, fail);
  checkOrder(summary, fail);
  checkContinuation(summary, fail);
  checkSites(summary, fail);
  return summary;
}

/** The order names each token that is no padding once. */
function checkOrder(summary: StoredSummary, fail: Fail): void {
  const { tokens, model } = summary;
  const mask = maskOf(summary);
  const change = changeOf(summary, 'order');
  if (!change) return;
  const all = tokens[model.stacks[0] ?? 'encoder']?.length ?? 0;
  const count = all - (mask?.kind === 'padding' ? mask.count : 0);
  if (!isPermutation(change.order, count)) fail(`its order does not name its ${count} tokens once`);
}

/** What was generated is a part of what the last stack read. */
function checkContinuation({ tokens, continuation, model }: StoredSummary, fail: Fail): void {
  if (continuation === undefined) return;
  const ids = new Set(tokens[model.stacks.at(-1) ?? 'encoder']?.map(({ id }) => id));
  const missing = continuation.find(id => !ids.has(id));
  if (missing !== undefined) fail(`none of its tokens is the ${missing} of its continuation`);
}

/** Each attention stands once, and layer numbers leave no room to speak of. */
function checkSites({ model }: StoredSummary, fail: Fail): void {
  const { sites, stacks, layers } = model;
  if (new Set(stacks).size < stacks.length) fail('its model has the same stack twice');
  const seen = new Set<string>();
  for (const { stack, kind, layer } of sites) {
    const name = `${kind}-attention of ${stack} layer ${layer}`;
    if (!stacks.includes(stack)) fail(`its model has no ${stack}, but the ${name}`);
    if (kind === 'cross' && stack === 'encoder') {
      fail(`its model has the ${name}, which has nothing to read`);
    }
    const total = layers?.[stack] ?? sites.length;
    if (layer >= total) fail(`its model has the ${name}, but ${total} layers`);
    if (seen.has(name)) fail(`its model has the ${name} twice`);
    seen.add(name);
  }
}
