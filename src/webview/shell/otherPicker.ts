import { isOtherModel, otherChoices, otherModel } from '../app/comparison';
import type { Panel } from '../app/panel';
import { dropdown } from '../kit/controls';
import { el } from '../kit/dom';

/** The letter of a run that is laid beside another one. */
const letter = (text: string): HTMLElement => el('span.run-letter', text);

/**
 * Which model B is, while people compare with another one: the letters of both runs, and B's picker.
 * @param beside what there is no room for meanwhile
 */
export function createOtherPicker(
  { store, actions }: Panel,
  beside: HTMLElement,
): { readonly a: HTMLElement; readonly b: HTMLElement } {
  const picker = dropdown('Compared with (B)', other => void actions.setOther(other));
  picker.element.classList.add('picker-beside');
  const a = letter('A');
  const b = el('span.other-picker', letter('B'), picker.element);
  store.select(
    state => [isOtherModel(state), state.models, state.options.masking],
    isThere => {
      a.hidden = b.hidden = !isThere;
      beside.hidden = isThere;
      if (isThere) picker.show(otherChoices(store.state), otherModel(store.state) ?? '');
    },
  );
  return { a, b };
}
