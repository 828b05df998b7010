import { InspectorError } from '../../protocol/errors';
import type { Direction, Measure } from '../../protocol/patching';
import type { Capture } from '../capture/capture';
import type { InstrumentedModel } from '../model/instrumentedModel';
import type { GraphPoint } from '../onnx/stream/points/point';
import type { Pieces } from '../model/pieces/pieces';
import type { Heed, PlainRun } from '../model/pieces/piecesOf';
import type { ModelStore } from '../store/modelStore';
import { measured, type Measured } from './measures';
import { plainText } from './plainText';

/** Two texts of one model: states of the one are put into the run of the other. */
export interface Sides {
  readonly model: InstrumentedModel;
  readonly pieces: Pieces;
  /** The run that the states come from. */
  readonly source: PlainRun;
  /** The run that they are put into. */
  readonly receiver: PlainRun;
  /** The measure of the plain runs. */
  readonly ofA: number;
  readonly ofB: number;
  /** Share of their difference that an output brings back. */
  readonly share: Measured;
}

/** What is measured where, and what is put where. */
export interface SidesChoice {
  readonly direction: Direction;
  readonly measure: Measure;
  readonly token: number;
}

/** Differences of a measure below this are rounding, as a fraction of the larger one. */
const LEAST_DIFFERENCE = 1e-5;

/**
 * Opens two captures A and B for patching.
 * @param points whose numbers are about to be exchanged
 * @throws InspectorError `inputs-wrong` where they are of two models, have not equally many tokens, or
 * give the same measure; `not-captured`, `cancelled`
 */
export async function sidesOf(
  a: Capture,
  b: Capture,
  { direction, measure, token }: SidesChoice,
  store: ModelStore,
  heed: Heed,
  points: readonly GraphPoint[],
): Promise<Sides> {
  checkTogether(a, b);
  const [first, second] = [await plainText(a, store, token), await plainText(b, store, token)];
  const isIntoB = direction === 'intoB';
  const [from, into] = isIntoB ? [first, second] : [second, first];
  const measureOf = measured(measure, from.text.logits);
  const [ofA, ofB] = [measureOf(first.text.logits), measureOf(second.text.logits)];
  const [restored, plain] = isIntoB ? [ofA, ofB] : [ofB, ofA];
  const size = Math.max(Math.abs(ofA), Math.abs(ofB));
  if (!(Math.abs(ofA - ofB) > LEAST_DIFFERENCE * size)) {
    throw new InspectorError(
      'inputs-wrong',
      `Both texts give the same there (${ofA.toPrecision(4)} and ${ofB.toPrecision(4)}), so there is no difference of which a share could be brought back: choose other texts, another token or another measure.`,
    );
  }
  const pieces = first.model.pieces();
  pieces.expect(points);
  const [source, receiver] = await pieces.plain([from.text, into.text], heed);
  if (!source || !receiver) throw new InspectorError('internal', 'A plain run is missing.');
  const share = (logits: Float32Array) => (measureOf(logits) - plain) / (restored - plain);
  return { model: first.model, pieces, source, receiver, ofA, ofB, share };
}

function checkTogether(a: Capture, b: Capture): void {
  const [one, other] = [a.summary, b.summary];
  const feeds = [one, other].map(({ feeds }) => JSON.stringify(feeds ?? {}));
  if (one.model.path !== other.model.path || feeds[0] !== feeds[1]) {
    throw new InspectorError(
      'inputs-wrong',
      `States can be exchanged between runs of one model, not between ${one.model.name} and ${other.model.name}: compare two texts of the same one.`,
    );
  }
  for (const stack of one.model.stacks) {
    const [mine, theirs] = [one, other].map(({ tokens }) => tokens[stack]?.length ?? 0);
    if (mine === theirs) continue;
    throw new InspectorError(
      'inputs-wrong',
      `${mine ?? 0} and ${theirs ?? 0} tokens: the texts must have the same number, so that every state of one has its place in the other. Change one of them.`,
    );
  }
}
