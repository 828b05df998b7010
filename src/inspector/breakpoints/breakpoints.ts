import type { BreakpointHit, BreakpointHits } from '../../protocol/breakpoints';
import { InspectorError } from '../../protocol/errors';
import { layerCount, type AttentionKind, type Stack } from '../../protocol/model';
import { NEVER_CANCELLED, type Cancellation } from '../../protocol/rpc';
import type { Capture } from '../capture/capture';
import { isRead } from '../capture/withoutPadding';
import { statesOf } from '../layers/states';
import type { SiteCapture } from '../model/run';
import { breaths } from '../runtime/breathe';
import type { Tensor } from '../runtime/tensor';
import { readCondition, type Condition } from './condition';
import type { Place } from './place';

/** Hits that are listed, at most. */
const MOST_HITS = 1000;
/** Rows of a long text that are computed at a time. */
const ROWS_AT_ONCE = 64;

/** What the places of one layer have in common. */
interface LayerPlace {
  readonly stack: Stack;
  readonly kind: AttentionKind;
  readonly layer: number;
}

/**
 * Where a condition holds in a run, in the order of computation: layer by layer, head by head, query by
 * query. Conditions that name nothing of a row are asked once a token and layer. Rows of padding that the
 * mask hides are left out.
 * @param signal is looked at between rows, several times a second
 * @throws InspectorError `inputs-wrong` where it is no condition, `not-captured` where it names states that
 * the run did not keep, `cancelled`
 */
export async function breakpoints(
  capture: Capture,
  source: string,
  signal: Cancellation = NEVER_CANCELLED,
): Promise<BreakpointHits> {
  const condition = readCondition(source);
  const hits: BreakpointHit[] = [];
  let [count, places] = [0, 0];
  const breathe = breaths();
  const ask = (place: Place) => {
    places++;
    if (!condition.holds(place)) return;
    count++;
    if (hits.length < MOST_HITS) hits.push(hitOf(place, condition));
  };
  for (const layer of layersOf(capture, condition)) {
    for await (const place of placesOf(capture, layer, condition)) {
      ask(place);
      await breathe();
      if (signal.aborted) throw new InspectorError('cancelled', 'The breakpoint was cancelled.');
    }
  }
  return { hits, count, places };
}

function hitOf(place: Place, condition: Condition): BreakpointHit {
  const { stack, kind, layer, token, row } = place;
  const head = row ? { head: row.head } : {};
  return { stack, kind, layer, ...head, token, values: condition.values(place) };
}

/** The attentions of a run in the order of computation, or its layers where no rows are asked for. */
function layersOf(
  { summary, run }: Capture,
  { needs }: Condition,
): readonly (LayerPlace | SiteCapture)[] {
  if (needs.has('row')) return run.sites;
  return summary.model.stacks.flatMap(stack =>
    Array.from({ length: layerCount(summary.model, stack) }, (_, layer) => ({
      stack,
      kind: 'self' as const,
      layer,
    })),
  );
}

/** Everything that a condition is asked of in one layer. */
async function* placesOf(
  capture: Capture,
  of: LayerPlace | SiteCapture,
  { needs }: Condition,
): AsyncGenerator<Place> {
  const site = 'site' in of ? of : undefined;
  const { stack, kind, layer } = 'site' in of ? of.site : of;
  const { tokens, model } = capture.summary;
  const states = needs.has('state') ? statesOf(capture.run, stack, model.name) : [];
  const own = tokens[stack] ?? [];
  const keyTexts = (tokens[kind === 'cross' ? 'encoder' : stack] ?? []).map(({ text }) => text);
  const isToken = isRead(capture.summary, stack);
  const placeAt = (token: number): Place => {
    const state = stateAt(states, layer, token);
    const text = own[token]?.text ?? '';
    return { stack, kind, layer, token, text, keyTexts, ...(state ? { state } : {}) };
  };
  const queries = own.flatMap((_, token) => (isToken(token) ? [token] : []));
  if (!site) {
    for (const token of queries) yield placeAt(token);
    return;
  }
  for (let head = 0; head < site.site.heads; head++) {
    for (let first = 0; first < queries.length; first += ROWS_AT_ONCE) {
      const some = queries.slice(first, first + ROWS_AT_ONCE);
      const { keys, weights, maskedScores, sink } = await capture.someRows(site, head, some);
      for (const [at, token] of some.entries()) {
        const ofRow = (all: Float32Array) => all.subarray(at * keys, (at + 1) * keys);
        const taken = sink?.[at] === undefined ? {} : { sink: sink[at] };
        const row = { head, weights: ofRow(weights), maskedScores: ofRow(maskedScores), ...taken };
        yield { ...placeAt(token), row };
      }
    }
  }
}

/** The residual stream of a token before and after a layer; undefined where it is not asked for. */
function stateAt(states: readonly Tensor[], layer: number, token: number): Place['state'] {
  const [before, after] = [states[layer], states[layer + 1]];
  if (!before || !after) return undefined;
  const of = ({ data, dims }: Tensor) => {
    const width = dims.at(-1) ?? 0;
    return data.subarray(token * width, (token + 1) * width);
  };
  return { before: of(before), after: of(after) };
}
