import { layerCount } from '../../../protocol/model';
import type {
  ComparedCell,
  ComparedLayer,
  ComparedPart,
  FirstDivergence,
  ProbeDivergence,
} from '../../../protocol/firstDivergence';
import { perState } from '../../app/answers';
import { outputStack } from '../../app/output';
import type { State } from '../../app/state';
import { bare, bareLabel, shorten, visible } from '../../reading/tokenText';
import { divergenceAddress } from './pair';
import { isOfTheLayer, isSame, PART_COLUMNS } from './parts';

/** What is known of the two runs on show; null while nothing is. */
export function reportOf(state: State): FirstDivergence | null {
  const { run } = state.divergence;
  return run && run.at === divergenceAddress(state) ? run.report : null;
}

/** The text that is looked at: the chosen one, else the one whose first place is told. */
export function shownProbe(state: State): ProbeDivergence | null {
  const report = reportOf(state);
  if (!report) return null;
  const of = (name: string): ProbeDivergence | undefined =>
    report.probes.find(({ probe }) => probe === name);
  return of(state.options.divergence.probe ?? report.told) ?? of(report.told) ?? null;
}

/** The probe whose first place is told. */
export const toldProbe = ({ probes, told }: FirstDivergence): ProbeDivergence | undefined =>
  probes.find(({ probe }) => probe === told);

/** Whether the model has more stacks than one, so that places name theirs. */
export const hasStacks = ({ capture }: State): boolean => (capture?.model.stacks.length ?? 0) > 1;

/** The cells of the attention that the locus is at, row by row; null where the two do not both show one. */
export interface PartGrid {
  readonly probe: ProbeDivergence;
  readonly rows: readonly ComparedLayer[];
  readonly cells: readonly (readonly (ComparedCell | null)[])[];
  /** Where the two part, if that is among these. */
  readonly first: { readonly row: number; readonly column: number } | null;
}

/** The grid of tensors; null while nothing is known. */
export const partGrid = perState((state: State): PartGrid | null => {
  const probe = shownProbe(state);
  const { capture, locus } = state;
  if (!probe || !capture || !locus) return null;
  const { stack, kind } = locus.block;
  const layers = Array.from({ length: layerCount(capture.model, stack) }, (_, layer) => layer);
  const rows: readonly ComparedLayer[] = ['embeddings', ...layers, 'output'];
  const own = probe.cells.filter(cell => cell.stack === stack);
  const at = (layer: ComparedLayer, part: ComparedPart): ComparedCell | null => {
    const found = own.filter(cell => cell.layer === layer && cell.kind === part);
    const exact = found.find(({ attention }) => attention === kind);
    return exact ?? (isOfTheLayer(part) ? found[0] : undefined) ?? null;
  };
  const cells = rows.map((layer, row) =>
    PART_COLUMNS.map(part => {
      if (part !== 'residual') return typeof layer === 'number' ? at(layer, part) : null;
      if (layer === 'embeddings') return at(layer, part);
      // What a layer leaves is what the next one reads.
      return layer === 'output' ? at(layer, 'logits') : at(rows[row + 1] ?? 'output', part);
    }),
  );
  return { probe, rows, cells, first: probe.first && placeIn(cells, probe.first) };
});

function placeIn(cells: PartGrid['cells'], first: ComparedCell): PartGrid['first'] {
  for (const [row, all] of cells.entries()) {
    const column = all.findIndex(cell => cell !== null && isSame(cell, first));
    if (column >= 0) return { row, column };
  }
  return null;
}

/** States of the residual stream of which errors by token are known. */
export const stateCount = ({ perToken, tokens }: ProbeDivergence): number =>
  tokens.length === 0 ? 0 : Math.floor(perToken.length / tokens.length);

/** The error of one token's residual stream. */
export const tokenError = (
  { perToken, tokens }: ProbeDivergence,
  state: number,
  token: number,
): number => perToken[state * tokens.length + token] ?? NaN;

/** What a state of the residual stream is called. */
export const stateName = (state: number): string =>
  state === 0 ? 'embeddings' : `layer ${state - 1}`;

/** Tokens of a probe that are no padding: nothing is compared there. */
export function comparedTokens({ tokens, padding }: ProbeDivergence): number[] {
  const { side = 'right', count = 0 } = padding ?? {};
  const from = side === 'left' ? count : 0;
  return Array.from({ length: tokens.length - count }, (_, i) => from + i);
}

/** The token whose last state differs most; null where none is known. */
export function worstToken(probe: ProbeDivergence): number | null {
  const last = stateCount(probe) - 1;
  if (last < 0) return null;
  const size = (token: number): number => {
    const error = tokenError(probe, last, token);
    return Number.isNaN(error) ? Infinity : error;
  };
  return comparedTokens(probe).reduce<number | null>(
    (worst, token) => (worst === null || size(token) > size(worst) ? token : worst),
    null,
  );
}

/** A token of a probe as it is written. */
export interface ProbeToken {
  readonly index: number;
  readonly name: string;
  readonly isSpecial: boolean;
}

/** The tokens of a probe; those of the text as the run has them. */
export function probeTokens(state: State, probe: ProbeDivergence, limit = 16): ProbeToken[] {
  const { capture } = state;
  const own = probe.probe === 'text' && capture ? capture.tokens[outputStack(capture)] : undefined;
  const isOwn = own?.length === probe.tokens.length;
  const compared = new Set(comparedTokens(probe));
  return probe.tokens.map((text, index) => {
    const token = isOwn ? own[index] : undefined;
    return token
      ? { index, name: bareLabel(token, limit), isSpecial: token.special }
      : {
          index,
          name: bare(shorten(visible(text), limit)),
          isSpecial: !compared.has(index),
        };
  });
}
