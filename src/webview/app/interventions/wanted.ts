import type { CaptureSummary } from '../../../protocol/capture';
import type { PanelApi } from '../../../protocol/panel';
import { isLong, queryTokens, siteAt } from '../../reading/capture';
import { perState, readersOf } from '../answers';
import { outputToken } from '../output';
import type { RunsBeside } from '../sideRuns';
import type { State } from '../state';
import { countOn, runList, selectedRow, shownList } from './list';
import { stackOf } from './words';

/** What the list shows of the runs before and after, by name, and the method that reads it. */
const METHODS = {
  predictionsBefore: 'predictions',
  predictionsAfter: 'predictions',
  rowBefore: 'row',
  rowAfter: 'row',
  divergence: 'divergence',
} as const;
type Named = keyof typeof METHODS;
type Wanted = { readonly [N in Named]?: Parameters<PanelApi[(typeof METHODS)[N]]>[0] };

/** Entries that are compared: of those the ones that moved most are shown. */
const COMPARED = 256;

/** Whether the list is open and there is a run whose list it is. */
export const isIntervening = ({ options, capture }: State): boolean =>
  options.isIntervening && capture !== null;

/** The run with one intervention or more on; its numbers stand beside those of the plain run. */
export const isModified = (state: State): boolean => countOn(runList(state)) > 0;

/** The plain run beside a modified one: wanted while the list is open. */
export const plainRun: RunsBeside = {
  slots: ['before'],
  settled: 0,
  fault: 'wishError',
  wished: state =>
    isIntervening(state) && isModified(state)
      ? [{ slot: 'before', model: null, text: null, changes: [] }]
      : [],
};

/** The capture of the plain run; null while it is not there. */
export function plainCapture({ sides, capture }: State): CaptureSummary | null {
  const { before } = sides;
  if (before.kind !== 'ready' || !capture) return null;
  const isOfModel = before.capture.model.path === capture.model.path;
  return isOfModel && before.capture.text === capture.text ? before.capture : null;
}

/** A row of one head, before and after. */
export interface RowPlace {
  readonly block: { readonly stack: 'encoder' | 'decoder'; readonly kind: 'self' | 'cross' };
  readonly layer: number;
  readonly head: number;
  readonly query: number;
}

/** The row that is shown before and after: where the selected intervention is, else the locus’s. */
export function rowPlace(state: State): RowPlace | null {
  const { capture, locus } = state;
  if (!capture || !locus) return null;
  const { block, layer, head, query } = locus;
  const at = shownList(state)[selectedRow(state) ?? -1]?.at;
  const own = { block, layer, head, query };
  if (!at?.heads) return own;
  const there = {
    block: { stack: stackOf(at, capture), kind: at.kind ?? ('self' as const) },
    layer: at.layer ?? at.layers?.[0] ?? layer,
    head: at.heads.includes(head) ? head : (at.heads[0] ?? head),
  };
  const isSame = there.block.stack === block.stack && there.block.kind === block.kind;
  const asks = at.tokens?.includes(query) ? query : (at.tokens?.[0] ?? (isSame ? query : 0));
  const site = siteAt(capture, there.block, there.layer);
  const isThere =
    site && there.head < site.heads && asks < queryTokens(capture, there.block).length;
  return isThere ? { ...there, query: asks } : own;
}

const wantedFor = perState((state: State): Wanted => {
  const { capture } = state;
  const plain = plainCapture(state);
  const token = outputToken(state);
  if (!isIntervening(state) || !isModified(state) || !capture || !plain || token === null) {
    return {};
  }
  const place = rowPlace(state);
  return {
    predictionsBefore: { capture: plain.id, token, count: COMPARED },
    predictionsAfter: { capture: capture.id, token, count: COMPARED },
    ...(place && !isLong(capture, place.block)
      ? {
          rowBefore: { capture: plain.id, ...place },
          rowAfter: { capture: capture.id, ...place },
        }
      : {}),
    divergence: { before: plain.id, after: capture.id },
  };
});

/** Numbers of the runs before and after. */
export const {
  questions: changeQuestions,
  value: changed,
  refusal: changeRefusal,
} = readersOf(METHODS, wantedFor);
