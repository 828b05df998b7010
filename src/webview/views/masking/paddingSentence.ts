import type { MaskChange } from '../../../protocol/change';
import { percent } from '../../reading/format';
import type { Phrase } from '../../app/sentence';
import { nameIn } from '../../reading/tokenText';
import type { HiddenPadding, OutputMove } from './hiddenPadding';
import type { Place } from './runPlaces';

/** An output that moves by less, in nats, is the same but for rounding. */
const MOVED = 1e-3;
/** Another query is named where it gives this many times as much. */
const CLEARLY = 1.1;
/** Padding that gets more than this is not hidden at all. */
const NOT_HIDDEN = 0.02;

/** What is wrong where weight goes to padding that the mask should hide. */
export function ignoredMask(
  start: string,
  { queries }: Place,
  query: number,
  { weight, most, output }: HiddenPadding,
): Phrase[] {
  const other: Phrase[] = [
    ' (most: ',
    { token: nameIn(queries.tokens, most.query), part: '' },
    ` with ${percent(most.weight)})`,
  ];
  return [
    `${start}which should be hidden, `,
    { token: nameIn(queries.tokens, query), part: 'query' },
    ` still gives them ${Number.isNaN(weight) ? 'some' : percent(weight)} of its weight`,
    // The largest is read from the map's codes, which are coarser than the row.
    ...(most.query === query || most.weight < weight * CLEARLY ? [] : other),
    most.weight > NOT_HIDDEN
      ? ': the attention mask is ignored here.'
      : ': the attention mask hides them in part only.',
    ...(output === null ? [] : moves(output)),
  ];
}

/** Padding gets no weight here, and yet the output moves: another layer may not hide it. */
export function strayOutput(change: MaskChange, { output }: HiddenPadding): Phrase[] {
  if (output === null || output.nats < MOVED) return [];
  if (change.kind === 'padding' && change.side === 'left') {
    return [' The padding gets no weight here.', ...moves(output, ' unless the positions shift')];
  }
  return [' The padding gets no weight here, but it may elsewhere.', ...moves(output)];
}

function moves({ nats, name }: OutputMove, unless = ''): Phrase[] {
  if (nats < MOVED) return [` The output moves by less than ${MOVED} nats.`];
  return [
    ` The output moves by up to ${nats.toFixed(nats < 0.1 ? 3 : 1)} nats, at `,
    { token: name, part: '' },
    `; hidden padding should move it by 0${unless}.`,
  ];
}
