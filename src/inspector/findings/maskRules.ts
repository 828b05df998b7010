import type { Evidence } from '../../protocol/findings';
import type { AttentionSite, ModelCard } from '../../protocol/model';
import { sameSite, type SiteCapture } from '../model/run';
import { causalStack, expectedWindow } from './configuration';
import { layerBars, mapOf, nodeOf, placeOf } from './evidence';
import { afterWindow, beforeWindow, blocking, LATER } from './impose';
import { outputMoved } from './moved';
import { layersOf, shown, type Rule, type Subject } from './rule';

/** Weights up to here are rounding of a blocked key. */
const BLOCKED = 1e-6;
/** Weights up to here are none on a query's own key. */
const NOTHING = 1e-7;
/** Shorter texts are repeated up to here. */
const ENOUGH = 24;
/** Outputs that move by less, of the largest, are rounding. */
const MOVED = 1e-4;

/** Self-attention of the stack that writes, as the run of the text has it. */
async function causalSites({
  model,
  config,
  runs,
}: Subject): Promise<readonly SiteCapture[] | string> {
  const stack = causalStack(model, config);
  if (stack === undefined)
    return 'The configuration does not say that its tokens see only earlier ones.';
  if ((runs.tokens[stack]?.length ?? 0) < 2) return 'The text has a single token.';
  const { sites } = await runs.text();
  const own = sites.filter(
    ({ site, weights }) => site.kind === 'self' && site.stack === stack && weights,
  );
  return own.length > 0 ? own : 'No self-attention of the model can be shown.';
}

type Pairs = (query: number, key: number) => boolean;

/** The largest weight among the pairs that are asked for, and the head that has it. */
function largestWeight({ weights }: SiteCapture, isAsked: Pairs) {
  const [, , queries = 1, keys = 1] = weights?.dims ?? [];
  let [most, at] = [0, 0];
  for (const [i, weight] of (weights?.data ?? new Float32Array()).entries()) {
    const isTaken = weight > most && isAsked(Math.floor(i / keys) % queries, i % keys);
    if (isTaken) [most, at] = [weight, i];
  }
  return { most, head: Math.floor(at / (queries * keys)) };
}

/** The head of a site that gives pairs most weight, with those framed that have any. */
function leakMap(
  subject: Subject,
  capture: SiteCapture,
  head: number,
  framed: string,
  isAsked: Pairs,
): Evidence {
  const [, , queries = 0, keys = 0] = capture.weights?.dims ?? [];
  const weightOf = (query: number, key: number) =>
    capture.weights?.data[(head * queries + query) * keys + key] ?? 0;
  return mapOf(
    subject,
    capture,
    head,
    framed,
    (query, key) => isAsked(query, key) && weightOf(query, key) > BLOCKED,
  );
}

/**
 * How far outputs before the last token move with it, of the largest. Short texts are repeated: all of one
 * may be the prefix of a prefix language model, whose tokens see each other.
 */
async function movedBefore({ model: { card }, runs }: Subject): Promise<number> {
  const stack = card.stacks.at(-1) ?? 'decoder';
  const length = Math.min(ENOUGH, card.maximumPositions ?? ENOUGH);
  const { source } = runs;
  const isShort = card.stacks.length === 1 && source.length < length;
  const tokens = Array.from({ length }, (_, i) => source[i % source.length] ?? []).flat();
  const [run, changed] = isShort
    ? [
        await runs.ofSource('repeated', tokens),
        await runs.ofSource('repeated, last changed', runs.otherLast(tokens)),
      ]
    : [await runs.text(), await runs.lastChanged()];
  const count = { [stack]: (isShort ? tokens : (runs.tokens[stack] ?? [])).length - 1 };
  return outputMoved(card, { run, row: 0, count }, { run: changed, row: 0 });
}

function windowFault(site: AttentionSite, expected: number | 'none' | undefined): boolean {
  if (site.kind !== 'self' || site.check.result === 'refused' || expected === undefined)
    return false;
  const { mask, maskSeenUpTo = Infinity } = site;
  if (mask.kind === 'window') {
    // A causal mask that lets some later tokens through is no window: its leak is told.
    const isWindow = mask.after === 0 || mask.after === mask.before;
    return expected === 'none' ? isWindow : mask.before !== expected - 1;
  }
  if (expected === 'none') return false;
  return maskSeenUpTo >= expected;
}

/** What gives layers the window that is stated, where they see more; nothing where they see less. */
function narrowed(
  card: ModelCard,
  wrong: readonly AttentionSite[],
  stated: readonly (number | 'none' | undefined)[],
) {
  const windows = wrong.map(site => stated[card.sites.indexOf(site)]);
  const [window] = windows;
  const isWider = wrong.every(
    ({ mask }) => mask.kind !== 'window' || mask.before >= Number(window),
  );
  if (typeof window !== 'number' || !windows.every(one => one === window) || !isWider) return {};
  const name = `Impose a window of ${window} tokens here`;
  const back = blocking(card, name, wrong, beforeWindow(window)).impose;
  const readsAhead = wrong.filter(
    ({ mask }) => mask.kind === 'bidirectional' || (mask.kind === 'window' && mask.after > 0),
  );
  const ahead = readsAhead.length
    ? blocking(card, name, readsAhead, afterWindow(window)).impose?.interventions
    : [];
  return back && ahead
    ? { impose: { name, interventions: [...back.interventions, ...ahead] } }
    : {};
}

