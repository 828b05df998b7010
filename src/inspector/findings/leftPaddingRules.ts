import { countOf } from '../model/tensors/nonNumbers';
import { outputMoved, roundingOf, whereMoved } from './moved';
import { afterPadding, isFinite, whyNotBefore } from './seenPadding';
import { shown, type Rule } from './rule';
import { outputOf } from './runs';

/** Outputs that left padding moves by less, of the largest, are rounding. */
const MOVED = 1e-3;

/** Rules about padding before the text, as batches of texts to be continued have it. */
export const leftPaddingRules: readonly Rule[] = [
  {
    code: 'fully-masked-nan',
    measured: 'outputs of the text that are NaN or infinite when hidden padding stands before it',
    limit: '0',
    cause:
      'The mask is −∞: rows of padding that may see nothing are 0 ÷ 0, and their values spread, for 0 × NaN is NaN.',
    remedy:
      'Mask with the lowest finite number of the type, or set such rows to 0 after the softmax.',
    wrongFor: 'NaN in the rows of padding alone: a note',
    async check(subject) {
      const reason = whyNotBefore(subject);
      if (reason !== undefined) return reason;
      const { padded, model } = subject;
      const [plain, run] = [await padded.plain(), await padded.left()];
      const [before, after] = [{ run: plain, row: 0 }, afterPadding(subject, run, 0)];
      if (!isFinite(subject, before))
        return 'Outputs of the text are no numbers without padding, either.';
      const broken = countOf(outputOf(run)?.data ?? new Float32Array());
      if (broken === 0) return [];
      if (isFinite(subject, after)) {
        const sentence =
          'Rows of padding that may see nothing are no numbers; the outputs of the text are none the worse.';
        return [{ severity: 'note', place: { stack: padded.stack }, measure: broken, sentence }];
      }
      const limit = Number.MAX_VALUE;
      const { place, where, evidence } = whereMoved(model.card, before, after, limit);
      return [
        {
          severity: 'error',
          place,
          measure: broken,
          sentence: `With ${padded.padding} hidden tokens of padding before the text, outputs of the text are no numbers, ${where}: rows of padding that may see nothing are NaN and spread.`,
          confirmedBy: 'outputs of the text without padding are numbers',
          evidence,
        },
      ];
    },
  },
  {
    code: 'left-padding-moves',
    measured: 'outputs of the text that move when hidden padding is put before it, of the largest',
    limit: '1e-3 (float16 2e-2, int8 0.2)',
    cause: 'The graph takes no position_ids and counts positions from the padding.',
    remedy: 'Export with position_ids as an input, or pad after the text.',
    wrongFor: 'relative and rotary positions, which do not move',
    async check(subject) {
      const reason = whyNotBefore(subject);
      if (reason !== undefined) return reason;
      const { padded, model } = subject;
      const before = { run: await padded.plain(), row: 0 };
      const after = afterPadding(subject, await padded.left(), 0);
      if (!isFinite(subject, before) || !isFinite(subject, after))
        return 'Its outputs are no numbers.';
      const moved = outputMoved(model.card, before, after);
      const limit = Math.max(MOVED, roundingOf(model.card.precision));
      if (!(moved > limit)) return [];
      const { place, where, evidence } = whereMoved(model.card, before, after, limit);
      return [
        {
          severity: 'note',
          place,
          measure: moved,
          sentence: `Outputs of the text move by ${shown(moved)} of the largest when ${padded.padding} hidden tokens of padding are put before it, ${where}: this export counts positions from the padding.`,
          evidence,
        },
      ];
    },
  },
];
