import { MOST_AHEAD, type Only } from '../../../protocol/intervention';

/** A condition as the form shows it. */
export function conditionText(kind: keyof Only, only: Only | undefined): string {
  if (kind === 'token') return only?.token ?? '';
  const [from = 0, to = 0] = only?.[kind] ?? [];
  if (kind === 'ahead') {
    return [from > -MOST_AHEAD ? `${from} ` : '', to < MOST_AHEAD ? ` ${to}` : ''].join('…');
  }
  return from === to ? String(from) : `${from}–${to}`;
}

/** A condition as people write it; null where that is none. */
export function readCondition(kind: keyof Only, text: string): Only | null {
  if (kind === 'token') return text === '' ? null : { token: text };
  if (kind === 'ahead') {
    const [isRange, first, last] = /^\s*(-?\d+)?\s*…\s*(-?\d+)?\s*$/.exec(text) ?? [];
    const [least, most] = [Number(first ?? -MOST_AHEAD), Number(last ?? MOST_AHEAD)];
    const isKnown = isRange !== undefined && least >= -MOST_AHEAD && most <= MOST_AHEAD;
    return isKnown && least <= most ? { ahead: [least, most] } : null;
  }
  const [, from, to = from] = /^\s*(\d+)\s*(?:[–-]\s*(\d+)\s*)?$/.exec(text) ?? [];
  if (from === undefined || Number(from) > Number(to)) return null;
  return { [kind]: [Number(from), Number(to)] };
}
