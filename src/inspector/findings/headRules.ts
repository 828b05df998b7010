import type { AttentionSite } from '../../protocol/model';
import { norm } from '../attention/outputStage';
import type { Missing, Projection } from '../model/projection';
import type { SiteCapture } from '../model/run';
import { bars, layerName, mapOf, nodeOf, placeOf, tokensOf } from './evidence';
import { shown, type Detail, type Rule } from './rule';

/** Masked scores below this are blocked. */
const BLOCKED = -1e3;
/** Scores of a row that differ by less are the same. */
const SAME_SCORES = 1e-3;
/** A head that adds less, of what the middle one of its layer adds, adds nothing. */
const NOTHING = 1e-5;
/** Weights and outputs of heads that differ by less are the same. */
const SAME_WEIGHTS = 1e-4;
const SAME_OUTPUTS = 1e-3;
/** Mean weight on one key from which a head rests on it. */
const RESTS = 0.42;
/** Queries before this one have few keys to choose from. */
const FIRST_QUERY = 4;
/** More such heads than this are one finding. */
const SINGLE_HEADS = 3;

interface Head {
  readonly site: AttentionSite;
  readonly head: number;
  readonly value: number;
}

const headName = ({ site, head }: Head) =>
  `${site.kind === 'cross' ? 'cross ' : ''}L${site.layer}H${head}`;

/** Heads whose scores are the same for all keys that a query sees, with their widest row. */
function uniformHeads({ site, maskedScores, weights }: SiteCapture): Head[] {
  const [, heads = 0, queries = 0, keys = 0] = maskedScores?.dims ?? [];
  return Array.from({ length: heads }, (_, head) => {
    let widest = 0;
    let seen = 0;
    for (let row = head * queries; row < (head + 1) * queries; row++) {
      let [low, high, count] = [Infinity, -Infinity, 0];
      for (let at = row * keys; at < (row + 1) * keys; at++) {
        const score = maskedScores?.data[at] ?? NaN;
        if (!((weights?.data[at] ?? 0) > 0) || score < BLOCKED) continue;
        [low, high, count] = [Math.min(low, score), Math.max(high, score), count + 1];
      }
      if (count < 2) continue;
      seen++;
      widest = Math.max(widest, high - low);
    }
    return { site, head, value: widest, seen };
  }).filter(({ value, seen }) => seen > 0 && value < SAME_SCORES);
}

/** ‖head outputs‖ · ‖rows of W_O‖ of each head, of the middle head of its layer. */
function contributions(
  { site, headOutput }: SiteCapture,
  projection: Projection | Missing,
): Head[] {
  const [, heads = 0, queries = 1, width = 1] = headOutput?.dims ?? [];
  if (!headOutput || 'missing' in projection) return [];
  const rows = width * projection.modelDim;
  const sizes = Array.from(
    { length: heads },
    (_, head) =>
      norm(headOutput.data.subarray(head * queries * width, (head + 1) * queries * width)) *
      norm(projection.weights.subarray(head * rows, (head + 1) * rows)),
  );
  const middle = sizes.toSorted((a, b) => a - b)[heads >> 1] ?? 0;
  return sizes.map((size, head) => ({ site, head, value: middle > 0 ? size / middle : 1 }));
}

