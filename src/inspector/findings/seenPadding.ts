import type { AttentionSite } from '../../protocol/model';
import type { ModelRun } from '../model/run';
import { causalStack } from './configuration';
import { outputMoved, roundingOf, type TextRow } from './moved';
import { BLOCKED, paddingWeight, type Lay, type PaddingWeight } from './paddingWeights';
import type { Subject } from './rule';

/** Outputs of rows of one batch that move by less, of the largest, are rounding. */
export const SAME_BATCH = 1e-6;
/** Operators that get lengths in place of a mask. */
const TAKES_LENGTHS = /GroupQueryAttention$/;

/** A run of a text under padding: two rows that differ in what the padding says. */
interface PaddedRun {
  readonly run: ModelRun;
  readonly lay: Lay;
  /** The text in a row of it. */
  readonly at: (row: number) => TextRow;
  /** How far the text's outputs differ between the rows, of the largest. */
  readonly moved: number;
}

/** What a model makes of hidden padding. */
export interface SeenPadding {
  readonly runs: readonly PaddedRun[];
  /** One for each attention that reads the padding. */
  readonly weights: readonly PaddingWeight[];
  /** Those that give padding weight, where outputs move by it. */
  readonly attended: readonly PaddingWeight[];
  readonly moved: number;
  /** How far outputs of the text move when padding is put after it, of the largest. */
  readonly shifted: number;
}

/** Whether tokens of the text see earlier ones only: padding must stand before it to be seen at all. */
function readsForward({ model, config, padded }: Subject): boolean {
  const isDecoder = padded.stack === 'decoder' || causalStack(model, config) === padded.stack;
  return model.card.stacks.length === 1 && isDecoder;
}

/**
 * Why nothing can be said of padding before the text, as batches of texts to be continued have it; undefined
 * where something can.
 */
export function whyNotBefore(subject: Subject): string | undefined {
  if (!readsForward(subject)) {
    return 'Its tokens see later ones, too: padding before the text leaves each of them keys.';
  }
  const { sites } = subject.model.card;
  // The operator counts what the mask has of ones, and takes as many tokens from the beginning.
  const takesLengths = sites.some(({ graph }) => TAKES_LENGTHS.test(graph.operator));
  return takesLengths
    ? 'Its GroupQueryAttention is told how long a text is, not which tokens are hidden: padding can stand after the text only.'
    : subject.padded.whyNot;
}

/** The text of a subject before padding, in one row. */
export function beforePadding({ padded }: Subject, run: ModelRun, row: number): TextRow {
  return { run, row, count: { [padded.stack]: padded.text.length } };
}

/** The text of a subject behind padding, in one row. */
export function afterPadding({ padded }: Subject, run: ModelRun, row: number): TextRow {
  return { run, row, from: { [padded.stack]: padded.padding } };
}

/** Whether all outputs of a text are numbers. */
export function isFinite({ model: { card } }: Subject, at: TextRow): boolean {
  return outputMoved(card, at, at) === 0;
}

/** Runs a text under padding, or says why that cannot be done. */
export async function seenPadding(subject: Subject): Promise<SeenPadding | string> {
  const { padded, model } = subject;
  if (padded.whyNot !== undefined) return padded.whyNot;
  const right = await padded.right();
  const lay = { text: padded.text.length, padding: padded.padding };
  const found: Omit<PaddedRun, 'moved'>[] = [
    {
      run: right,
      lay: { ...lay, side: 'right' },
      at: (row: number) => beforePadding(subject, right, row),
    },
  ];
  if (whyNotBefore(subject) === undefined) {
    const left = await padded.left();
    const at = (row: number) => afterPadding(subject, left, row);
    if (isFinite(subject, at(0))) found.push({ run: left, lay: { ...lay, side: 'left' }, at });
  }
  const runs = found.map(one => ({
    ...one,
    moved: outputMoved(model.card, one.at(0), one.at(1)),
  }));
  // Where tokens may see earlier ones only, padding after the text says nothing of the mask of padding.
  const judged = runs.at(-1);
  const weights = model.card.sites.flatMap(site => {
    const isRead = site.kind === 'cross' || site.stack === padded.stack;
    const capture = judged?.run.sites.find(other => isSame(other.site, site));
    const weight = isRead && capture && judged ? paddingWeight(capture, judged.lay) : undefined;
    return weight ? [weight] : [];
  });
  const moved = Math.max(...runs.map(run => run.moved));
  const shifted = outputMoved(
    model.card,
    { run: await padded.plain(), row: 0 },
    beforePadding(subject, right, 0),
  );
  // Padding whose embeddings are made 0 says nothing, and takes its weight away all the same.
  const isMoved = moved > SAME_BATCH || shifted > roundingOf(model.card.precision);
  const attended = isMoved ? weights.filter(({ most }) => most > BLOCKED) : [];
  if (attended.length > 0 && padded.isMaskGuessed) {
    return 'Its mask has a name of its own, and nobody says which of its values hides a token.';
  }
  return { runs, weights, attended, moved, shifted };
}

function isSame(a: AttentionSite, b: AttentionSite): boolean {
  return a.stack === b.stack && a.kind === b.kind && a.layer === b.layer;
}
