import type { AttentionSite } from '../../protocol/model';
import type { SiteCapture } from '../model/run';
import { causalMask } from './causalMask';
import { causalStack, expectedWindow } from './configuration';
import { layersOf, shown, type Rule, type Subject } from './rule';
import { outputOf } from './runs';

/** Weights up to here are rounding of a blocked key. */
const BLOCKED = 1e-6;
/** Weights up to here are none on a query's own key. */
const NOTHING = 1e-7;
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
  const { sites } = await runs.text();
  const own = sites.filter(
    ({ site, weights }) => site.kind === 'self' && site.stack === stack && weights,
  );
  return own.length > 0 ? own : 'No self-attention of the model can be shown.';
}

/** The largest weight among the pairs of a query and a key that are asked for. */
function largestWeight({ weights }: SiteCapture, isAsked: (query: number, key: number) => boolean) {
  const [, , queries = 1, keys = 1] = weights?.dims ?? [];
  return (weights?.data ?? new Float32Array()).reduce((most, weight, i) => {
    const isTaken = weight > most && isAsked(Math.floor(i / keys) % queries, i % keys);
    return isTaken ? weight : most;
  }, 0);
}

/** How far outputs before the last token move with it, of the largest; NaN counts as infinite. */
async function movedBefore({ runs }: Subject): Promise<number> {
  const [text, changed] = [outputOf(await runs.text()), outputOf(await runs.lastChanged())];
  const [, tokens = 1, width = 1] = text?.dims ?? [];
  let [moved, largest] = [0, 0];
  for (let i = 0; i < (tokens - 1) * width; i++) {
    const value = text?.data[i] ?? NaN;
    const difference = Math.abs(value - (changed?.data[i] ?? NaN));
    largest = Math.max(largest, Math.abs(value));
    moved = difference <= moved ? moved : Number.isNaN(difference) ? Infinity : difference;
  }
  return moved === 0 ? 0 : moved / largest;
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

/** Rules about what the masks let through. */
export const maskRules: readonly Rule[] = [
  {
    code: 'window-mismatch',
    measured: 'keys that a query sees beside sliding_window of its layer',
    limit: 'equal',
    cause: 'The export dropped the sliding window, or has another one.',
    remedy: 'Export with the attention implementation that applies the window of every layer.',
    wrongFor: 'windows that are longer than the made-up text of the check, which are not reported',
    async check({ model: { card }, config }) {
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
      const place = { stack: first.stack, layer: first.layer };
      return [
        { severity: 'error', place, measure: Number.isFinite(measure) ? measure : 0, sentence },
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
      const leaks = sites
        .map(site => ({ site: site.site, most: largestWeight(site, (query, key) => key > query) }))
        .filter(({ most }) => most > BLOCKED);
      const [first] = leaks;
      if (!first) return [];
      const moved = await movedBefore(subject);
      if (!(moved > MOVED)) return [];
      const most = Math.max(...leaks.map(leak => leak.most));
      const sentence = `Queries of ${layersOf(leaks.map(({ site }) => site.layer))} put up to ${shown(most)} of their weight on later tokens, and outputs before the last token move by ${shown(moved)} of the largest with it.`;
      const place = { stack: first.site.stack, layer: first.site.layer };
      const impose = causalMask(
        subject,
        leaks.map(({ site }) => site),
      );
      return [{ severity: 'error', place, measure: moved, sentence, ...impose }];
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
      const blocked = sites.filter(
        site => largestWeight(site, (query, key) => query > 0 && key === query) < NOTHING,
      );
      const [first] = blocked;
      if (!first) return [];
      const { stack, layer } = first.site;
      const layers = layersOf(blocked.map(({ site }) => site.layer));
      const sentence = `No query of ${layers} gives its own token any weight.`;
      return [{ severity: 'error', place: { stack, layer }, measure: 0, sentence }];
    },
  },
];