/** Largest difference of two heads in a tensor `[1, heads, rows, columns]`; undefined above a limit. */
function differenceOf(
  tensor: SiteCapture['weights'],
  one: number,
  other: number,
  limitOf: (largest: number) => number,
): number | undefined {
  const [, , rows = 1, columns = 1] = tensor?.dims ?? [];
  const size = rows * columns;
  const of = (head: number) =>
    tensor?.data.subarray(head * size, (head + 1) * size) ?? new Float32Array();
  const [a, b] = [of(one), of(other)];
  const limit = limitOf(a.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  let most = 0;
  for (let i = 0; i < size; i++) {
    most = Math.max(most, Math.abs((a[i] ?? NaN) - (b[i] ?? NaN)));
    // Most pairs differ at once.
    if (!(most <= limit)) return undefined;
  }
  return most;
}

/** The largest mean weight that a head's queries put on one key, and that key. */
function restOf({ site, weights }: SiteCapture): (Head & { readonly key: number })[] {
  const [, heads = 0, queries = 0, keys = 0] = weights?.dims ?? [];
  const from = Math.min(FIRST_QUERY, queries - 1);
  return Array.from({ length: heads }, (_, head) => {
    const means = Array.from({ length: keys }, (_, key) => {
      let sum = 0;
      for (let query = from; query < queries; query++) {
        sum += weights?.data[(head * queries + query) * keys + key] ?? 0;
      }
      return sum / (queries - from);
    });
    const value = Math.max(...means);
    return { site, head, value, key: means.indexOf(value) };
  });
}

/** One finding for each head, or one for all of them where they are many. */
function eachOrAll(
  heads: readonly Head[],
  sentenceOf: (head: Head) => string,
  together: (widest: string) => string,
  evidence: (head: Head) => Detail['evidence'],
): Detail[] {
  const single = heads.map(one => ({
    severity: 'warning' as const,
    place: placeOf(one.site, one.head),
    measure: one.value,
    sentence: sentenceOf(one),
    evidence: evidence(one) ?? [],
    ...nodeOf(one.site),
  }));
  const [first] = single;
  if (!first || single.length <= SINGLE_HEADS) return single;
  const sentence = `${single.length} heads (${heads.slice(0, 8).map(headName).join(', ')}${heads.length > 8 ? ', …' : ''}) ${together(shown(Math.max(...heads.map(({ value }) => value))))}`;
  return [{ ...first, sentence }];
}

const NONE_SHOWN = 'No attention of the model can be shown.';

/** Rules about single heads. */
export const headRules: readonly Rule[] = [
  {
    code: 'uniform-head',
    measured: 'widest range of a row’s scores',
    limit: '1e-3',
    cause: 'The weights of its queries or keys are zero, as after pruning.',
    remedy: 'Compare W_Q and W_K of the head with the original checkpoint.',
    wrongFor: 'models that are pruned on purpose',
    async check(subject) {
      const { sites } = await subject.runs.text();
      if (sites.length === 0) return NONE_SHOWN;
      return eachOrAll(
        sites.flatMap(uniformHeads),
        ({ site, head, value }) =>
          `Scores of head ${head} in layer ${site.layer} differ by ${shown(value)} at most: it averages its keys, whatever the text.`,
        widest =>
          `have scores that differ by ${widest} at most: they average their keys, whatever the text.`,
        ({ site, head }) => {
          const capture = sites.find(each => each.site === site);
          return capture && [mapOf(subject, capture, head, 'nothing, all are alike')];
        },
      );
    },
  },
  {
    code: 'dead-head',
    measured: '‖head outputs‖ · ‖its rows of W_O‖, of the middle head of its layer',
    limit: '1e-5',
    cause: 'The head was pruned, or its part of W_V or W_O was set to zero.',
    remedy: 'Compare W_V and W_O of the head with the original checkpoint.',
    wrongFor: 'models that are pruned on purpose',
    async check({ model, runs }) {
      const { card } = model;
      const layers = (await runs.text()).sites.map(capture =>
        contributions(capture, model.projection(siteIndex(card.sites, capture.site))),
      );
      const heads = layers.flat();
      if (heads.length === 0) return 'No layer shows its W_O.';
      return eachOrAll(
        heads.filter(({ value }) => value < NOTHING),
        ({ site, head, value }) =>
          `Head ${head} in layer ${site.layer} adds ${shown(value)} of what the middle head of its layer adds: it does nothing, whatever its weights.`,
        most =>
          `add ${most} at most of what the middle heads of their layers add: they do nothing.`,
        ({ site }) => [
          bars(
            `${layerName(site)}, what each head adds, of the middle one`,
            (layers.find(([first]) => first?.site === site) ?? []).map(({ head, value }) => ({
              name: `H${head}`,
              value,
              isWrong: value < NOTHING,
            })),
          ),
        ],
      );
    },
  },
  {
    code: 'duplicated-heads',
    measured: 'largest difference of the weights of two heads of a layer, on two texts',
    limit: '1e-4, with outputs within 1e-3',
    cause: 'The weights of one head were copied over another, as where a file was cut up wrongly.',
    remedy: 'Compare W_Q, W_K and W_V of the layer with the original checkpoint.',
    wrongFor: 'models that were widened by copying heads and not trained since',
    async check(subject) {
      const [text, other] = [await subject.runs.text(), await subject.runs.otherText()];
      if (text.sites.length === 0) return NONE_SHOWN;
      return text.sites.flatMap((capture): Detail[] => {
        const { site } = capture;
        const both = [capture, other.sites.find(each => isSame(each.site, site))];
        const pairs = pairsOf(site.heads).flatMap(([one, two]) => {
          const worst = both.map(each => differenceOf(each?.weights, one, two, () => SAME_WEIGHTS));
          const [most = NaN, again = NaN] = worst;
          if (!(most <= SAME_WEIGHTS && again <= SAME_WEIGHTS)) return [];
          const isCopy = both.every(each => {
            // Outputs of 0 are those of any two dead heads.
            const limitOf = (largest: number) => (largest > 0 ? SAME_OUTPUTS * largest : -1);
            return differenceOf(each?.headOutput, one, two, limitOf) !== undefined;
          });
          return isCopy ? [{ one, two, worst: Math.max(most, again) }] : [];
        });
        const [first] = pairs;
        if (!first) return [];
        const heads = [...new Set(pairs.flatMap(({ one, two }) => [one, two]))].sort(
          (a, b) => a - b,
        );
        const names = `${heads.slice(0, -1).join(', ')} and ${heads.at(-1) ?? ''}`;
        const maps = heads
          .slice(0, 2)
          .map(head => mapOf(subject, capture, head, 'nothing, both maps are one'));
        return [
          {
            severity: 'warning',
            place: placeOf(site, first.one),
            measure: first.worst,
            sentence: `Heads ${names} in layer ${site.layer} are one head: their weights differ by ${shown(first.worst)} at most on two texts, and their outputs no more.`,
            evidence: maps,
            ...nodeOf(site),
          },
        ];
      });
    },
  },
  {
    code: 'sinks',
    measured: 'mean weight of queries from the fifth on that a head puts on one key',
    limit: '0.42',
    cause: 'Heads that have nothing to say put their weight where it does no harm.',
    remedy: 'Nothing: this is usual. Read their maps without that key, or by norm.',
    wrongFor: 'nothing: it is told so that maps are not misread',
    async check(subject) {
      const { sites } = await subject.runs.text();
      const heads = sites
        .filter(
          ({ site, weights }) => site.kind === 'self' && (weights?.dims[2] ?? 0) > FIRST_QUERY,
        )
        .flatMap(restOf);
      const resting = heads.filter(({ value }) => value > RESTS);
      const [first] = resting;
      if (!first) return [];
      const top = resting.reduce((best, each) => (each.value > best.value ? each : best), first);
      const token = tokensOf(subject, top.site).keys[top.key];
      const range =
        token && token.end > token.start ? { range: { start: token.start, end: token.end } } : {};
      return [
        {
          severity: 'note',
          about: 'text',
          place: { ...placeOf(top.site, top.head), key: top.key },
          measure: resting.length / heads.length,
          found: `${shown(top.value)} in ${headName(top)}`,
          sentence: `${resting.length} of ${heads.length} heads put most of their weight on one token, ${headName(top)} ${shown(top.value)} of it on “${token?.text ?? ''}” (token ${top.key}).`,
          evidence: [
            bars(
              'mean weight on the key that gets most',
              resting.slice(0, 64).map(each => ({
                name: headName(each),
                value: each.value,
                isWrong: false,
              })),
            ),
          ],
          ...range,
        },
      ];
    },
  },
];

function pairsOf(count: number): (readonly [number, number])[] {
  return Array.from({ length: count }, (_, one) => one).flatMap(one =>
    Array.from({ length: count - one - 1 }, (_, i) => [one, one + 1 + i] as const),
  );
}

function isSame(a: AttentionSite, b: AttentionSite): boolean {
  return a.stack === b.stack && a.kind === b.kind && a.layer === b.layer;
}

function siteIndex(sites: readonly AttentionSite[], site: AttentionSite): number {
  return sites.findIndex(each => isSame(each, site));
}