/** Rules about what the masks let through. */
export const maskRules: readonly Rule[] = [
  {
    code: 'window-mismatch',
    measured: 'keys that a query sees beside sliding_window of its layer',
    limit: 'equal',
    cause: 'The export dropped the sliding window, or has another one.',
    remedy: 'Export with the attention implementation that applies the window of every layer.',
    wrongFor: 'windows that are longer than the made-up text of the check, which are not reported',
    async check(subject) {
      const { config, runs } = subject;
      const { card } = subject.model;
      const stated = card.sites.map(site => expectedWindow(config, site));
      if (stated.every(one => one === undefined)) return 'The configuration names no window.';
      const wrong = card.sites.filter((site, i) => windowFault(site, stated[i]));
      const [first] = wrong;
      if (!first) return [];
      const expected = expectedWindow(config, first) ?? 'none';
      const reach =
        first.mask.kind === 'window' ? `${first.mask.before + 1} tokens` : 'all earlier tokens';
      const said = expected === 'none' ? 'all earlier tokens' : `${expected} tokens`;
      const sentence = `Queries of ${layersOf(wrong.map(({ layer }) => layer))} see ${reach}, and config.json says ${said}.`;
      const measure = first.mask.kind === 'window' ? first.mask.before + 1 : Infinity;
      const place = placeOf(first);
      const capture = sameSite(await runs.text(), first);
      const beyond: Pairs = (query, key) => Math.abs(key - query) >= Number(expected);
      const { most, head } = capture ? largestWeight(capture, beyond) : { most: 0, head: 0 };
      return [
        {
          severity: 'error',
          place,
          measure: Number.isFinite(measure) ? measure : 0,
          found: reach,
          sentence,
          ...nodeOf(first),
          ...(capture && most > BLOCKED
            ? { evidence: [leakMap(subject, capture, head, 'beyond the window', beyond)] }
            : {}),
          ...narrowed(card, wrong, stated),
        },
      ];
    },
  },
  {
    code: 'future-leak',
    measured: 'outputs before the last token that move with it, of the largest',
    limit: '1e-4, where a weight at key > query is > 1e-6',
    cause: 'The causal mask was lost in the export (is_causal), in all layers or in some.',
    remedy: 'Export again with the causal mask, and check the layers that are named.',
    wrongFor: 'prefix language models, whose earlier outputs do not move with the last token',
    async check(subject) {
      const sites = await causalSites(subject);
      if (typeof sites === 'string') return sites;
      const isLater: Pairs = (query, key) => key > query;
      const each = sites.map(site => ({ ...site, ...largestWeight(site, isLater) }));
      const leaks = each.filter(({ most }) => most > BLOCKED);
      const worst = leaks.toSorted((a, b) => b.most - a.most)[0];
      const [first] = leaks;
      if (!first || !worst) return [];
      const moved = await movedBefore(subject);
      if (!(moved > MOVED)) return [];
      const { most } = worst;
      const sentence = `Queries of ${layersOf(leaks.map(({ site }) => site.layer))} put up to ${shown(most)} of their weight on later tokens, and outputs before the last token move by ${shown(moved)} of the largest with it.`;
      const place = placeOf(first.site);
      return [
        {
          severity: 'error',
          place,
          measure: moved,
          sentence,
          confirmedBy: `up to ${shown(most)} of a row’s weight lies on later tokens`,
          ...nodeOf(first.site),
          evidence: [
            leakMap(subject, worst, worst.head, 'ahead of the query', isLater),
            layerBars(
              'Largest weight ahead, by layer',
              each.map(({ site, most: value }) => ({ site, value, isWrong: value > BLOCKED })),
            ),
          ],
          ...blocking(
            subject.model.card,
            'Impose a causal mask here',
            leaks.map(({ site }) => site),
            LATER,
          ),
        },
      ];
    },
  },
  {
    code: 'self-blocked',
    measured: 'largest weight of a query on its own key',
    limit: '1e-7',
    cause: 'The causal mask is one too strict: it blocks the query’s own key, too.',
    remedy: 'Let the mask block keys after the query only (diagonal 1 of triu).',
    wrongFor: 'no causal model that is known',
    async check(subject) {
      const sites = await causalSites(subject);
      if (typeof sites === 'string') return sites;
      const isOwn: Pairs = (query, key) => query > 0 && key === query;
      const each = sites.map(site => ({ ...site, ...largestWeight(site, isOwn) }));
      const blocked = each.filter(({ most }) => most < NOTHING);
      const [first] = blocked;
      if (!first) return [];
      const layers = layersOf(blocked.map(({ site }) => site.layer));
      const sentence = `No query of ${layers} gives its own token any weight.`;
      return [
        {
          severity: 'error',
          place: placeOf(first.site),
          measure: first.most,
          sentence,
          ...nodeOf(first.site),
          evidence: [
            mapOf(subject, first, 0, 'the query’s own key', isOwn),
            layerBars(
              'Largest weight of a query on itself, by layer',
              each.map(({ site, most }) => ({ site, value: most, isWrong: most < NOTHING })),
            ),
          ],
        },
      ];
    },
  },
];
