import type { CaptureSummary } from '../../protocol/capture';
import { MOST_AHEAD, type Intervention, type Only, type Place } from '../../protocol/intervention';
import { layerCount } from '../../protocol/model';
import type { Token } from '../../protocol/tokens';
import { conditionText, readCondition } from '../app/interventions/condition';
import { stackOf } from '../app/interventions/words';
import { dropdown, field, type Choice } from '../kit/controls';
import { el } from '../kit/dom';
import { label } from '../reading/tokenText';

/** Changes the intervention that the form is of. */
export type Change = (one: {
  readonly at?: Place;
  readonly how?: Intervention['how'];
  /** Undefined takes the condition away. */
  readonly only?: Only | undefined;
}) => void;

/** The same without what is named. */
export const without = <T extends object, K extends keyof T>(whole: T, ...names: K[]): Omit<T, K> =>
  Object.fromEntries(Object.entries(whole).filter(([name]) => !names.includes(name as K))) as Omit<
    T,
    K
  >;

/** A line of the form: what is chosen, and the controls. */
export const line = (name: string, ...controls: (HTMLElement | string)[]): HTMLElement =>
  el('div.form-line', el('span.form-name', name), el('div.form-controls', ...controls));

/** Stands for everything among tokens and layers. */
const ALL = 'all';
/** Stands for several tokens, which are named together. */
const SEVERAL = 'several';

export const choice = (
  name: string,
  choices: readonly Choice[],
  current: string,
  take: (value: string) => void,
): HTMLElement => {
  const control = dropdown(name, take);
  control.show(choices, current);
  return control.element;
};

/** A field for any number, which leaves what is none alone. */
export function numberLine(
  name: string,
  value: number,
  take: (value: number) => void,
): HTMLElement {
  const control = field(name, {
    placeholder: '',
    onChange: text => {
      const number = Number(text.replace('−', '-').replace(',', '.'));
      if (text.trim() === '' || !Number.isFinite(number)) control.show(String(value));
      else take(number);
    },
  });
  control.show(String(value));
  return line(name, control.element);
}

/** First and last layer, or every layer. */
export function layersLine(
  { at }: Intervention,
  capture: CaptureSummary,
  change: Change,
): HTMLElement {
  const count = layerCount(capture.model, stackOf(at, capture));
  const numbers = Array.from({ length: count }, (_, i) => ({ value: String(i), label: String(i) }));
  const [first, last] = at.layers ?? [at.layer, at.layer];
  const all = { value: ALL, label: 'every layer' };
  const take = (from: number, to: number): void => {
    const [low, high] = [Math.min(from, to), Math.max(from, to)];
    change({
      at:
        low === high
          ? { ...without(at, 'layer', 'layers'), layer: low }
          : { ...without(at, 'layer', 'layers'), layers: [low, high] },
    });
  };
  const from = choice(
    'First layer',
    [all, ...numbers],
    first === undefined ? ALL : String(first),
    value => {
      if (value === ALL) change({ at: without(at, 'layer', 'layers') });
      else take(Number(value), Math.max(Number(value), last ?? Number(value)));
    },
  );
  if (first === undefined || last === undefined) return line('Layers', from);
  const to = choice('Last layer', numbers, String(last), value => take(first, Number(value)));
  return line('Layers', from, 'to', to);
}

/** The heads as buttons that are pressed; all where none is named. */
export function headsLine({ at }: Intervention, heads: number, change: Change): HTMLElement {
  const chosen = at.heads ?? [];
  const take = (next: readonly number[]): void => {
    const others = without(at, 'heads');
    change({ at: next.length > 0 ? { ...others, heads: next } : others });
  };
  const buttons = Array.from({ length: heads }, (_, head) =>
    el(
      'button.head-choice',
      {
        'aria-pressed': String(chosen.includes(head)),
        on: {
          click: () =>
            take(
              chosen.includes(head)
                ? chosen.filter(one => one !== head)
                : [...chosen, head].sort((a, b) => a - b),
            ),
        },
      },
      `H${head}`,
    ),
  );
  return line(
    'Heads',
    ...buttons,
    ...(chosen.length === 0 ? [el('span.muted', 'every head')] : []),
  );
}

/** One token, all of them, or the several that are named. */
export function tokenLine(
  name: string,
  tokens: readonly Token[],
  chosen: readonly number[] | undefined,
  take: (numbers: readonly number[] | undefined) => void,
  isAllOffered = true,
): HTMLElement {
  const several = chosen && chosen.length !== 1 ? `tokens ${chosen.join(', ')}` : null;
  const choices: Choice[] = [
    ...(isAllOffered ? [{ value: ALL, label: 'every token' }] : []),
    ...(several === null ? [] : [{ value: SEVERAL, label: several }]),
    ...tokens.map((token, i) => ({ value: String(i), label: `${label(token, 16)}  ${i}` })),
  ];
  const current = several === null ? String(chosen?.[0] ?? ALL) : SEVERAL;
  return line(
    name,
    choice(name, choices, current, value => {
      if (value !== SEVERAL) take(value === ALL ? undefined : [Number(value)]);
    }),
  );
}

const PLACEHOLDERS: Record<keyof Only, string> = {
  token: 'dog',
  positions: '0–3',
  layers: '0–3',
  ahead: '1 …',
};

/** Under which condition it is made, like that of a breakpoint. */
export function onlyLine({ only, how }: Intervention, token: string, change: Change): HTMLElement {
  const kinds: Choice[] = [
    { value: ALL, label: 'always' },
    { value: 'token', label: 'the token is' },
    { value: 'positions', label: 'the position lies in' },
    { value: 'layers', label: 'the layer lies in' },
    ...('block' in how ? [{ value: 'ahead', label: 'the key lies ahead by' }] : []),
  ];
  const first = (Object.keys(only ?? {}) as (keyof Only)[])[0];
  const starts: Record<string, Only | undefined> = {
    token: { token },
    positions: { positions: [0, 0] },
    layers: { layers: [0, 0] },
    ahead: { ahead: [1, MOST_AHEAD] },
  };
  const kind = choice('Only when', kinds, first ?? ALL, value => {
    const start = starts[value];
    change({ only: start });
  });
  if (first === undefined) return line('Only when', kind);
  const value = field('Condition', {
    placeholder: PLACEHOLDERS[first],
    onChange: text => {
      const next = readCondition(first, text);
      if (next) change({ only: { ...only, ...next } });
      else value.show(conditionText(first, only));
    },
  });
  value.show(conditionText(first, only));
  return line('Only when', kind, value.element);
}
