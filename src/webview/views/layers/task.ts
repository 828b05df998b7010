import { button } from '../../controls';
import { el } from '../../dom';
import type { TaskName } from '../../layers/state';
import type { Panel } from '../../panel';

/** How far some work has come, with a button that ends it; hidden while nothing is under way. */
export function createTask({ store }: Panel, name: TaskName, cancel: () => void): HTMLElement {
  const label = el('span', { attributes: { role: 'status' } });
  const bar = el('progress', { attributes: { max: 1 } });
  const element = el(
    'div',
    { class: 'layer-task' },
    bar,
    label,
    button('Cancel', cancel, { secondary: true }),
  );
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

/** A line that says why something is not there; hidden while it is. */
export function createReason(): {
  readonly element: HTMLElement;
  show(reason: string | null): void;
} {
  const element = el('p', { class: 'muted layer-reason', attributes: { role: 'status' } });
  element.hidden = true;
  return {
    element,
    show: reason => {
      element.hidden = reason === null;
      if (element.textContent !== (reason ?? '')) element.textContent = reason ?? '';
    },
  };
}

/** Where a section's chart is read as a table; wide ones scroll, so that it can have the focus. */
export const tablePlace = (name: string): HTMLElement =>
  el('div', {
    class: 'table',
    attributes: { tabindex: 0, role: 'group', 'aria-label': `${name} as a table`, hidden: true },
  });
