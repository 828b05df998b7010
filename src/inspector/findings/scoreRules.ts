import type { AttentionSite } from '../../protocol/model';
import type { SiteCapture } from '../model/run';
import { dotProducts } from '../runtime/dotProducts';
import { expectedScales } from './configuration';
import { layerBars, mapOf, nodeOf, placeOf } from './evidence';
import { layersOf, shown, type Rule } from './rule';

/** Masked scores below this are blocked. */
const BLOCKED = -1e3;
/** Share of the squares that a factor must explain to be one. */
const EXPLAINED = 0.999;
/** A factor that is off by less is the right one. */
const SCALE_TOLERANCE = 1e-2;
/** Rows whose sum is off by less sum to 1. */
const SUM_TOLERANCE = 1e-3;
/** Half precision and quantised models round each weight. */
const ROUGH_SUM_TOLERANCE = 2e-2;

/** What q·k is multiplied by, by least squares; undefined where something else is added to the scores. */
function factorOf({ query, key, maskedScores, site }: SiteCapture): number | undefined {
  if (!query || !key || !maskedScores || site.softCap !== undefined) return undefined;
  const products = dotProducts(query, key, 1);
  let [both, ofProducts, ofScores] = [0, 0, 0];
  for (const [i, score] of maskedScores.data.entries()) {
    const product = products[i] ?? NaN;
    if (score < BLOCKED) continue;
    both += product * score;
    ofProducts += product * product;
    ofScores += score * score;
  }
  return both * both > EXPLAINED * ofProducts * ofScores ? both / ofProducts : undefined;
}

interface Scaled {
  readonly site: AttentionSite;
  readonly expected: readonly number[];
  readonly factor: number;
}

function isWrong({ expected, factor }: Scaled): boolean {
  return expected.every(each => Math.abs(factor / each - 1) > SCALE_TOLERANCE);
}

/** The row of weights of a site whose sum, with what a sink takes, is furthest from 1. */
function worstRow({ site, weights, sink }: SiteCapture) {
  const keys = weights?.dims[3] ?? 1;
  let worst = { site, row: 0, sum: 1 };
  for (let row = 0; weights && row < weights.data.length / keys; row++) {
    let sum = sink?.data[row] ?? 0;
    for (let key = 0; key < keys; key++) sum += weights.data[row * keys + key] ?? NaN;
    if (Math.abs(sum - 1) > Math.abs(worst.sum - 1)) worst = { site, row, sum };
  }
  return worst;
}

/** Rules about how scores become weights. */
export const scoreRules: readonly Rule[] = [
  {
    code: 'wrong-scale',
    measured: 'least-squares factor of the masked scores on q·k ÷ the factor of the family',
    limit: '1 ± 0.01',
    cause: 'The factor on the scores is missing in the export, or is there twice.',
    remedy: 'Look at what is between q·k and the softmax in the graph.',
    wrongFor: 'families whose factor is not known here: not judged',
    async check({ config, runs }) {
      const factors = (await runs.text()).sites.flatMap((capture): Scaled[] => {
        const [expected, factor] = [expectedScales(config, capture.site), factorOf(capture)];
        return expected === undefined || factor === undefined
          ? []
          : [{ site: capture.site, expected, factor }];
      });
      if (factors.length === 0)
        return 'No layer has a factor that can be read and one that is known.';
      const wrong = factors.filter(isWrong);
      const [first] = wrong;
      if (!first) return [];
      const [expected = NaN] = first.expected;
      const layers = layersOf(wrong.map(({ site }) => site.layer));
      return [
        {
          severity: 'error',
          place: placeOf(first.site),
          measure: first.factor / expected,
          found: `${shown(first.factor)} where ${shown(expected)} is expected`,
          sentence: `Scores of ${layers} are q·k × ${shown(first.factor)}, where × ${shown(expected)} is expected.`,
          evidence: [
            layerBars(
              'factor on q·k ÷ the factor of the family',
              factors.map(each => ({
                site: each.site,
                value: each.factor / (each.expected[0] ?? NaN),
                isWrong: wrong.includes(each),
              })),
            ),
          ],
          ...nodeOf(first.site),
        },
      ];
    },
  },
  {
    code: 'rows-not-one',
    measured: 'sum of a row of weights, with what a sink takes',
    limit: '1 ± 0.001 (± 0.02 below float32)',
    cause: 'The softmax runs over another axis than the keys, or dropout was left on.',
    remedy: 'Let the softmax run over the last axis of the scores, and export with model.eval().',
    wrongFor: 'models whose weights are no softmax by design',
    async check(subject) {
      const { model, runs } = subject;
      const { sites } = await runs.text();
      if (sites.length === 0) return 'No attention of the model can be shown.';
      const { precision } = model.card;
      const tolerance = precision === 'float32' ? SUM_TOLERANCE : ROUGH_SUM_TOLERANCE;
      const rows = sites.map(worstRow);
      const wrong = rows.filter(({ sum }) => Math.abs(sum - 1) > tolerance);
      const [first] = wrong;
      if (!first) return [];
      const { site, row, sum } = first;
      const capture = sites.find(each => each.site === site);
      const queries = capture?.weights?.dims[2] ?? 1;
      const [head, query] = [Math.floor(row / queries), row % queries];
      const layers = layersOf(wrong.map(each => each.site.layer));
      const framed = `the row that sums to ${shown(sum)}`;
      const map = capture && mapOf(subject, capture, head, framed, at => at === query);
      return [
        {
          severity: 'error',
          place: { ...placeOf(site, head), token: query },
          measure: sum,
          sentence: `Rows of weights in ${layers} do not sum to 1: that of query ${query} in head ${head} sums to ${shown(sum)}.`,
          evidence: [
            ...(map ? [map] : []),
            layerBars(
              'sum of the row that is furthest from 1',
              rows.map(each => ({
                site: each.site,
                value: each.sum,
                isWrong: wrong.includes(each),
              })),
            ),
          ],
          ...nodeOf(site),
        },
      ];
    },
  },
];
