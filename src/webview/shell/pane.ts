import { el, icon } from '../kit/dom';
import type { Panel } from '../app/panel';

/** A titled part of a view; in narrow panels its heading folds it. */
export interface Pane {
  readonly element: HTMLElement;
  readonly body: HTMLElement;
  /** Changes the heading; the first title stays the pane's name. */
  title(text: string): void;
}

/** A pane with `beside` to the right of its title. */
export function createPane(
  { store, actions }: Panel,
  name: string,
  ...beside: HTMLElement[]
): Pane {
  const heading = el('span', name);
  const body = el('div.pane-body');
  const toggle = el(
    'button.fold',
    {
      on: {
        click: () => {
          const { folded } = store.state.options;
          const others = folded.filter(one => one !== name);
          actions.setOption({ folded: others.length < folded.length ? others : [...folded, name] });
        },
      },
    },
    icon('chevron-down'),
  );
  const head = el('div.pane-head', toggle, el('h2', heading), ...beside);
  const element = el('section.pane', { 'aria-label': name }, head, body);
  store.select(
    state => [state.options.folded.includes(name)],
    folded => {
      element.classList.toggle('folded', folded);
      toggle.setAttribute('aria-expanded', String(!folded));
      toggle.setAttribute('aria-label', folded ? `Show ${name}` : `Fold ${name} away`);
    },
  );
  return { element, body, title: text => (heading.textContent = text) };
}
