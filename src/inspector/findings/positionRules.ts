import type { AttentionSite } from '../../protocol/model';
import type { StackPositions } from '../model/positions/positionNumbers';
import type { Tensor } from '../runtime/tensor';
import { expectedFirstRow, expectedFrequencies, familyOf, knowsOrder } from './configuration';
import { bars, layerBars } from './evidence';
import { layersOf, shown, type Rule, type Subject } from './rule';

/** Tokens and distances whose positions are read: enough to see where a table begins. */
const READ = 8;
/** A last state that moves by less, of its largest number, has not moved. */
const UNMOVED = 1e-5;
/** Frequencies may be off by so much. */
const FREQUENCY_TOLERANCE = 1e-3;
/** Half precision rounds frequencies by more. */
const HALF_TOLERANCE = 1e-2;
/** Tokens back from the last one within which two are exchanged. */
const NEAR = 8;

/** Two tokens of the text before the last one that differ, as near to it as a window may ask for. */
function pairOf({ runs: { source }, model: { card } }: Subject) {
  const first = card.sites.find(({ kind, layer }) => kind === 'self' && layer === 0);
  const reach = first?.mask.kind === 'window' ? first.mask.before : NEAR;
  const last = source.length - 1;
  const least = Math.max(1, last - Math.min(reach, NEAR));
  for (let other = last - 1; other > least; other--) {
    for (let one = least; one < other; one++) {
      if (source[one]?.id !== source[other]?.id) return [one, other] as const;
    }
  }
  return undefined;
}

/** How far the last token's state moves, of its largest number. */
function lastMoved(before: Tensor, after: Tensor): number {
  const width = before.dims.at(-1) ?? 1;
  const [a, b] = [before, after].map(({ data }) => data.subarray(data.length - width));
  let [moved, largest] = [0, 0];
  for (const [i, value] of (a ?? []).entries()) {
    moved = Math.max(moved, Math.abs(value - (b?.[i] ?? NaN)));
    largest = Math.max(largest, Math.abs(value));
  }
  return moved === 0 ? 0 : moved / largest;
}

/** Whether the numbers of a stack's positions tell its tokens apart. */
function tellsApart({ table, layers }: StackPositions): boolean {
  const differs = (values: Float32Array | undefined) =>
    values?.some(value => Math.abs(value - (values[0] ?? 0)) > UNMOVED) === true;
  const { values, dims = 1 } = table ?? {};
  return (
    values?.some((value, i) => Math.abs(value - (values[i % dims] ?? 0)) > UNMOVED) === true ||
    layers.some(
      ({ rotation, bias, slopes }) =>
        rotation?.frequencies.some(each => Math.abs(each) > UNMOVED) === true ||
        differs(bias?.bias) ||
        slopes?.some(slope => slope > UNMOVED) === true,
    )
  );
}

