import { hasSigns, isSpaceSign, PERIODS, signOf, type Units } from './marks';

/** Which unit of the messages each unit of a rendered text comes from; -1 for what the template wrote. */
export type Places = Int32Array;

/** Messages whose units are signs, and what a template made of them. */
export interface SignedText {
  /** The units of all strings, as the messages had them. */
  readonly signs: string;
  readonly text: string;
}

/**
 * Reads the marks of marked renderings. The answer is proved: with its marks taken back, each of them
 * is the plain text.
 * @param made one rendering for each of `PERIODS`; the second may be left out for short messages
 * @returns undefined where the template did something else with marked strings than with plain ones
 */
export function placesOf(
  plain: string,
  made: readonly SignedText[],
  units: Units,
): Places | undefined {
  const [first, second] = made;
  if (!first || hasSigns(plain) || made.some(({ text }) => text.length !== plain.length)) {
    return undefined;
  }
  const unitOf = unitsBySigns(units.text.length);
  const places: Places = new Int32Array(plain.length).fill(-1);
  for (let at = 0; at < plain.length; at++) {
    const one = signOf(first.text, at, PERIODS[0]);
    if (one === undefined) {
      const isSpace = isSpaceSign(first.text, at) && /\s/.test(plain.charAt(at));
      if (!isSpace && first.text.charAt(at) !== plain.charAt(at)) return undefined;
      continue;
    }
    const other = second && (signOf(second.text, at, PERIODS[1]) ?? -1);
    const unit = other === undefined ? one : unitOf(one, other);
    if (!isSameLetter(units.text.charAt(unit), plain.charAt(at))) return undefined;
    places[at] = unit;
  }
  fillBetween(places, plain, units, (at, unit) => {
    const isSign = isSpaceSign(first.text, at) && first.text.charAt(at) !== plain.charAt(at);
    return (
      first.text.charAt(at) === first.signs.charAt(unit) && (isSign || !/\s/.test(plain.charAt(at)))
    );
  });
  return places;
}

/** The unit that two signs tell. */
function unitsBySigns(count: number): (one: number, other: number) => number {
  const [first, second] = PERIODS;
  return (one, other) => {
    for (let unit = one; unit < count; unit += first) if (unit % second === other) return unit;
    return -1;
  };
}

/** Whether a template may have made one of the other: it may change the case of letters. */
function isSameLetter(source: string, rendered: string): boolean {
  if (source === rendered) return true;
  return source !== '' && source.toLowerCase() === rendered.toLowerCase();
}

/**
 * Units without a sign of their own follow their neighbours: those between two that are known, where
 * the same stands between them in the message, and those at an end that cannot be the template's. What
 * a template cuts out of a message and writes again as it was counts as the message's.
 */
function fillBetween(
  places: Places,
  plain: string,
  units: Units,
  isOurs: (at: number, unit: number) => boolean,
): void {
  const known = Array.from(places.keys()).filter(at => (places[at] ?? -1) >= 0);
  known.forEach((at, i) => {
    const next = known[i + 1];
    const [from, to] = [places[at] ?? -1, next === undefined ? -1 : (places[next] ?? -1)];
    const isSame =
      next !== undefined &&
      to - from === next - at &&
      units.leafOf(from) === units.leafOf(to) &&
      isSameLetter(units.text.slice(from, to), plain.slice(at, next));
    if (isSame) {
      for (let step = 1; step < next - at; step++) places[at + step] = from + step;
      return;
    }
    extend(places, plain, units, at, 1, isOurs);
    if (next !== undefined) extend(places, plain, units, next, -1, isOurs);
  });
  const [start] = known;
  if (start !== undefined) extend(places, plain, units, start, -1, isOurs);
}

function extend(
  places: Places,
  plain: string,
  units: Units,
  from: number,
  step: 1 | -1,
  isOurs: (at: number, unit: number) => boolean,
): void {
  const unit = places[from] ?? -1;
  const leaf = units.leafOf(unit);
  for (let i = 1; ; i++) {
    const [at, source] = [from + step * i, unit + step * i];
    const isFree = at >= 0 && at < plain.length && places[at] === -1 && isOurs(at, source);
    const isOfLeaf = source >= 0 && source < units.text.length && units.leafOf(source) === leaf;
    if (!isFree || !isOfLeaf || units.text.charAt(source) !== plain.charAt(at)) return;
    places[at] = source;
  }
}

/**
 * Where a template does not render marked strings as it renders plain ones: each string is looked for
 * as a whole, behind the one before it. What is not found, or more than once, stands for nothing.
 */
export function foundPlaces(plain: string, units: Units): Places {
  const places: Places = new Int32Array(plain.length).fill(-1);
  let from = 0;
  units.leaves.forEach(({ text }, leaf) => {
    const trimmed = text.text.trim();
    if (trimmed === '') return;
    const at = plain.indexOf(trimmed, from);
    if (at < 0 || plain.includes(trimmed, at + 1)) return;
    const first = units.first(leaf) + text.text.indexOf(trimmed);
    for (let i = 0; i < trimmed.length; i++) places[at + i] = first + i;
    from = at + trimmed.length;
  });
  return places;
}
