import { el, fill } from './dom';

/** One of a few exclusive choices, drawn as joined buttons. */
export interface Segment<T> {
  readonly value: T;
  readonly label: string;
  readonly title?: string;
  /** Why it cannot be chosen now. */
  readonly disabled?: string | undefined;
}

export interface Segmented<T> {
  readonly element: HTMLElement;
  show(segments: readonly Segment<T>[], current: T): void;
}

/** A radio group of joined buttons: one tab stop, arrows choose. */
export function segmented<T extends string | number>(
  name: string,
  onChange: (value: T) => void,
): Segmented<T> {
  const element = el('div.segmented', { role: 'radiogroup', 'aria-label': name });
  let values: readonly T[] = [];
  let drawn = '';
  const choose = (value: T | undefined): void => {
    if (value === undefined) return;
    onChange(value);
    queueMicrotask(() => element.querySelector<HTMLElement>('[aria-checked="true"]')?.focus());
  };
  const chooseOpen = (value: T): void => {
    const button = element.children[values.indexOf(value)];
    if (button?.getAttribute('aria-disabled') !== 'true') choose(value);
  };
  element.addEventListener('keydown', event => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const open = [...element.children].flatMap((one, i) =>
      one.getAttribute('aria-disabled') === 'true' ? [] : [i],
    );
    const now = open.findIndex(i => element.children[i]?.getAttribute('aria-checked') === 'true');
    choose(values[open[(now + step + open.length) % open.length] ?? -1]);
  });
  return {
    element,
    show: (segments, current) => {
      const wanted = JSON.stringify(segments.map(({ value, label }) => [value, label]));
      if (drawn !== wanted) {
        drawn = wanted;
        values = segments.map(one => one.value);
        fill(element, ...segments.map(one => segmentButton(one, () => chooseOpen(one.value))));
      }
      [...element.children].forEach((child, i) => {
        const chosen = values[i] === current;
        child.setAttribute('aria-checked', String(chosen));
        child.setAttribute('tabindex', chosen ? '0' : '-1');
        const { disabled, title = '' } = segments[i] ?? {};
        child.setAttribute('aria-disabled', String(disabled !== undefined));
        child.setAttribute('title', disabled ?? title);
      });
    },
  };
}

function segmentButton<T>(segment: Segment<T>, onClick: () => void): HTMLElement {
  return el('button.segment', { text: segment.label, role: 'radio', on: { click: onClick } });
}
