import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeDropdown,
  vsCodeOption,
} from '@vscode/webview-ui-toolkit';
import { icon } from './dom';

/** The parts of the controls' interfaces that are used here. */
type ButtonElement = HTMLElement & { appearance: 'primary' | 'secondary' };
type ValueElement = HTMLElement & { value: string };

/** Defines the standard controls; the only file that knows where they come from. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeDropdown(), vsCodeOption());
}

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
  const element = document.createElement('vscode-dropdown') as ValueElement;
  element.setAttribute('aria-label', name);
  element.title = name;
  const sign = iconName ? icon(iconName) : null;
  if (sign) sign.slot = 'start';
  let shown = '';
  let chosen = '';
  element.addEventListener('change', () => onChange(element.value));
  return {
    element,
    show: (choices, current) => {
      const wanted = JSON.stringify(choices);
      if (wanted !== shown) {
        shown = wanted;
        element.replaceChildren(
          ...(sign ? [sign] : []),
          ...choices.map(one => option(one, current)),
        );
      }
      chosen = current;
      element.value = current;
      // New entries become controls in a later task; until then the dropdown cannot find its value.
      requestAnimationFrame(() => {
        if (element.value !== chosen) element.value = chosen;
      });
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
