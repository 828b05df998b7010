import type { ErrorCode, ErrorReport } from '../../../protocol/errors';
import { button } from '../../kit/controls';
import { append, el } from '../../kit/dom';
import type { LayersState, TaskName } from '../../app/choices/layers';
import { keepDrawn } from '../../app/keepDrawn';
import type { State } from '../../app/state';
import { createPane } from '../../shell/pane';
import { layerFault, layerNumber, type LayerNumber } from './wanted';
import type { LayersPanel } from './wishes';
import type { Panel } from '../../app/panel';

/** How far some work has come, with a button that ends it; hidden while nothing is under way. */
export function createTask({ store }: Panel, name: TaskName, cancel: () => void): HTMLElement {
  const label = el('span', { role: 'status' });
  const bar = el('progress', { max: 1 });
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

/**
 * A section of the view: its pane, where it says why it is empty, and where it is read as a table.
 * @param offers see `createReason`
 */
export function createSection(
  panel: LayersPanel,
  title: string,
  beside: readonly HTMLElement[],
  offers?: Parameters<typeof createReason>[0],
) {
  return {
    ...createPane(panel, title, ...beside),
    reason: createReason(offers),
    /** Wide tables scroll, so that they can have the focus. */
    table: el('div.table', {
      tabindex: 0,
      role: 'group',
      'aria-label': `${title} as a table`,
      hidden: true,
    }),
    /**
     * Draws now, and again whenever what it shows is another one: numbers by their names, what is
     * chosen, the view's options, or `more`.
     */
    follow: (
      names: readonly LayerNumber[],
      draw: (state: State) => void,
      more: (layers: LayersState) => readonly unknown[] = () => [],
    ): void =>
      keepDrawn(
        panel.store,
        state => [
          ...names.flatMap(name => [layerNumber(state, name), layerFault(state, name)]),
          state.options.layers,
          state.options.colorMap,
          state.options.specialTokens,
          state.layers.chosen,
          state.layers.logit,
          ...more(state.layers),
        ],
        draw,
      ),
  };
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
  const words = el('p', { role: 'status' });
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
