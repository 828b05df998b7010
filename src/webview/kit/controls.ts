import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeDropdown,
  vsCodeOption,
} from '@vscode/webview-ui-toolkit';
import { el, icon } from './dom';

/** The parts of the controls' interfaces that are used here. */
type ButtonElement = HTMLElement & { appearance: 'primary' | 'secondary' };
type ValueElement = HTMLElement & { value: string };
type DropdownElement = ValueElement & { selectedIndex: number; readonly displayValue: string };

/** Defines the standard controls; the only file that knows where they come from. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeDropdown(), vsCodeOption());
}

/** A button that is an icon; its name is said by its tip and to screen readers. */
export const iconButton = (name: string, sign: string, act: () => void): HTMLButtonElement =>
  el('button.icon-button', { title: name, 'aria-label': name, on: { click: act } }, icon(sign));

/** A push button with a label and possibly an icon before it. */
export function button(
  label: string,
  onClick: () => void,
  options: { secondary?: boolean; icon?: string } = {},
): HTMLElement {
  const element = document.createElement('vscode-button') as ButtonElement;
  element.appearance = options.secondary ? 'secondary' : 'primary';
  if (options.icon) {
    const sign = icon(options.icon);
    sign.slot = 'start';
    element.append(sign);
  }
  element.append(label);
  element.addEventListener('click', onClick);
  return element;
}

/** One entry of a dropdown. */
export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly title?: string;
}

/** A dropdown whose entries may change. */
export interface DropdownControl {
  readonly element: HTMLElement;
  /** Shows these entries with `current` chosen. */
  show(choices: readonly Choice[], current: string): void;
}

/** A dropdown called `name`; `onChange` receives the value that was chosen. */
export function dropdown(
  name: string,
  onChange: (value: string) => void,
  iconName?: string,
): DropdownControl {
  const element = document.createElement('vscode-dropdown') as DropdownElement;
  element.setAttribute('aria-label', name);
  element.title = name;
  const sign = iconName ? icon(iconName) : null;
  if (sign) sign.slot = 'start';
  let [shown, known] = ['', ''];
  element.addEventListener('change', () => onChange(element.value));
  /** Where the dropdown took another entry while it did not know these. */
  const correct = (choices: readonly Choice[], current: string): void => {
    const index = choices.findIndex(({ value }) => value === current);
    if (index < 0 || element.displayValue === choices[index]?.label) return;
    element.selectedIndex = -1;
    element.selectedIndex = index;
  };
  return {
    element,
    show: (choices, current) => {
      const wanted = JSON.stringify([choices, current]);
      if (wanted === shown) {
        correct(choices, current);
        return;
      }
      const entries = JSON.stringify(choices);
      const isChosenHere = entries === known && element.value === current;
      [shown, known] = [wanted, entries];
      if (isChosenHere) {
        for (const one of element.querySelectorAll('vscode-option')) {
          one.toggleAttribute('selected', (one as ValueElement).value === current);
        }
        return;
      }
      // The dropdown knows entries from a later task on. Then it takes the first one that has its old
      // value or was made as the chosen one: so the value comes first, and with each choice new entries.
      element.value = current;
      element.replaceChildren(...(sign ? [sign] : []), ...choices.map(one => option(one, current)));
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          if (wanted === shown) correct(choices, current);
        }),
      );
    },
  };
}

function option(choice: Choice, current: string): HTMLElement {
  const element = document.createElement('vscode-option') as ValueElement;
  element.value = choice.value;
  element.textContent = choice.label;
  if (choice.title) element.title = choice.title;
  element.toggleAttribute('selected', choice.value === current);
  return element;
}

/** A box that is ticked or not. */
export interface CheckboxControl {
  readonly element: HTMLElement;
  show(isOn: boolean): void;
}

/** A checkbox with its words beside it, or with a name for screen readers only. */
export function checkbox(
  label: string,
  onChange: (isOn: boolean) => void,
  options: { hiddenLabel?: boolean } = {},
): CheckboxControl {
  const input = el('input', {
    type: 'checkbox',
    ...(options.hiddenLabel ? { 'aria-label': label } : {}),
    on: { change: () => onChange(input.checked) },
  });
  const words = options.hiddenLabel ? null : el('span', label);
  const element = el('label.checkbox', { title: label }, input, words);
  return { element, show: isOn => (input.checked = isOn) };
}

/** A field whose value is taken when it is left or Enter is pressed. */
export interface FieldControl<T> {
  readonly element: HTMLElement;
  show(value: T): void;
}

/** A line of text. */
export function field(
  label: string,
  options: { placeholder: string; onChange: (value: string) => void },
): FieldControl<string> {
  const input = el('input.field', {
    title: label,
    type: 'text',
    'aria-label': label,
    placeholder: options.placeholder,
    on: { change: () => options.onChange(input.value) },
  });
  return { element: input, show: value => showValue(input, value) };
}

/** A whole number within limits; what is not one is put back. */
export function numberField(
  label: string,
  options: { from: number; to: number; onChange: (value: number) => void },
): FieldControl<number> {
  const { from, to, onChange } = options;
  let shown = from;
  const input = el('input.field', {
    type: 'number',
    min: from,
    max: to,
    step: 1,
    inputmode: 'numeric',
    on: {
      change: () => {
        const value = Math.max(from, Math.min(to, Math.round(input.valueAsNumber)));
        if (Number.isNaN(value)) input.value = String(shown);
        else onChange(value);
      },
    },
  });
  const element = el('label.number-field', el('span', label), input);
  return {
    element,
    show: value => {
      shown = value;
      showValue(input, String(value));
    },
  };
}

function showValue(input: HTMLInputElement, value: string): void {
  if (input.value !== value) input.value = value;
}

/** A slider and a field beside it for the same number; the field may go beyond the slider's end. */
export function slider(
  label: string,
  options: {
    readonly from: number;
    readonly to: number;
    /** Largest number that the field takes. */
    readonly most: number;
    readonly step: number;
    readonly onChange: (value: number) => void;
  },
): FieldControl<number> {
  const { from, to, most, step, onChange } = options;
  let shown = from;
  const take = (value: number): void => {
    if (Number.isNaN(value)) show(shown);
    else onChange(Math.max(from, Math.min(most, value)));
  };
  const range = el('input', {
    type: 'range',
    min: from,
    max: to,
    step,
    'aria-label': label,
    on: { input: () => take(range.valueAsNumber) },
  });
  const field = el('input.field', {
    type: 'number',
    min: from,
    max: most,
    step: 'any',
    'aria-label': `${label}, number`,
    on: { change: () => take(field.valueAsNumber) },
  });
  const show = (value: number): void => {
    shown = value;
    const text = String(Math.round(value * 1000) / 1000);
    if (field.value !== text) field.value = text;
    range.value = String(value);
  };
  return {
    element: el('div.slider', el('span', label), range, field),
    show,
  };
}
