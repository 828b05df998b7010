import type { Only } from '../../../protocol/intervention';

/** A condition as the form shows it. */
export function conditionText(kind: keyof Only, only: Only | undefined): string {
  if (kind === 'token') return only?.token ?? '';
  const [from = 0, to = 0] = only?.[kind] ?? [];
  return from === to ? String(from) : `${from}–${to}`;
}

/** A condition as people write it; null where that is none. */
export function readCondition(kind: keyof Only, text: string): Only | null {
  if (kind === 'token') return text === '' ? null : { token: text };
  const [, from, to = from] = /^\s*(\d+)\s*(?:[–-]\s*(\d+)\s*)?$/.exec(text) ?? [];
  if (from === undefined || Number(from) > Number(to)) return null;
  return { [kind]: [Number(from), Number(to)] };
}
