import type { ErrorCode, ErrorReport } from '../../../protocol/errors';
import { button } from '../../kit/controls';
import { append, el } from '../../kit/dom';
import type { TaskName } from '../../app/choices/layers';
import type { Panel } from '../../app/panel';

/** How far some work has come, with a button that ends it; hidden while nothing is under way. */
export function createTask({ store }: Panel, name: TaskName, cancel: () => void): HTMLElement {
  const label = el('span', { attributes: { role: 'status' } });
  const bar = el('progress', { attributes: { max: 1 } });
  const element = el('div.layer-task', bar, label, button('Cancel', cancel, { secondary: true }));
  store.select(
    state => [state.layers.tasks[name]],
    task => {
      element.hidden = task === undefined;
      if (!task) return;
      label.textContent = task.label;
      bar.value = task.done;
      bar.setAttribute('aria-label', task.label);
    },
  );
  return element;
}

/** What may be other the next time that it is tried. */
const PASSING: readonly ErrorCode[] = ['crashed', 'out-of-memory', 'internal'];

/**
 * A line that says why something is not there; hidden while it is.
 * @param offers what its buttons do where the same may well succeed the next time
 */
export function createReason(offers?: { readonly panel: Panel; again(): void }): {
  readonly element: HTMLElement;
  /** @param fault what went wrong, where that is the reason */
  show(reason: string | null, fault?: ErrorReport | null): void;
} {
  const words = el('p', { attributes: { role: 'status' } });
  const buttons = el('div.layer-buttons');
  const element = el('div.muted.layer-reason', words, buttons);
  element.hidden = true;
  if (offers) {
    const { actions } = offers.panel;
    append(buttons, [
      button('Run again', () => offers.again(), { secondary: true }),
      button('Show log', () => actions.remedy('showLog'), { secondary: true }),
    ]);
  }
  return {
    element,
    show: (reason, fault = null) => {
      element.hidden = reason === null;
      if (words.textContent !== (reason ?? '')) words.textContent = reason ?? '';
      buttons.hidden = !offers || !fault || !PASSING.includes(fault.code);
    },
  };
}

/** Where a section's chart is read as a table; wide ones scroll, so that it can have the focus. */
export const tablePlace = (name: string): HTMLElement =>
  el('div.table', {
    attributes: { tabindex: 0, role: 'group', 'aria-label': `${name} as a table`, hidden: true },
  });