/** Rules about how a model knows the order of its tokens. */
export const positionRules: readonly Rule[] = [
  {
    code: 'positions-shifted',
    measured: 'row of the table of positions that the first token gets',
    limit: 'the row of the family',
    cause: 'Position ids begin at another number than the one that the model was trained with.',
    remedy:
      'Look at where the graph counts positions: BERT and GPT-2 from 0, RoBERTa after its padding id, OPT and BART from 2.',
    wrongFor: 'models that were trained with another first position than their family',
    async check({ model, config, runs: { stack } }) {
      const expected = expectedFirstRow(config, stack);
      if (expected === undefined) {
        return 'Its family has no table of positions, or is not known.';
      }
      const { table } = await model.positions(stack, READ, READ);
      if (!table?.knowsFirst)
        return 'No stored table shows which of its rows the first token gets.';
      if (table.skipped === expected) return [];
      const sentence = `The first token gets row ${table.skipped} of the table of positions, and models of the family ${familyOf(config)} begin at row ${expected}.`;
      const evidence = bars('row of the table that a token gets', [
        { name: 'token 0, in the graph', value: table.skipped, isWrong: true },
        { name: 'token 0, by its family', value: expected, isWrong: false },
      ]);
      return [
        {
          severity: 'error',
          place: { stack },
          measure: table.skipped,
          sentence,
          evidence: [evidence],
          file: 'graph',
        },
      ];
    },
  },
  {
    code: 'no-positions',
    measured:
      'how far the last token’s state after the first layer moves when two earlier tokens change places, of its largest number',
    limit: '1e-5, where its family is told positions',
    cause: 'Every token gets the same position, or the table of positions was lost in the export.',
    remedy: 'Look at where the graph counts positions: they must differ from token to token.',
    wrongFor: 'models without positions in their first layer by design, which are not judged',
    async check(subject) {
      const { model, config, runs } = subject;
      const { stack } = runs;
      const isTold = knowsOrder(config, stack);
      if (isTold === undefined) {
        return 'The configuration names no family of which is known how it is told positions.';
      }
      if (!isTold) return 'Models of this family are told no positions in their first layer.';
      const pair = pairOf(subject);
      if (!pair) return 'The text has too few different tokens to change places.';
      const [before, after] = [await runs.text(), await runs.exchanged(...pair)].map(
        ({ hiddenStates }) => hiddenStates[stack]?.[1],
      );
      if (!before || !after) return 'The hidden states after its first layer cannot be read.';
      const moved = lastMoved(before, after);
      if (!(moved <= UNMOVED)) return [];
      const numbers = await model.positions(stack, READ, READ);
      // An attention that adds nothing moves nothing, either.
      if (tellsApart(numbers)) return [];
      const [one, other] = pair;
      const sentence = `The last token’s state after the first layer stays the same (${shown(moved)}) when tokens ${one} and ${other} change places: this model does not know in which order its tokens stand.`;
      const confirmedBy = numbers.isNone
        ? 'no numbers of positions enter its embeddings or its attention'
        : 'the numbers of its positions are the same for all tokens';
      return [
        {
          severity: 'error',
          place: { stack, layer: 0 },
          measure: moved,
          sentence,
          confirmedBy,
          file: 'graph',
        },
      ];
    },
  },
  {
    code: 'rope-mismatch',
    measured: 'largest difference of a rotary frequency from what config.json says',
    limit: '1e-3 of it (1e-2 in half precision)',
    cause: 'The base or the scaling of config.json was edited, or lost in the export.',
    remedy:
      'Compare rope_theta and rope_scaling in config.json with the published ones, and export again.',
    wrongFor: 'scalings that depend on the length of the text, which are not judged',
    async check({ model, config }) {
      const {
        card: { sites, stacks, precision },
      } = model;
      const tolerance = precision === 'float32' ? FREQUENCY_TOLERANCE : HALF_TOLERANCE;
      const compared: Compared[] = [];
      for (const stack of stacks) {
        const own = sites.filter(site => site.stack === stack && site.kind === 'self');
        if (!own.some(({ positional }) => positional.kind === 'rotary')) continue;
        const { layers } = await model.positions(stack, READ, READ);
        for (const { layer, rotation } of layers) {
          const site = own.find(each => each.layer === layer);
          const expected = site && expectedFrequencies(config, site);
          if (!rotation || !site || !expected) continue;
          compared.push({ site, ...differenceOf(rotation.frequencies, expected) });
        }
      }
      if (compared.length === 0) {
        return 'No layer has rotary frequencies that can be read and that config.json tells of.';
      }
      const wrong = compared.filter(({ worst }) => !(worst <= tolerance));
      const [first] = wrong;
      if (!first) return [];
      const { site, worst, found, expected } = first;
      const sentence = `Queries and keys of ${layersOf(wrong.map(each => each.site.layer))} turn by other angles than config.json says: the slowest pair by ${shown(found)} a token, and not by ${shown(expected)}.`;
      const { stack, layer } = site;
      return [
        {
          severity: 'error',
          place: { stack, layer },
          measure: worst,
          sentence,
          evidence: [
            layerBars(
              'largest difference of a frequency, of what config.json says',
              compared.map(each => ({
                site: each.site,
                value: each.worst,
                isWrong: wrong.includes(each),
              })),
            ),
          ],
          file: 'config.json',
        },
      ];
    },
  },
];

interface Compared {
  readonly site: AttentionSite;
  readonly worst: number;
  /** Of the pair that turns slowest. */
  readonly found: number;
  readonly expected: number;
}

function differenceOf(found: Float32Array, expected: readonly number[]): Omit<Compared, 'site'> {
  const worst =
    found.length === expected.length
      ? found.reduce(
          (most, value, i) => Math.max(most, Math.abs(value / (expected[i] ?? NaN) - 1)),
          0,
        )
      : Infinity;
  return { worst, found: found.at(-1) ?? NaN, expected: expected.at(-1) ?? NaN };
}
