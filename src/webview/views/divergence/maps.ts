import type { ComparedCell } from '../../../protocol/firstDivergence';
import type { DivergenceMode } from '../../app/choices/divergence';
import type { State } from '../../app/state';
import { rampPixels } from '../../draw/color/palette';
import type { Ramp } from '../../draw/legend';
import type { ShareMap } from '../../draw/shareMap';
import { isDark } from '../../kit/theme';
import { layerName, PART_COLUMNS, PART_NAMES } from './parts';
import {
  partGrid,
  probeTokens,
  reportOf,
  shownProbe,
  stateCount,
  stateName,
  tokenError,
  type PartGrid,
} from './report';
import { amountText, cosineText, errorText } from './words';

/** Cells of tensors and of tokens are at most this wide. */
const WIDEST = { part: 54, token: 40 };
const NAME_LIMIT = 9;

/** What a mode colours and writes of a cell. */
interface ModeScale {
  /** 0 for what rounding explains, 1 for the largest. */
  place(cell: ComparedCell): number;
  text(cell: ComparedCell): string;
  readonly low: string;
  readonly high: string;
  readonly spoken: string;
}

/** Place of a number between two ends of a logarithmic scale; what is not finite lies at its end. */
function logPlace(value: number, low: number, high: number): number {
  if (!Number.isFinite(value)) return 1;
  if (value <= low) return 0;
  return Math.min(1, Math.log(value / low) / Math.log(high / low));
}

/** How the chosen mode reads the cells; null while nothing is known. */
export function scaleOf(state: State): ModeScale | null {
  const report = reportOf(state);
  const probe = shownProbe(state);
  if (!report || !probe) return null;
  const { floor } = report;
  const scales: Readonly<Record<DivergenceMode, () => ModeScale>> = {
    relative: () => ({
      place: ({ error }) => logPlace(error, floor, 1),
      text: ({ error }) => errorText(error),
      low: 'rounding',
      high: '100 % relative error, log scale',
      spoken: 'relative error',
    }),
    absolute: () => {
      const finite = probe.cells.map(({ largest }) => largest).filter(Number.isFinite);
      const most = Math.max(0, ...finite) || 1;
      return {
        place: ({ largest }) => logPlace(largest, most * floor, most),
        text: ({ largest }) => amountText(largest),
        low: amountText(most * floor),
        high: `${amountText(most)} largest difference, log scale`,
        spoken: 'largest difference',
      };
    },
    cosine: () => ({
      // Vectors a relative error of e apart have a cosine of about 1 − e²/2.
      place: ({ cosine }) => logPlace(1 - cosine, floor ** 2 / 2, 1),
      text: ({ cosine }) => cosineText(cosine),
      low: '1',
      high: '0 cosine, log scale of 1 − cosine',
      spoken: 'cosine',
    }),
  };
  return scales[state.options.divergence.isByToken ? 'relative' : state.options.divergence.mode]();
}

const ramp = (state: State): Uint32Array => rampPixels(state.options.colorMap, isDark(state.theme));

/** The scale's colours and ends, for the legend. */
export function divergenceRamp(state: State): Ramp {
  const { low = 'rounding', high = '' } = scaleOf(state) ?? {};
  return { pixels: ramp(state), low, high };
}

const codeOf = (place: number): number => 1 + Math.round(254 * place);

/** Why a cell is empty. */
export function whyEmpty({ rows }: PartGrid, row: number): string {
  const layer = rows[row];
  return layer === 'embeddings' || layer === 'output'
    ? `not computed: the ${layer} row has one tensor`
    : 'at least one of the two files does not show it';
}

/** A cell in words, with all of its numbers. */
export function cellWords(grid: PartGrid, row: number, column: number): string {
  const cell = grid.cells[row]?.[column];
  if (!cell) return whyEmpty(grid, row);
  const { error, largest, cosine, kind } = cell;
  const of = kind === 'weights' ? 'of a row’s weight' : 'relative error';
  return `${errorText(error)} ${of}, largest |B − A| ${amountText(largest)}, cosine ${cosineText(cosine)}`;
}

/** The tensors of the two, layer by layer; null while they are not known. */
export function partMap(state: State): ShareMap | null {
  const grid = partGrid(state);
  const scale = scaleOf(state);
  if (!grid || !scale) return null;
  const { rows, cells, first } = grid;
  const cellAt = (row: number, column: number): ComparedCell | null => cells[row]?.[column] ?? null;
  return {
    name: `Where they part: ${scale.spoken} by layer and tensor`,
    rows: rows.map(layerName),
    columns: PART_COLUMNS.map(part => ({ label: PART_NAMES[part] })),
    values: cells.map(row => Float32Array.from(row, cell => (cell ? scale.place(cell) : NaN))),
    limit: 1,
    here: first,
    hasTurnedNames: true,
    look: {
      pixels: ramp(state),
      code: (row, column) => {
        const cell = cellAt(row, column);
        return cell ? codeOf(scale.place(cell)) : 0;
      },
      text: (row, column) => {
        const cell = cellAt(row, column);
        return cell ? scale.text(cell) : '–';
      },
      spoken: (row, column) => cellWords(grid, row, column),
      widest: WIDEST.part,
    },
  };
}

/** The residual stream of each token, state by state; null while that is not known. */
export function tokenMap(state: State): ShareMap | null {
  const report = reportOf(state);
  const probe = shownProbe(state);
  if (!report || !probe) return null;
  const states = Array.from({ length: stateCount(probe) }, (_, i) => i);
  const errors = states.map(at =>
    Float32Array.from(probe.tokens, (_, token) => tokenError(probe, at, token)),
  );
  const errorAt = (row: number, column: number): number => errors[row]?.[column] ?? NaN;
  const place = (row: number, column: number): number =>
    logPlace(errorAt(row, column), report.floor, 1);
  return {
    name: 'Residual stream: relative error by layer and token',
    rows: states.map(stateName),
    columns: probeTokens(state, probe, NAME_LIMIT).map(({ name, isSpecial }) => ({
      label: name,
      isMuted: isSpecial,
    })),
    values: errors,
    limit: 1,
    here: null,
    hasTurnedNames: true,
    look: {
      pixels: ramp(state),
      code: (row, column) => codeOf(place(row, column)),
      text: (row, column) => errorText(errorAt(row, column)),
      spoken: (row, column) => `${errorText(errorAt(row, column))} relative error`,
      widest: WIDEST.token,
    },
  };
}

/** The map on show. */
export const shownMap = (state: State): ShareMap | null =>
  state.options.divergence.isByToken ? tokenMap(state) : partMap(state);
