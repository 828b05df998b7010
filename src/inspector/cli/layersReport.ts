import type { Lens, LensKind, Residuals } from '../../protocol/layers';
import type { Stack } from '../../protocol/model';
import { NEVER_CANCELLED } from '../../protocol/rpc';
import type { Capture } from '../capture/capture';
import { lens } from '../layers/lens';
import { residuals } from '../layers/residuals';
import type { ModelStore } from '../store/modelStore';
import { orMissing, type Missing } from './missing';

/** Predictions of each token and state. */
const BEST = 5;

/**
 * The layers of a run: norms, cosine and CKA of each stack's residual stream, and the most probable
 * tokens after every layer; numbers that there are not are null.
 * @param kind of lens; without one that of masked tokens, or the logit lens where there is none
 * @throws InspectorError `not-captured` where the model does not give the lens that was asked for
 */
export async function layersReport(
  capture: Capture,
  store: ModelStore,
  kind: LensKind | undefined,
) {
  const streams: { [S in Stack]?: ReturnType<typeof ofResiduals> | Missing } = {};
  for (const stack of capture.summary.model.stacks) {
    streams[stack] = await orMissing(async () => ofResiduals(await residuals(capture, stack)));
  }
  const read = async (one: LensKind) => {
    const params = { capture: capture.summary.id, kind: one, from: 0, count: Infinity, best: BEST };
    return ofLens(await lens(capture, params, store, () => undefined, NEVER_CANCELLED));
  };
  if (kind) return { residuals: streams, lens: await read(kind) };
  const masked = await orMissing(() => read('maskedLm'));
  const shown = 'missing' in masked ? await orMissing(() => read('logitLens')) : masked;
  return { residuals: streams, lens: shown };
}

function ofResiduals({ states, tokens, norms, cosine, cka }: Residuals) {
  return {
    states,
    tokens,
    norms: rows(norms, tokens),
    cosine: rows(cosine, states),
    cka: rows(cka, states),
  };
}

/** One entry for each state, in it one for each token. */
function ofLens(found: Lens) {
  const { kind, stack, note, states, count, best } = found;
  const text = (id: number) => found.texts[id] ?? `#${id}`;
  const cell = (state: number, token: number) => {
    const at = state * count + token;
    const expected = found.expectedIds[token] ?? -1;
    return {
      best: [...found.ids.subarray(at * best, (at + 1) * best)].flatMap((id, rank) =>
        id < 0
          ? []
          : { id, text: text(id), probability: number(found.probabilities[at * best + rank]) },
      ),
      expected:
        expected < 0
          ? null
          : { id: expected, text: text(expected), probability: number(found.expected[at]) },
    };
  };
  const each = <T>(length: number, of: (i: number) => T) => Array.from({ length }, (_, i) => of(i));
  const all = each(states, state => each(count, token => cell(state, token)));
  return { kind, stack, note, states: all };
}

function rows(values: Float32Array, columns: number): (number | null)[][] {
  return Array.from({ length: values.length / Math.max(1, columns) }, (_, row) =>
    [...values.subarray(row * columns, (row + 1) * columns)].map(number),
  );
}

function number(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
