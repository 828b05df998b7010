import { isSameText } from '../../../protocol/run';
import type { AttentionRow } from '../../../protocol/capture';
import { maskOf, type MaskChange } from '../../../protocol/change';
import type { Prediction } from '../../../protocol/outputs';
import { isCross } from '../../reading/capture';
import { percent } from '../../reading/format';
import { rankedKeys } from '../../reading/rowFacts';
import type { Phrase } from '../../app/sentence';
import type { State } from '../../app/state';
import { nameIn, shorten, visible } from '../../reading/tokenText';
import { compared } from './wanted';
import { hiddenPadding, type HiddenPadding, type OutputMove } from './hiddenPadding';
import { placeOf, type Place, type RunName } from './runPlaces';
import { changeWords, stackName } from './words';

/** Weights below this are not worth a mention. */
const FAINT = 0.005;

/** One run's row of the query, where both are known. */
interface Reading {
  readonly place: Place;
  readonly row: AttentionRow;
  readonly query: number;
  readonly name: string;
}

/** “What may this token see, and what if that changed?”, from the rows of the runs on show. */
export function maskingSentence(state: State): Phrase[] {
  const main = reading(state, 'main');
  if (!main) return [];
  const other = reading(state, 'other');
  // A key of another sequence is neither earlier nor later.
  const isComparable = other && !isCross(main.place.block) && !isCross(other.place.block);
  return [
    ...(isComparable ? beside(main, other) : [...alone(main), ...notIn(state, main)]),
    ...changed(state, main),
  ];
}

function reading(state: State, run: RunName): Reading | null {
  const place = placeOf(state, run);
  const row = compared(state, `${run}Row`);
  if (!place || !row) return null;
  return { place, row, query: row.query, name: runName(run, place) };
}

/** “A (encoder)”. */
const runName = (run: RunName, place: Place): string =>
  `${run === 'other' ? 'B' : 'A'} (${stackName(place).toLowerCase()})`;

const asQuery = ({ place, query }: Reading): Phrase => ({
  token: nameIn(place.queries.tokens, query),
  part: 'query',
});

const asKey = ({ place }: Reading, key: number): Phrase => ({
  token: nameIn(place.keys.tokens, key),
  part: '',
});

const weightOf = ({ row }: Reading, key: number): number => row.weights[key] ?? 0;

/** Whether the mask lets the query see any later key. */
const seesLater = ({ row, query }: Reading): boolean =>
  row.allowed.some((allowed, key) => key > query && allowed === 1);

/** The later key with most weight; null where none has any to speak of. */
function laterKey(one: Reading): number | null {
  const later = rankedKeys(one.row, one.row.weights.length).find(key => key > one.query);
  return later !== undefined && weightOf(one, later) >= FAINT ? later : null;
}

/** “to tiger (66 %) and <s> (22 %)”. */
function goesTo(one: Reading): Phrase[] {
  const [first, second] = rankedKeys(one.row, 2).filter(key => weightOf(one, key) >= FAINT);
  if (first === undefined) return [' to no key'];
  const named = (key: number): Phrase[] => [asKey(one, key), ` (${percent(weightOf(one, key))})`];
  return [' to ', ...named(first), ...(second === undefined ? [] : [' and ', ...named(second)])];
}

function alone(main: Reading): Phrase[] {
  if (isCross(main.place.block)) {
    return [
      asQuery(main),
      ' may attend to every key of the encoder; its weight goes',
      ...goesTo(main),
      '.',
    ];
  }
  const later = laterKey(main);
  if (!seesLater(main)) {
    return ['Every key after ', asQuery(main), ' is masked; its weight goes', ...goesTo(main), '.'];
  }
  if (later === null)
    return [asQuery(main), ' may read later keys, but gives them next to nothing.'];
  return [
    asQuery(main),
    ' may read ',
    asKey(main, later),
    `, which comes later (${percent(weightOf(main, later))}).`,
  ];
}

/** Says that the other run's text does not have the query, where it is another text. */
function notIn(state: State, main: Reading): Phrase[] {
  const other = placeOf(state, 'other');
  if (!other || isSameText(other.capture, main.place.capture)) return [];
  if (other.queries.of(main.query) !== null) return [];
  return [' B reads another text, in which nothing stands for ', asQuery(main), '.'];
}

function beside(a: Reading, b: Reading): Phrase[] {
  const caveat = whatElseDiffers(a.place, b.place);
  if (seesLater(a) === seesLater(b)) {
    const start: Phrase[] = seesLater(a)
      ? ['A and B both let ', asQuery(a), ' read later keys: ']
      : ['Neither A nor B lets ', asQuery(a), ' read a later key: '];
    return [...start, ...most(a), '; ', ...most(b), '.', caveat];
  }
  const [open, masked] = seesLater(a) ? [a, b] : [b, a];
  const later = laterKey(open);
  const reads: Phrase[] =
    later === null
      ? [' read later keys, but gives them next to nothing.']
      : [' read ', asKey(open, later), `, which comes later (${percent(weightOf(open, later))}).`];
  return [
    `${open.name} lets `,
    asQuery(open),
    ...reads,
    ` ${masked.name} masks every key after `,
    asQuery(masked),
    '; there its weight goes',
    ...goesTo(masked),
    '.',
    caveat,
  ];
}

/** The mask is not all in which two runs differ, which nobody should read into their rows. */
function whatElseDiffers(a: Place, b: Place): string {
  const isText = !isSameText(a.capture, b.capture);
  const isModel = a.capture.model.path !== b.capture.model.path;
  if (!isText && !isModel) return '';
  const what = isText && isModel ? 'model and text' : isText ? 'text' : 'model';
  return ` B is of another ${what}: more than the mask differs.`;
}
/** “in A (encoder) its weight goes to tiger (66 %)”. */
const most = (one: Reading): Phrase[] => [`in ${one.name} its weight goes`, ...goesTo(one)];

function changed(state: State, main: Reading): Phrase[] {
  const place = placeOf(state, 'changed');
  const change = place && maskOf(place.capture);
  const difference = compared(state, 'difference');
  if (!change || !difference) return [];
  const moved = difference.totalVariation[main.query - difference.offsetBefore];
  if (moved === undefined) return [];
  const start = ` With ${changeWords(change)}, `;
  const padding = hiddenPadding(state);
  if (padding?.isIgnored) return ignoredMask(start, main.place, main.query, padding);
  const wander = padding ? strayOutput(change, padding) : [];
  if (difference.limit === 0) return [`${start}no weight moves in this map.`, ...wander];
  return [
    `${start}${percent(moved)} of the weight of `,
    asQuery(main),
    ' moved',
    ...predicted(state),
    '.',
    ...wander,
  ];
}

const named = ({ text }: Prediction): Phrase => ({ token: shorten(visible(text), 24), part: '' });

function predicted(state: State): Phrase[] {
  const [before] = compared(state, 'before')?.best ?? [];
  const [after] = compared(state, 'after')?.best ?? [];
  if (!before || !after) return [];
  return before.id === after.id
    ? [', and the most probable token stays ', named(before)]
    : [', and the most probable token changes from ', named(before), ' to ', named(after)];
}

/** An output that moves by less, in nats, is the same but for rounding. */
const MOVED = 1e-3;
/** Another query is named where it gives this many times as much. */
const CLEARLY = 1.1;
/** Padding that gets more than this is not hidden at all. */
const NOT_HIDDEN = 0.02;

/** What is wrong where weight goes to padding that the mask should hide. */
function ignoredMask(
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
function strayOutput(change: MaskChange, { output }: HiddenPadding): Phrase[] {
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
